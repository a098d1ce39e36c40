"""Runs, steps and what was recorded with them out of the database, column by column: six queries, whatever the number of steps."""

import json
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

import numpy as np
from django.db.models import BigIntegerField, F, Func, IntegerField, QuerySet, TextField
from numpy.typing import NDArray

from incidents.models import EscalationRun, EscalationStep
from policies.decisions.ruleset import NOTHING
from policies.decisions.vocabulary import Track
from policies.governance.known import known_snapshot
from policies.models import PolicyVersion
from portal.foundation.errors import PortalError
from reports.metrics.columns import CHUNK, Microseconds, along, coded, microseconds, numbered, or_nothing, read
from reports.metrics.levels import NEVER, NOBODY, Action
from reports.metrics.population import Population

from .course import Course, Record, course_of
from .passes import NO_PLACE, Runs, Steps
from .route import BY_HAND, Ordered, Orders
from .ways import SEVERITIES, ways_of

Whole = NDArray[np.int64]
Stored = EscalationStep.Action
TRACKS = numbered([track.value for track in Track])
GRADES = numbered(SEVERITIES)
ACTIONS = {action.name.lower(): action.value for action in Action}
# What begins a pass whose timing or people the rules ask about.
NOT_ASKED = (Stored.STARTED, Stored.REMINDED, Stored.ACKNOWLEDGED, Stored.ENDED, Stored.HELD, Stored.TAKEN_OVER, Stored.HANDED_OVER)
# Runs of a batch share their roster, word for word; so many are kept apart.
MOST_ROSTERS = 4_096
NOWHERE = (1 << 31) - 1


class Late(Func):
    """A duration as whole microseconds; 0 where there is none."""

    output_field = BigIntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self.as_sql(compiler, connection, template="COALESCE(%(expressions)s, 0)", **extra)

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self.as_sql(compiler, connection, template="COALESCE(extract(epoch from %(expressions)s) * 1000000, 0)::bigint", **extra)


class Told(Func):
    """What the inputs of a pass say at `path`, as text; null where they say nothing."""

    output_field: Any = TextField()

    def __init__(self, *path: str) -> None:
        super().__init__(F("inputs"))
        self.path = path

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self.as_sql(compiler, connection, template=f"json_extract(%(expressions)s, '$.{'.'.join(self.path)}')", **extra)

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self.as_sql(compiler, connection, template=f"(%(expressions)s #>> '{{{','.join(self.path)}}}')", **extra)


class Yes(Told):
    """The same of what is true or false: 1 or 0."""

    output_field: Any = IntegerField()

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self.as_sql(compiler, connection, template=f"(%(expressions)s #>> '{{{','.join(self.path)}}}')::boolean::int", **extra)


@dataclass(frozen=True, slots=True)
class ToldCourse:
    """A course with what beside it the rules of route ask for; `closed` is when each run's incident was closed, NEVER while it was not."""

    course: Course
    orders: Orders
    on_the_level: NDArray[np.bool_]
    closed: Whole
    unreadable: Whole


def read_course(population: Population, known_until: datetime) -> ToldCourse:
    """Every run of the population's incidents, of every track, the course of each and its version's timing."""
    found = EscalationRun.objects.filter(population.without_drills("incident__")).order_by("pk")
    named = (
        *(
            "pk",
            "incident_id",
            coded("track", TRACKS),
            "opening",
            "policy_version_id",
            Microseconds("started_at"),
            Microseconds("ended_at"),
        ),
        *(Microseconds("incident__opened_at"), Microseconds("incident__closed_at")),
    )
    key, incident, track, opening, version, started, ended, opened, closed = read(found, *named)
    follows, way = np.unique(np.stack((version, track)), axis=1, return_inverse=True) if len(key) else (np.empty((2, 0)), version)
    technical = track == TRACKS[Track.TECHNICAL.value]
    counts_from = np.where(technical & (opening == 0), opened, started)
    snapshots, broken = _snapshots([(int(one), int(other)) for one, other in follows.T])
    runs = Runs(key, incident, way.reshape(-1), technical, counts_from, ended)
    steps = _steps(population, key)
    record, off_the_level = _record(population, key, steps)
    unreadable = np.union1d(key[np.isin(runs.way, broken)], _exchanged(found))
    course = course_of(runs, steps, record, ways_of(snapshots), microseconds(known_until), unreadable)
    keys = (course.passes.run << 32) | course.passes.sequence
    return ToldCourse(course, _orders(population), ~np.isin(keys, off_the_level), closed, unreadable)


def _snapshots(follows: list[tuple[int, int]]) -> tuple[list[Any], list[int]]:
    """What each version and track says, and the places of those whose content cannot be trusted. One query."""
    versions = PolicyVersion.objects.select_related("policy").in_bulk({version for version, _ in follows})
    tracks, found, broken = list(Track), [], []
    for place, (version, track) in enumerate(follows):
        try:
            found.append(known_snapshot(versions[version], tracks[track]))
        except PortalError:
            found.append(NOTHING)
            broken.append(place)
    return found, broken


