"""Writing down what was decided: run, steps, timeline, audit event and messages, in the caller's one transaction."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction

from audit.events.services import act
from incidents.lifecycle.models import Incident, TimelineEntry
from incidents.lifecycle.timeline import add_timeline
from policies.decisions.escalation_facts import Action, Decision, Kind, Roster, RunState, Status
from policies.decisions.escalation_forecast import next_step
from policies.decisions.ruleset import PolicySnapshot
from policies.decisions.vocabulary import Track
from portal.foundation.errors import Conflict
from portal.foundation.outbox.services import cancel_waiting, queue
from portal.foundation.people.models import User

from . import words
from .facts import columns_after
from .last_resort import owner_of_last_resort
from .messages import link_to, message_for
from .models import EscalationRun, EscalationStep

logger = logging.getLogger(__name__)
PAGE = "escalation.page"
NOBODY_REACHED = "escalation.exhausted"
# People choose how they are reached for these, and how for everything else.
URGENT = frozenset({"SEV1", "SEV2"})
# What a pass is called in the audit trail: the first of these among its actions.
WEIGHT = (
    *(Kind.EXHAUSTED, Kind.MILESTONE, Kind.REPEATED, Kind.PAGED, Kind.REMINDED),
    *(Kind.ACKNOWLEDGED, Kind.ENDED, Kind.PASSED_OVER, Kind.LEVEL),
)


def subject_ref(incident: Incident, track: Track = Track.TECHNICAL) -> str:
    """What messages are about, so that those of one track can be taken back together."""
    return f"incidents.incident:{incident.pk}" + ("" if track is Track.TECHNICAL else f":{track.value}")


def apply(
    run: EscalationRun,
    incident: Incident,
    decision: Decision,
    *,
    before: RunState,
    snapshot: PolicySnapshot,
    roster: Roster,
    inputs: Mapping[str, Any],
    actor: Any,
    now: datetime,
    reason: str = "",
) -> None:
    """Carries `decision` out: 1 the run moves, fenced by its sequence; 2 steps; 3 timeline; 4 messages; 5 the audit event.

    `reason` is what whoever caused it said. Raises Conflict when another engine moved the run meanwhile.
    """
    if not decision.actions:
        _look_again(run, decision, now)
        return
    track = Track(run.track)
    verb = next(kind for kind in WEIGHT if any(action.kind is kind for action in decision.actions))
    said = reason or words.why(decision.actions[0])
    with act(f"escalation.{verb.value}", actor=actor, now=now, subject=incident, why=said) as running:
        _move(run, decision, now)
        _write_steps(run, decision.actions, inputs, now)

        def ahead() -> str:
            coming = next_step(snapshot, lambda at: roster, decision.state, now)
            return coming.words(now) if coming else ""

        for part, action in enumerate(decision.actions):
            _tell(run, incident, action, before, snapshot, now)
            _send(run, incident, action, part, partial(message_for, run, incident, action, snapshot, ahead), now)
            _log(incident, action, before, snapshot, track)
        if before.status is Status.PAGING and decision.state.status in {Status.ACKNOWLEDGED, Status.ENDED}:
            cancel_waiting(subject_ref(incident, track), now=now)
        running.decision = {"run": run.pk, "track": run.track, "sequence": run.sequence, "policy_version": run.policy_version_id}
        running.decision["content_sha256"] = run.content_sha256
        running.details["steps"] = [_for_machines(action, run) | {"reason": action.reason} for action in decision.actions]


def _look_again(run: EscalationRun, decision: Decision, now: datetime) -> None:
    if run.next_run_at != decision.next_look or run.severity != decision.state.severity or run.failures:
        _move(run, decision, now)


def _move(run: EscalationRun, decision: Decision, now: datetime) -> None:
    moved = columns_after(run, decision, now)
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


def _tell(run: EscalationRun, incident: Incident, action: Action, before: RunState, snapshot: PolicySnapshot, now: datetime) -> None:
    """The action on the timeline, and what the level that it enters asks for."""
    text = words.told(action, before, snapshot, Track(run.track))
    if text:
        _timeline(incident, text, words.why(action), _for_machines(action, run), now)
    entered = next((level for level in snapshot.levels if level.number == action.level), None) if action.kind is Kind.LEVEL else None
    if entered is not None and entered.needs_rca and not incident.timeline.filter(text=words.RCA_NEEDED).exists():
        why = f"Level {entered.number}, {entered.name}, asks for one."
        _timeline(incident, words.RCA_NEEDED, why, {"action": "needs_rca", "run": run.pk, "level": entered.number}, now)


def _send(run: EscalationRun, incident: Incident, action: Action, part: int, written: Callable[[], tuple[str, str]], now: datetime) -> None:
    track = Track(run.track)
    if action.kind in (Kind.PAGED, Kind.REMINDED):
        person = User.objects.filter(pk=action.person_id or 0).first()
        kind, (title, body) = PAGE, written()
    elif action.kind is Kind.EXHAUSTED:
        person = owner_of_last_resort(incident, run.policy_version.policy.owner)
        kind, title = NOBODY_REACHED, f"Nobody reached: {words.headline(incident, track)}"
        body = words.exhausted_body(incident, action, track)
    else:
        return
    if person is None:
        transaction.on_commit(partial(logger.critical, "%s: there is nobody to tell. %s", incident.number, action.reason))
        return
    queue(
        kind=kind,
        person=person,
        subject_ref=subject_ref(incident, track),
        title=title,
        body=body,
        link=link_to(incident),
        idempotency_key=f"run-{run.pk}-step-{run.sequence}-{part}",
        now=now,
        urgent=incident.severity in URGENT,
    )


def _timeline(incident: Incident, text: str, why: str, data: dict[str, Any], now: datetime) -> None:
    add_timeline(incident, kind=TimelineEntry.Kind.ESCALATION, at=now, actor=None, text=text, why=why, data=data)


def _for_machines(action: Action, run: EscalationRun) -> dict[str, Any]:
    told = {
        "action": action.kind.value,
        "run": run.pk,
        "track": "" if run.track == Track.TECHNICAL else run.track,
        "level": action.level,
        "position": action.position,
        "person_id": action.person_id,
        "person": action.person_name,
        "late_seconds": round(action.late_by.total_seconds()) if action.late_by else None,
    }
    return {name: value for name, value in told.items() if value not in (None, "")}


def _log(incident: Incident, action: Action, before: RunState, snapshot: PolicySnapshot, track: Track) -> None:
    """One line a step, once it is certain. Names, no addresses."""
    level = logging.CRITICAL if action.kind is Kind.EXHAUSTED else logging.INFO
    text = words.told(action, before, snapshot, track) or action.kind.value.replace("_", " ").capitalize()
    transaction.on_commit(partial(logger.log, level, "%s: %s. %s", incident.number, text, words.why(action)))
