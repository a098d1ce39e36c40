"""The tree as the database holds it: complete tiles, and the leaves that no tile holds yet."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from django.db.models import Max

from portal.foundation.errors import WrongState
from portal.foundation.statements import ask

from .merkle import HASH_BYTES, TILE_HEIGHT, TILE_WIDTH, Reader, inner_levels
from .models import LedgerLeaf

# Each answers with its turn among those that are asked together, the place of what it finds, and hashes side by side.
A_TILE = "SELECT {turn}, 0, hashes FROM audit_ledgertile WHERE level = %s AND number = %s"
LEAVES = 'SELECT {turn}, "index", hash FROM audit_ledgerleaf WHERE "index" >= %s AND "index" < %s'
ROOTS = "SELECT {turn}, number, root FROM audit_ledgertile WHERE level = %s AND number >= %s AND number < %s"
# Level and number of 256 hashes side by side, be they a tile or to become one.
Place = tuple[int, int]


class _Part(NamedTuple):
    """What to ask for the hashes of a place: statement, what is given with it, and which of the places that it finds is the first."""

    statement: str
    given: tuple[int, ...]
    first: int


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
        self._rows: dict[Place, bytes] = {}

    def read(self, start: int, height: int) -> bytes:
        """The hash of the complete subtree of 2**height leaves from `start` on. Raises Damaged when its rows are not there."""
        level, above = divmod(height, TILE_HEIGHT)
        place, at = _place(start, level)
        if place not in self._rows:
            self._rows[place] = _hashes([self._part(place)])[0]
        levels = inner_levels(self._rows[place])
        if above < len(levels):
            at = (at >> above) * HASH_BYTES
            found = levels[above][at : at + HASH_BYTES]
            if found:
                return found
        raise Damaged(f"The ledger's tree has no rows for entries {start} to {start + (1 << height) - 1}.")

    def read_ahead(self, work: Callable[[Reader], object]) -> None:
        """Reads all that `work` is going to ask for, in one query."""
        wanted: dict[Place, None] = {}

        def note(start: int, height: int) -> bytes:
            wanted[_place(start, height // TILE_HEIGHT)[0]] = None
            return b""

        work(note)
        places = [place for place in wanted if place not in self._rows]
        if places:
            self._rows.update(zip(places, _hashes([self._part(place) for place in places]), strict=True))

    def _part(self, place: Place) -> _Part:
        level, number = place
        whole = (number + 1) << (TILE_HEIGHT * (level + 1)) <= self.size
        return _Part(A_TILE, place, 0) if whole else _below(level, number)


def from_below(level: int, number: int) -> list[bytes]:
    """The hashes of a tile as far as they exist, out of the leaves or out of the roots of the tiles below. One query."""
    return split(_hashes([_below(level, number)])[0])


def _below(level: int, number: int) -> _Part:
    first = number * TILE_WIDTH
    if level == 0:
        return _Part(LEAVES, (first, first + TILE_WIDTH), first)
    return _Part(ROOTS, (level - 1, first, first + TILE_WIDTH), first)


def _place(start: int, level: int) -> tuple[Place, int]:
    """Where the subtree of this level that begins with leaf `start` stands: its place, and which of the hashes there it is."""
    number, at = divmod(start >> (TILE_HEIGHT * level), TILE_WIDTH)
    return (level, number), at


def _hashes(parts: Sequence[_Part]) -> list[bytes]:
    """The hashes of each part, as many as stand side by side from its first on. One query."""
    statement = " UNION ALL ".join(part.statement.format(turn=turn) for turn, part in enumerate(parts))
    found: list[list[tuple[int, bytes]]] = [[] for _ in parts]
    for turn, place, hashes in ask(statement, [value for part in parts for value in part.given]):
        found[turn].append((place, hashes))
    # After a gap no place is the one that it would have to be.
    return [
        b"".join([hashes for at, (place, hashes) in enumerate(sorted(rows), part.first) if place == at])
        for part, rows in zip(parts, found, strict=True)
    ]


def split(hashes: bytes | memoryview) -> list[bytes]:
    raw = bytes(hashes)
    return [raw[at : at + HASH_BYTES] for at in range(0, len(raw), HASH_BYTES)]
