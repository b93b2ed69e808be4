"""Owns the running call: what the script is being called for, and what it has sent."""

import enum

from imports.arguments import bytes_of


class Phase(enum.Enum):
    """What the script is being called for."""

    TOP_LEVEL = enum.auto()
    SERVING = enum.auto()
    CLOSING = enum.auto()
    CLIENT = enum.auto()


class Call:
    """The running call."""

    phase = Phase.TOP_LEVEL
    sent = []

    @classmethod
    def begin(cls, phase):
        cls.phase = phase
        cls.sent = []

    @classmethod
    def join(cls, data):
        """What was sent, then what was returned."""
        return b"".join([*cls.sent, data]) if cls.sent else data


def check_call(name):
    """For what clients may use too."""
    if Call.phase is Phase.TOP_LEVEL:
        raise RuntimeError(f"{name} can't be called at the top level, which runs once for all connections")


def check_phase(name):
    check_call(name)
    if Call.phase is Phase.CLIENT:
        raise RuntimeError(f"{name} is for plugins that serve, and this is a client")


def send(data):
    """Sends bytes to the peer, before what the function returns."""
    check_phase("send")
    if Call.phase is Phase.CLOSING:
        raise RuntimeError("send: the connection is closed")
    Call.sent.append(bytes_of("send", data))
