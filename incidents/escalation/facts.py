"""A run and its incident as the pure core sees them, and which runs need a look."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models import F, Q

from incidents.lifecycle.models import Incident
from incidents.lifecycle.states import ENDED_STATES, IncidentState
from policies.decisions.escalation_facts import Alerted, Decision, Kind, RunState, Status
from policies.decisions.ruleset import PolicySnapshot
from policies.decisions.vocabulary import Track
from policies.governance.known import known_snapshot

from .models import EscalationRun, EscalationStep

Run = EscalationRun


def content_of(run: EscalationRun) -> PolicySnapshot:
    """What `run` follows: its version's content, with the levels of its track. Raises WrongState like `snapshot_of`."""
    return known_snapshot(run.policy_version, Track(run.track))


def state_of(
    run: EscalationRun, incident: Incident, *, acknowledged_by: str | None = None, alerted: tuple[Alerted, ...] | None = None
) -> RunState:
    """What the decision needs of `run`. `acknowledged_by` is given by whoever acknowledges in this transaction.

    `alerted` is what `alerted_of` found, for whoever asks for many runs at once; else it is looked up.
    """
    technical = run.track == Run.Track.TECHNICAL
    return RunState(
        status=Status(run.state),
        counts_from=incident.opened_at if technical and run.opening == 0 else run.started_at,
        start_level=incident.start_level if technical else 1,
        level=run.level,
        position=run.position,
        level_entered_at=run.level_entered_at,
        last_page_at=run.last_page_at,
        alerted=alerted_of([run])[run.pk] if alerted is None else alerted,
        milestone_done=run.milestone_done,
        acknowledged_by=acknowledged_by or _acknowledged_by(run, incident),
        ended_as=_ended_as(run, incident),
        severity=incident.severity,
        regraded=run.level > 0 and run.severity != incident.severity,
        round=run.round,
        reminded=run.reminded,
    )


def columns_after(run: EscalationRun, decision: Decision, now: datetime) -> dict[str, Any]:
    """What becomes of the row of `run` by `decision`: the way back from `state_of`, with the sequence raised."""
    state = decision.state
    moved: dict[str, Any] = {
        "state": state.status.value,
        "level": state.level,
        "position": state.position,
        "level_entered_at": state.level_entered_at,
        "last_page_at": state.last_page_at,
        "milestone_done": state.milestone_done,
        "round": state.round,
        "reminded": state.reminded,
        "severity": state.severity,
        "acknowledged_at": run.acknowledged_at,
        "acknowledged_by": run.acknowledged_by,
        "next_run_at": decision.next_look,
        "sequence": run.sequence + 1,
        "ended_at": None if state.status.is_live else (run.ended_at or now),
        "failures": 0,
        "last_failure": "",
    }
    if any(action.kind is Kind.MILESTONE for action in decision.actions) and state.status is Status.PAGING:
        # Whoever acknowledged before was too slow for the milestone; only a new acknowledgement stops what begins now.
        moved["alerting_since"] = now if run.state == Run.State.ACKNOWLEDGED else run.alerting_since
    return moved


def fresh_state(incident: Incident, now: datetime) -> RunState:
    """The state of the technical run that the engine is about to start."""
    by = str(incident.acknowledged_by or "Somebody") if incident.acknowledged_at and not incident.reopen_count else None
    counts_from = now if incident.reopen_count else incident.opened_at
    return RunState(Status.PAGING, counts_from, incident.start_level, acknowledged_by=by, severity=incident.severity)


def due(now: datetime) -> Q:
    """Live runs whose time has come, and those whose incident changed under them. No time at all counts as come.

    A compliance run does not end with its incident: the duty to tell outlives the repair.
    """
    technical, paging = Q(track=Run.Track.TECHNICAL), Q(state=Run.State.PAGING)
    timed = Q(next_run_at__isnull=True) | Q(next_run_at__lte=now)
    acknowledged = technical & Q(incident__acknowledged_at__gte=F("alerting_since")) | ~technical & Q(acknowledged_at__isnull=False)
    raised = technical & Q(level__gt=0) & (Q(incident__start_level__gt=F("level")) | ~Q(severity=F("incident__severity")))
    over = ~Q(track=Run.Track.COMPLIANCE) & (Q(incident__state__in=ENDED_STATES) | ~Q(opening=F("incident__reopen_count")))
    # A run that fails waits for its time, whatever its incident does, so that it is not tried every second.
    changed = Q(failures=0) & (over | paging & (acknowledged | raised))
    return Q(state__in=Run.LIVE) & (timed | changed)


def alerted_of(runs: Collection[EscalationRun]) -> dict[int, tuple[Alerted, ...]]:
    """By run: whoever was alerted since its current level was entered, which a repeated way does more than once. One query at most."""
    levels = {run.pk: run.level for run in runs}
    found: dict[int, list[Alerted]] = {run: [] for run in levels}
    asked = [run for run, level in levels.items() if level]
    if asked:
        told = (EscalationStep.Action.LEVEL, EscalationStep.Action.PAGED)
        steps = EscalationStep.objects.filter(run__in=asked, action__in=told).order_by("run", "sequence", "part")
        for run, action, level, person, name in steps.values_list("run_id", "action", "level", "person_id", "person_name"):
            if level == levels[run]:
                found[run] = [] if action == EscalationStep.Action.LEVEL else [*found[run], Alerted(person, name)]
    return {run: tuple(alerted) for run, alerted in found.items()}


def _acknowledged_by(run: EscalationRun, incident: Incident) -> str | None:
    if run.track != Run.Track.TECHNICAL:
        return str(run.acknowledged_by or "Somebody") if run.acknowledged_at else None
    if incident.acknowledged_at is None or incident.acknowledged_at < run.alerting_since:
        return None
    return str(incident.acknowledged_by or "Somebody")


def _ended_as(run: EscalationRun, incident: Incident) -> str | None:
    if run.track == Run.Track.COMPLIANCE:
        return None
    if incident.state in ENDED_STATES:
        return IncidentState(incident.state).words
    return "reopened and escalates anew" if run.opening != incident.reopen_count else None
