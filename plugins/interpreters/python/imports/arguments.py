"""Takes what a script passes to an import, as the host wants it, or raises an exception."""

from answers import BYTES, exactly_bytes, kind, unicode_text


def text_of(name, value):
    if not isinstance(value, str):
        raise TypeError(f"{name} takes a str, not {kind(value)}")
    return unicode_text(value)


def bytes_of(name, value):
    if not isinstance(value, BYTES):
        raise TypeError(f"{name} takes bytes, not {kind(value)}")
    return exactly_bytes(value)


MILLISECOND = 1_000_000
LONGEST = 9e9
"""Seconds: a wait beyond three centuries is as good as for ever."""


def nanoseconds(name, seconds):
    if not isinstance(seconds, (int, float)) or not seconds >= 0:
        raise ValueError(f"{name} takes seconds, 0 or more")
    return round(min(seconds, LONGEST) * 1e9)


def milliseconds(time):
    """For the host, which is never too early."""
    return -(-time // MILLISECOND)
