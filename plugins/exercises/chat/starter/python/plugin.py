"""Chat: the README has the lines.

This file runs afresh for every connection, so a variable up here belongs to one connection. What connections
have to do with each other goes through topics.
"""

from eco import Lines, publish, send, subscribe

lines = Lines()
name = None


def open(connection):
    """Called once, when somebody connects."""
    return b"name?\n"


def receive(chunk):
    """Called with the bytes that have just arrived."""
    global name
    for line in lines.feed(chunk):
        # Begin here: is this the name, or something that is said? These will help:
        #   others = subscribe("room", name)   a list of who is there already; each has a label
        #   publish("room", line)              to all others
        #   send(b"text\n")                    to the one at the other end, from anywhere
        pass


def message(topic, data, member):
    """Called when somebody else has published something."""


def joined(topic, member):
    """Called when somebody else has subscribed: member.label is the name. There is one for leaving too."""
