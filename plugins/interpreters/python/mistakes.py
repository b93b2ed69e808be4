"""Exceptions of a script as the one line that a person wants: `upper.py:3: ValueError: message`.

Exceptions are the script's own objects, and may be odd: nothing here trusts their methods, or calls
one outside of a `try`. This file knows neither the contract nor the script, only its name.
"""

import traceback

from answers import Refusal, unicode_text

MESSAGE = 500
"""Characters of a message that are kept."""

FRAMES = 5
"""Frames of the stack that are told below the line."""

OWN_FOLDER = __file__.removesuffix("mistakes.py")
"""Where the interpreter's files are. A script has a name without a folder."""


def line(error, script):
    """Where it happened in the script, and what."""
    if type(error) is Refusal:
        where = script if error.line is None else f"{script}:{error.line}"
        return unicode_text(f"{where}: {error}")
    return f"{place(error, script)}: {name(error)}{message(error)}"


def stack(error):
    """The frames that led to it, the innermost first. Ours are left out, and so is a lone one: its
    place is in the line already."""
    frames = [f for f in reversed(walk(error)) if not f[0].startswith(OWN_FOLDER)]
    if len(frames) < 2:
        return []
    return [f"at {function} ({file}:{number})" for file, number, function in frames[:FRAMES]]


def place(error, script):
    """`upper.py:3` for the innermost frame that is in the script, or for its syntax error."""
    for file, number, _ in reversed(walk(error)):
        if file == script and number:
            return f"{script}:{number}"
    if type(error) in (SyntaxError, IndentationError, TabError) and error.filename == script:
        column = f":{error.offset}" if type(error.offset) is int and error.offset > 0 else ""
        return f"{script}:{error.lineno}{column}"
    return script


def walk(error):
    """File, line and function of each frame, the outermost first."""
    frames = traceback.walk_tb(BaseException.__traceback__.__get__(error))
    return [(f.f_code.co_filename, number, f.f_code.co_name) for f, number in frames]


def name(error):
    return unicode_text(type.__dict__["__name__"].__get__(type(error)))


def message(error):
    """What the exception says, on one line and not for ever; empty if it says nothing."""
    try:
        if type(error) in (SyntaxError, IndentationError, TabError):
            text = str(error.msg)
        else:
            text = str(error)
        text = " ".join(unicode_text(text[:MESSAGE + 1]).split())
    except BaseException as second:
        return f" (and {name(second)} when asked for its message)"
    if len(text) > MESSAGE:
        text = text[:MESSAGE] + "..."
    return f": {text}" if text else ""
