"""Raises the problems of the host's imports, as exceptions with a code."""

from componentize_py_types import Err
from imports.call import check_phase


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


def ask(name, function, *arguments):
    """Calls the host."""
    check_phase(name)
    try:
        return function(*arguments)
    except Err as error:
        problem = error.value
        code, text = CODES.get(type(problem).__name__, ("unavailable", None))
        raise Problem(f"{name}: {problem.value if text is None else text}", code) from None
