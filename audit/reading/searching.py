"""A page of the log: what filters ask for, newest first, with cursors that stay where they are when newer events come."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from typing import Any

from django.db.models import QuerySet

from audit.ledger.models import LedgerEvent, LedgerInbox
from audit.sealing.models import LedgerLeaf
from portal.foundation.access.checks import visible_to

from .facts import facts_of
from .filing import how_far
from .filters import Filters, matches
from .lookup import Count, Lookup
from .masking import hides
from .models import TrailIndex
from .population import in_columns
from .services import RIGHT
from .terms import question
from .words_in_payloads import listed

SIZE, LARGEST = 50, 200
# What is not filed yet is read one by one, newest first, so far.
MOST_UNFILED = 5_000
# A page looks again for events in place of those that the index promised too much of, so often at most.
MOST_ROUNDS, AT_ONCE = 6, 400
MOST_COUNTED = 1_000
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
    source = Source(filters, reader)
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
    source = Source(filters, reader)
    numbers = source.numbers(before=before, after=None, gently=True)
    while some := list(islice(numbers, AT_ONCE)):
        yield from source.read(some, upward=False)


class Source:
    """Where the numbers of events come from that may be asked for, and the events themselves."""

    def __init__(self, filters: Filters, reader: Any) -> None:
        self.filters = filters
        self.blanks = hides(reader)
        # The index promises whole hours; what is beyond the time need not be read.
        in_time = in_columns(Filters(since=filters.since, until=filters.until, routine=True))
        self.events = visible_to(reader, LedgerEvent.objects.filter(in_time), RIGHT)
        self.unfiled = 0
        self.by_column = bool(filters.request or filters.object)
        if self.by_column:
            return
        mark = how_far()
        self.tail = self._tail(mark)
        self.lookup = _lookup(filters, mark, blanks=self.blanks)

    def numbers(self, *, before: int | None, after: int | None, gently: bool = False) -> Iterator[int]:
        """Numbers in the order of the page. `gently`: never much at once, for long walks."""
        if self.by_column:
            return self._by_column(before, after)
        upward = after is not None
        tail = [event for event in self.tail if (after is None or event > after) and (before is None or event < before)]
        filed = iter(()) if self.lookup is None else self._filed(self.lookup, before, after, gently)
        return _once(merge(sorted(tail, reverse=not upward), filed, reverse=not upward))

    def read(self, numbers: list[int], *, upward: bool) -> list[LedgerEvent]:
        """The events with these numbers that the reader may see and the filters ask for."""
        rows = self.events.filter(pk__in=numbers).order_by("id" if upward else "-id")
        return [event for event in rows if self._is_asked(event)]

    def _is_asked(self, event: LedgerEvent) -> bool:
        return matches(self.filters, facts_of(event, blanks=self.blanks))

    def count(self) -> Count:
        """How many there are."""
        if self.events.query.is_empty():
            return Count(0)
        if self.by_column:
            return self._counted()
        filed = self.lookup.count() if self.lookup else Count(0)
        # At its edges the index knows a time by whole hours.
        whole_hours = all(at is None or not (at.minute or at.second) for at in (self.filters.since, self.filters.until))
        return Count(filed.number + len(self.tail), filed.is_exact and whole_hours and not self.unfiled)

    def _filed(self, lookup: Lookup, before: int | None, after: int | None, gently: bool) -> Iterator[int]:
        return lookup.events(before=before, after=after, portions=(24,)) if gently else lookup.events(before=before, after=after)

    def _by_column(self, before: int | None, after: int | None) -> Iterator[int]:
        """Things and requests have indexes of the ledger's own. By portions: a cursor of PostgreSQL's would read all of them first."""
        size = SIZE + 1
        while True:
            rows = self._rows()
            rows = rows.filter(pk__gt=after).order_by("id") if after is not None else rows.order_by("-id")
            rows = rows.filter(pk__lt=before) if before is not None else rows
            some = list(rows.values_list("pk", flat=True)[:size])
            yield from some
            if len(some) < size:
                return
            before, after = (before, some[-1]) if after is not None else (some[-1], None)
            size = AT_ONCE

    def _rows(self) -> QuerySet[LedgerEvent]:
        return self.events.filter(in_columns(self.filters))

    def _counted(self) -> Count:
        most = self._rows().order_by()[: MOST_COUNTED + 1].count()
        return Count(min(most, MOST_COUNTED), most <= MOST_COUNTED and not self.filters.text)

    def _tail(self, mark: TrailIndex) -> list[int]:
        """What is asked for among the events that are not filed yet: those waiting for their seal first, or one could slip through."""
        waiting = list(LedgerInbox.objects.order_by("-event").values_list("event", flat=True)[: MOST_UNFILED + 1])
        sealed = LedgerLeaf.objects.filter(index__gte=mark.leaf).order_by("-index").values_list("event", flat=True)
        keys = sorted({*waiting, *sealed[: MOST_UNFILED + 1]}, reverse=True)
        self.unfiled = max(len(keys) - MOST_UNFILED, 0)
        keys = keys[:MOST_UNFILED]
        if not keys:
            return []
        rows = self._rows().filter(pk__in=listed(keys)).order_by("-id")
        return [event.pk for event in rows if self._is_asked(event)]


def _lookup(filters: Filters, mark: TrailIndex, *, blanks: bool) -> Lookup | None:
    oldest, newest = mark.oldest_at, mark.newest_at
    return Lookup(question(filters, oldest, newest, blanks=blanks)) if oldest is not None and newest is not None else None


@dataclass(frozen=True, slots=True)
class _Taken:
    """What was found, and the last number that was looked at; None where there is no more."""

    found: list[LedgerEvent]
    last: int | None
    left_out: frozenset[int]


def _take(source: Source, before: int | None, after: int | None, size: int, leave_out: LeaveOut | None) -> _Taken:
    """Up to one more than `size`, or somewhat more."""
    numbers = source.numbers(before=before, after=after)
    found: list[LedgerEvent] = []
    left_out = frozenset[int]()
    last: int | None = None
    for turn in range(MOST_ROUNDS):
        # Mostly one or two were promised too much.
        some = list(islice(numbers, min((size + 1) * 2**turn, max(AT_ONCE, size + 1))))
        if not some:
            return _Taken(found, None, left_out)
        last = some[-1]
        found += source.read([number for number in some if number not in left_out], upward=after is not None)
        if leave_out is not None:
            left_out |= leave_out(found)
            found = [event for event in found if event.pk not in left_out]
        if len(found) > size:
            break
    return _Taken(found, last, left_out)


def _once(numbers: Iterator[int]) -> Iterator[int]:
    """What was filed meanwhile comes twice, one after the other."""
    last: int | None = None
    for number in numbers:
        if number != last:
            last = number
            yield number


def about(count: Count) -> str:
    """'312', 'about 1.2 million', 'more than 1,000'."""
    if count.is_exact:
        return f"{count.number:,}"
    if count.number >= 1_000_000:
        return f"about {count.number / 1_000_000:,.1f} million".replace(".0 ", " ")
    rounded = round(count.number, -(len(str(count.number)) - 2)) if count.number > 100 else count.number
    return f"about {rounded:,}"
