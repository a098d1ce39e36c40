"""Who is on duty at one instant, who stands behind them, and who is next."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from .clocks import handover, shift_at
from .slots import Slot, away_in_words, by_priority, calendar_in_words, is_open, override_in_words, slots, turn_in_words
from .values import Absence, Layer, Plan, RotaPerson, RotaSnapshot, Source

# How far a duty's ends are looked for, step by step: a week's shift is found at once, and beyond the last it counts as endless.
REACHES = tuple(timedelta(days=days) for days in (8, 60, 400))


@dataclass(frozen=True, slots=True)
class Duty:
    """One person's duty without a break, and why it is theirs. Times are UTC; `until` is excluded; None when no end is near."""

    person_id: int
    person_name: str
    since: datetime | None
    until: datetime | None
    reason: str
    source: Source = Source.LAYER


class OnDuty(NamedTuple):
    """Somebody whom one source puts on duty, and why; `away` tells in words that they are not there."""

    person: RotaPerson
    why: str
    away: str = ""


def person_at(rota: RotaSnapshot, at: datetime) -> RotaPerson | None:
    """Only who is on duty at `at`, for a caller that asks about many schedules or instants."""
    return next((found.person for found in _sources(rota, at) if not found.away), None)


def on_duty_at(rota: RotaSnapshot, at: datetime) -> list[OnDuty]:
    """Everybody whom an override or a layer puts on duty at `at`, who wins first, each once; those who are away too, said so."""
    first: dict[int, OnDuty] = {}
    for found in _sources(rota, at):
        first.setdefault(found.person.person_id, found)
    return list(first.values())


def shadows_at(rota: RotaSnapshot, at: datetime) -> list[RotaPerson]:
    """Who learns at `at`: shadow layers never put anybody on duty."""
    plan = rota.plan_at(at)
    turns = [_turn(layer, plan, at) for layer in plan.layers if layer.shadow] if plan else []
    return [person for person in turns if person is not None and _away(rota, person, at) is None]


def duty_at(rota: RotaSnapshot, at: datetime) -> Duty | None:
    """Whoever is on duty at `at` (aware), from when until when; None when nobody is."""
    if person_at(rota, at) is None:
        return None
    for reach in REACHES:
        begin, end = at - reach, at + reach
        slot = next(slot for slot in slots(rota, begin, end) if slot.since <= at < slot.until)
        if slot.since > begin and slot.until < end:
            break
    return _duty(slot, begin, end)


def upcoming(rota: RotaSnapshot, at: datetime, count: int) -> list[Duty]:
    """The next `count` duties after the one at `at`, for showing. Fewer when nothing more is planned within 400 days."""
    for reach in REACHES:
        ahead = [slot for slot in slots(rota, at, at + reach) if slot.since > at and slot.person is not None]
        # The last one may go on beyond the reach, so one more is wanted.
        if len(ahead) > count or reach == REACHES[-1]:
            break
    return [_duty(slot, None, at + reach) for slot in ahead[:count]]


def _duty(slot: Slot, begin: datetime | None, end: datetime) -> Duty:
    person = slot.person or RotaPerson(0, "")
    since = None if begin is not None and slot.since <= begin else slot.since
    until = None if slot.until >= end else slot.until
    return Duty(person.person_id, person.name, since, until, " ".join((slot.why, *slot.passed)), slot.source)


def _sources(rota: RotaSnapshot, at: datetime) -> Iterator[OnDuty]:
    """What puts somebody on duty at `at`, the winner first."""
    for made in reversed(rota.overrides):
        if made.starts_at <= at < made.ends_at:
            yield _found(rota, made.person, override_in_words(made), at)
    for _, told in by_priority(rota) if rota.imported else ():
        if told.starts_at <= at < told.ends_at:
            yield _found(rota, told.person, calendar_in_words(told), at)
    plan = rota.plan_at(at)
    if plan is not None:
        for layer in reversed(plan.layers):
            person = None if layer.shadow else _turn(layer, plan, at)
            if person is not None:
                yield _found(rota, person, turn_in_words(layer), at)


def _found(rota: RotaSnapshot, person: RotaPerson, why: str, at: datetime) -> OnDuty:
    away = _away(rota, person, at)
    return OnDuty(person, why, away_in_words(person) if away else "")


def _turn(layer: Layer, plan: Plan, at: datetime) -> RotaPerson | None:
    """Whose turn it is in one layer; None outside its hours."""
    if not layer.people or at < handover(layer, 0, plan.time_zone) or not is_open(layer, plan, at):
        return None
    return layer.people[shift_at(layer, at, plan.time_zone) % len(layer.people)]


def _away(rota: RotaSnapshot, person: RotaPerson, at: datetime) -> Absence | None:
    mine = (absence for absence in rota.absences if absence.person_id == person.person_id)
    return next((absence for absence in mine if absence.starts_at <= at < absence.ends_at), None)
