"""Binds the import timer: after, every, cancel. It must not know what events are given to whom."""

import itertools

from answers import EMPTY, kind, reply, unrunnable
from imports.arguments import MILLISECOND, milliseconds, nanoseconds
from imports.call import Call, check_phase
from wit_world.imports import script, timer


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
