"""The interpreter of Python scripts: what the component exports.

It evaluates the script, once, and hands each call of the contract to the script's function of that
name. What functions may return is in answers.py, how their exceptions read in mistakes.py. eco's
side, sockets and budgets, is none of its business.
"""

import itertools
import sys
import types

import answers
import eco
import image
import library
import mistakes
import output
from chance import SEED
from componentize_py_types import Err
from imports import host_imports
from imports.call import Call, Phase
from imports.timers import TIMERS
from wit_world import exports
from wit_world.exports import events as happening
from wit_world.imports import script, topics
from wit_world.imports.log import Level, log

FUNCTIONS = {
    "open": "open",
    "receive": "receive",
    "end-of-input": "end_of_input",
    "closed": "closed",
    "start": "start",
    "replied": "replied",
    "message": "message",
    "joined": "joined",
    "left": "left",
    "missed": "missed",
}
"""Names in the contract, and in Python."""

DEPTH = 200
"""Calls that may be nested before RecursionError. One that goes through C (a sort key that sorts, a
`__repr__` that prints itself) takes about 2 KiB of the host's stack, and 512 KiB are all there is by
default: such calls still fit at 220, and no longer at 260."""

JUMPS_PER_LOOK = 256
"""Turns of the script's loops between two looks at whether the time is used up."""

SERVING = Phase.SERVING

REHEARSALS = 50
"""Calls after which Python has done what it does for code that is run often."""


class Script:
    """The one script of this instance."""

    def __init__(self):
        self.name = "script"
        self.module = None
        self.broken = None
        self.watched = False
        """Whether its loops are stopped when the time is used up. To watch them takes time."""
        self.begun = False
        """Whether a function was called: in this instance, and not in one that it started from."""

    def evaluate(self):
        """Runs it from top to bottom, unless that has been done."""
        if self.module is not None:
            return
        # What it did before it failed is done, and must not be done twice.
        if self.broken is not None:
            raise self.broken
        try:
            self.run()
        except BaseException as error:
            self.broken = error
            raise

    def run(self):
        host_imports.define(eco)
        SEED.draw_for_evaluation()
        source = script.read()
        self.name = source.name
        module = types.ModuleType("script")
        module.__file__ = source.name
        # Dataclasses and the like look up the module of a class by its name.
        sys.modules["script"] = module
        code = compile(source.text.removeprefix("\ufeff"), source.name, "exec", dont_inherit=True)
        if self.watched:
            watch_loops(code)
        exec(code, module.__dict__)
        if self.watched:
            sys.monitoring.free_tool_id(sys.monitoring.DEBUGGER_ID)
            # Python prepares all code anew after this, when it is next run.
            rehearse(1)
        SEED.tell_use()
        self.module = module
        script.evaluated()

    def begin(self):
        """Before a function is called."""
        self.evaluate()
        if not self.begun:
            self.begun = True
            SEED.draw()

    def function(self, name):
        """A function that the script defines at top level, or None."""
        found = self.module.__dict__.get(name)
        return found if callable(found) else None

    def check(self):
        """Refuses what has the name of a function that eco calls, and nothing would ever run."""
        for name in FUNCTIONS.values():
            answers.check_function(name, self.module.__dict__.get(name))


SCRIPT = Script()


def watch_loops(code):
    """Has the loops of this code, and of all functions in it, stop when the time is used up."""
    monitoring = sys.monitoring
    turns = itertools.count(1)

    def look(code, begin, end):
        if next(turns) % JUMPS_PER_LOOK == 0 and script.spent():
            raise TimeoutError("the time is used up")

    def watch(code):
        monitoring.set_local_events(monitoring.DEBUGGER_ID, code, monitoring.events.JUMP)
        for inner in code.co_consts:
            if isinstance(inner, types.CodeType):
                watch(inner)

    monitoring.use_tool_id(monitoring.DEBUGGER_ID, "eco")
    monitoring.register_callback(monitoring.DEBUGGER_ID, monitoring.events.JUMP, look)
    watch(code)


