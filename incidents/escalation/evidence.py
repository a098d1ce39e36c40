"""What incidents say about a policy under review: columns, not objects, in a constant number of queries."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from incidents.lifecycle.models import OPERATIONAL, Incident, TimelineEntry
from incidents.lifecycle.states import IncidentState
from policies.governance.queries import snapshot_of
from policies.reviews.evidence import Figure, Listing, Question, Section, listing
from policies.reviews.periods import Period
from portal.foundation.errors import PortalError
from portal.foundation.words import counted

from .models import EscalationStep

CHUNK = 2_000
REAL = ~Q(run__incident__origin=Incident.Origin.DRILL)
# What people write when they close an incident that was none; read without regard to case.
FALSE_CODES = frozenset({"false alarm", "no fault", "no fault found"})
GRADED_BY = re.compile(r"Threshold '(?P<name>.+)' of ")
SEVERITIES = ("SEV1", "SEV2", "SEV3", "SEV4", "")
BY_HAND = (EscalationStep.Action.RAISED, EscalationStep.Action.BYPASSED, EscalationStep.Action.LOWERED)
MOVES = (EscalationStep.Action.LEVEL, EscalationStep.Action.MILESTONE, EscalationStep.Action.EXHAUSTED, *BY_HAND)
COUNTED = (
    (EscalationStep.Action.PAGED, "Alerts", "People alerted, reminders not counted."),
    (EscalationStep.Action.REMINDED, "Reminders", ""),
    (
        EscalationStep.Action.PASSED_OVER,
        "Passed over",
        "People and places: busy, away, nobody who could be alerted, or left out by a bypass.",
    ),
    (EscalationStep.Action.BYPASSED, "Bypasses", "Levels left out by hand, with the right and a rationale: deviations from the policy."),
    (EscalationStep.Action.RAISED, "Moved up by hand", ""),
    (EscalationStep.Action.LOWERED, "De-escalated", ""),
    (EscalationStep.Action.HELD, "Alerting put on hold", ""),
    (EscalationStep.Action.SILENT, "Silent after acknowledging", "Whoever had it gave no sign of work, and was alerted again."),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One incident that the policy had a say in."""

    opened_at: datetime
    severity: str
    declared: bool
    false_alarm: bool


@dataclass(slots=True)
class Moves:
    """When runs went beyond their first level, why, and when nobody was left."""

    escalations: list[datetime]
    windows_missed: list[datetime]
    milestones_missed: list[datetime]
    exhausted: list[datetime]


def sections(question: Question) -> Sequence[Section]:
    """Incidents and their escalations under the policy. Four queries, whatever the numbers."""
    incidents = _incidents(question)
    grades = _grades(question, incidents)
    return (
        Section(
            "incidents", "Incidents under it", _of_incidents(question, incidents, grades), (_by_threshold(question, incidents, grades),)
        ),
        Section("escalations", "Escalations under it", _of_escalations(question)),
    )


def is_false_alarm(state: str, close_code: str) -> bool:
    """Whether an incident was none: cancelled, or closed with a code that says so (FALSE_CODES)."""
    return state == IncidentState.CANCELLED or close_code.strip().casefold() in FALSE_CODES


def _incidents(question: Question) -> dict[int, Row]:
    """Incidents opened in the periods, of which one of the policy's versions supplied rules. Imported ones had none."""
    rows = Incident.objects.filter(
        OPERATIONAL, opened_at__gte=question.first, opened_at__lt=question.reviewed.end, policy_version__isnull=False
    ).order_by()  # fmt: skip
    columns = ("pk", "opened_at", "severity", "origin", "state", "close_code", "policy_version_id", "rule_versions")
    return {
        key: Row(opened, severity, origin == Incident.Origin.READING, is_false_alarm(state, code))
        for key, opened, severity, origin, state, code, version, versions in rows.values_list(*columns).iterator(CHUNK)
        if version in question.version_ids or not question.version_ids.isdisjoint(versions or ())
    }


@dataclass(slots=True)
class Grades:
    """What graded the incidents: thresholds by name, exceptions, people."""

    by_threshold: dict[str, set[int]]
    exceptions: list[int]
    by_hand: list[int]


def _grades(question: Question, incidents: Collection[int]) -> Grades:
    found = Grades(defaultdict(set), [], [])
    entries = TimelineEntry.objects.filter(
        kind=TimelineEntry.Kind.GRADED,
        imported=False,
        incident__opened_at__gte=question.first,
        incident__opened_at__lt=question.reviewed.end,
    ).order_by()
    for incident, why, data, actor in entries.values_list("incident_id", "why", "data", "actor_id").iterator(CHUNK):
        if incident not in incidents:
            continue
        threshold = GRADED_BY.match(why)
        if threshold and "severity" in data:
            found.by_threshold[threshold["name"]].add(incident)
        elif "exception" in data:
            found.exceptions.append(incident)
        elif actor is not None and "rule" not in data:
            found.by_hand.append(incident)
    return found


