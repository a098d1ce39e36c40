"""What the teams answered for, out of the database: a constant number of queries, alerts as columns."""

import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.apps import apps
from django.core.cache import cache
from django.db.models import Count, Max, Q

from audit.recertification.models import AccessItem
from audit.reviews.models import ReviewItem
from incidents.models import DrillPart, EscalationRun, EscalationStep, HandOff, TimelineEntry
from policies import models as policies
from policies.models import Approval, PolicyReview
from reports.metrics.columns import Microseconds, along, coded, read
from reports.metrics.levels import NEVER, Truth, Whole
from reports.metrics.one_report import once
from reports.metrics.population import Population

from .team_definitions import Answers
from .teams import Row, Team, told_of

_Action = EscalationStep.Action
DEAR, KEPT_FOR = timedelta(seconds=1), timedelta(minutes=1)
# In the order of this file's numbers: an alert; what ends it with nobody having answered; an answer; what else ends it.
_PAGED, _GOES_ON, _TAKES, _ENDS = range(4)
_KINDS = {
    _Action.PAGED: _PAGED, _Action.LEVEL: _GOES_ON, _Action.REPEATED: _GOES_ON, _Action.EXHAUSTED: _GOES_ON,
    _Action.ACKNOWLEDGED: _TAKES, _Action.TAKEN_OVER: _TAKES, _Action.ENDED: _ENDS, _Action.HELD: _ENDS, _Action.RAISED: _ENDS,
    _Action.LOWERED: _ENDS, _Action.BYPASSED: _ENDS,
}  # fmt: skip


@once
def teams_told(start: datetime, end: datetime) -> list[Row]:
    """The rows of the quarter from `start` to `end`, of the whole organisation: the same whoever asks, so that no two tables tell a third."""
    return told_of(teams_at(end), answers_in(Population(start, end)))


def teams_for_a_page(start: datetime, end: datetime) -> list[Row]:
    """The same for whoever turns pages: of a great quarter the rows are kept for a minute."""
    key = f"teams:{start.timestamp()}:{end.timestamp()}"
    kept: list[Row] | None = cache.get(key)
    if kept is not None:
        return kept
    begun = time.monotonic()
    rows = teams_told(start, end)
    if time.monotonic() - begun >= DEAR.total_seconds():
        cache.set(key, rows, KEPT_FOR.total_seconds())
    return rows


def teams_at(end: datetime) -> list[Team]:
    """Teams with who was in them at `end`, those who left since too; of a team without a history from before that, who is in it now."""
    then = dict(policies.Team.history.filter(history_date__lt=end).order_by().values_list("id").annotate(last=Max("history_id")))
    kept: dict[int, set[int]] = defaultdict(set)
    past: Any = apps.get_model("policies", "HistoricalTeam_members")
    for row, person in past.objects.filter(history__in=list(then.values())).values_list("history", "user"):
        kept[row].add(person)
    now: dict[int, set[int]] = defaultdict(set)
    for team, person in policies.Team.members.through.objects.values_list("team", "user"):
        now[team].add(person)
    return [
        Team(name, zone, unit, frozenset(kept[then[key]] if key in then else now[key]), key)
        for key, name, zone, unit in policies.Team.objects.order_by("pk").values_list("pk", "name", "time_zone", "business_unit")
    ]


def answers_in(population: Population) -> Answers:
    """The quarter person by person. Eight queries."""
    person, at, asked, answered = _alerts(population)
    given, given_signed, taken, taken_signed = _hand_offs(population)
    drills, agreed = _drills(population)
    return Answers(person, at, asked, answered, given, given_signed, taken, taken_signed, drills, agreed, _reviews(population))


def _alerts(population: Population) -> tuple[Whole, Whole, Truth, Truth]:
    """Whose, when, whether it needed an answer, whether it had one in time."""
    rows = EscalationStep.objects.filter(population.without_drills("run__incident__"), action__in=_KINDS)
    technical = coded("run__track", {EscalationRun.Track.TECHNICAL.value: 1})
    named = ("run_id", "sequence", "part", coded("action", {kind.value: number for kind, number in _KINDS.items()}), "person_id")
    run, sequence, part, kind, person, at, incident, track = read(
        along(rows, "run__incident__"), *named, Microseconds("at"), "run__incident_id", technical
    )
    order = np.lexsort((part, sequence, run))
    run, sequence, kind, person, at, incident, track = (each[order] for each in (run, sequence, kind, person, at, incident, track))
    alerts = np.flatnonzero((kind == _PAGED) & (person != NEVER))
    ended, until = _ends(run, sequence, at, alerts)
    takes = np.flatnonzero((kind == _TAKES) & (person != NEVER))
    by_step = _answered(run[alerts], person[alerts], at[alerts], until, run[takes], person[takes], at[takes])
    told = TimelineEntry.objects.filter(
        population.without_drills("incident__"), actor__isnull=False, kind=TimelineEntry.Kind.STATE, data__state="in_progress"
    )
    of, who, when = read(along(told, "incident__"), "incident_id", "actor_id", Microseconds("at"))
    by_incident = _answered(incident[alerts], person[alerts], at[alerts], until, of, who, when) & (track[alerts] == 1)
    answered = by_step | by_incident
    # A last alert of the run has nothing behind it that could have gone on.
    behind = np.where(ended < len(run), kind[np.minimum(ended, len(run) - 1)] if len(run) else 0, _ENDS)
    went_on = np.isin(behind, (_PAGED, _GOES_ON))
    return person[alerts], at[alerts], answered | went_on, answered


