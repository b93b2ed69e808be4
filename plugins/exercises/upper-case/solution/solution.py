"""Upper case: every letter from a to z comes back as a capital, every other byte unchanged."""

SMALL_A = 0x61
SMALL_Z = 0x7A
DISTANCE = 0x20  # From every capital of ASCII to its small letter.


def receive(chunk):
    """Looks at single bytes, so it doesn't matter where the network cuts."""
    return bytes(capital(byte) for byte in chunk)


def capital(byte):
    return byte - DISTANCE if SMALL_A <= byte <= SMALL_Z else byte