def guarded(work):
    """Does the work. Returns its value and None, or None and the line that tells what went wrong."""
    try:
        return work(), None
    except BaseException as error:
        complaint = mistakes.line(error, SCRIPT.name)
        for frame in mistakes.stack(error):
            log(Level.DEBUG, frame)
        return None, complaint
    finally:
        output.flush()


def result(work):
    """The value of the work, for a function of the contract that may return an error."""
    value, complaint = guarded(work)
    if complaint is not None:
        raise Err(complaint)
    return value


def call(phase, name, form, absent, *arguments):
    """Calls the script's function. `form` makes an answer of what it returns."""

    def work():
        SCRIPT.begin()
        Call.begin(phase)
        function = SCRIPT.function(name)
        return absent if function is None else form(name, function(*arguments))

    return result(work)


def reply(name, *arguments):
    """Calls the script's function. What it has sent goes before what it returns."""
    answer = call(SERVING, name, answers.reply, answers.EMPTY, *arguments)
    return sent_before(answer)


def sent_before(answer):
    if not Call.sent:
        return answer
    return type(answer)(Call.join(answer.data), answer.next)


class Interpreter(exports.Interpreter):
    def load(self):
        SCRIPT.watched = True
        result(SCRIPT.evaluate)
        result(SCRIPT.check)
        return [name for name, function in FUNCTIONS.items() if SCRIPT.function(function)]


class Session(exports.Session):
    def open(self, peer):
        return reply("open", peer)

    def receive(self, chunk):
        return reply("receive", chunk)

    def end_of_input(self):
        return reply("end_of_input")

    def closed(self, why):
        reason = why.name.lower().replace("_", "-")
        try:
            call(Phase.CLOSING, "closed", lambda name, value: None, None, reason)
        except Err as error:
            log(Level.ERROR, error.value)


def call_timers():
    def work():
        SCRIPT.begin()
        Call.begin(SERVING)
        return TIMERS.call()

    return sent_before(result(work))


class Events(exports.Events):
    def event(self, event):
        match event:
            case happening.Happening_Message(message):
                return reply("message", message.topic, message.data, message.from_)
            case happening.Happening_Joined(presence):
                return reply("joined", presence.topic, presence.member)
            case happening.Happening_Left(presence):
                return reply("left", presence.topic, presence.member)
            case happening.Happening_Missed(missed):
                return reply("missed", missed.topic, missed.count)
            case _:
                return call_timers()


class Client(exports.Client):
    def start(self, message):
        return call(Phase.CLIENT, "start", answers.turn, answers.SILENCE, message)

    def replied(self, reply):
        return call(Phase.CLIENT, "replied", answers.step, answers.DONE, reply)


def rehearse(times):
    """Makes all calls with a script that does nothing. Python prepares code when it is first run, and again
    when it has been run often: instances then start with code that is ready."""
    connection = exports.session.Connection(0, "", "")
    why = exports.session.Reason.ENDED
    heard = happening.Happening_Message(happening.Message("", topics.Member("", ""), b"x"))
    kept = SCRIPT.module, SCRIPT.begun
    SCRIPT.module = types.ModuleType("script")
    SCRIPT.module.__dict__.update(
        open=lambda connection: b"",
        receive=lambda chunk: chunk,
        end_of_input=lambda: None,
        closed=lambda why: None,
        start=lambda message: {"send": message, "exactly": len(message)},
        replied=lambda reply: None,
        message=lambda topic, data, member: data,
    )
    # The seed is the host's, and is drawn when a function is first called.
    SCRIPT.begun = True
    for _ in range(times):
        session, client, events = Session(), Client(), Events()
        session.open(connection)
        session.receive(b"x")
        session.end_of_input()
        session.closed(why)
        client.start(b"x")
        client.replied(b"x")
        events.event(heard)
    SCRIPT.module, SCRIPT.begun = kept
    Call.begin(Phase.TOP_LEVEL)


library.load()
output.install()
sys.setrecursionlimit(DEPTH)
rehearse(REHEARSALS)
image.settle()
