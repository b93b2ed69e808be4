"""Prime time: says of each number that is asked about whether it is prime."""

import json

from eco import Lines

LARGEST = 2**32  # Nothing above is prime in this protocol.

lines = Lines()


def receive(chunk):
    replies = b""
    for line in lines.feed(chunk):
        value = value_asked_for(line)
        if value is None:
            # The answers to the lines before this one are sent in any case.
            return replies + b"malformed\n", "close"
        replies += b'{"ask":"prime","answer":%s}\n' % (b"true" if is_prime(value) else b"false")
    return replies


def value_asked_for(line):
    """The number in a request, or None if the line is none."""
    try:
        # UTF-8 and nothing else: json.loads would guess at bytes. NaN is Python's own, and no JSON.
        request = json.loads(line.decode(), parse_constant=refuse)
    except ValueError:
        return None
    if not isinstance(request, dict) or request.get("ask") != "prime":
        return None
    value = request.get("value")
    # True and False are numbers to Python.
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return value if is_number else None


def refuse(name):
    raise ValueError(name)


def is_prime(value):
    if value != int(value) or not 2 <= value <= LARGEST:
        return False
    value = int(value)
    if value % 2 == 0:
        return value == 2
    # A number that is a product has a factor that is no larger than its root.
    divisor = 3
    while divisor * divisor <= value:
        if value % divisor == 0:
            return False
        divisor += 2
    return True
