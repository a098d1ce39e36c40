"""Puts the records of a new file among those that are already known. Pure."""

from collections.abc import Sequence
from datetime import datetime
from heapq import merge

from .drafts import Record


def merged(known: Sequence[Record], from_file: Sequence[Record]) -> list[Record]:
    """All records in the order of their time; of the same time, in the order of their file.

    Two files say nothing about each other's order, so between records of the same time that no file holds together the source's own
    change counter decides, then which was imported first. `known` is in its order; `from_file` as the file has it, and may repeat
    known records, which then tell where the new ones between them belong.
    """
    arriving = sorted(from_file, key=_time)
    left = list(known)
    placed: list[Record] = []
    waiting: list[Record] = []
    known_digests = {record.digest for record in known}
    for record in arriving:
        if record.digest not in known_digests:
            waiting.append(record)
            continue
        place = next((index for index, other in enumerate(left) if other.digest == record.digest), None)
        if place is not None:
            placed += [*merge(left[:place], waiting, key=_time_and_counter), record]
            left, waiting = left[place + 1 :], []
    return [*placed, *merge(left, waiting, key=_time_and_counter)]


def places(records: Sequence[Record]) -> list[int]:
    """For each record its place among those of the same time, from 0; with the time it gives the order back."""
    found: list[int] = []
    for index, record in enumerate(records):
        follows = index > 0 and records[index - 1].at == record.at
        found.append(found[-1] + 1 if follows else 0)
    return found


def _time(record: Record) -> datetime:
    return record.at


def _time_and_counter(record: Record) -> tuple[datetime, int]:
    return record.at, record.counter
