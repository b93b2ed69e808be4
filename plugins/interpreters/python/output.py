"""Where a script's output goes: `print`, `sys.stderr` and `logging` all end in eco's log.

The log has lines, so text is kept until its line is whole or the call is over. This file knows
nothing of scripts.
"""

import io
import logging
import sys

from answers import unicode_text
from wit_world.imports.log import Level, log


class Lines(io.TextIOBase):
    """A text stream that logs each line that is written to it."""

    def __init__(self, level):
        self.level = level
        self.parts = []

    def writable(self):
        return True

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        *whole, rest = text.split("\n")
        for line in whole:
            self.parts.append(line)
            self.flush(True)
        if rest:
            self.parts.append(rest)
        return len(text)

    def flush(self, whole=False):
        """Logs what is there; an empty line only if it is `whole`."""
        line, self.parts = "".join(self.parts), []
        if line or whole:
            log(self.level, unicode_text(line))


class Records(logging.Handler):
    """Python's own levels, mapped to eco's."""

    def emit(self, record):
        log(level_of(record.levelno), unicode_text(self.format(record)))


def level_of(number):
    if number >= logging.ERROR:
        return Level.ERROR
    if number >= logging.WARNING:
        return Level.WARN
    return Level.INFO if number >= logging.INFO else Level.DEBUG


OUT = Lines(Level.INFO)
ERROR = Lines(Level.WARN)


def install():
    """From here on nothing is written elsewhere. The host decides which levels are shown."""
    sys.stdout = sys.__stdout__ = OUT
    sys.stderr = sys.__stderr__ = ERROR
    logging.basicConfig(level=logging.DEBUG, handlers=[Records()], format="%(message)s")


def flush():
    """The end of a call: unfinished lines are finished."""
    OUT.flush()
    ERROR.flush()
