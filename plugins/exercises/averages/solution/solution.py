"""Averages: stores the readings of a weather station, and answers with the mean over a span of time."""

import struct

MESSAGE = struct.Struct(">cii")  # A type and two integers, big-endian.

# Every connection runs this file afresh, so these are one station's own: the readings, in the order in which
# they came, and the message whose end hasn't come yet, 8 bytes at most.
readings = []
rest = b""


def receive(chunk):
    global rest
    data = rest + chunk
    means = b""
    whole = len(data) // MESSAGE.size * MESSAGE.size
    for kind, first, second in MESSAGE.iter_unpack(data[:whole]):
        if kind == b"R":
            readings.append((first, second))
        elif kind == b"M":
            means += struct.pack(">i", mean(first, second))
        else:
            return means, "close"
    rest = data[whole:]
    return means


def mean(start, end):
    """The mean of the readings from one time to another, both included."""
    values = [value for time, value in readings if start <= time <= end]
    return sum(values) // len(values) if values else 0
