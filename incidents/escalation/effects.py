"""Writing down what was decided: run, steps, timeline, audit event and messages, in the caller's one transaction."""

import logging
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction

from audit.events.services import act
from incidents.lifecycle.models import Incident, TimelineEntry
from incidents.lifecycle.timeline import add_timeline
from policies.decisions.escalation_facts import Action, Decision, Kind, RunState, Status
from policies.decisions.ruleset import PolicySnapshot
from portal.foundation.errors import Conflict
from portal.foundation.outbox.services import cancel_waiting, queue

from . import words
from .models import EscalationRun, EscalationStep

logger = logging.getLogger(__name__)
PAGE = "escalation.page"
NOBODY_REACHED = "escalation.exhausted"
# What a pass is called in the audit trail: the first of these among its actions.
WEIGHT = (Kind.EXHAUSTED, Kind.MILESTONE, Kind.PAGED, Kind.ACKNOWLEDGED, Kind.ENDED, Kind.PASSED_OVER, Kind.LEVEL)


def subject_ref(incident: Incident) -> str:
    """What messages are about, so that they can be taken back together."""
    return f"incidents.incident:{incident.pk}"


def start_run(incident: Incident, *, now: datetime) -> EscalationRun:
    """A new run for the incident's present opening, due at once. Must run in a transaction with the incident locked."""
    version = incident.policy_version
    if version is None:
        raise ValueError("An incident without a policy version has no run.")
    with act("escalation.started", actor=None, now=now, subject=incident) as running:
        run = EscalationRun.objects.create(
            incident=incident,
            opening=incident.reopen_count,
            policy_version=version,
            content_sha256=version.content_sha256,
            next_run_at=now,
            started_at=now,
            alerting_since=now if incident.reopen_count else incident.opened_at,
        )
        reason = f"Follows {version}, the version in force when the incident was opened."
        EscalationStep.objects.create(run=run, sequence=0, action=EscalationStep.Action.STARTED, at=now, reason=reason)
        running.decision = {"run": run.pk, "policy_version": version.pk, "content_sha256": version.content_sha256}
        if run.opening:
            _timeline(incident, "The escalation begins anew", "The incident was reopened.", {"action": "started", "run": run.pk}, now)
    return run


def apply(
    run: EscalationRun,
    incident: Incident,
    decision: Decision,
    *,
    before: RunState,
    snapshot: PolicySnapshot,
    inputs: Mapping[str, Any],
    actor: Any,
    now: datetime,
) -> None:
    """Carries `decision` out: 1 the run moves, fenced by its sequence; 2 steps; 3 timeline; 4 messages; 5 the audit event.

    Raises Conflict when another engine moved the run meanwhile.
    """
    if not decision.actions:
        _look_again(run, decision, now)
        return
    verb = next(kind for kind in WEIGHT if any(action.kind is kind for action in decision.actions))
    with act(f"escalation.{verb.value}", actor=actor, now=now, subject=incident, why=words.why(decision.actions[0])) as running:
        _move(run, decision, now)
        _write_steps(run, decision.actions, inputs, now)
        for part, action in enumerate(decision.actions):
            text = words.told(action, before, snapshot)
            if text:
                _timeline(incident, text, words.why(action), _for_machines(action, run), now)
            _send(run, incident, action, part, snapshot, now)
            _log(incident, action, before, snapshot)
        if before.status is Status.PAGING and decision.state.status in {Status.ACKNOWLEDGED, Status.ENDED}:
            cancel_waiting(subject_ref(incident), now=now)
        running.decision = {"run": run.pk, "sequence": run.sequence, "policy_version": run.policy_version_id}
        running.decision["content_sha256"] = run.content_sha256
        running.details["steps"] = [_for_machines(action, run) | {"reason": action.reason} for action in decision.actions]


def _look_again(run: EscalationRun, decision: Decision, now: datetime) -> None:
    if run.next_run_at != decision.next_look or run.failures:
        _move(run, decision, now)


