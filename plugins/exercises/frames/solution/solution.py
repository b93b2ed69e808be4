"""Frames: each frame is answered by one with the same bytes in reverse order."""

LENGTH = 2  # The bytes of the length, in front of every frame.

# Every connection runs this file afresh, so these are one client's own: the frame that is on its way, its
# length included, and how many bytes it needs. As long as the length isn't known, that is the length alone.
frame = bytearray()
needed = LENGTH


def receive(chunk):
    """Called with each chunk, which may be a part of a frame, even of its length, or several frames."""
    global needed
    replies = bytearray()
    at = 0
    while at < len(chunk):
        # Never takes more than the frame still lacks: what follows belongs to the next one.
        piece = chunk[at : at + needed - len(frame)]
        frame.extend(piece)
        at += len(piece)
        if len(frame) == LENGTH:
            needed = LENGTH + int.from_bytes(frame, "big")
        # A frame without bytes is complete as soon as its length is.
        if len(frame) == needed:
            replies += frame[:LENGTH] + frame[:LENGTH - 1:-1]
            frame.clear()
            needed = LENGTH
    return replies
