"""Who acted on incidents, out of the database: a constant number of queries."""

from collections.abc import Iterable, Iterator

import numpy as np
from django.contrib.auth.models import Group
from django.db.models import Case, IntegerField, Q, Value, When
from numpy.typing import NDArray

from incidents.lifecycle.models import TimelineEntry
from incidents.models import EscalationStep
from policies.decisions.vocabulary import Track
from portal.foundation.access.models import ObjectGrant
from portal.foundation.people.models import User
from reports.metrics.columns import CHUNK, Microseconds, along, read
from reports.metrics.levels import NOBODY, Action
from reports.metrics.moves import group_moves
from reports.metrics.population import Population

from .confusion import Acts, Answer, Move
from .course import Course
from .passes import Steps
from .values import moment

Kind, Stored = TimelineEntry.Kind, EscalationStep.Action
# What changes an incident or its escalation. Notes and readings tell something, and gradings follow from what is told.
ACTING = (Kind.STATE, Kind.ASSIGNED, Kind.ESCALATION, Kind.HAND_OFF, Kind.MANDATE)
ASIDE = [track.value for track in Track if track is not Track.TECHNICAL]
TAKES = (Stored.ACKNOWLEDGED, Stored.TAKEN_OVER, Stored.HANDED_OVER)
TAKEN = (Action.ACKNOWLEDGED, Action.TAKEN_OVER, Action.HANDED_OVER)
# Whoever may do one of these has a role in incidents.
RIGHTS = (
    *("acknowledge_incident", "resolve_incident", "change_incident", "escalate_incident", "deescalate_incident", "bypass_escalation"),
    *("hold_escalation", "waive_handoff", "review_mandateuse", "declassify_incident", "run_drill"),
)


def acts_on(population: Population, course: Course) -> Acts:
    """What people did, by the timelines and by the acknowledgements among the steps, each once. One query."""
    told = along(
        TimelineEntry.objects.filter(population.without_drills("incident__"), kind__in=ACTING, actor__isnull=False, imported=False),
        "incident__",
    )
    aside = Case(When(data__track__in=ASIDE, then=Value(0)), default=Value(1), output_field=IntegerField())
    first = read(told, "incident_id", "actor_id", Microseconds("at"), aside)
    steps, runs = course.steps, course.runs
    chosen = np.flatnonzero((steps.action == Action.ACKNOWLEDGED) & (steps.actor != NOBODY))
    run = steps.run[chosen]
    second = (runs.incident[run], steps.actor[chosen], steps.at[chosen], runs.technical[run].astype(np.int64))
    rows = np.stack([np.concatenate(pair) for pair in zip(first, second, strict=True)])
    incident, person, at, _ = rows
    rows = rows[:, np.lexsort((person, at, incident))]
    once = np.ones(rows.shape[1], dtype=bool)
    once[1:] = (rows[:, 1:] != rows[:, :-1]).any(axis=0)
    return Acts(*rows[:, once])


def alerted_by(steps: Steps, incident_of_run: NDArray[np.int64]) -> set[tuple[int, int]]:
    """Everybody whom an alert or a reminder reached, by incident; whoever was passed over stood on the level, too."""
    named = steps.person > 0
    return set(zip(incident_of_run[steps.run[named]].tolist(), steps.person[named].tolist(), strict=True))


def with_right(people: Iterable[int]) -> set[int]:
    """Those of `people` who have a role or a right that lets them act, or had one granted on a single object. Two queries."""
    asked = set(people)
    of_incidents = {"content_type__app_label": "incidents", "codename__in": RIGHTS}
    roles = Group.objects.filter(**{f"permissions__{name}": value for name, value in of_incidents.items()})
    own = Q(**{f"user_permissions__{name}": value for name, value in of_incidents.items()})
    holders = User.objects.filter(Q(is_superuser=True) | Q(groups__in=roles) | own).values_list("pk", flat=True).distinct()
    granted = ObjectGrant.objects.filter(user__isnull=False).values_list("user_id", flat=True).distinct()
    return asked & {*holders, *granted}


def moves_of(population: Population, course: Course) -> list[Move]:
    """How incidents went between groups, and tracks between people, in the order of time. One query."""
    return [*_between_groups(population), *_between_people(course)]


def _between_groups(population: Population) -> Iterator[Move]:
    """Of incidents that moved once nothing can be said: a move alone comes back to nobody."""
    told = group_moves(population)
    often = np.isin(told.incident, _more_than_once(told.incident))
    for row in np.flatnonzero(often).tolist():
        before, to = told.groups[row]
        yield Move(int(told.incident[row]), moment(told.at[row]), before, to)


def _between_people(course: Course) -> Iterator[Move]:
    """Whoever acknowledged, took over or accepted a hand-off, one after the other on the technical track, where it changed."""
    steps, runs = course.steps, course.runs
    holder = np.where(steps.person == NOBODY, steps.actor, steps.person)
    rows = np.flatnonzero(np.isin(steps.action, TAKEN) & (holder != NOBODY) & runs.technical[steps.run])
    run, at, holder = steps.run[rows], steps.at[rows], holder[rows]
    order = np.lexsort((steps.sequence[rows], run, at, runs.incident[run]))
    incident, at, holder = runs.incident[run][order], at[order], holder[order]
    changed = np.flatnonzero((incident[1:] == incident[:-1]) & (holder[1:] != holder[:-1])) + 1
    # One change alone comes back to nobody.
    often = changed[np.isin(incident[changed], _more_than_once(incident[changed]))]
    for row in often.tolist():
        yield Move(int(incident[row]), moment(at[row]), int(holder[row - 1]), int(holder[row]))


def _more_than_once(values: NDArray[np.int64]) -> NDArray[np.int64]:
    found, times = np.unique(values, return_counts=True)
    return np.asarray(found[times > 1])


def answers_of(population: Population) -> list[Answer]:
    """Who acknowledged what, of the incidents that somebody acknowledged beside somebody else, by incident and time. Two queries at most."""
    beside = TimelineEntry.objects.filter(
        population.without_drills("incident__"), kind=Kind.STATE, data__has_key="acknowledged_beside", actor__isnull=False
    ).order_by()  # fmt: skip
    found = [
        Answer(incident, data.get("track") or Track.TECHNICAL.value, actor, at, beside=data["acknowledged_beside"])
        for incident, actor, at, data in beside.values_list("incident_id", "actor_id", "at", "data").iterator(CHUNK)
    ]
    if not found:
        return []
    steps = EscalationStep.objects.filter(run__incident__in=beside.values("incident_id"), action__in=TAKES).order_by()
    columns = ("run__incident_id", "run__track", "person_id", "actor_id", "at")
    found += [
        Answer(incident, track, person or actor, at)
        for incident, track, person, actor, at in steps.values_list(*columns).iterator(CHUNK)
        if person or actor
    ]
    return sorted(found, key=lambda one: (one.incident, one.at, one.beside is not None, one.person))
