"""Secret line: the client names a cipher, and from then on orders and answers go through it."""

NEWLINE = 10
END = 0x00

# Each byte with its bits in reverse order: the first becomes the last.
MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))

# The operations by their codes: how many operands each has, how it is applied, and how it is undone. They get a
# byte, its position in the stream (0 to 255) and the operand, if there is one. They may return any integer:
# its lowest 8 bits are what counts.
OPERATIONS = {
    0x10: (1, lambda byte, position, n: byte + n, lambda byte, position, n: byte - n),
    0x11: (0, lambda byte, position, n: byte + position, lambda byte, position, n: byte - position),
    0x20: (1, lambda byte, position, n: byte ^ n, lambda byte, position, n: byte ^ n),
    0x21: (0, lambda byte, position, n: byte ^ position, lambda byte, position, n: byte ^ position),
    0x30: (0, lambda byte, position, n: MIRRORED[byte], lambda byte, position, n: MIRRORED[byte]),
}

cipher = []  # So far: how it is applied, how it is undone, and the operand, in the client's order.
unfinished = None  # The operation that waits for its operand.
agreed = False

# How many bytes have gone through the cipher, in each direction.
received = sent = 0

line = bytearray()  # The line, in clear text, whose end hasn't come yet.


def receive(chunk):
    """Takes one byte at a time, so it doesn't matter how the network cut them."""
    global received, sent
    reply = bytearray()
    for byte in chunk:
        if not agreed:
            if not negotiate(byte):
                return None, "close"
            continue
        clear = decoded(byte, received)
        received += 1
        if clear != NEWLINE:
            line.append(clear)
            continue
        for answer in largest(bytes(line)) + b"\n":
            reply.append(encoded(answer, sent))
            sent += 1
        line.clear()
    return reply


def negotiate(byte):
    """Takes a byte of the list of operations. False if the connection has to end."""
    global unfinished, agreed
    if unfinished is not None:
        # An operand may be any byte: a 00 here is a zero, and not the end of the list.
        cipher.append((*unfinished, byte))
        unfinished = None
        return True
    if byte == END:
        agreed = True
        return not changes_nothing()
    if byte not in OPERATIONS:
        return False
    operands, *operation = OPERATIONS[byte]
    if operands == 1:
        unfinished = operation
    else:
        cipher.append((*operation, None))
    return True


def changes_nothing():
    """Tries every byte at every position. Nearly every cipher fails at one of the first."""
    return all(encoded(byte, position) == byte for position in range(256) for byte in range(256))


def encoded(byte, position):
    for apply, _, n in cipher:
        byte = apply(byte, position & 255, n) & 255
    return byte


def decoded(byte, position):
    """What was done last is undone first."""
    for _, undo, n in reversed(cipher):
        byte = undo(byte, position & 255, n) & 255
    return byte


def largest(order):
    """The item of an order of which there are most; the first of them if there are several."""
    return max(order.split(b","), key=lambda item: int(item.split(b"x", 1)[0]))
