"""Binds the imports of the program that embeds eco: an object in the module `eco` for each, under the name that the
program gives it.

This file doesn't know what their functions do.
"""

import keyword
import types

from componentize_py_types import Err
from imports.call import check_call
from imports.parts import Writer, read
from wit_world.imports import script


class HostError(Exception):
    """What a function of the embedding program gave as its error: `payload` is the value."""

    def __init__(self, name, payload):
        super().__init__(payload if isinstance(payload, str) else failure(name, payload))
        self.payload = payload


def failure(name, payload):
    return f"{name} failed" if payload is None else f"{name} failed: {payload!r}"


def define(module):
    """Puts them into the module. A name that is there already means the embedding program's import from now on."""
    for place, host_import in enumerate(script.host_imports()):
        name = spelled(host_import.name)
        found = types.ModuleType(name)
        for each, function in enumerate(host_import.functions):
            bound = bind(name, spelled(function.name), place, each, function.parameters)
            setattr(found, bound.__name__, bound)
        setattr(module, name, found)


def spelled(name):
    """A name, from WIT's spelling. Some are words of Python's own, for which there is a custom."""
    name = name.replace("-", "_")
    return f"{name}_" if keyword.iskeyword(name) else name


def bind(import_name, own_name, place, function, parameters):
    """The function at that place. Arguments that are left off are None."""
    name = f"{import_name}.{own_name}"

    def call(*arguments):
        check_call(name)
        if len(arguments) > parameters:
            raise TypeError(f"{name}: too many arguments: {len(arguments)}, and it takes {parameters}")
        writer = Writer(name)
        for each in arguments:
            writer.write(each)
        for _ in range(len(arguments), parameters):
            writer.write(None)
        try:
            return read(script.call_host(place, function, writer.parts))
        except Err as error:
            raised = error_of(name, error.value)
        raise raised

    call.__name__ = own_name
    return call


def error_of(name, why):
    if isinstance(why, script.HostFailure_Failed):
        return HostError(name, read(why.value))
    return TypeError(f"{name}: {why.value}")
