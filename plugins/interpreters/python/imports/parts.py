"""Turns what scripts pass to the embedding program into the parts of `wit/script.wit`, and such parts into values.

This file doesn't know which function they are for.
"""

from answers import BYTES, exactly_bytes, kind, unicode_text
from wit_world.imports import script

DEEPEST = 32
"""How deep values may be nested. One that contains itself ends here too."""

MOST_PARTS = 65536
"""How many parts the arguments of one call may have."""

SIGNED = range(-(1 << 63), 1 << 63)
UNSIGNED = range(1 << 64)


class Writer:
    """Writes the arguments of one call of the function `name`."""

    def __init__(self, name):
        self.name = name
        self.parts = []

    def write(self, value, depth=0):
        if depth > DEEPEST:
            raise ValueError(f"{self.name} takes values that are nested {DEEPEST} deep at most")
        if isinstance(value, (list, tuple)):
            self.add(script.Part_Items(len(value)))
            for each in value:
                self.write(each, depth + 1)
        elif isinstance(value, dict):
            # Others may change the dict while it is read, as long as what was read stays together.
            fields = list(value.items())
            self.add(script.Part_Fields([self.field(key) for key, _ in fields]))
            for _, each in fields:
                self.write(each, depth + 1)
        else:
            self.add(self.part(value))

    def add(self, part):
        if len(self.parts) >= MOST_PARTS:
            raise ValueError(f"{self.name} takes at most {MOST_PARTS} values")
        self.parts.append(part)

    def field(self, key):
        if not isinstance(key, str):
            raise TypeError(f"{self.name} takes a dict with a str for each key, not {kind(key)}")
        return unicode_text(key).replace("_", "-")

    def part(self, value):
        """The part of what has no others in it."""
        if value is None:
            return script.Part_None_()
        if isinstance(value, bool):
            return script.Part_Flag(value)
        if isinstance(value, int):
            return self.integer(int(value))
        if isinstance(value, str):
            return script.Part_Text(unicode_text(value))
        if isinstance(value, BYTES):
            return script.Part_Bytes(exactly_bytes(value))
        raise TypeError(
            f"{self.name} takes None, a bool, an int, a str, bytes, a list, a tuple or a dict, not {kind(value)}"
        )

    def integer(self, value):
        if value in SIGNED:
            return script.Part_Signed(value)
        if value in UNSIGNED:
            return script.Part_Unsigned(value)
        raise ValueError(f"{self.name} takes an int of 64 bits")


def read(parts):
    """The value that the host has written as these parts."""
    return value_of(iter(parts))


def value_of(parts):
    match next(parts, None):
        case script.Part_Items(count):
            return [value_of(parts) for _ in range(count)]
        case script.Part_Fields(names):
            return {name.replace("-", "_"): value_of(parts) for name in names}
        case None | script.Part_None_():
            return None
        case part:
            return part.value