def _ends(run: Whole, sequence: Whole, at: Whole, alerts: Whole) -> tuple[Whole, Whole]:
    """For each alert the place of the first step of a later pass of its run (their number where there is none), and when that was.

    What is done in the same pass is not what ends it.
    """
    begins = np.flatnonzero((np.diff(run, prepend=-1) != 0) | (np.diff(sequence, prepend=-1) != 0))
    following = np.append(begins, len(run))[np.searchsorted(begins, alerts, side="right")]
    inside = following < len(run)
    place = np.where(inside, following, 0)
    same = inside & (run[place] == run[alerts]) if len(run) else inside
    until = np.where(same, at[place], np.iinfo(np.int64).max) if len(run) else alerts
    return np.where(same, following, len(run)), until


def _answered(of: Whole, person: Whole, at: Whole, until: Whole, of_take: Whole, taker: Whole, taken: Whole) -> Truth:
    """For each alert whether its person took the same thing between `at` and `until`, both included."""
    if not len(of) or not len(of_take):
        return np.zeros(len(of), dtype=np.bool_)
    first, second = np.concatenate((of, of_take)), np.concatenate((person, taker))
    code = first * (second.max() + 1) + second
    when = np.concatenate((at, taken))
    is_take = np.concatenate((np.zeros(len(of), dtype=np.int64), np.ones(len(of_take), dtype=np.int64)))
    order = np.lexsort((is_take, when, code))
    # From the end, the next answer at or after each row.
    places = np.where(is_take[order] == 1, np.arange(len(order)), len(order))
    following = np.minimum.accumulate(places[::-1])[::-1]
    candidate = order[np.minimum(following, len(order) - 1)]
    good = (following < len(order)) & (code[candidate] == code[order]) & (is_take[order] == 0)
    limit = np.concatenate((until, taken))
    good &= when[candidate] <= limit[order]
    found = np.zeros(len(order), dtype=np.bool_)
    found[order] = good
    return found[: len(of)]


def _hand_offs(population: Population) -> list[dict[int, int]]:
    """Given, given and signed, taken, taken and signed: by person, those withdrawn left out. One query."""
    rows = HandOff.objects.filter(population.without_drills("incident__")).exclude(state=HandOff.State.WITHDRAWN)
    giver, receiver, signed = read(along(rows, "incident__"), "giver_id", "receiver_id", coded("state", {HandOff.State.SIGNED.value: 1}))
    return [_by_person(side[(side != NEVER) & chosen]) for side in (giver, receiver) for chosen in (signed >= NEVER, signed == 1)]


def _by_person(keys: Whole) -> dict[int, int]:
    people, counts = np.unique(keys, return_counts=True)
    return dict(zip(people.tolist(), counts.tolist(), strict=True))


def _drills(population: Population) -> tuple[dict[int, int], dict[int, int]]:
    began = DrillPart.objects.filter(drill__started_at__gte=population.start, drill__started_at__lt=population.end, person__isnull=False)
    told = began.order_by().values_list("person").annotate(all=Count("pk"), agreed=Count("pk", filter=Q(consented_at__isnull=False)))
    rows = list(told)
    return {person: count for person, count, _ in rows}, {person: count for person, _, count in rows if count}


def _reviews(population: Population) -> dict[int, int]:
    found: dict[int, int] = defaultdict(int)
    kinds: Sequence[tuple[Any, str, str]] = (
        (Approval, "decided_by", "decided_at"),
        (PolicyReview, "signed_by", "signed_at"),
        (ReviewItem, "judged_by", "judged_at"),
        (AccessItem, "answered_by", "answered_at"),
    )
    for model, who, when in kinds:
        within = model.objects.filter(**{f"{when}__gte": population.start, f"{when}__lt": population.end}).exclude(**{who: None})
        for person, count in within.order_by().values_list(who).annotate(all=Count("pk")):
            found[person] += count
    return dict(found)
