"""Prepares the interpreter's memory, of which each instance has an image: what an instance doesn't write
to, it shares with all others.

Python writes much where nothing changes: it counts references in the objects themselves, and its allocator
hands out the hole that was freed longest ago, wherever that is. So a connection had three hundred pages of
its own, and nearly all of its time went into copying them. This file knows no script.
"""

import gc
import sys
import types

from immortal import make_immortal

CODE = """
    co_consts co_names co_varnames co_cellvars co_freevars co_name co_qualname co_filename
    co_linetable co_exceptiontable
""".split()
"""What code refers to, which the garbage collector isn't told."""

ROOM = 1 << 20
"""Bytes at the end of the memory that are left free, as one piece."""

LARGE = [1 << power for power in range(19, 9, -1)]
SMALL = range(1023, 0, -8)
"""Sizes of holes that are filled. The allocator has a list for each eight bytes."""

FILLERS = []


def settle():
    """The last thing before the interpreter becomes an image."""
    gc.collect()
    stop_counting()
    # The collector would write to what is left as well.
    gc.freeze()
    fill_holes()


def stop_counting():
    """Makes all objects immortal: their references aren't counted any more. None would be freed anyway,
    as the modules refer to them."""
    dictionary = type.__dict__["__dict__"].__get__
    waiting = gc.get_objects()
    own = id(waiting)
    # Built-in classes are immortal, and what is in them isn't.
    waiting += map(dictionary, object.__subclasses__())
    while waiting:
        each = waiting.pop()
        if sys._is_immortal(each) or isinstance(each, types.FrameType) or id(each) == own:
            continue
        make_immortal(each)
        waiting += gc.get_referents(each)
        if isinstance(each, types.CodeType):
            waiting += [getattr(each, name) for name in CODE]
        elif isinstance(each, type):
            waiting += gc.get_referents(dictionary(each))


def fill_holes():
    """Takes what is free between the objects, so that new ones lie side by side behind them."""
    end = id(bytes(ROOM))
    for size in [*LARGE, *SMALL, 0]:
        while id(filler := bytes(size) if size else object()) < end:
            FILLERS.append(filler)
