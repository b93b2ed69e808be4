"""What the functions of a script may return, and its form in the contract.

This file turns Python values into records of the contract, or raises a Refusal that says what was
returned and what may be. It knows no script, and does not call any.
"""

import inspect
import types

from wit_world.exports import client, session

# The answers of functions that a script leaves out.
EMPTY = session.Reply(b"", session.Next.KEEP_OPEN)
SILENCE = client.Turn(b"", client.Expect_Nothing())
DONE = client.Step_Done()

NEXT = {
    "keep-open": session.Next.KEEP_OPEN,
    "finish": session.Next.FINISH,
    "close": session.Next.CLOSE,
    "reset": session.Next.RESET,
}

BYTES = (bytes, bytearray, memoryview)
REPLY = 'None, bytes, or a tuple of bytes and one of "keep-open", "finish", "close", "reset"'
TURN = 'a dict with "send" and at most one of "exactly", "through", "to_end"'
STEP = 'None, such a turn, or a dict with "wrong" and, if you like, "offset"'
WHOLE = range(1 << 64)
NOT_ASYNC = " (eco doesn't run it: write def, not async def)"


class Refusal(Exception):
    """What a function returned, or is, can't be used. The message is a whole sentence."""

    line = None
    """Where that is written in the script, if that is known."""


def reply(function, value):
    """The reply of `open`, `receive` or `end_of_input`."""
    if value is None:
        return EMPTY
    if isinstance(value, BYTES):
        return session.Reply(exactly_bytes(value), session.Next.KEEP_OPEN)
    if not isinstance(value, tuple):
        raise Refusal(f"{function} returned {kind(value)}{hint(value)}; it may return {REPLY}")
    if len(value) != 2:
        raise Refusal(f"{function} returned a tuple of {len(value)}; it may return {REPLY}")
    data, after = value
    if data is not None and not isinstance(data, BYTES):
        raise Refusal(f"{function} returned a tuple with {kind(data)}; it may return {REPLY}")
    if not isinstance(after, str) or after not in NEXT:
        raise Refusal(f"{function} returned {shown(after)} as what comes next; it may return {REPLY}")
    return session.Reply(b"" if data is None else exactly_bytes(data), NEXT[after])


def unrunnable(value):
    """What it is, if it does nothing when it is called, or came of such a call; otherwise empty."""
    if isinstance(value, types.CoroutineType):
        return kind(value) + hint(value)
    if inspect.iscoroutinefunction(value):
        return "a coroutine function" + NOT_ASYNC
    if inspect.isasyncgenfunction(value):
        return "an asynchronous generator function" + NOT_ASYNC
    return ""


def check_function(name, value):
    """Refuses what has the name of a function that eco calls, and nothing would ever run."""
    if what := unrunnable(value):
        refusal = Refusal(f"{name} is {what}")
        code = getattr(value, "__code__", getattr(value, "cr_code", None))
        if isinstance(code, types.CodeType):
            refusal.line = code.co_firstlineno
        raise refusal


def turn(function, value):
    """The turn that `start` returns."""
    if not isinstance(value, dict):
        raise Refusal(f"{function} returned {kind(value)}; it may return {TURN}")
    given = known(function, value, ("send", "exactly", "through", "to_end"), TURN)
    send = given.pop("send", b"")
    if not isinstance(send, BYTES):
        raise Refusal(f'{function} returned "send" with {kind(send)}; it must be bytes')
    if len(given) > 1:
        both = " and ".join(f'"{name}"' for name in given)
        raise Refusal(f"{function} returned {both}; it may return {TURN}")
    return client.Turn(exactly_bytes(send), expectation(function, given))


def step(function, value):
    """What follows a reply: the answer of `replied`."""
    if value is None:
        return DONE
    if not isinstance(value, dict):
        raise Refusal(f"{function} returned {kind(value)}; it may return {STEP}")
    if "wrong" not in value:
        return client.Step_Next(turn(function, value))
    given = known(function, value, ("wrong", "offset"), STEP)
    reason, offset = given.get("wrong"), given.get("offset")
    if not isinstance(reason, str):
        raise Refusal(f'{function} returned "wrong" with {kind(reason)}; it must be a str')
    if offset is not None and not whole(offset):
        raise Refusal(f'{function} returned "offset" {shown(offset)}; it must be 0 or more')
    return client.Step_Wrong(client.Fault(unicode_text(reason), offset))


def expectation(function, given):
    """How far to read, by the one key that is left of a turn, if there is one."""
    for name, value in given.items():
        if name == "exactly":
            if not whole(value):
                raise Refusal(f'{function} returned "exactly" {shown(value)}; it must be a number of bytes')
            return client.Expect_Exactly(int(value))
        if name == "through":
            if not isinstance(value, BYTES) or not exactly_bytes(value):
                raise Refusal(f'{function} returned "through" {shown(value)}; it must be bytes, not empty')
            return client.Expect_Through(exactly_bytes(value))
        if value is not True:
            raise Refusal(f'{function} returned "to_end" {shown(value)}; it must be True')
        return client.Expect_ToEnd()
    return client.Expect_Nothing()


def known(function, value, names, form):
    """A copy of the dict without what is None. A key that isn't one of `names` is a mistake."""
    for name in value:
        if name not in names:
            raise Refusal(f"{function} returned a dict with the key {shown(name)}; it may return {form}")
    return {name: each for name, each in value.items() if each is not None}


def exactly_bytes(data):
    """The bindings take bytes and nothing else: a subclass that lies about its length would trap."""
    return data if type(data) is bytes else memoryview(data).tobytes()


def whole(value):
    return isinstance(value, int) and not isinstance(value, bool) and value in WHOLE


def kind(value):
    """A type for a person: `a str`, `an int`, `None`."""
    if value is None:
        return "None"
    # A class may say anything of its own name.
    name = unicode_text(type.__dict__["__name__"].__get__(type(value)))[:40]
    return f"{'an' if name[:1] in 'aeiou' else 'a'} {name}"


def hint(value):
    """What to do with what nothing will ever run."""
    if isinstance(value, types.GeneratorType):
        return " (eco doesn't run it: return the bytes, instead of yield)"
    if isinstance(value, (types.CoroutineType, types.AsyncGeneratorType)):
        return NOT_ASYNC
    return ""


def shown(value):
    """A value for a person, short."""
    return ascii(value) if isinstance(value, (str, bytes, int)) and len(ascii(value)) <= 40 else kind(value)


def unicode_text(text):
    """Exactly a str, and without lone surrogates: the contract's strings are Unicode."""
    return str.encode(text, "utf-8", "backslashreplace").decode()
