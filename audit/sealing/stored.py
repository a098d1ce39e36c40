"""The tree as the database holds it: complete tiles, and the leaves that no tile holds yet."""

from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.db.models import Max

from portal.foundation.errors import WrongState

from .merkle import HASH_BYTES, TILE_HEIGHT, TILE_WIDTH, complete_root
from .models import LedgerLeaf

A_TILE = "SELECT hashes FROM audit_ledgertile WHERE level = %s AND number = %s"
LEAVES = 'SELECT "index", hash FROM audit_ledgerleaf WHERE "index" >= %s AND "index" < %s ORDER BY "index"'
ROOTS = "SELECT number, root FROM audit_ledgertile WHERE level = %s AND number >= %s AND number < %s ORDER BY number"


class Damaged(WrongState):
    """A row of the tree that must be there is not, or is not what it was."""


def tree_size() -> int:
    """How many leaves there are. One query of one row of an index."""
    last: int | None = LedgerLeaf.objects.aggregate(last=Max("index"))["last"]
    return 0 if last is None else last + 1


class StoredTree:
    """A reader of the tree's first `size` leaves (all of them unless given). Keeps the tiles it has read, so it is for one piece of work."""

    def __init__(self, size: int | None = None) -> None:
        self.size = tree_size() if size is None else size
        self._rows: dict[tuple[int, int], list[bytes]] = {}

    def read(self, start: int, height: int) -> bytes:
        """The hash of the complete subtree of 2**height leaves from `start` on. Raises Damaged when its rows are not there."""
        level, above = divmod(height, TILE_HEIGHT)
        number, at = divmod(start >> (TILE_HEIGHT * level), TILE_WIDTH)
        if (level, number) not in self._rows:
            self._rows[level, number] = self._row(level, number)
        hashes = self._rows[level, number][at : at + (1 << above)]
        if len(hashes) != 1 << above:
            raise Damaged(f"The ledger's tree has no rows for entries {start} to {start + (1 << height) - 1}.")
        return complete_root(hashes)

    def _row(self, level: int, number: int) -> list[bytes]:
        if (number + 1) << (TILE_HEIGHT * (level + 1)) <= self.size:
            found = _rows(A_TILE, [level, number])
            return split(found[0][0]) if found else []
        return from_below(level, number)


def from_below(level: int, number: int) -> list[bytes]:
    """The hashes of a tile as far as they exist, out of the leaves or out of the roots of the tiles below. One query."""
    first = number * TILE_WIDTH
    if level == 0:
        return _without_gap(first, _rows(LEAVES, [first, first + TILE_WIDTH]))
    return _without_gap(first, _rows(ROOTS, [level - 1, first, first + TILE_WIDTH]))


def _rows(statement: str, given: list[int]) -> list[tuple[Any, ...]]:
    """Without the ORM, whose work for each question would be a third of a proof's time."""
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return list(cursor.fetchall())


def split(hashes: bytes | memoryview) -> list[bytes]:
    raw = bytes(hashes)
    return [raw[at : at + HASH_BYTES] for at in range(0, len(raw), HASH_BYTES)]


def _without_gap(first: int, rows: Iterable[tuple[int, bytes | memoryview]]) -> list[bytes]:
    """As many as stand side by side from the first on."""
    hashes: list[bytes] = []
    for place, one in rows:
        if place != first + len(hashes):
            break
        hashes.append(bytes(one))
    return hashes
