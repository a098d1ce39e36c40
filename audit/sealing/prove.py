"""Proofs out of the stored tree. Each reads a handful of rows in one query, however long the ledger is."""

from collections.abc import Callable
from typing import TypeVar

from . import merkle
from .stored import StoredTree

Made = TypeVar("Made")


def inclusion(index: int, size: int, *, tree: StoredTree | None = None) -> list[bytes]:
    """RFC 6962, 2.1.1: that leaf `index` is in the tree of `size`, from the leaf up. Give `tree` to make many. Raises ValueError, Damaged."""
    return _made(lambda read: merkle.inclusion(index, size, read), tree or StoredTree(size))


def consistency(old: int, new: int, *, tree: StoredTree | None = None) -> list[bytes]:
    """RFC 6962, 2.1.2: that the tree of `new` begins with that of `old`. Raises ValueError unless 0 < old <= new, Damaged."""
    return _made(lambda read: merkle.consistency(old, new, read), tree or StoredTree(new))


def subtree(start: int, height: int, *, tree: StoredTree | None = None) -> bytes:
    """The hash of the complete subtree of 2**height leaves from `start` on. Raises Damaged when it is not there."""
    return (tree or StoredTree(start + (1 << height))).read(start, height)


def root(size: int, *, tree: StoredTree | None = None) -> bytes:
    """The root of the first `size` leaves."""
    return _made(lambda read: merkle.root(size, read), tree or StoredTree(size))


def _made(work: Callable[[merkle.Reader], Made], tree: StoredTree) -> Made:
    tree.read_ahead(work)
    return work(tree.read)
