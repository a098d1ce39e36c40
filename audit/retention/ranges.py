"""Indexes as ranges, and what fixes which entries a range stands for. Pure."""

import hashlib
from collections.abc import Iterable, Iterator

Range = tuple[int, int]
# No range is wider, so that each can go in one short transaction.
WIDEST = 1_000


def as_ranges(indexes: Iterable[int], widest: int = WIDEST) -> list[Range]:
    """Rising indexes in as few ranges as possible, both ends included, none over more than `widest` indexes."""
    ranges: list[Range] = []
    for index in indexes:
        if ranges and index == ranges[-1][1] + 1 and index - ranges[-1][0] < widest:
            ranges[-1] = (ranges[-1][0], index)
        else:
            ranges.append((index, index))
    return ranges


def portions(ranges: Iterable[Range], most: int = WIDEST) -> Iterator[list[Range]]:
    """The same ranges in lists of at most `most` indexes; a range is never cut."""
    portion: list[Range] = []
    held = 0
    for first, last in ranges:
        if portion and held + last - first + 1 > most:
            yield portion
            portion, held = [], 0
        portion.append((first, last))
        held += last - first + 1
    if portion:
        yield portion


def digest(hashes: Iterable[bytes]) -> str:
    """SHA-256 over leaf hashes, one after the other by index, in hexadecimal. The leaves stay, so anybody can work it out again."""
    found = hashlib.sha256()
    for each in hashes:
        found.update(each)
    return found.hexdigest()