def _exchanged(runs: QuerySet[EscalationRun]) -> Whole:
    """The runs whose version does not have the content any more that they began with. One query."""
    other = runs.exclude(content_sha256=F("policy_version__content_sha256")).values_list("pk", flat=True)
    return np.array(list(other), dtype=np.int64)


def _steps(population: Population, runs: Whole) -> Steps:
    rows = along(EscalationStep.objects.filter(population.without_drills("run__incident__")), "run__incident__")
    named = (
        *("run_id", coded("action", ACTIONS), "sequence", "part", Microseconds("at"), "level", "position", "person_id", "actor_id"),
        Late("late_by"),
    )
    run, action, sequence, part, at, level, position, person, actor, late = read(rows, *named)
    run, known = _places(runs, run)
    # Of a run that began since the runs were read nothing is known.
    order = np.lexsort((part, sequence, run))
    order = order[known[order]]
    level, person, actor = (or_nothing(column)[order] for column in (level, person, actor))
    position = np.where(position == NEVER, NO_PLACE, position)[order]
    return Steps(run[order], sequence[order], action[order], at[order], level, position, person, actor, late[order])


def _record(population: Population, runs: Whole, steps: Steps) -> tuple[Record, Whole]:
    """What the engine wrote down with the passes that the rules ask about, and the passes (as keys) whose alerted person its roster lacks."""
    rows = EscalationStep.objects.filter(population.without_drills("run__incident__"), part=0).exclude(action__in=NOT_ASKED)
    told = along(rows, "run__incident__").values_list(
        "run_id", "sequence", Told("state", "severity"), Told("state", "start_level"), Yes("state", "regraded"), Told("roster")
    ).iterator(CHUNK)  # fmt: skip
    seats = _Seats(steps)
    parts: list[tuple[Whole, ...]] = [tuple(np.empty(0, dtype=np.int64) for _ in range(5))]
    off: list[Whole] = []
    while chunk := [row for row in islice(told, CHUNK) if row[5] is not None]:
        run, sequence, severity, start, regraded, rosters = zip(*chunk, strict=True)
        place, known = _places(runs, np.array(run, dtype=np.int64))
        place, number = np.where(known, place, NOWHERE), np.array(sequence, dtype=np.int64)
        grades = np.array([GRADES.get(one or "", 0) for one in severity], dtype=np.int64)
        parts.append((place, number, grades, np.array([int(one or 1) for one in start]), np.array([int(one or 0) for one in regraded])))
        off.append(seats.lacking((place << 32) | number, rosters))
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    return Record(*columns), np.concatenate(off) if off else np.empty(0, dtype=np.int64)


def _places(runs: Whole, asked: Whole) -> tuple[Whole, NDArray[np.bool_]]:
    """Where each of `asked` stands among `runs`, which are in order, and whether it is there."""
    if not len(runs):
        return np.zeros(len(asked), dtype=np.int64), np.zeros(len(asked), dtype=bool)
    place = np.minimum(np.searchsorted(runs, asked), len(runs) - 1)
    return place, runs[place] == asked


class _Seats:
    """Holds each alert against the roster recorded with its pass."""

    def __init__(self, steps: Steps) -> None:
        alerts = np.flatnonzero((steps.action == Action.PAGED) & (steps.position > 0) & (steps.person != NOBODY))
        self.keys = (steps.run[alerts] << 32) | steps.sequence[alerts]
        self.asked = (steps.level[alerts], steps.position[alerts], steps.person[alerts])
        self.known: dict[str, frozenset[tuple[int, int, int]]] = {}

    def lacking(self, keys: Whole, rosters: tuple[str, ...]) -> Whole:
        """Those of `keys` whose alert went to somebody whom the roster does not have at that place."""
        if not len(self.keys):
            return np.empty(0, dtype=np.int64)
        place = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        rows = np.flatnonzero(self.keys[place] == keys)
        asked = zip(*(column[place[rows]].tolist() for column in self.asked), strict=True)
        return keys[[row for row, alert in zip(rows.tolist(), asked, strict=True) if alert not in self._of(rosters[row])]]

    def _of(self, text: str) -> frozenset[tuple[int, int, int]]:
        found = self.known.get(text)
        if found is None:
            if len(self.known) >= MOST_ROSTERS:
                self.known.clear()
            found = self.known[text] = frozenset(_seated(json.loads(text)))
        return found


def _seated(roster: list[dict[str, Any]]) -> list[tuple[int, int, int]]:
    """Level, place and person, for everybody on the roster and everybody behind them."""
    return [
        (seat["level"], seat["position"], person)
        for seat in roster
        for person in (seat["person_id"], *(other["person_id"] for other in seat.get("others", ())))
        if person is not None
    ]


def _orders(population: Population) -> Orders:
    """What is on record of every order, by run and sequence. One query."""
    wanted = [action.name.lower() for action in BY_HAND]
    rows = along(EscalationStep.objects.filter(population.without_drills("run__incident__"), action__in=wanted), "run__incident__")
    columns = ("run_id", "sequence", "reason", "actor_id", "actor_name")
    return {
        (run, sequence): Ordered(reason, by_somebody=actor is not None or bool(name))
        for run, sequence, reason, actor, name in rows.values_list(*columns).iterator(CHUNK)
    }
