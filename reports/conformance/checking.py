"""Checking a population's incidents: what was read, held against every rule, in the order of how telling it is."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from incidents.models import Incident
from reports.metrics.columns import CHUNK
from reports.metrics.levels import NEVER
from reports.metrics.one_report import once
from reports.metrics.population import Population

from . import acts, beside, confusion, records, route, timing
from .reading import ToldCourse, read_course
from .values import Deviation, Kind, moment

# What reaches management's level is learned from, whether its version says so or not.
ANALYSED_FROM = 3


@dataclass(frozen=True, slots=True)
class Conformance:
    """What a check found, and what it looked at.

    `unreadable` are runs whose version cannot be read or was exchanged, and `unrecorded` alerts without a recorded roster: neither can be held
    against anything, so they are said and not judged.
    """

    deviations: tuple[Deviation, ...]
    runs: int
    passes: int
    unreadable: int
    unrecorded: int

    def counts(self) -> dict[Kind, tuple[int, int]]:
        """By class, how many have a recorded rationale and how many have none."""
        found = Counter((each.kind, bool(each.rationale)) for each in self.deviations)
        return {kind: (found[kind, True], found[kind, False]) for kind in Kind}


def deviations_of(population: Population, known_until: datetime) -> tuple[Deviation, ...]:
    """Every deviation of the population's incidents, the most telling first. Drills are left out."""
    return conformance_of(population, known_until).deviations


@once
def conformance_of(population: Population, known_until: datetime) -> Conformance:
    """A constant number of queries, whatever the number of incidents. What happened after `known_until` is not known to signatures,
    closings and reviews; steps and acts are those that are stored."""
    told = read_course(population, known_until)
    course, unreadable = told.course, set(told.unreadable.tolist())
    by_course = [each for each in _of_the_course(told) if each.run not in unreadable]
    found = [*by_course, *_beside(population, told, unreadable, known_until), *_confusion(population, told)]
    asked = route.asked_at(course)
    return Conformance(
        deviations=tuple(sorted(_named(population, found), key=_order)),
        runs=len(course.runs.key),
        passes=len(course.passes),
        unreadable=len(unreadable),
        unrecorded=int((~course.known[asked]).sum()),
    )


def _order(each: Deviation) -> tuple[int, int, datetime, str, int, tuple[int, ...]]:
    return each.gravity, -each.weight, each.at, each.number, each.run or 0, each.sequences


def _of_the_course(told: ToldCourse) -> Iterator[Deviation]:
    for rule in (timing.late_step, timing.level_early, timing.level_late, timing.reminder_missing, timing.milestone_ignored):
        yield from rule(told.course)
    yield from route.skipped_level(told.course, told.orders)
    yield from route.bypass(told.course, told.orders)
    yield from route.wrong_person(told.course, told.orders, told.on_the_level)


def _beside(population: Population, told: ToldCourse, unreadable: set[int], known_until: datetime) -> Iterator[Deviation]:
    yield from records.unsigned_hand_off(beside.hand_offs(population, known_until), known_until)
    yield from records.missing_rca(_reached(told, unreadable, *beside.analysed(population)), known_until)
    yield from records.channel_not_cleared(beside.sent_in_full(population), beside.clearances())
    yield from records.mandate_beyond_limits(beside.uses_of_mandates(population), known_until)
    freezes = beside.freezes_of(population)
    yield from records.change_during_freeze(freezes, beside.begun_within(freezes), known_until)


def _reached(told: ToldCourse, unreadable: set[int], analysed: set[int], waived: Mapping[int, str]) -> Iterator[records.Reached]:
    """Each first entry of a level that asks for a root-cause analysis, in the order of time."""
    course = told.course
    passes, runs, ways = course.passes, course.runs, course.ways
    asking = (passes.entered > 0) & ways.needs_rca[course.way, np.minimum(passes.entered, ways.top)]
    asking |= (passes.entered >= ANALYSED_FROM) & runs.technical[passes.run]
    rows = np.flatnonzero(asking)
    for place in rows[np.argsort(passes.at[rows], kind="stable")].tolist():
        run = int(passes.run[place])
        key, incident, closed = int(runs.key[run]), int(runs.incident[run]), int(told.closed[run])
        if key not in unreadable:
            yield records.Reached(
                incident=incident,
                run=key,
                sequence=int(passes.sequence[place]),
                level=int(passes.entered[place]),
                closed_at=None if closed == NEVER else moment(closed),
                analysed=incident in analysed,
                waived=waived.get(incident, ""),
            )


def _confusion(population: Population, told: ToldCourse) -> Iterator[Deviation]:
    course = told.course
    acted = acts.acts_on(population, course)
    yield from confusion.several_at_once(acted)
    yield from confusion.ping_pong(acts.moves_of(population, course))
    of_escalated = acted.where(np.isin(acted.incident, course.runs.incident))
    alerted = acts.alerted_by(course.steps, course.runs.incident)
    yield from confusion.without_role(of_escalated, alerted, acts.with_right(np.unique(acted.person).tolist()))
    yield from confusion.two_acknowledged(acts.answers_of(population))


def _named(population: Population, found: Iterable[Deviation]) -> list[Deviation]:
    """The same with number and service of their incidents. One query."""
    rows = list(found)
    names = _names(population, {each.incident for each in rows})
    none = ("", "", 0)
    named = []
    for each in rows:
        number, service, key = names.get(each.incident, none)
        named.append(replace(each, number=number, service=service, service_key=key))
    return named


def _names(population: Population, wanted: set[int]) -> Mapping[int, tuple[str, str, int]]:
    if not wanted:
        return {}
    rows = Incident.objects.filter(population.incidents()).order_by().values_list("pk", "number", "service__name", "service_id")
    return {key: (number, service, service_key) for key, number, service, service_key in rows.iterator(CHUNK) if key in wanted}
