"""Who is on duty: a rotation in the schedule's own time zone, with overrides."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class RotaPerson:
    """Somebody who can be on duty."""

    person_id: int
    name: str


@dataclass(frozen=True, slots=True)
class OverrideRule:
    """Somebody takes over from `starts_at` until `ends_at`, which is excluded."""

    person: RotaPerson
    starts_at: datetime
    ends_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class RotaSnapshot:
    """A schedule as plain values. `overrides` stand in the order they were made; the latest made wins."""

    name: str
    time_zone: str
    starts_on: date
    handover_at: time
    shift_days: int
    rotation: tuple[RotaPerson, ...]
    overrides: tuple[OverrideRule, ...] = ()


@dataclass(frozen=True, slots=True)
class Duty:
    """One person's duty without a break, and why it is theirs. Times are UTC; `until` is excluded, None when it has no end."""

    person_id: int
    person_name: str
    since: datetime | None
    until: datetime | None
    reason: str


# What puts a person on duty: the number of an override, or the number of a shift. Two equal sources are one duty.
_Source = tuple[str, int]


def duty_at(rota: RotaSnapshot, at: datetime) -> Duty | None:
    """Whoever is on duty at `at` (aware), or None: before the rotation starts, or when there is nobody in it."""
    source = _source(rota, at)
    if source is None:
        return None
    person, reason = _person(rota, source)
    return Duty(person.person_id, person.name, _edge(rota, at, source, forward=False), _edge(rota, at, source, forward=True), reason)


def person_at(rota: RotaSnapshot, at: datetime) -> RotaPerson | None:
    """Only who is on duty at `at`, for a caller that asks about many instants."""
    source = _source(rota, at)
    return None if source is None else _person(rota, source)[0]


def upcoming(rota: RotaSnapshot, at: datetime, count: int) -> list[Duty]:
    """The next `count` duties after the one at `at`, for showing. Fewer when nothing more is planned."""
    duties: list[Duty] = []
    position = at
    while len(duties) < count:
        current = duty_at(rota, position)
        following = current.until if current else min((edge for edge in _edges(rota, position) if edge > position), default=None)
        if following is None:
            break
        position = following
        found = duty_at(rota, position)
        if found is not None:
            duties.append(found)
    return duties


def handover(rota: RotaSnapshot, shift: int) -> datetime:
    """When shift number `shift` (0 is the first) begins: the same local time on its day, whatever the clocks did in between.

    A local time that a day does not have (clocks going forward) is taken with the offset before the change; of a time that a day
    has twice, the first.
    """
    day = rota.starts_on + timedelta(days=shift * rota.shift_days)
    return datetime.combine(day, rota.handover_at, tzinfo=ZoneInfo(rota.time_zone)).astimezone(UTC)


def shift_at(rota: RotaSnapshot, at: datetime) -> int:
    """The number of the shift that `at` falls into; negative before the start."""
    local_day = at.astimezone(ZoneInfo(rota.time_zone)).date()
    shift = (local_day - rota.starts_on).days // rota.shift_days
    while handover(rota, shift) > at:
        shift -= 1
    while handover(rota, shift + 1) <= at:
        shift += 1
    return shift


def _source(rota: RotaSnapshot, at: datetime) -> _Source | None:
    for number in range(len(rota.overrides) - 1, -1, -1):
        if rota.overrides[number].starts_at <= at < rota.overrides[number].ends_at:
            return ("override", number)
    if not rota.rotation or at < handover(rota, 0):
        return None
    return ("shift", shift_at(rota, at))


def _person(rota: RotaSnapshot, source: _Source) -> tuple[RotaPerson, str]:
    kind, number = source
    if kind == "override":
        override = rota.overrides[number]
        return override.person, f"takes over on {rota.name}: {override.reason}"
    return rota.rotation[number % len(rota.rotation)], f"on call by the rotation of {rota.name}"


def _edge(rota: RotaSnapshot, at: datetime, source: _Source, *, forward: bool) -> datetime | None:
    """Where the duty that `source` gives at `at` begins or ends."""
    if forward:
        return next((edge for edge in sorted(_edges(rota, at)) if edge > at and _source(rota, edge) != source), None)
    begin = None
    for edge in sorted((edge for edge in _edges(rota, at) if edge <= at), reverse=True):
        begin = edge
        if _source(rota, edge - timedelta(microseconds=1)) != source:
            break
    return begin


def _edges(rota: RotaSnapshot, at: datetime) -> Iterator[datetime]:
    """Every instant at which the duty of `at` can begin or end: hand-overs on both sides, and overrides."""
    for override in rota.overrides:
        yield override.starts_at
        yield override.ends_at
    if rota.rotation:
        first = max(shift_at(rota, at), -1)
        for shift in range(first, first + 2):
            if shift >= 0:
                yield handover(rota, shift)
