"""Counter: one number for all clients. It is in the store as a decimal number, or not there, which is 0."""

import re

from eco import Lines, store

KEY = "counter"
MOST = 1_000_000
COMMAND = re.compile(rb"(add|set) (0|-?[1-9][0-9]*)")

lines = Lines()
seen = None  # The number that this client has seen last.


def receive(chunk):
    return b"".join(answer(line) + b"\n" for line in lines.feed(chunk))


def answer(line):
    global seen
    if line == b"get":
        return look(0)
    found = COMMAND.fullmatch(line)
    # Ten characters are enough for every number that is allowed, and too few to keep anybody busy.
    if not found or len(found[2]) > 10 or abs(int(found[2])) > MOST:
        return b"what?"
    number = int(found[2])
    if found[1] == b"add":
        return look(number)
    if seen is not None and store.compare_and_set(KEY, b"%d" % seen, b"%d" % number):
        seen = number
        return b"ok"
    return b"changed " + look(0)


def look(change):
    """Adds to the counter, and sees what it is then."""
    global seen
    seen = store.add(KEY, change)
    return b"%d" % seen
