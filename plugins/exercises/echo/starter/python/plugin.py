"""Echo: whatever arrives goes back as it came. The README has the protocol."""


def receive(chunk):
    """Called with the bytes that have just arrived: a line, half a letter, or a lot of lines.

    What you return is sent back: bytes, or None for nothing.
    """
    # print(chunk) shows them in eco's log.

    # Begin here: what is the shortest way from the chunk to the reply?
    return None
