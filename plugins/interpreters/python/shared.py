"""What connections share, and time, as scripts import them from eco: topics, the store, timers, send.

What can't be done is an exception with a code. This file knows no script, and not what events are given to
whom.
"""

import enum
import itertools

from answers import BYTES, EMPTY, exactly_bytes, kind, reply, unicode_text, unrunnable
from componentize_py_types import Err
from wit_world.imports import script, store as host_store, timer, topics

PAGE = 1000
"""What asks for a page of keys. The host gives no more at a time."""


class Phase(enum.Enum):
    """What the script is being called for."""

    TOP_LEVEL = enum.auto()
    SERVING = enum.auto()
    CLOSING = enum.auto()
    CLIENT = enum.auto()


class Problem(Exception):
    """Something can't be done now. `code` is one of "unavailable", "too-large", "too-many", "not-a-number"."""

    def __init__(self, text, code):
        super().__init__(text)
        self.code = code


CODES = {
    "Problem_TooLarge": ("too-large", "too large (the log names the limit)"),
    "Problem_TooMany": ("too-many", "too many (the log names the limit)"),
    "Problem_NotANumber": ("not-a-number", "not a number"),
}


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


def check_phase(name):
    if Call.phase is Phase.TOP_LEVEL:
        raise RuntimeError(f"{name} can't be called at the top level, which runs once for all connections")
    if Call.phase is Phase.CLIENT:
        raise RuntimeError(f"{name} is for plugins that serve, and this is a client")


def ask(name, function, *arguments):
    """Calls the host."""
    check_phase(name)
    try:
        return function(*arguments)
    except Err as error:
        problem = error.value
        code, text = CODES.get(type(problem).__name__, ("unavailable", None))
        raise Problem(f"{name}: {problem.value if text is None else text}", code) from None


def text_of(name, value):
    if not isinstance(value, str):
        raise TypeError(f"{name} takes a str, not {kind(value)}")
    return unicode_text(value)


def bytes_of(name, value):
    if not isinstance(value, BYTES):
        raise TypeError(f"{name} takes bytes, not {kind(value)}")
    return exactly_bytes(value)


MILLISECOND = 1_000_000
LONGEST = 9e9
"""Seconds: a wait beyond three centuries is as good as for ever."""


def nanoseconds(name, seconds):
    if not isinstance(seconds, (int, float)) or not seconds >= 0:
        raise ValueError(f"{name} takes seconds, 0 or more")
    return round(min(seconds, LONGEST) * 1e9)


def milliseconds(time):
    """For the host, which is never too early."""
    return -(-time // MILLISECOND)


def subscribe(topic, label=""):
    """From now on `message(topic, data, member)` is called for each message to the topic. Returns who else is
    there: each has an `id` and a `label`."""
    return ask("subscribe", topics.subscribe, text_of("subscribe", topic), text_of("subscribe", label))


def unsubscribe(topic):
    """From the end of this call on nothing more of the topic comes."""
    ask("unsubscribe", topics.unsubscribe, text_of("unsubscribe", topic))


def publish(topic, data):
    """Says something to all others, when this call has returned."""
    ask("publish", topics.publish, text_of("publish", topic), bytes_of("publish", data))


def send(data):
    """Sends bytes to the peer, before what the function returns."""
    check_phase("send")
    if Call.phase is Phase.CLOSING:
        raise RuntimeError("send: the connection is closed")
    Call.sent.append(bytes_of("send", data))


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


class Timers:
    """The script's timers. The host has one for each connection, which is set for the next of them."""

    def __init__(self):
        self.ids = itertools.count(1)
        self.order = itertools.count()
        self.waiting = {}
        """For each id: when it is due and which it is of all that were set, of which those that are due at the same
        time are called in that order; the time from one to the next or None, the function, its arguments. Times are
        nanoseconds of the clock that only goes forward, as the host says them."""

    def add(self, name, seconds, function, arguments, repeats):
        check_phase(name)
        wait = max(nanoseconds(name, seconds), MILLISECOND)
        what = unrunnable(function)
        if what or not callable(function):
            raise TypeError(f"{name} takes seconds, then a function, and not {what or kind(function)}")
        timer_id = next(self.ids)
        due = script.elapsed() + wait, next(self.order)
        self.waiting[timer_id] = (due, wait if repeats else None, function, arguments)
        self.set_host()
        return timer_id

    def cancel(self, timer_id):
        if self.waiting.pop(timer_id, None) is not None:
            self.set_host()

    def set_host(self):
        if not self.waiting:
            timer.set(None)
            return
        (time, _), *_ = min(self.waiting.values(), key=lambda work: work[0])
        timer.set(milliseconds(max(time - script.elapsed(), 0)))

    def call(self):
        """Calls what is due. What a function returns is a reply, as of any other: its bytes are sent, and it says what
        comes next. After the last word no more are called. What becomes due meanwhile has its turn the next time."""
        until = script.elapsed()
        due = sorted((work[0], timer_id) for timer_id, work in self.waiting.items() if work[0][0] <= until)
        try:
            for _, timer_id in due:
                # One that was called before may have cancelled it.
                if (work := self.waiting.pop(timer_id, None)) is None:
                    continue
                (time, _), period, function, arguments = work
                if period is not None:
                    again = max(time + period, until), next(self.order)
                    self.waiting[timer_id] = (again, period, function, arguments)
                said = reply("a timer's function", function(*arguments))
                Call.sent.append(said.data)
                if said.next is not EMPTY.next:
                    return type(said)(b"", said.next)
        finally:
            self.set_host()
        return EMPTY


store = Store()
TIMERS = Timers()


def after(seconds, function, *arguments):
    """Calls a function once, after so many seconds. Returns what `cancel` takes."""
    return TIMERS.add("after", seconds, function, arguments, False)


def every(seconds, function, *arguments):
    """Calls a function again and again. Returns what `cancel` takes."""
    return TIMERS.add("every", seconds, function, arguments, True)


def cancel(timer_id):
    """Takes a timer back. Nothing where it was called already."""
    TIMERS.cancel(timer_id)
