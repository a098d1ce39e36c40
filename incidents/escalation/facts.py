"""A run and its incident as the pure core sees them, and which runs need a look."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db.models import F, Max, Q

from incidents.lifecycle.models import Incident, TimelineEntry
from incidents.lifecycle.states import ENDED_STATES, IncidentState
from policies.decisions.escalation_facts import Alerted, Decision, Kind, RunState, Status
from policies.decisions.ruleset import PolicySnapshot
from policies.decisions.vocabulary import Track
from policies.governance.known import known_snapshot
from portal.foundation.people.models import User

from .models import EscalationRun, EscalationStep

Run = EscalationRun
ANSWERED = (Run.State.ACKNOWLEDGED.value, Run.State.ENDED.value)


def content_of(run: EscalationRun) -> PolicySnapshot:
    """What `run` follows: its version's content, with the levels of its track. Raises WrongState like `snapshot_of`."""
    return known_snapshot(run.policy_version, Track(run.track))


def state_of(
    run: EscalationRun,
    incident: Incident,
    *,
    acknowledged_by: str | None = None,
    alerted: tuple[Alerted, ...] | None = None,
    signs: Mapping[int, datetime] | None = None,
) -> RunState:
    """What the decision needs of `run`. `acknowledged_by` is given by whoever acknowledges in this transaction.

    `alerted` and `signs` are what `alerted_of` and `signs_of` found, for whoever asks for many runs at once; else it is looked up.
    """
    signs = signs_of([run]) if signs is None else signs
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
        track=Track(run.track),
        holder=_can_be_alerted(holder_of(run, incident)),
        last_sign_at=signs.get(run.pk, run.last_sign_at),
        on_hold=technical and incident.state == IncidentState.ON_HOLD,
        held_at=run.held_at,
        held_until=run.held_until,
        start_level_answered=run.start_level_answered,
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
        "holder_id": _holder_after(run, decision),
        "last_sign_at": state.last_sign_at,
        "held_at": state.held_at,
        "held_until": state.held_until,
        "start_level_answered": state.start_level_answered,
        "next_run_at": decision.next_look,
        "sequence": run.sequence + 1,
        "ended_at": None if state.status.is_live else (run.ended_at or now),
        "failures": 0,
        "last_failure": "",
    }
    if state.status is Status.PAGING and run.state in ANSWERED:
        # Whoever acknowledged before was too slow, or silent; only a new acknowledgement stops what begins now.
        moved["alerting_since"] = now
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
    technical, alerting = Q(track=Run.Track.TECHNICAL), Q(state__in=[Run.State.PAGING, Run.State.HELD])
    timed = Q(next_run_at__isnull=True) | Q(next_run_at__lte=now)
    acknowledged = technical & Q(incident__acknowledged_at__gte=F("alerting_since")) | ~technical & Q(acknowledged_at__isnull=False)
    higher = Q(incident__start_level__gt=F("level")) & Q(incident__start_level__gt=F("start_level_answered"))
    raised = technical & Q(level__gt=0) & (higher | ~Q(severity=F("incident__severity")))
    over = ~Q(track=Run.Track.COMPLIANCE) & (Q(incident__state__in=ENDED_STATES) | ~Q(opening=F("incident__reopen_count")))
    # A run that fails waits for its time, whatever its incident does, so that it is not tried every second.
    changed = Q(failures=0) & (over | alerting & (acknowledged | raised))
    return Q(state__in=Run.LIVE) & (timed | changed)


def alerted_of(runs: Collection[EscalationRun]) -> dict[int, tuple[Alerted, ...]]:
    """By run: whoever was alerted since its current window began, as a level can have more than one. One query at most."""
    levels = {run.pk: run.level for run in runs}
    found: dict[int, list[Alerted]] = {run: [] for run in levels}
    asked = [run for run, level in levels.items() if level]
    if asked:
        anew = (EscalationStep.Action.LEVEL, EscalationStep.Action.SILENT)
        told = (*anew, EscalationStep.Action.PAGED)
        steps = EscalationStep.objects.filter(run__in=asked, action__in=told).order_by("run", "sequence", "part")
        for run, action, level, person, name in steps.values_list("run_id", "action", "level", "person_id", "person_name"):
            if level == levels[run]:
                found[run] = [] if action in anew else [*found[run], Alerted(person, name)]
    return {run: tuple(alerted) for run, alerted in found.items()}


def signs_of(runs: Collection[EscalationRun]) -> dict[int, datetime]:
    """By run: the last sign of work of whoever holds it, where that is later than the run knows. One query at most.

    Anything that they wrote on the incident is a sign: a note, a reading, a state, a hand-off.
    """
    asked = [run for run in runs if run.state == Run.State.ACKNOWLEDGED and run.holder_id and run.last_sign_at]
    if not asked:
        return {}
    entries = TimelineEntry.objects.filter(
        incident__in={run.incident_id for run in asked}, actor__in={run.holder_id for run in asked}, imported=False
    ).order_by()  # fmt: skip
    last = {(incident, actor): at for incident, actor, at in entries.values_list("incident", "actor").annotate(Max("at"))}
    found = {run.pk: last.get((run.incident_id, run.holder_id)) for run in asked}
    return {run.pk: at for run in asked if (at := found[run.pk]) is not None and run.last_sign_at and at > run.last_sign_at}


def holder_of(run: EscalationRun, incident: Incident) -> User | None:
    """Who is responsible on the track of `run`. Runs older than their holders have whoever acknowledged."""
    if run.holder_id is not None:
        return run.holder
    if run.track != Run.Track.TECHNICAL:
        return run.acknowledged_by if run.acknowledged_at else None
    return incident.assigned_to if incident.acknowledged_at and run.state in ANSWERED else None


def _can_be_alerted(person: User | None) -> Alerted | None:
    return Alerted(person.pk, str(person)) if person is not None and person.is_active else None


def _holder_after(run: EscalationRun, decision: Decision) -> int | None:
    """Whoever took it; whoever acknowledged, where the engine is the first to see that; else whoever had it."""
    for action in decision.actions:
        if action.kind in (Kind.TAKEN_OVER, Kind.HANDED_OVER):
            return action.person_id
        if action.kind is Kind.ACKNOWLEDGED and run.holder_id is None:
            technical, incident = run.track == Run.Track.TECHNICAL, run.incident
            return (incident.assigned_to_id or incident.acknowledged_by_id) if technical else run.acknowledged_by_id
    return run.holder_id


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
