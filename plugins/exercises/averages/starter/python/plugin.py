"""Averages: the README has the format of the messages.

This file runs afresh for every weather station, so a variable up here belongs to one connection: a good
place for its readings.
"""

import struct


def receive(chunk):
    """Called with the bytes that have just arrived: a whole message, or five bytes of one, or the last byte
    of one and two more.

    Keep what is no complete message yet in a variable above (say "global" in here to change it), and return
    the means that were asked for: 4 bytes for each, or the tuple (means, "close") at a message of an unknown
    type.
    """
    # print(chunk.hex(" ")) shows them in eco's log.

    # Begin here. struct.unpack reads integers out of bytes, and struct.pack writes them. In their formats ">"
    # is big-endian, "c" one byte, and "i" a signed integer of 4 bytes.
    return None
