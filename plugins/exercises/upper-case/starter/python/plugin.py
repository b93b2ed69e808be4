"""Upper case: a to z become A to Z, and every other byte stays. The README says why bytes are enough."""


def receive(chunk):
    """Called with the bytes that have just arrived: a line, a word and a half, or half a letter.

    Return as many bytes, at once: there is nothing to wait for.
    """
    # print(chunk) shows them in eco's log, and print(list(chunk)) shows them as numbers.

    # Begin here: which numbers are a and z, and how far is it from a to A? This makes bytes of the numbers
    # that a function of yours returns:
    #   bytes(capital(byte) for byte in chunk)
    return None
