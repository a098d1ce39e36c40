"""Proofs out of the stored tree. Each reads a handful of rows, however long the ledger is."""

from . import merkle
from .stored import StoredTree


def inclusion(index: int, size: int, *, tree: StoredTree | None = None) -> list[bytes]:
    """RFC 6962, 2.1.1: that leaf `index` is in the tree of `size`, from the leaf up. Give `tree` to make many. Raises ValueError, Damaged."""
    return merkle.inclusion(index, size, _reader(size, tree))


def consistency(old: int, new: int, *, tree: StoredTree | None = None) -> list[bytes]:
    """RFC 6962, 2.1.2: that the tree of `new` begins with that of `old`. Raises ValueError unless 0 < old <= new, Damaged."""
    return merkle.consistency(old, new, _reader(new, tree))


def subtree(start: int, height: int, *, tree: StoredTree | None = None) -> bytes:
    """The hash of the complete subtree of 2**height leaves from `start` on. Raises Damaged when it is not there."""
    return _reader(start + (1 << height), tree)(start, height)


def root(size: int, *, tree: StoredTree | None = None) -> bytes:
    """The root of the first `size` leaves."""
    return merkle.root(size, _reader(size, tree))


def _reader(size: int, tree: StoredTree | None) -> merkle.Reader:
    return (tree or StoredTree(size)).read
