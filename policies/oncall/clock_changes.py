"""Where the clocks of a zone change. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class ClockChange:
    """The schedule's zone moves its clocks by `by` at `at` (UTC, to the minute)."""

    at: datetime
    by: timedelta


def clock_changes(zone: str, since: datetime, until: datetime) -> list[ClockChange]:
    """Every change of the zone's offset from `since` until `until`."""
    changes = []
    day = since.astimezone(UTC)
    while day < until:
        following = min(day + timedelta(days=1), until.astimezone(UTC))
        if _offset(zone, day) != _offset(zone, following):
            low, high = day, following
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) / 2
                low, high = (middle, high) if _offset(zone, middle) == _offset(zone, day) else (low, middle)
            at = (high + timedelta(seconds=30)).replace(second=0, microsecond=0)
            changes.append(ClockChange(at, _offset(zone, following) - _offset(zone, day)))
        day = following
    return changes


def _offset(zone: str, at: datetime) -> timedelta:
    return at.astimezone(ZoneInfo(zone)).utcoffset() or timedelta(0)
