"""Counter: the README has the commands.

This file runs afresh for every connection, so a variable up here belongs to one connection. What all share is
in the store.
"""

from eco import Lines, store

lines = Lines()


def receive(chunk):
    """Called with the bytes that have just arrived."""
    return b"".join(answer(line) + b"\n" for line in lines.feed(chunk))


def answer(line):
    """Begin here. These will help:

    store.add("counter", 3)                        adds, and gives the sum; adding 0 is looking
    store.compare_and_set("counter", b"5", b"8")   writes 8 if it is 5, and says whether it was
    """
    return b""
