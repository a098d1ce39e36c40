"""The course of a drill: foretold when it begins, and as it was when it is over."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from incidents.escalation.models import EscalationStep
from incidents.escalation.roster import roster_for
from incidents.lifecycle.grading import facts_of, rules_pinned_by
from incidents.lifecycle.models import Incident
from policies.decisions.escalation import next_actions
from policies.decisions.escalation_facts import RunState, Status
from policies.decisions.judgement import tracks_for
from policies.decisions.ruleset import PolicySnapshot
from policies.decisions.vocabulary import Severity, Track

from .comparing import COMPARED, Moment
from .models import Drill

# A way through every level of a policy has fewer passes; the bound keeps the foretelling finite.
MOST_PASSES = 500


def foretold(incident: Incident, now: datetime, until: datetime) -> list[Moment]:
    """Every step of each track until `until` if nobody answers: told by the function that will decide them."""
    content = rules_pinned_by(incident).content
    severity = Severity(incident.severity) if incident.severity else None
    found: list[Moment] = []
    for track in tracks_for(content, facts_of(incident), severity):
        found += _of_track(incident, content.on_track(track), track, now, until)
    return sorted(found, key=lambda moment: moment.after)


def happened(drill: Drill) -> list[Moment]:
    """Every step that the engine took, in order. One query."""
    steps = EscalationStep.objects.filter(run__incident=drill.incident_id).select_related("run").order_by("at", "run", "sequence", "part")
    began = _began(drill)
    return [
        Moment(step.at - began, step.run.track, step.action, step.level, step.position, step.person_name, step.reason)
        for step in steps
        if step.action in COMPARED
    ]


def answered(drill: Drill) -> dict[str, timedelta]:
    """By track, how long after the beginning somebody acknowledged for the first time. One query."""
    steps = EscalationStep.objects.filter(run__incident=drill.incident_id, action=EscalationStep.Action.ACKNOWLEDGED).order_by("-at")
    began = _began(drill)
    return {track: at - began for track, at in steps.values_list("run__track", "at")}


def as_kept(moments: list[Moment]) -> list[dict[str, Any]]:
    """As JSON: seconds after the beginning, and the rest as it is."""
    return [{**asdict(moment), "after": moment.after.total_seconds()} for moment in moments]


def as_read(kept: list[dict[str, Any]]) -> list[Moment]:
    """The moments that `as_kept` wrote."""
    return [Moment(**{**row, "after": timedelta(seconds=row["after"])}) for row in kept]


def _of_track(incident: Incident, snapshot: PolicySnapshot, track: Track, now: datetime, until: datetime) -> Iterator[Moment]:
    start = incident.start_level if track is Track.TECHNICAL else 1
    state, at = RunState(Status.PAGING, now, start, severity=incident.severity), now
    for _ in range(MOST_PASSES):
        decision = next_actions(snapshot, roster_for(incident, snapshot, at), state, at)
        for action in decision.actions:
            if action.kind.value in COMPARED:
                yield Moment(at - now, track.value, action.kind.value, action.level, action.position, action.person_name, action.reason)
        if decision.next_look is None or decision.next_look > until:
            return
        state, at = decision.state, max(decision.next_look, at)


def _began(drill: Drill) -> datetime:
    if drill.started_at is None:
        raise ValueError("A drill that has not begun has no course.")
    return drill.started_at
