"""Binds the import store, as the object `store`."""

from imports.arguments import bytes_of, milliseconds, nanoseconds, text_of
from imports.problem import ask
from wit_world.imports import store as host_store

PAGE = 1000
"""What asks for a page of keys. The host gives no more at a time."""


class Store:
    """What connections keep for each other, and for those that come later."""

    def get(self, key):
        """The value, or None."""
        return ask("store.get", host_store.get, text_of("store.get", key))

    def set(self, key, value, ttl=None):
        """Gives a key a value, for so many seconds or for ever."""
        name = "store.set"
        time = None if ttl is None else milliseconds(nanoseconds(name, ttl))
        ask(name, host_store.set, text_of(name, key), bytes_of(name, value), time)

    def compare_and_set(self, key, expected, new):
        """Gives a key a value if it has this one. None is no value. Whether it had."""
        name = "store.compare_and_set"
        values = [None if value is None else bytes_of(name, value) for value in (expected, new)]
        return ask(name, host_store.compare_and_set, text_of(name, key), *values)

    def add(self, key, delta=1):
        """Adds to the number that is there, or to 0. Returns the sum."""
        if not isinstance(delta, int) or not -(1 << 63) <= delta < 1 << 63:
            raise ValueError("store.add takes an int of 64 bits")
        return ask("store.add", host_store.add, text_of("store.add", key), int(delta))

    def delete(self, key):
        """Removes a key. Whether there was one."""
        return ask("store.delete", host_store.delete, text_of("store.delete", key))

    def keys(self, prefix=""):
        """All keys that begin with the prefix, in no order."""
        prefix, more = text_of("store.keys", prefix), None
        while True:
            page = ask("store.keys", host_store.keys, prefix, more, PAGE)
            yield from page.keys
            if (more := page.more) is None:
                return


store = Store()
