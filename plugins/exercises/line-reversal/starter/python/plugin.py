"""Line reversal: the README has the protocol.

This file runs afresh for every connection, so a variable up here belongs to one client: a good place for
the line whose newline hasn't come yet.
"""


def receive(chunk):
    """Called with the bytes that have just arrived: b"hello\\n", or b"hel", or b"lo\\nwor".

    Return the answers to the lines that are complete now, or None if none is. Say "global" in here for a
    variable above that you change.
    """
    # print(chunk) shows them in eco's log.

    # Begin here: where in the chunk is a newline, if there is one? What comes before it, what after it?
    #   chunk.find(b"\n"), chunk[first:end], line[::-1]
    return None
