"""Frames: the README has the format.

This file runs afresh for every connection, so a variable up here belongs to one client: a good place for a
frame, or a length, that hasn't come whole.
"""


def receive(chunk):
    """Called with the bytes that have just arrived: a frame, the first byte of a length, or the end of one
    frame and three more.

    Return the answers to the frames that are complete now, each with its length in front, or None if none
    is. Say "global" in here for a variable above that you change.
    """
    # print(chunk.hex(" ")) shows them in eco's log.

    # Begin here: how many bytes have to be there before you know the length, and how many after that?
    #   int.from_bytes(data, "big") reads a length, and length.to_bytes(2, "big") writes one
    #   data[first:end], data[::-1]
    return None
