"""A page of the log: what filters ask for, newest first, with cursors that stay where they are when newer events come."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from audit.ledger.models import LedgerEvent

from .filters import Filters
from .lookup import Count
from .sources import Source, source_of

SIZE, LARGEST = 50, 200
# A page looks again for events in place of those that the index promised too much of, so often at most.
MOST_ROUNDS, AT_ONCE = 6, 400
LeaveOut = Callable[[list[LedgerEvent]], frozenset[int]]


@dataclass(frozen=True, slots=True)
class Page:
    """Events, the newest first. `older` and `newer` are cursors, None where nothing is. `unfiled` newer ones were not looked through."""

    events: tuple[LedgerEvent, ...]
    older: int | None
    newer: int | None
    count: Count
    unfiled: int = 0


def page(
    filters: Filters,
    reader: Any,
    *,
    before: int | None = None,
    after: int | None = None,
    size: int = SIZE,
    leave_out: LeaveOut | None = None,
) -> Page:
    """The next `size` events older than the event numbered `before`, or newer than `after`; the newest without either.

    About ten queries at most, however long the trail is. `leave_out` is shown what was found and names events that are not to be listed.
    """
    source = source_of(filters, reader)
    taken = _take(source, before, after, size, leave_out)
    # Where there is more: the last one that is shown, or where looking ended.
    on = taken.found[size - 1].pk if len(taken.found) > size else taken.last
    found = taken.found[:size]
    if after is not None:
        found.reverse()
        return Page(tuple(found), found[-1].pk if found else after + 1, on, source.count(), source.unfiled)
    newer = None if before is None else found[0].pk if found else before - 1
    whole = before is None and on is None and not taken.left_out and not source.unfiled
    return Page(tuple(found), on, newer, Count(len(found)) if whole else source.count(), source.unfiled)


def walk(filters: Filters, reader: Any, *, before: int | None = None) -> Iterator[LedgerEvent]:
    """All of them, the newest first, some hundreds in memory."""
    source = source_of(filters, reader)
    numbers = source.numbers(before=before, after=None, gently=True)
    while some := list(islice(numbers, AT_ONCE)):
        yield from source.read(some, upward=False)


@dataclass(frozen=True, slots=True)
class _Taken:
    """What was found, and the last number that was looked at; None where there is no more."""

    found: list[LedgerEvent]
    last: int | None
    left_out: frozenset[int]


def _take(source: Source, before: int | None, after: int | None, size: int, leave_out: LeaveOut | None) -> _Taken:
    """Up to one more than `size`, or somewhat more."""
    found: list[LedgerEvent] = []
    left_out = frozenset[int]()
    last: int | None = None
    # What is left out by then is passed over without a look.
    numbers = (number for number in source.numbers(before=before, after=after) if number not in left_out)
    for turn in range(MOST_ROUNDS):
        # Mostly one or two were promised too much.
        some = list(islice(numbers, min((size + 1) * 2**turn, max(AT_ONCE, size + 1))))
        if not some:
            return _Taken(found, source.ended, left_out)
        last = some[-1]
        found += source.read(some, upward=after is not None)
        if leave_out is not None:
            left_out |= leave_out(found)
            found = [event for event in found if event.pk not in left_out]
        if len(found) > size:
            break
    return _Taken(found, last, left_out)


def about(count: Count) -> str:
    """'312', 'about 1.2 million', 'at least 1,001'."""
    if count.is_exact or count.is_least:
        return f"{count.number:,}" if count.is_exact else f"at least {count.number:,}"
    if count.number >= 1_000_000:
        return f"about {count.number / 1_000_000:,.1f} million".replace(".0 ", " ")
    rounded = round(count.number, -(len(str(count.number)) - 2)) if count.number > 100 else count.number
    return f"about {rounded:,}"
