"""Tiny cache: keeps 64 bytes of pairs, and forgets the one that was left alone for longest."""

from eco import Lines

ROOM = 64

# A dict remembers the order in which its keys were put in. A pair that is used is taken out and put in again,
# so that the first pair is always the one whose last use is longest ago.
pairs = {}
used = 0  # bytes of all keys and values
hits = misses = evicted = 0

lines = Lines()


def open(connection):
    """Called once, first: the greeting."""
    return b"cache %d\n" % ROOM


def receive(chunk):
    return b"".join(answer(line) + b"\n" for line in lines.feed(chunk))


def end_of_input():
    """Called when the client has finished sending. It still reads. A line without its end is no command."""
    return b"hits %d misses %d evicted %d\n" % (hits, misses, evicted)


def answer(line):
    match line.split(b" ", 2):
        case [b"put", key, value] if key:
            return put(key, value)
        case [b"get", key] if key:
            return get(key)
    return b"what?"


def put(key, value):
    global used, evicted
    size = len(key) + len(value)
    if size > ROOM:
        return b"too big"  # Before anything has changed.
    if key in pairs:
        remove(key)  # This is no eviction: the pair gets a new value.
    while used + size > ROOM:
        remove(next(iter(pairs)))
        evicted += 1
    pairs[key] = value
    used += size
    return b"stored"


def get(key):
    global hits, misses
    if key not in pairs:
        misses += 1
        return b"none"
    hits += 1
    pairs[key] = pairs.pop(key)
    return b"value " + pairs[key]


def remove(key):
    global used
    used -= len(key) + len(pairs.pop(key))
