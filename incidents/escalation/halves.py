"""What a pass did, and how a batch that failed is done again: in halves, down to the one that fails by itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import DatabaseError, connection


@dataclass(frozen=True, slots=True)
class CycleResult:
    """What one pass did: runs started, runs looked at, things that failed and will be tried again, steps that came noticeably late.

    `earliest` is the due time of what had waited longest.
    """

    started: int = 0
    advanced: int = 0
    failed: int = 0
    late: int = 0
    earliest: datetime | None = None

    def __add__(self, other: "CycleResult") -> "CycleResult":
        earliest = min((moment for moment in (self.earliest, other.earliest) if moment is not None), default=None)
        started, advanced = self.started + other.started, self.advanced + other.advanced
        return CycleResult(started, advanced, self.failed + other.failed, self.late + other.late, earliest)

    @property
    def did_something(self) -> bool:
        return bool(self.started or self.advanced or self.failed)


Work = Callable[[Sequence[int]], CycleResult]


def in_halves(keys: Sequence[int], work: Work, alone: Callable[[int, Exception], CycleResult]) -> CycleResult:
    """Does `work` for all `keys`, which is one transaction; when it fails, for each half. `alone` hears of a key that fails by itself.

    Raises the database's own errors when the database cannot be reached.
    """
    if not keys:
        return CycleResult()
    try:
        return work(keys)
    except Exception as error:
        if isinstance(error, DatabaseError) and not connection.is_usable():
            raise
        if len(keys) == 1:
            return alone(keys[0], error)
    middle = len(keys) // 2
    return in_halves(keys[:middle], work, alone) + in_halves(keys[middle:], work, alone)
