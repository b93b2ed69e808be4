"""Heartbeat: the README has the lines.

This file runs afresh for every connection, so a variable up here belongs to one connection: whether a tick waits
for its tock, for instance.
"""

from eco import Lines, cancel, every, send

lines = Lines()


def receive(chunk):
    """Called with the bytes that have just arrived."""
    for line in lines.feed(chunk):
        # Begin here. These will help:
        #   timer = every(0.2, tick)   has tick called every 200 ms
        #   cancel(timer)              stops that
        #   send(b"ok\n")              says something, from anywhere
        pass


def tick():
    """To say the last word: return b"...", "close"."""
