"""What scripts may import from eco: `from eco import Lines`.

This file knows nothing of connections, nor of what functions may return. What scripts call of the host's
imports is in imports/. The imports of the program that embeds eco come into this module before a script is run.
"""

from imports.call import send
from imports.host_imports import HostError
from imports.peer import peer_details
from imports.problem import Problem
from imports.store import store
from imports.timers import after, cancel, every
from imports.topics import publish, subscribe, unsubscribe


class Lines:
    """Makes lines of chunks, which the network cuts anywhere."""

    def __init__(self):
        # The line whose end hasn't come yet. A bytearray grows in place, which keeps a line that
        # comes byte by byte as cheap as one that comes at once.
        self._rest = bytearray()

    def feed(self, chunk):
        """The lines that end in this chunk, without their newline. What follows the last is kept."""
        *lines, begun = chunk.split(b"\n")
        if lines:
            lines[0] = bytes(self._rest + lines[0])
            self._rest.clear()
        self._rest += begun
        return lines

    def flush(self):
        """What is left at the end: a list of the last line, if it has no newline, or of none."""
        rest = bytes(self._rest)
        self._rest.clear()
        return [rest] if rest else []
