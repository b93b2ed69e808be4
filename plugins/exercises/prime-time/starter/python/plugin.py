"""Prime time: the README has the rules.

This file runs afresh for every caller, so a variable up here belongs to one connection.
"""

import json


def receive(chunk):
    """Called with whatever has just arrived: half a request, or three and a half.

    Keep what has no newline yet in a variable above (say "global" in here to change it), and return the
    answers to the lines that are complete:
        b'{"ask":"prime","answer":true}\\n'
    or, at a malformed line, the answers so far and the last word:
        answers + b"malformed\\n", "close"
    """
    # print(chunk) shows it in eco's log.

    # Begin here: what does json.loads say to a line, and what does it raise when the line isn't JSON?
    return None


def is_prime(value):
    """A loop that tries divisors is enough. How far does it have to go for 4294967291?"""
    return False
