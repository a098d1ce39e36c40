"""A quarter as columns: what the comparisons count, read once. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from reports.metrics.escalation_definitions import Escalations

Whole = NDArray[np.int64]
Truth = NDArray[np.bool_]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HOUR, DAY = 3_600_000_000, 86_400_000_000
NONE = -1
# What is graded the same is compared: by severity, or by priority where nothing was graded.
GRADES = ("SEV1", "SEV2", "SEV3", "SEV4", "P1", "P2", "P3", "P4", "P5", "not graded")
SHIFTS = ("night (22 to 6 h)", "day (6 to 14 h)", "evening (14 to 22 h)")


@dataclass(frozen=True, slots=True)
class Names:
    """A name for each row as a number, NONE where it has none, and the names by number."""

    codes: NDArray[Any]
    words: tuple[str, ...]

    def narrow(self) -> "Names":
        """The same in a quarter of the memory, where there are not too many."""
        return Names(self.codes.astype(np.int16), self.words) if len(self.words) < np.iinfo(np.int16).max else self


@dataclass(frozen=True, slots=True)
class Seen:
    """A quarter's incidents, a row each in the order of opening; what belongs to them by the row of its incident.

    Times are microseconds since 1970 UTC, NEVER where there is none. `names` are service, team, component and policy; `zone` is that of the
    incident's policy. `made_sla` is 1, 0, or NONE when nobody knows. `went_back`: it was given to a group that had had it before.
    `run_of` is the row of each run's incident; an alert is a message that asks one person to answer, `given_up` when no channel took it.
    `confused` are incidents with signs of role confusion, `departed` those that otherwise departed from their policy, of which nobody said
    why.
    """

    numbers: NDArray[np.object_]
    opened: Whole
    acknowledged: Whole
    resolved: Whole
    made_sla: Whole
    reopened: Truth
    grade: Whole
    names: dict[str, Names]
    zone: Names
    moves: Whole
    went_back: Truth
    confused: Truth
    departed: Truth
    escalations: Escalations
    run_of: Whole
    alert_of: Whole
    alerted_at: Whole
    given_up: Truth
    start: int
    end: int
    known_until: int

    def __len__(self) -> int:
        return len(self.opened)

    @property
    def days(self) -> int:
        return max(1, -(-(self.end - self.start) // DAY))

    def day(self, at: Whole) -> Whole:
        """The day of the quarter by UTC; what came later counts to the last one's followers, and is one day all the same."""
        return np.clip((at - self.start) // DAY, 0, 2 * self.days - 1)

    def local(self, at: Whole, incident: Whole) -> Whole:
        """Those moments by the clock of the incidents' policies, as if it were UTC."""
        zone = self.zone.codes[incident]
        shifted = at.copy()
        for code, name in enumerate(self.zone.words):
            chosen = np.flatnonzero(zone == code)
            days, place = np.unique(at[chosen] // DAY, return_inverse=True)
            table = np.array([_offsets(name, int(day)) for day in days], dtype=np.int64).reshape(len(days), 24)
            shifted[chosen] += table[place, at[chosen] // HOUR % 24]
        return shifted


@lru_cache(maxsize=4_096)
def _offsets(zone: str, day: int) -> tuple[int, ...]:
    """How far the zone's clocks are ahead of UTC in each hour of a day, in microseconds: they are changed on full hours nearly everywhere."""
    clock, first = ZoneInfo(zone), EPOCH + timedelta(days=day)
    ahead = ((first + timedelta(hours=hour)).astimezone(clock).utcoffset() or timedelta() for hour in range(24))
    return tuple(each // timedelta(microseconds=1) for each in ahead)


def shifts_of(local: Whole) -> Whole:
    """0 at night, 1 by day, 2 in the evening, by the hour."""
    return np.asarray(((local // HOUR + 2) % 24) // 8)


def at_week_end(local: Whole) -> Truth:
    """Saturdays and Sundays. 1970 began with a Thursday."""
    return np.asarray((local // DAY + 3) % 7 >= 5)
