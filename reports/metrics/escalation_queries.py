"""Escalations out of the database, column by column: a constant number of queries, whatever the number of steps."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import numpy as np
from django.db.models import BigIntegerField, Func, IntegerField, QuerySet
from numpy.typing import NDArray

from incidents.lifecycle.models import Incident, TimelineEntry
from incidents.models import EscalationRun, EscalationStep

from .escalation_definitions import Escalations
from .levels import NEVER, NOBODY, Action, Acts, Steps, Whole, acted, visits_of
from .population import Population

CHUNK = 20_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
BY_THE_PERSON_NAMED = (Action.ACKNOWLEDGED, Action.TAKEN_OVER, Action.HANDED_OVER)
BY_THE_ACTOR = (Action.HELD, Action.RESUMED, Action.RAISED, Action.LOWERED, Action.BYPASSED)
CODES = {action.name.lower(): action.value for action in Action}
STATES = {state: number for number, state in enumerate(EscalationRun.State.values)}


class Microseconds(Func):
    """A time as whole microseconds since 1970 UTC; null stays null. Read as a number, it costs a tenth of a datetime."""

    output_field = BigIntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        # The microseconds stand behind the point, and not at all when there are none.
        template = "(CAST(strftime('%%%%s', %(expressions)s) AS INTEGER) * 1000000 + CAST(substr(%(expressions)s, 21) AS INTEGER))"
        sql, params = self.as_sql(compiler, connection, template=template, **extra)
        return sql, tuple(params) * 2

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self.as_sql(compiler, connection, template="(extract(epoch from %(expressions)s) * 1000000)::bigint", **extra)


class IsSet(Func):
    """1 where there is a value, 0 where there is none."""

    template = "CASE WHEN %(expressions)s IS NULL THEN 0 ELSE 1 END"
    output_field = IntegerField()


NAMES = {"service": "incident__service__name", "team": "incident__team__name", "severity": "incident__severity"}


def names_of_runs(population: Population) -> dict[str, NDArray[Any]]:
    """For each dimension a name for each run, in the order of `technical_escalations`; '' where there is none. One query."""
    rows = list(_runs(population).values_list(*NAMES.values(), "incident__opened_at").iterator(CHUNK))
    found = {name: np.array([row[place] or "" for row in rows], dtype=object) for place, name in enumerate(NAMES)}
    return found | {"hour": np.array([f"{row[-1].astimezone(UTC):%H}:00" for row in rows], dtype=object)}


def technical_escalations(population: Population, known_until: datetime) -> Escalations:
    """The technical runs of the population's incidents. Four queries."""
    incidents = Incident.objects.filter(population.incidents())
    key, incident, state, ended, resolved = _columns(
        _runs(population),
        ("pk", "incident_id", "state", Microseconds("ended_at"), Microseconds("incident__resolved_at")),
        {2: STATES},
    )
    steps = _steps(population, _Places(key))
    visits = visits_of(steps, ended)
    return Escalations(
        opened=incidents.count(),
        incident=incident,
        resolved=resolved != NEVER,
        exhausted=state == STATES[EscalationRun.State.EXHAUSTED.value],
        steps=np.bincount(steps.run, minlength=len(key)).astype(np.int64),
        late=np.bincount(steps.run[steps.late == 1], minlength=len(key)).astype(np.int64),
        visits=visits,
        acted=acted(visits, steps, _acts(population, steps, incident)),
        known_until=(known_until - EPOCH) // MICROSECOND,
    )


def _runs(population: Population) -> QuerySet[EscalationRun]:
    """In the order of their incidents' opening."""
    return EscalationRun.objects.filter(
        population.without_drills("incident__"),
        track=EscalationRun.Track.TECHNICAL,
    ).order_by("incident__opened_at", "incident__number", "opening")


class _Places:
    """Where each run stands among the rows, by its key."""

    def __init__(self, keys: Whole) -> None:
        self.order = np.argsort(keys)
        self.keys = keys[self.order]

    def of(self, keys: Whole) -> Whole:
        return np.asarray(self.order[np.searchsorted(self.keys, keys)])


def _steps(population: Population, places: _Places) -> Steps:
    rows = EscalationStep.objects.filter(
        population.without_drills("run__incident__"),
        run__track=EscalationRun.Track.TECHNICAL,
    ).order_by()
    named = ("run_id", "action", "sequence", "part", Microseconds("at"), "level", "person_id", "actor_id", IsSet("late_by"))
    run, action, sequence, part, at, level, person, actor, late = _columns(rows, named, {1: CODES})
    run = places.of(run)
    order = np.lexsort((part, sequence, run))
    person, actor, level = (np.where(column == NEVER, NOBODY, column)[order] for column in (person, actor, level))
    return Steps(run[order], sequence[order], action[order], at[order], level, person, actor, late[order])


def _acts(population: Population, steps: Steps, incident: Whole) -> Acts:
    """What people did, by the steps that name them and by the incidents' timelines; `incident` is the key of each run's."""
    named = np.isin(steps.action, BY_THE_PERSON_NAMED) & (steps.person != NOBODY)
    ordered = np.isin(steps.action, BY_THE_ACTOR) & (steps.actor != NOBODY)
    told = TimelineEntry.objects.filter(population.within("incident__"), actor__isnull=False, imported=False).order_by()
    of, person, at = _columns(told, ("incident_id", "actor_id", Microseconds("at")), {})
    run, row = _runs_of(of, incident)
    return Acts(
        np.concatenate((steps.run[named], steps.run[ordered], run)),
        np.concatenate((steps.person[named], steps.actor[ordered], person[row])),
        np.concatenate((steps.at[named], steps.at[ordered], at[row])),
    )


def _runs_of(incidents: Whole, incident_of_run: Whole) -> tuple[Whole, Whole]:
    """Each run of each of `incidents` with the row that it came from: a reopened incident has several, and what was done counts for all."""
    order = np.argsort(incident_of_run, kind="stable")
    among = incident_of_run[order]
    first, last = np.searchsorted(among, incidents), np.searchsorted(among, incidents, side="right")
    times = last - first
    row = np.repeat(np.arange(len(incidents)), times)
    offset = np.arange(len(row)) - np.repeat(np.cumsum(times) - times, times)
    return np.asarray(order[np.repeat(first, times) + offset]), row


def _columns(rows: QuerySet[Any], named: Sequence[str | Func], codes: dict[int, dict[str, int]]) -> list[Whole]:
    """A column for each of `named`, null as NEVER; `codes` are the numbers for the words of a column, by its place."""
    found = rows.values_list(*named).iterator(CHUNK)
    parts: list[list[Whole]] = [[np.empty(0, dtype=np.int64)] for _ in named]
    while chunk := list(islice(found, CHUNK)):
        for place, column in enumerate(zip(*chunk, strict=True)):
            words = codes.get(place)
            values = [words[word] for word in column] if words else [NEVER if value is None else value for value in column]
            parts[place].append(np.array(values, dtype=np.int64))
    return [np.concatenate(part) for part in parts]
