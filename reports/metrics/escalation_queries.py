"""Escalations out of the database, column by column: a constant number of queries, whatever the number of steps."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
from django.db.models import BigIntegerField, Case, QuerySet, Value, When
from django.db.models.functions import Coalesce
from numpy.typing import NDArray

from incidents.lifecycle.models import Incident, TimelineEntry
from incidents.models import EscalationRun, EscalationStep

from .columns import CHUNK, Above, IsSet, Microseconds, WholeIn, along, coded, numbered, or_nothing, read
from .escalation_definitions import Escalations
from .levels import NEVER, NOBODY, Action, Acts, Steps, Whole, acted, visits_of
from .moments import EPOCH, MICROSECOND, microseconds
from .one_report import once
from .population import Population

__all__ = ["EPOCH", "MICROSECOND", "TRACKS", "escalations_by_track", "names_of_runs", "technical_escalations"]

BY_THE_PERSON_NAMED = (Action.ACKNOWLEDGED, Action.TAKEN_OVER, Action.HANDED_OVER)
BY_THE_ACTOR = (Action.HELD, Action.RESUMED, Action.RAISED, Action.LOWERED, Action.BYPASSED)
# The most frequent first: a row is compared with one word after the other.
FREQUENT = (Action.PAGED, Action.LEVEL, Action.STARTED, Action.ENDED, Action.ACKNOWLEDGED, Action.PASSED_OVER, Action.REMINDED)
CODES = {action.name.lower(): action.value for action in (*FREQUENT, *Action) if action is not Action.LEVEL_PASSED_OVER}
STATES = numbered(EscalationRun.State.values)
TRACKS = tuple(EscalationRun.Track.values)
# What begins a pass in which a level is entered although nobody's time was over.
MAY_BE_REGRADED = ("level", "passed_over", "resumed")


NAMES = {"service": "incident__service__name", "team": "incident__team__name", "severity": "incident__severity"}


def names_of_runs(population: Population) -> dict[str, NDArray[Any]]:
    """For each dimension a name for each run, in the order of `technical_escalations`; '' where there is none. One query."""
    rows = list(_runs(population).values_list(*NAMES.values(), "incident__opened_at").iterator(CHUNK))
    found = {name: np.array([row[place] or "" for row in rows], dtype=object) for place, name in enumerate(NAMES)}
    return found | {"hour": np.array([f"{row[-1].astimezone(UTC):%H}:00" for row in rows], dtype=object)}


@once
def technical_escalations(population: Population, known_until: datetime) -> Escalations:
    """The technical runs of the population's incidents. Four queries."""
    return _read(population, known_until, (EscalationRun.Track.TECHNICAL.value,))[0]


def escalations_by_track(population: Population, known_until: datetime) -> dict[str, tuple[Escalations, Whole]]:
    """By track its runs, of every track that has some, and for each run the key of the policy version that it follows. Four queries."""
    whole, track, version = _read(population, known_until, TRACKS)
    return {
        name: (whole.of_runs(track == number, whole.opened), version[track == number])
        for number, name in enumerate(TRACKS)
        if (track == number).any()
    }


def _read(population: Population, known_until: datetime, tracks: tuple[str, ...]) -> tuple[Escalations, Whole, Whole]:
    """The runs of `tracks`, the number of each one's track, and the key of its version."""
    incidents = Incident.objects.filter(population.incidents())
    key, incident, state, ended, resolved, track, version = read(
        _runs(population, tracks),
        *("pk", "incident_id", coded("state", STATES), Microseconds("ended_at"), Microseconds("incident__resolved_at")),
        *(coded("track", numbered(TRACKS)), "policy_version_id"),
    )
    steps = _steps(population, tracks, _Places(key))
    visits = visits_of(steps, ended)
    whole = Escalations(
        opened=incidents.count(),
        incident=incident,
        resolved=resolved != NEVER,
        exhausted=state == STATES[EscalationRun.State.EXHAUSTED.value],
        steps=np.bincount(steps.run, minlength=len(key)).astype(np.int64),
        late=np.bincount(steps.run[steps.late == 1], minlength=len(key)).astype(np.int64),
        passed_over=np.bincount(steps.run[steps.action == Action.LEVEL_PASSED_OVER], minlength=len(key)).astype(np.int64),
        visits=visits,
        acted=acted(visits, steps, _acts(population, steps, incident)),
        known_until=microseconds(known_until),
    )
    return whole, track, version


def _runs(population: Population, tracks: tuple[str, ...] = (EscalationRun.Track.TECHNICAL.value,)) -> QuerySet[EscalationRun]:
    """In the order of their incidents' opening."""
    within = EscalationRun.objects.filter(population.without_drills("incident__"), track__in=tracks)
    return within.order_by("incident__opened_at", "incident__number", "track", "opening")


class _Places:
    """Where each run stands among the rows, by its key."""

    def __init__(self, keys: Whole) -> None:
        self.order = np.argsort(keys)
        self.keys = keys[self.order]

    def of(self, keys: Whole) -> Whole:
        return np.asarray(self.order[np.searchsorted(self.keys, keys)])


def _steps(population: Population, tracks: tuple[str, ...], places: _Places) -> Steps:
    rows = along(EscalationStep.objects.filter(population.without_drills("run__incident__"), run__track__in=tracks), "run__incident__")
    named = ("run_id", _action(), "sequence", "part", Microseconds("at"), "level", "person_id", "actor_id", IsSet("late_by"))
    run, action, sequence, part, at, level, person, actor, late, regraded = read(rows, *named, _regraded())
    run = places.of(run)
    order = np.lexsort((part, sequence, run))
    person, actor, level = (or_nothing(column)[order] for column in (person, actor, level))
    return Steps(run[order], sequence[order], action[order], at[order], level, person, actor, late[order], regraded[order])


def _action() -> Case:
    """What a step did, a level that was passed over as a whole told apart from one of its places."""
    level = When(action="passed_over", position=None, then=Value(Action.LEVEL_PASSED_OVER.value))
    cases = [When(action=word, then=Value(number)) for word, number in CODES.items()]
    place = list(CODES).index("passed_over")
    return Case(*cases[:place], level, *cases[place:], default=Value(NEVER), output_field=BigIntegerField())


def _regraded() -> Case:
    """1 for the first step of a pass that was decided because the severity now begins above the run's level, by the decision's own inputs.

    Where the policy ends below the level to begin at, nothing higher can be entered, so that nothing is counted wrongly.
    """
    start, level, answered = (WholeIn("inputs", "state", name) for name in ("start_level", "level", "start_level_answered"))
    higher = Above(start, level, Coalesce(answered, Value(0)))
    return Case(
        When(part=0, sequence__gt=1, action__in=MAY_BE_REGRADED, then=higher),
        default=Value(0),
        output_field=BigIntegerField(),
    )


def _acts(population: Population, steps: Steps, incident: Whole) -> Acts:
    """What people did, by the steps that name them and by the incidents' timelines; `incident` is the key of each run's."""
    named = np.isin(steps.action, BY_THE_PERSON_NAMED) & (steps.person != NOBODY)
    ordered = np.isin(steps.action, BY_THE_ACTOR) & (steps.actor != NOBODY)
    told = along(TimelineEntry.objects.filter(population.within("incident__"), actor__isnull=False, imported=False), "incident__")
    of, person, at = read(told, "incident_id", "actor_id", Microseconds("at"))
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
