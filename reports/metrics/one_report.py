"""Reading a thing once while one report is made, however many of its chapters ask for it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

Given = ParamSpec("Given")
Answer = TypeVar("Answer")
_read: ContextVar[dict[Any, Any] | None] = ContextVar("read for one report", default=None)


@contextmanager
def one_report() -> Iterator[None]:
    """Inside, a `once` function reads for the same arguments once, and its chapters therefore agree. What was read is let go at the end."""
    token = _read.set({})
    try:
        yield
    finally:
        _read.reset(token)


def once(function: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """`function` has arguments that can be keys, and an answer that nobody changes. Outside of a report it reads each time."""

    @wraps(function)
    def asked(*args: Given.args, **kwargs: Given.kwargs) -> Answer:
        known = _read.get()
        if known is None:
            return function(*args, **kwargs)
        key = (function, args, tuple(sorted(kwargs.items())))
        if key not in known:
            known[key] = function(*args, **kwargs)
        answer: Answer = known[key]
        return answer

    return asked
