"""Chat: the first line is the name, and the others go to everybody else in the room."""

import re

from eco import Lines, publish, send, subscribe

NAME = re.compile(rb"[A-Za-z0-9]{1,16}")

lines = Lines()
name = None


def open(connection):
    return b"name?\n"


def receive(chunk):
    global name
    for line in lines.feed(chunk):
        if name is not None:
            publish("room", line)
        elif NAME.fullmatch(line):
            name = line.decode()
            send(welcome(subscribe("room", name)))
        else:
            return b"bad name\n", "close"


def welcome(others):
    """Who is there already."""
    if not others:
        return b"* nobody is here\n"
    names = sorted(member.label for member in others)
    return f"* here: {', '.join(names)}\n".encode()


def message(topic, data, member):
    return b"<" + member.label.encode() + b"> " + data + b"\n"


def joined(topic, member):
    return f"* {member.label} comes\n".encode()


def left(topic, member):
    return f"* {member.label} goes\n".encode()
