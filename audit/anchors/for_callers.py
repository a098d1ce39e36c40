"""The receipts of one request, given back with its answer: whoever acted can hold the trail to them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from .receipt import Receipt

HEADER = "X-Audit-Receipt"
MOST_TOLD = 20
_of_request: ContextVar[list[Receipt] | None] = ContextVar("receipts", default=None)


@contextmanager
def heard() -> Iterator[list[Receipt]]:
    """What is committed inside."""
    receipts: list[Receipt] = []
    token = _of_request.set(receipts)
    try:
        yield receipts
    finally:
        _of_request.reset(token)


def noticed(receipts: Sequence[Receipt]) -> None:
    """These were committed; a request that listens takes them along."""
    listening = _of_request.get()
    if listening is not None:
        listening.extend(receipts)


def as_header(receipts: Sequence[Receipt]) -> str:
    """`<event id>:<leaf hash>` of each, the first twenty of them."""
    return ", ".join(f"{one.event}:{one.leaf}" for one in receipts[:MOST_TOLD])
