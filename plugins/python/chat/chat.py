"""chat: a room in which everybody hears what the others say, and who comes and goes."""

from eco import Lines, publish, send, subscribe

# The state of this connection; each has its own. What connections share goes through topics.
lines = Lines()
name = None


def open(connection):
    return b"Your name? "


def receive(chunk):
    """Called with each chunk. A line may come in pieces, or several at once."""
    for line in lines.feed(chunk):
        if name is None:
            enter(line)
        else:
            # To all others, when this call has returned.
            publish("room", line)


def enter(line):
    global name
    name = line.decode(errors="replace")
    # From now on the functions below are called. Who is there already is told here.
    others = [member.label for member in subscribe("room", name)]
    send(f"Here: {', '.join(others)}\n".encode() if others else b"You are the first.\n")


# What these return goes to the peer, as what `receive` returns does.


def message(topic, data, member):
    return member.label.encode() + b": " + data + b"\n"


def joined(topic, member):
    return f"{member.label} comes\n".encode()


def left(topic, member):
    return f"{member.label} goes\n".encode()


def missed(topic, count):
    """More was said than this peer could take."""
    return f"({count} missed)\n".encode()
