"""Planned absences of a drill, applied to its own roster and to nobody else's."""

from collections.abc import Callable, Collection
from dataclasses import replace

from incidents.lifecycle.models import Incident
from policies.decisions.escalation_facts import Passed, Roster, Seat
from portal.foundation.registry import Registry

# Gives the people, by primary key, who count as away in the drill of an incident. The room of drills fills it.
planned_absences: Registry[Callable[[Incident], Collection[int]]] = Registry("what plans absences in drills")
AWAY = "{name} is away in this drill."


def rehearsed(incident: Incident, roster: Roster) -> Roster:
    """`roster` as it stands, and for a drill without those who are away in it."""
    if incident.origin != Incident.Origin.DRILL:
        return roster
    away = {person for _, ask in planned_absences for person in ask(incident)}
    return without(roster, away) if away else roster


def without(roster: Roster, away: Collection[int]) -> Roster:
    """The roster in which nobody of `away` can be alerted: who stands behind them moves up, and the record says why."""
    return Roster(tuple(_moved_up(seat, away) for seat in roster.seats))


def _moved_up(seat: Seat, away: Collection[int]) -> Seat:
    others = tuple(other for other in seat.others if other.person_id not in away)
    if seat.person_id not in away or seat.problem:
        return replace(seat, others=others)
    why = AWAY.format(name=seat.name)
    if not others:
        return replace(seat, problem=why, others=())
    first = others[0]
    return replace(
        seat,
        person_id=first.person_id,
        name=first.name,
        why=first.why,
        standing=first.standing,
        hindrance=first.hindrance,
        passed=(*seat.passed, Passed(seat.person_id, seat.name, why)),
        others=others[1:],
    )
