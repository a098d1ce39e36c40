"""The entries of a bundle, line by line, as docs/ledger-format.md has them. Held in memory are some thousand rows, and where chosen ones are."""

import json
from array import array
from collections.abc import Iterator
from typing import NamedTuple

from django.db import connection

from audit.sealing.merkle import subtrees
from audit.sealing.stored import StoredTree

from .selection import Selection

AT_ONCE = 2_000


class Row(NamedTuple):
    """An entry of the tree at `place`; `payload` None when it was pruned or erased."""

    place: int
    hash: bytes
    payload: str | None


def lines(size: int, selection: Selection) -> Iterator[bytes]:
    """What `entries.jsonl` says of the first `size` entries, without line ends."""
    place, tree = 0, StoredTree(size)
    for row in chosen(size, selection):
        yield from _omitted(place, row.place, tree)
        yield _marker(row.place, 0, bytes(row.hash)) if row.payload is None else row.payload.encode("utf-8")
        place = row.place + 1
    yield from _omitted(place, size, tree)


def chosen(size: int, selection: Selection) -> Iterator[Row]:
    """The entries that `selection` takes of the first `size`, by index."""
    if selection.is_everything:
        for first in range(0, size, AT_ONCE):
            yield from _read('l."index" >= %s AND l."index" < %s', [first, min(first + AT_ONCE, size)])
        return
    places = _places(size, selection)
    for at in range(0, len(places), AT_ONCE):
        some = places[at : at + AT_ONCE].tolist()
        if some[-1] - some[0] < 2 * AT_ONCE:
            # Mostly they stand together, and a range is read faster than a list.
            wanted = set(some)
            yield from (row for row in _read('l."index" >= %s AND l."index" <= %s', [some[0], some[-1]]) if row.place in wanted)
        else:
            yield from _read(f'l."index" IN ({", ".join(["%s"] * len(some))})', some)


def _places(size: int, selection: Selection) -> "array[int]":
    """The indexes of what is selected, sorted, eight bytes each. A short time of a long ledger, or one thing, is found by its index."""
    found: set[int] = set()
    for condition, values in selection.either_in_sql():
        # CROSS: SQLite would go through all leaves, for they have the order.
        statement = (
            'SELECT l."index" FROM audit_ledgerevent e CROSS JOIN audit_ledgerleaf l '  # noqa: S608 - constants; values are parameters
            f'WHERE l.event = e.id AND {condition} AND l."index" < %s'
        )
        with connection.cursor() as cursor:
            cursor.execute(statement, [*values, size])
            while rows := cursor.fetchmany(AT_ONCE):
                found.update(place for (place,) in rows)
    return array("q", sorted(found))


def _read(condition: str, values: list[int]) -> list[Row]:
    statement = (
        'SELECT l."index", l.hash, e.payload FROM audit_ledgerleaf l LEFT JOIN audit_ledgerevent e ON e.id = l.event '  # noqa: S608 - as above
        f'WHERE {condition} ORDER BY l."index"'
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [Row(*row) for row in cursor.fetchall()]


def _omitted(first: int, end: int, tree: StoredTree) -> Iterator[bytes]:
    for start, height in subtrees(first, end):
        yield _marker(start, height, tree.read(start, height))


def _marker(start: int, height: int, hashed: bytes) -> bytes:
    return json.dumps(["omitted", start, height, hashed.hex()], separators=(",", ":")).encode("ascii")