def _move(run: EscalationRun, decision: Decision, now: datetime) -> None:
    state = decision.state
    ended = not state.status.is_live
    moved = {
        "state": state.status.value,
        "level": state.level,
        "position": state.position,
        "level_entered_at": state.level_entered_at,
        "last_page_at": state.last_page_at,
        "milestone_done": state.milestone_done,
        "next_run_at": decision.next_look,
        "sequence": run.sequence + 1,
        "ended_at": now if ended else None,
        "failures": 0,
        "last_failure": "",
    }
    if any(action.kind is Kind.MILESTONE for action in decision.actions) and state.status is Status.PAGING:
        # Whoever acknowledged before was too slow for the milestone; only a new acknowledgement stops what begins now.
        moved["alerting_since"] = now if run.state == EscalationRun.State.ACKNOWLEDGED else run.alerting_since
    if not EscalationRun.objects.filter(pk=run.pk, sequence=run.sequence).update(**moved):
        raise Conflict("Another engine moved this escalation meanwhile.")
    for name, value in moved.items():
        setattr(run, name, value)


def _write_steps(run: EscalationRun, actions: tuple[Action, ...], inputs: Mapping[str, Any], now: datetime) -> None:
    EscalationStep.objects.bulk_create(
        EscalationStep(
            run=run,
            sequence=run.sequence,
            part=part,
            action=action.kind.value,
            at=now,
            late_by=action.late_by,
            level=action.level,
            position=action.position,
            person_id=action.person_id,
            person_name=action.person_name,
            reason=action.reason,
            # The inputs of a pass are kept once, with its first step.
            inputs=dict(inputs) if part == 0 else {},
        )
        for part, action in enumerate(actions)
    )


def _send(run: EscalationRun, incident: Incident, action: Action, part: int, snapshot: PolicySnapshot, now: datetime) -> None:
    if action.kind is Kind.PAGED:
        person = EscalationStep.objects.select_related("person").get(run=run, sequence=run.sequence, part=part).person
        kind, title, body = PAGE, words.headline(incident), words.page_body(incident, action, snapshot)
    elif action.kind is Kind.EXHAUSTED:
        person = run.policy_version.policy.owner
        kind, title = NOBODY_REACHED, f"Nobody reached: {words.headline(incident)}"
        body = words.exhausted_body(incident, action)
    else:
        return
    queue(
        kind=kind,
        person=person,
        subject_ref=subject_ref(incident),
        title=title,
        body=body,
        link=f"{settings.PORTAL_URL}/admin/incidents/incident/{incident.pk}/change/",
        idempotency_key=f"run-{run.pk}-step-{run.sequence}-{part}",
        now=now,
    )


def _timeline(incident: Incident, text: str, why: str, data: dict[str, Any], now: datetime) -> None:
    add_timeline(incident, kind=TimelineEntry.Kind.ESCALATION, at=now, actor=None, text=text, why=why, data=data)


def _for_machines(action: Action, run: EscalationRun) -> dict[str, Any]:
    told = {
        "action": action.kind.value,
        "run": run.pk,
        "level": action.level,
        "position": action.position,
        "person_id": action.person_id,
        "person": action.person_name,
        "late_seconds": round(action.late_by.total_seconds()) if action.late_by else None,
    }
    return {name: value for name, value in told.items() if value not in (None, "")}


def _log(incident: Incident, action: Action, before: RunState, snapshot: PolicySnapshot) -> None:
    """One line a step, once it is certain. Names, no addresses."""
    level = logging.CRITICAL if action.kind is Kind.EXHAUSTED else logging.INFO
    text = words.told(action, before, snapshot) or action.kind.value.replace("_", " ").capitalize()
    transaction.on_commit(partial(logger.log, level, "%s: %s. %s", incident.number, text, words.why(action)))
