"""Where the numbers of the events come from that a page of the log may list, in its order; and how many there are."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from heapq import merge
from typing import Any

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
from .things import Window, window
from .words_in_payloads import listed, may_hold

# What is not filed yet is read one by one, newest first, so far.
MOST_UNFILED = 5_000
MOST_COUNTED = 1_000
# Of a thing all of whose events are listed: a page, then some more, then many, for a page leaves out what it folds.
FIRST, AT_ONCE = 51, 400
# Where more is asked of a thing, so few of its events are read one by one; so many are looked through for one page.
FEW, MOST_OF_THINGS = 400, 20_000


def source_of(filters: Filters, reader: Any) -> "Source":
    """The one for these filters."""
    if not (filters.object or filters.request):
        return Source(filters, reader)
    alone = filters == Filters(object=filters.object, request=filters.request, routine=filters.routine)
    return Things(filters, reader) if alone else Among(filters, reader)


class Source:
    """By the index, and one by one what is not filed yet."""

    def __init__(self, filters: Filters, reader: Any) -> None:
        self.filters = filters
        self.blanks = hides(reader)
        self.words = filters.words
        # The index promises whole hours; what is beyond the time need not be read.
        in_time = in_columns(Filters(since=filters.since, until=filters.until, routine=True))
        self.events = visible_to(reader, LedgerEvent.objects.filter(in_time), RIGHT)
        self.unfiled = 0
        # Where looking ended although there may be more.
        self.ended: int | None = None

    def numbers(self, *, before: int | None, after: int | None, gently: bool = False) -> Iterator[int]:
        """Numbers in the order of the page. `gently`: never much at once, for long walks."""
        return self._merged(self.tail, self.lookup, before, after, gently)

    def read(self, numbers: list[int], *, upward: bool) -> list[LedgerEvent]:
        """The events with these numbers that the reader may see and the filters ask for."""
        rows = self.events.filter(pk__in=numbers).order_by("id" if upward else "-id")
        return [event for event in rows if self._is_asked(event)]

    def count(self) -> Count:
        """How many there are."""
        return Count(0) if self.events.query.is_empty() else self._count()

    @cached_property
    def lookup(self) -> Lookup | None:
        """What is filed; None where nothing is."""
        return self._looked_up(None)

    @cached_property
    def tail(self) -> list[int]:
        """What is asked for among the events that are not filed yet."""
        if not self.waiting:
            return []
        rows = self.events.filter(in_columns(self.filters), pk__in=listed(self.waiting)).order_by("-id")
        return [event.pk for event in rows if self._is_asked(event)]

    @cached_property
    def mark(self) -> TrailIndex:
        """How far the index has come; asked before it and before what waits, so that what is filed meanwhile comes twice and not never."""
        return how_far()

    @cached_property
    def waiting(self) -> list[int]:
        """The newest that are not filed yet: those waiting for their seal first, or one could slip through."""
        mark = self.mark
        inbox = list(LedgerInbox.objects.order_by("-event").values_list("event", flat=True)[: MOST_UNFILED + 1])
        sealed = LedgerLeaf.objects.filter(index__gte=mark.leaf).order_by("-index").values_list("event", flat=True)
        keys = sorted({*inbox, *sealed[: MOST_UNFILED + 1]}, reverse=True)
        self.unfiled = max(len(keys) - MOST_UNFILED, 0)
        return keys[:MOST_UNFILED]

    def _looked_up(self, among: Mapping[int, int] | None) -> Lookup | None:
        oldest, newest = self.mark.oldest_at, self.mark.newest_at
        return (
            Lookup(question(self.filters, oldest, newest, blanks=self.blanks), among) if oldest is not None and newest is not None else None
        )

    def _merged(self, tail: list[int], lookup: Lookup | None, before: int | None, after: int | None, gently: bool) -> Iterator[int]:
        upward = after is not None
        tail = [event for event in tail if (after is None or event > after) and (before is None or event < before)]
        filed = lookup.events(before=before, after=after, gently=gently) if lookup else iter(())
        return _once(merge(sorted(tail, reverse=not upward), filed, reverse=not upward))

    def _is_asked(self, event: LedgerEvent) -> bool:
        return may_hold(event.payload, self.words) and matches(self.filters, facts_of(event, blanks=self.blanks))

    def _count(self) -> Count:
        return self._joint(self.tail, self.lookup)

    def _joint(self, tail: list[int], lookup: Lookup | None) -> Count:
        filed = lookup.count() if lookup else Count(0)
        # At its edges the index knows a time by whole hours.
        whole_hours = all(at is None or not (at.minute or at.second) for at in (self.filters.since, self.filters.until))
        return Count(filed.number + len(tail), filed.is_exact and whole_hours and not self.unfiled)


class Things(Source):
    """All about some things, or of a request, and nothing else is asked: by the ledger's own indexes alone."""

    def numbers(self, *, before: int | None, after: int | None, gently: bool = False) -> Iterator[int]:
        size, upward = FIRST, after is not None
        while True:
            some = window(self.filters, size, before=before, after=after)
            yield from some.numbers
            if some.ended is None:
                return
            before, after = (before, some.ended) if upward else (some.ended, None)
            size = AT_ONCE if size == FIRST else MOST_OF_THINGS

    def _count(self) -> Count:
        some = window(self.filters, MOST_COUNTED + 1)
        if some.ended is None:
            return Count(len(some.numbers))
        return Count(min(len(some.numbers), MOST_COUNTED), is_exact=False, is_least=True)


class Among(Source):
    """What else is asked about some things, or of a request: of few events each is read, of more the index tells which."""

    def __init__(self, filters: Filters, reader: Any) -> None:
        super().__init__(filters, reader)
        self.top = window(filters, MOST_OF_THINGS)
        self.are_few = self.top.ended is None and len(self.top.numbers) <= FEW
        self.looked: tuple[list[int], Lookup | None] | None = None

    def numbers(self, *, before: int | None, after: int | None, gently: bool = False) -> Iterator[int]:
        if self.are_few:
            yield from self._merged(self.few, None, before, after, gently)
            return
        upward = after is not None
        some = (
            self.top
            if self.top.ended is None or before is after is None
            else window(self.filters, MOST_OF_THINGS, before=before, after=after)
        )
        while True:
            self.looked = self._look(some)
            yield from self._merged(*self.looked, before, after, gently)
            if some.ended is None:
                return
            if not gently:
                self.ended = some.ended
                return
            before, after = (before, some.ended) if upward else (some.ended, None)
            some = window(self.filters, MOST_OF_THINGS, before=before, after=after)

    @cached_property
    def few(self) -> list[int]:
        """All of them, the newest first."""
        rows = self.events.filter(in_columns(self.filters), pk__in=self.top.numbers).order_by("-id")
        return [event.pk for event in rows if self._is_asked(event)]

    def _look(self, some: Window) -> tuple[list[int], Lookup | None]:
        meant = set(some.numbers)
        unfiled = [number for number in self.waiting if number in meant]
        tail = [event.pk for event in self.read(unfiled, upward=False)] if unfiled else []
        return tail, self._looked_up(some.in_blocks())

    def _count(self) -> Count:
        if self.are_few:
            return Count(len(self.few))
        found = self._joint(*(self.looked or self._look(self.top)))
        return found if self.top.ended is None else Count(found.number, is_exact=False, is_least=True)


def _once(numbers: Iterator[int]) -> Iterator[int]:
    """What was filed meanwhile comes twice, one after the other."""
    last: int | None = None
    for number in numbers:
        if number != last:
            last = number
            yield number
