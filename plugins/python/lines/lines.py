"""lines: numbers the lines that the peer sends, and says goodbye with their number.

Every connection runs this file afresh, so a variable out here belongs to one connection only.
"""

from eco import Lines

# Makes lines of chunks, and keeps the one whose end hasn't come yet.
lines = Lines()
# The lines answered so far.
count = 0


def open(connection):
    """Called once, before anything has come. What it returns is the greeting."""
    return b"ready\n"


def receive(chunk):
    """Called with each chunk, which may end anywhere in a line."""
    return b"".join(map(answer, lines.feed(chunk)))


def end_of_input():
    """Called when the peer has finished sending. It still reads. The last line may have no newline."""
    last = b"".join(map(answer, lines.flush()))
    return last + b"goodbye after %d lines\n" % count


def closed(why):
    """Called last, whatever the end was. Nothing can be sent any more, but the log is there."""
    print(f"closed: {why}")


def answer(line):
    global count
    count += 1
    return b"%d: %s\n" % (count, line)
