"""The Merkle tree of RFC 6962, section 2.1: hashes, roots and proofs. Pure arithmetic over a reader of complete subtrees.

A reader answers the hash of the complete subtree of 2**height leaves from `start` on, a multiple of 2**height.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module
from typing import Any

HASH_BYTES = 32
# C2SP tlog-tiles: a tile is eight levels high and 256 hashes wide.
TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
EMPTY_ROOT = hashlib.sha256(b"").digest()
Reader = Callable[[int, int], bytes]


def _sha256() -> Callable[[bytes], Any]:
    """The interpreter's own, where it has one: of two hashes side by side it is made in half the time, for OpenSSL takes longer to begin than
    to hash them.
    """
    for name in ("_sha2", "_sha256"):
        with suppress(ImportError):
            own: Callable[[bytes], Any] = import_module(name).sha256
            return own
    return hashlib.sha256


_quick_sha256 = _sha256()


def leaf_hash(entry: bytes) -> bytes:
    """RFC 6962, 2.1: SHA-256(0x00 || entry)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """RFC 6962, 2.1: SHA-256(0x01 || left || right)."""
    found: bytes = _quick_sha256(b"\x01" + left + right).digest()
    return found


def complete_root(hashes: Sequence[bytes]) -> bytes:
    """The root over a power of two of hashes of one level."""
    level, sha256 = list(hashes), _quick_sha256
    while len(level) > 1:
        level = [sha256(b"\x01" + left + right).digest() for left, right in zip(level[::2], level[1::2], strict=True)]
    return level[0]


@lru_cache(maxsize=32)
def inner_levels(hashes: bytes) -> tuple[bytes, ...]:
    """Hashes side by side, and of each level above them those of the complete subtrees. The last ones are kept, by what they are made of."""
    levels, sha256, pair = [hashes], _quick_sha256, 2 * HASH_BYTES
    while len(hashes) >= pair:
        # Written out: most of a proof's time is spent here.
        ends = range(pair, len(hashes) + 1, pair)
        hashes = b"".join([sha256(b"\x01" + hashes[end - pair : end]).digest() for end in ends])
        levels.append(hashes)
    return tuple(levels)


def subtrees(start: int, end: int) -> Iterator[tuple[int, int]]:
    """The fewest complete subtrees that cover the leaves from `start` to before `end`, from the left: start and height of each."""
    while start < end:
        height = (end - start).bit_length() - 1
        if start:
            height = min(height, (start & -start).bit_length() - 1)
        yield start, height
        start += 1 << height


@dataclass(slots=True)
class Frontier:
    """The right edge of a growing tree: the roots of its complete subtrees, the largest first. O(log size) memory."""

    size: int = 0
    peaks: list[bytes] = field(default_factory=list)

    @classmethod
    def read(cls, size: int, read: Reader) -> "Frontier":
        return cls(size, [read(start, height) for start, height in subtrees(0, size)])

    def append(self, leaf: bytes) -> None:
        """One more leaf hash. As many peaks merge as `size` ends in one-bits."""
        merging, self.size = self.size, self.size + 1
        while merging & 1:
            leaf = node_hash(self.peaks.pop(), leaf)
            merging >>= 1
        self.peaks.append(leaf)

    def root(self) -> bytes:
        """RFC 6962, 2.1: MTH of all leaves so far."""
        if not self.peaks:
            return EMPTY_ROOT
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node_hash(peak, root)
        return root


def root(size: int, read: Reader) -> bytes:
    """RFC 6962, 2.1: MTH(D[size])."""
    return Frontier.read(size, read).root()


def range_hash(start: int, end: int, read: Reader) -> bytes:
    """RFC 6962, 2.1: MTH(D[start:end]) of a range that the recursion of 2.1 reaches."""
    count = end - start
    if count & (count - 1) == 0:
        return read(start, count.bit_length() - 1)
    middle = start + _split(count)
    return node_hash(range_hash(start, middle, read), range_hash(middle, end, read))


def inclusion(index: int, size: int, read: Reader) -> list[bytes]:
    """RFC 6962, 2.1.1: PATH(index, D[size]), from the leaf up. Raises ValueError when there is no such leaf."""
    if not 0 <= index < size:
        raise ValueError(f"A tree of {size} has no leaf {index}.")
    path, start, end = [], 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(range_hash(middle, end, read))
            end = middle
        else:
            path.append(range_hash(start, middle, read))
            start = middle
    return path[::-1]


def consistency(old: int, new: int, read: Reader) -> list[bytes]:
    """RFC 6962, 2.1.2: PROOF(old, D[new]); empty when they are equal. Raises ValueError unless 0 < old <= new."""
    if not 0 < old <= new:
        raise ValueError(f"There is no proof from a tree of {old} to one of {new}.")
    path, start, end, whole = [], 0, new, True
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(range_hash(middle, end, read))
            end = middle
        else:
            path.append(range_hash(start, middle, read))
            start, whole = middle, False
    if not whole:
        path.append(range_hash(start, end, read))
    return path[::-1]


def root_by_inclusion(index: int, size: int, leaf: bytes, path: Sequence[bytes]) -> bytes:
    """RFC 9162, 2.1.3.2: the root that `path` leads to from the leaf's hash. Raises ValueError for a path of the wrong length."""
    if not 0 <= index < size:
        raise ValueError("The leaf lies outside the tree.")
    at, last, found = index, size - 1, leaf
    for one in path:
        if last == 0:
            raise ValueError("The path is too long.")
        if at & 1 or at == last:
            found = node_hash(one, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, one)
        at, last = at >> 1, last >> 1
    if last:
        raise ValueError("The path is too short.")
    return found


def roots_by_consistency(old: int, new: int, old_root: bytes, path: Sequence[bytes]) -> tuple[bytes, bytes]:
    """RFC 9162, 2.1.4.2: the roots of both trees that `path` leads to. Raises ValueError for a path of the wrong length."""
    if old == new:
        if path:
            raise ValueError("The path is too long.")
        return old_root, old_root
    steps = list(path) if old & (old - 1) else [old_root, *path]
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    if not steps:
        raise ValueError("The path is too short.")
    first = second = steps[0]
    for one in steps[1:]:
        if last == 0:
            raise ValueError("The path is too long.")
        if at & 1 or at == last:
            first, second = node_hash(one, first), node_hash(one, second)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            second = node_hash(second, one)
        at, last = at >> 1, last >> 1
    if last:
        raise ValueError("The path is too short.")
    return first, second


def complete_tiles(old: int, new: int) -> Iterator[tuple[int, int]]:
    """Level and number of every tile that becomes complete when a tree grows from `old` to `new` leaves, the lowest level first."""
    level, width = 0, TILE_WIDTH
    while width <= new:
        for number in range(old // width, new // width):
            yield level, number
        level, width = level + 1, width << TILE_HEIGHT


def _split(count: int) -> int:
    """The largest power of two below `count`."""
    return 1 << (count - 1).bit_length() - 1
