"""Where a schedule has nobody on duty, and where its clocks change. Pure: works on rota snapshots, across clock changes."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from policies.decisions.rota import RotaSnapshot, handover, person_at, shift_at


@dataclass(frozen=True, slots=True)
class Gap:
    """Nobody is on duty from `since` until `until` (excluded); both are UTC."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class ClockChange:
    """The schedule's zone moves its clocks by `by` at `at` (UTC, to the minute)."""

    at: datetime
    by: timedelta


def gaps(rota: RotaSnapshot, since: datetime, until: datetime, *, without: Collection[int] = ()) -> list[Gap]:
    """Every stretch from `since` until `until` with nobody on duty, in order. Duty of people in `without` counts as nobody's."""
    found: list[Gap] = []
    edges = sorted({since, *(edge for edge in _edges(rota, since, until) if since < edge < until)})
    for begin, end in zip(edges, [*edges[1:], until], strict=True):
        person = person_at(rota, begin)
        if begin >= end or (person is not None and person.person_id not in without):
            continue
        if found and found[-1].until == begin:
            begin = found.pop().since
        found.append(Gap(begin, end))
    return found


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


def _edges(rota: RotaSnapshot, since: datetime, until: datetime) -> Iterator[datetime]:
    """Every instant at which duty can pass from one to another."""
    for override in rota.overrides:
        yield from (override.starts_at, override.ends_at)
    if rota.rotation:
        for shift in range(max(shift_at(rota, since), 0), max(shift_at(rota, until), 0) + 1):
            yield handover(rota, shift)
