"""Secret line: the README has the operations and the form of the orders.

This file runs afresh for every camp, so a variable up here belongs to one connection. You'll want a few:
the operations so far, how many bytes have come since the list and how many were sent, and the line that
isn't complete yet.
"""


def receive(chunk):
    """Called with the bytes that have just arrived. They may be a part of the list of operations, the list
    and the first encoded bytes, or encoded bytes alone.

    Return encoded bytes, nothing, or the tuple (None, "close") for a cipher that isn't accepted. Say
    "global" in here for the variables above that you change.
    """
    for byte in chunk:
        # print(hex(byte)) shows it in eco's log.

        # Begin here: is the list complete? If it isn't, is this byte an operation, an operand or the end?
        pass


# To begin with, make these two work for a cipher of a single xor. Position is where in its direction of the
# stream the byte is.
def encode(byte, position):
    return byte


def decode(byte, position):
    return byte
