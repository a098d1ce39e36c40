"""The entries of a bundle, line by line, as docs/ledger-format.md has them. Nothing is held in memory but some thousand rows."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

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
        joined, condition, values = "LEFT JOIN", "1=1", list[Any]()
    else:
        joined, (condition, values) = "JOIN", selection.in_sql()
    statement = (
        f'SELECT l."index", l.hash, e.payload FROM audit_ledgerleaf l {joined} audit_ledgerevent e ON e.id = l.event '  # noqa: S608 - constants; values are parameters
        f'WHERE l."index" >= %s AND l."index" < %s AND {condition} ORDER BY l."index" LIMIT {AT_ONCE}'
    )
    place = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(statement, [place, size, *values])
            rows = [Row(*row) for row in cursor.fetchall()]
        yield from rows
        if len(rows) < AT_ONCE:
            return
        place = rows[-1].place + 1


def _omitted(first: int, end: int, tree: StoredTree) -> Iterator[bytes]:
    for start, height in subtrees(first, end):
        yield _marker(start, height, tree.read(start, height))


def _marker(start: int, height: int, hashed: bytes) -> bytes:
    return json.dumps(["omitted", start, height, hashed.hex()], separators=(",", ":")).encode("ascii")
