"""Transactions within transactions: a savepoint only where somebody outside could go on after a failure."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import transaction
from django.db.transaction import Atomic

_whole: ContextVar[bool] = ContextVar("whole", default=False)


@contextmanager
def whole() -> Iterator[None]:
    """One transaction that goes altogether when anything in it fails. Whoever catches a failure inside can ask the database nothing more."""
    with transaction.atomic():
        token = _whole.set(True)
        try:
            yield
        finally:
            _whole.reset(token)


def part() -> Atomic:
    """The transaction of one verb: its own, or a part of another. Within `whole` it needs no savepoint to go back to."""
    return transaction.atomic(savepoint=not _whole.get())
