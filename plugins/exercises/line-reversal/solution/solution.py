"""Line reversal: each line comes back with its bytes in reverse order."""

# Every connection runs this file afresh, so this is one client's own: the line whose end hasn't come yet. A
# bytearray grows in place, where bytes would be copied again and again.
line = bytearray()


def receive(chunk):
    """Lines end anywhere in the chunk, and what follows the last newline is kept.

    There is no end_of_input: a line that isn't finished by then is never answered.
    """
    replies = bytearray()
    *ends, rest = chunk.split(b"\n")
    for end in ends:
        line.extend(end)
        replies += line[::-1] + b"\n"
        line.clear()
    line.extend(rest)
    return replies
