"""Heartbeat: asks whether anybody is still there, and hangs up on silence."""

import re

from eco import Lines, cancel, every, send

MOST = 60_000
PULSE = re.compile(rb"pulse (0|[1-9][0-9]{0,4})")

lines = Lines()
timer = None
waits = False  # Whether a tick waits for its tock.


def receive(chunk):
    global waits
    for line in lines.feed(chunk):
        found = PULSE.fullmatch(line)
        if line == b"tock":
            waits = False
        elif found and int(found[1]) <= MOST:
            pulse(int(found[1]))
        else:
            send(b"what?\n")


def pulse(period):
    """From now on there is a tick each time so many milliseconds are over."""
    global timer, waits
    if timer is not None:
        cancel(timer)
    timer, waits = None, False
    if period > 0:
        timer = every(period / 1000, tick)
    send(b"ok\n")


def tick():
    global waits
    if waits:
        return b"silence\n", "close"
    waits = True
    send(b"tick\n")