def _of_incidents(question: Question, incidents: dict[int, Row], grades: Grades) -> tuple[Figure, ...]:
    rows = incidents.values()

    def figure(what: str, chosen: Iterable[Row], note: str = "") -> Figure:
        return Figure(what, _per_period([row.opened_at for row in chosen], question.periods), note)

    return (
        figure("Incidents governed", rows, "Opened in the period; a version of this policy supplied rules."),
        *(
            figure(f"of these {severity or 'without severity'}", [row for row in rows if row.severity == severity])
            for severity in SEVERITIES
        ),
        figure("Declared by a threshold", [row for row in rows if row.declared]),
        figure("False alarms", [row for row in rows if row.false_alarm], "Cancelled, or closed as false alarm or no fault found."),
        figure("Exceptions that applied", [incidents[key] for key in grades.exceptions]),
        figure("Impact or urgency corrected by hand", [incidents[key] for key in grades.by_hand]),
    )


def _by_threshold(question: Question, incidents: dict[int, Row], grades: Grades) -> Listing:
    """Each threshold in force, and each that graded: those that never did are worth a look, too."""
    reviewed = {key for key, row in incidents.items() if _within(row.opened_at, question.reviewed)}
    names = [*_thresholds_in_force(question), *sorted(grades.by_threshold)]
    told = [_threshold_in_words(name, grades.by_threshold.get(name, set()) & reviewed, incidents) for name in dict.fromkeys(names)]
    return listing("Thresholds, and what they graded", told, "No threshold is in force, and none graded an incident.")


def _threshold_in_words(name: str, graded: Collection[int], incidents: dict[int, Row]) -> str:
    if not graded:
        return f"{name}: graded nothing"
    declared, false = (sum(getattr(incidents[key], what) for key in graded) for what in ("declared", "false_alarm"))
    return f"{name}: graded {counted(len(graded), 'incident')}, declared {declared:,} of them, false alarms {false:,}"


def _thresholds_in_force(question: Question) -> list[str]:
    try:
        return [threshold.name for threshold in snapshot_of(question.current).thresholds] if question.current else []
    except PortalError:
        return []


def _of_escalations(question: Question) -> tuple[Figure, ...]:
    moves, steps = _moves(question), _steps(question)
    return (
        *(Figure(what, tuple(steps[f"{action.value}_{n}"] for n in range(len(question.periods))), note) for action, what, note in COUNTED),
        Figure("Escalations", _per_period(moves.escalations, question.periods), "Levels entered beyond a run's first."),
        Figure("Windows missed", _per_period(moves.windows_missed, question.periods), "Nobody acknowledged before the window closed."),
        Figure("Resolution milestones missed", _per_period(moves.milestones_missed, question.periods)),
        Figure("Exhausted", _per_period(moves.exhausted, question.periods), "Nobody was left to alert."),
    )


def _steps(question: Question) -> dict[str, int]:
    """Counts by action and period, one query."""
    within = REAL & Q(run__policy_version__in=question.version_ids, at__gte=question.first, at__lt=question.reviewed.end)
    wanted = {
        f"{action.value}_{number}": Count("pk", filter=Q(action=action, at__gte=period.start, at__lt=period.end))
        for action, *_ in COUNTED
        for number, period in enumerate(question.periods)
    }
    return EscalationStep.objects.filter(within).aggregate(**wanted)


def _moves(question: Question) -> Moves:
    """A pass that enters a level after an earlier pass did, or finds nobody left, missed a window, unless a milestone or a person moved it.

    A de-escalation is no escalation.
    """
    found = Moves([], [], [], [])
    steps = EscalationStep.objects.filter(
        REAL & (Q(run__ended_at=None) | Q(run__ended_at__gte=question.first)),
        run__policy_version__in=question.version_ids,
        run__started_at__lt=question.reviewed.end,
        action__in=MOVES,
    ).order_by("run_id", "sequence", "part")
    passes: dict[tuple[int, int], tuple[datetime, Counter[str]]] = {}
    for run, sequence, at, action in steps.values_list("run_id", "sequence", "at", "action").iterator(CHUNK):
        passes.setdefault((run, sequence), (at, Counter()))[1][action] += 1
    entered: set[int] = set()
    for (run, _), (at, actions) in passes.items():
        levels, milestone, exhausted = (actions[name] for name in ("level", "milestone", "exhausted"))
        if not actions["lowered"]:
            found.escalations += [at] * (levels - (0 if run in entered else min(levels, 1)))
        by_hand = any(actions[action.value] for action in BY_HAND)
        if (exhausted or (levels and run in entered)) and not milestone and not by_hand:
            found.windows_missed.append(at)
        found.milestones_missed += [at] * milestone
        found.exhausted += [at] * exhausted
        if levels:
            entered.add(run)
    return found


def _per_period(moments: Sequence[datetime], periods: Sequence[Period]) -> tuple[int, ...]:
    return tuple(sum(_within(at, period) for at in moments) for period in periods)


def _within(at: datetime, period: Period) -> bool:
    return period.start <= at < period.end
