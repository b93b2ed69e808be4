"""client: sends lines to the plugin `lines`, one after the other, and checks every reply.

A client plugin holds a dialogue in turns. A turn says what to send and how far to read after it,
and eco does both. What was read comes to `replied`, which returns the next turn.
"""

# Each turn, the reply that it must get, and what to say if it gets another.
dialogue = []
# The turn that is under way.
at = 0


def start(message):
    """Called first. The message is what the user typed, or None."""
    if message is None:
        message = b"one\ntwo\nthree\n"
    lines = message.split(b"\n")
    if lines[-1] == b"":
        lines.pop()

    dialogue.append(({"through": b"\n"}, b"ready\n", "the greeting should be ready"))
    for number, line in enumerate(lines, start=1):
        turn = {"send": line + b"\n", "through": b"\n"}
        dialogue.append((turn, b"%d: %s\n" % (number, line), f"line {number} came back changed"))
    goodbye = b"goodbye after %d lines\n" % len(lines)
    dialogue.append(({"to_end": True}, goodbye, f"the goodbye should be for {len(lines)} lines"))
    return dialogue[at][0]


def replied(reply):
    """Called with each reply, read exactly as far as the turn said."""
    global at
    _, expected, otherwise = dialogue[at]
    if reply != expected:
        return {"wrong": otherwise, "offset": difference(reply, expected)}
    at += 1
    # After the last turn there is nothing more to say: all replies were right.
    return dialogue[at][0] if at < len(dialogue) else None


def difference(one, other):
    """The first place where they differ."""
    places = zip(one, other)
    return next((place for place, (a, b) in enumerate(places) if a != b), min(len(one), len(other)))
