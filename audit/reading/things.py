"""The numbers of the events about some things, or of a request: each by an index of the ledger's own that has them in their order."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from .bitmaps import bitmap, block_of, place_of
from .filters import Filters

# Each thing by itself and nothing else asked: a planner that expects many of them would rather read the trail from its end.
ONE = "SELECT {place} AS place, id FROM (SELECT id FROM audit_ledgerevent WHERE {of}{beyond} ORDER BY id {way} LIMIT %s) AS one"
# Of several things so many of each are asked for at least, that a page of them takes no more queries than a page of one.
FEWEST = 400
# Cut before it is looked at what each is: a request may have a million of them.
OLDER = (
    "SELECT e.id FROM (SELECT id FROM audit_ledgerevent WHERE request_id = %s AND id < %s ORDER BY id DESC LIMIT %s) AS one "
    "JOIN audit_ledgerevent e ON e.id = one.id WHERE e.type = %s"
)
OF_A_THING, OF_A_REQUEST = "object_model = %s AND object_pk = %s", "request_id = %s"


@dataclass(frozen=True, slots=True)
class Window:
    """Numbers in the order they were asked in, and where looking ended; None where there are no more."""

    numbers: list[int]
    ended: int | None

    def in_blocks(self) -> dict[int, int]:
        """As sets of the index, by block."""
        places: dict[int, list[int]] = defaultdict(list)
        for number in self.numbers:
            places[block_of(number)].append(place_of(number))
        return {block: bitmap(some) for block, some in places.items()}


def window(filters: Filters, most: int, *, before: int | None = None, after: int | None = None) -> Window:
    """About `most` below `before`, the newest first, or above `after`, the oldest first. Of `filters` only things and request. One query."""
    asked = [(OF_A_THING, [kind, key]) for kind, _, key in (one.partition(":") for one in filters.object)]
    asked += [(OF_A_REQUEST, [filters.request])] if filters.request else []
    upward, each = after is not None, max(most // len(asked), min(most, FEWEST))
    found = _each(asked, each, before, after)
    things = set().union(*found[: len(filters.object)])
    numbers = things.intersection(found[-1]) if filters.object and filters.request else things or set(found[-1])
    # Beyond the nearest end one of them may have more.
    ends = [some[-1] for some in found if len(some) == each]
    if not ends:
        return Window(sorted(numbers, reverse=not upward), None)
    end = min(ends) if upward else max(ends)
    return Window(sorted((one for one in numbers if (one <= end if upward else one >= end)), reverse=not upward), end)


def older_of_request(request: str, event_type: str, *, before: int, most: int) -> list[int]:
    """Those of this type among the `most` events of a request that come next below `before`. One query."""
    with connection.cursor() as cursor:
        cursor.execute(OLDER, [request, before, most, event_type])
        return [number for (number,) in cursor.fetchall()]


def _each(asked: Sequence[tuple[str, list[str]]], each: int, before: int | None, after: int | None) -> list[list[int]]:
    beyond = (" AND id < %s" if before is not None else "") + (" AND id > %s" if after is not None else "")
    bounds = [bound for bound in (before, after) if bound is not None]
    way = "DESC" if after is None else "ASC"
    parts = [ONE.format(place=place, of=of, beyond=beyond, way=way) for place, (of, _) in enumerate(asked)]
    given: list[Any] = [value for _, values in asked for value in (*values, *bounds, each)]
    found: list[list[int]] = [[] for _ in parts]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), given)
        for place, number in cursor.fetchall():
            found[place].append(number)
    return [sorted(some, reverse=after is None) for some in found]
