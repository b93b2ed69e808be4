"""lines: numbers the lines that the peer sends, and says goodbye with their number.

Every connection runs this file afresh, so a variable out here belongs to one connection only.
"""

# The line whose end hasn't come yet. A bytearray grows in place, which keeps a line that comes byte
# by byte as cheap as one that comes at once.
rest = bytearray()
# The lines answered so far.
count = 0


def open(connection):
    """Called once, before anything has come. What it returns is the greeting."""
    return b"ready\n"


def receive(chunk):
    """Called with each chunk. Lines end anywhere in it: what follows the last is kept for later."""
    *ends, begun = chunk.split(b"\n")
    replies = []
    for end in ends:
        rest.extend(end)
        replies.append(answer())
    rest.extend(begun)
    return b"".join(replies)


def end_of_input():
    """Called when the peer has finished sending. It still reads."""
    reply = answer() if rest else b""
    return reply + b"goodbye after %d lines\n" % count


def closed(why):
    """Called last, whatever the end was. Nothing can be sent any more, but the log is there."""
    print(f"closed: {why}")


def answer():
    global count
    count += 1
    line = b"%d: %s\n" % (count, rest)
    rest.clear()
    return line
