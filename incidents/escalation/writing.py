"""The rows that a run's turn leaves: its steps, the timeline, messages, the audit event, and a line in the log."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from audit.events.services import Act
from incidents.lifecycle.facts import discreet_title
from incidents.lifecycle.grading import RulesFor
from incidents.lifecycle.models import Incident, TimelineEntry
from incidents.lifecycle.timeline import entry_of
from policies.decisions.escalation_facts import Action, Kind
from policies.decisions.escalation_forecast import next_step
from policies.decisions.vocabulary import Track
from portal.foundation.many_rows import made
from portal.foundation.outbox.models import OutboxMessage
from portal.foundation.outbox.services import draft
from portal.foundation.people.models import User

from . import words
from .last_resort import owner_of_last_resort
from .messages import URGENT, link_to, message_for, subject_ref
from .models import EscalationRun, EscalationStep
from .turns import Turn

PAGE = "escalation.page"
NOBODY_REACHED = "escalation.exhausted"
ALERTS = (Kind.PAGED, Kind.REMINDED)
# What a pass is called in the audit trail: the first of these among its actions.
ORDERED = (Kind.BYPASSED, Kind.RAISED, Kind.LOWERED, Kind.HELD, Kind.RESUMED, Kind.TAKEN_OVER, Kind.HANDED_OVER)
WEIGHT = (
    *(Kind.EXHAUSTED, *ORDERED, Kind.MILESTONE, Kind.SILENT, Kind.REPEATED, Kind.PAGED, Kind.REMINDED),
    *(Kind.ACKNOWLEDGED, Kind.ENDED, Kind.PASSED_OVER, Kind.LEVEL),
)


@dataclass(slots=True)
class Writing:
    """Rows of a batch on their way, and what they are made with: the people alerted, the pinned rules, who was told of a missing analysis."""

    now: datetime
    actor: Any
    reason: str
    people: Mapping[int, User]
    rules: Mapping[int, RulesFor]
    asked_for_rca: set[int]
    steps: list[EscalationStep] = field(default_factory=list)
    entries: list[TimelineEntry] = field(default_factory=list)
    messages: list[OutboxMessage] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    log: list[tuple[int, str]] = field(default_factory=list)


def enters_rca(turn: Turn, action: Action) -> bool:
    return action.kind is Kind.LEVEL and any(level.number == action.level and level.needs_rca for level in turn.snapshot.levels)


def write(turn: Turn, writing: Writing) -> None:
    actions = turn.decision.actions
    writing.steps += _steps(turn, writing)
    for part, action in enumerate(actions):
        writing.entries += _entries(turn, action, writing)
        message = _message(turn, action, part, writing)
        if message is not None:
            writing.messages.append(message)
        elif action.kind in (*ALERTS, Kind.EXHAUSTED):
            writing.log.append((logging.CRITICAL, f"{turn.incident.number}: there is nobody to tell. {action.reason}"))
        writing.log.append(_log_line(turn, action))
    writing.acts.append(_act(turn, writing))


def _steps(turn: Turn, writing: Writing) -> Iterator[EscalationStep]:
    for part, action in enumerate(turn.decision.actions):
        yield made(
            EscalationStep,
            run=turn.run,
            sequence=turn.run.sequence,
            part=part,
            action=action.kind.value,
            at=writing.now,
            late_by=action.late_by,
            level=action.level,
            position=action.position,
            person_id=action.person_id,
            person_name=action.person_name,
            actor=writing.actor,
            actor_name=str(writing.actor)[:150] if writing.actor is not None else "",
            deviation=action.deviation,
            reason=action.reason,
            # The inputs of a pass are kept once, with its first step.
            inputs=dict(turn.inputs) if part == 0 else {},
        )


def _entries(turn: Turn, action: Action, writing: Writing) -> Iterator[TimelineEntry]:
    """The action on the timeline, and what the level that it enters asks for."""
    text = words.told(action, turn.before, turn.snapshot, Track(turn.run.track))
    if text:
        by = writing.actor if action.kind in ORDERED else None
        yield _entry(turn, text, words.why(action), _for_machines(action, turn.run), writing.now, by)
    if enters_rca(turn, action) and turn.incident.pk not in writing.asked_for_rca:
        writing.asked_for_rca.add(turn.incident.pk)
        name = next(level.name for level in turn.snapshot.levels if level.number == action.level)
        data = {"action": "needs_rca", "run": turn.run.pk, "level": action.level}
        yield _entry(turn, words.RCA_NEEDED, f"Level {action.level}, {name}, asks for one.", data, writing.now)


def _entry(turn: Turn, text: str, why: str, data: dict[str, Any], now: datetime, by: Any = None) -> TimelineEntry:
    return entry_of(turn.incident, kind=TimelineEntry.Kind.ESCALATION, at=now, actor=by, text=text, why=why, data=data)


def _message(turn: Turn, action: Action, part: int, writing: Writing) -> OutboxMessage | None:
    """What `action` sends; None when it sends nothing, or there is nobody to send it to."""
    run, incident, track = turn.run, turn.incident, Track(turn.run.track)
    if action.kind in ALERTS:
        person = writing.people.get(action.person_id or 0)
    elif action.kind is Kind.EXHAUSTED:
        person = owner_of_last_resort(incident, run.policy_version.policy.owner)
    else:
        return None
    if person is None:
        return None
    kind, (title, body) = _written(turn, action, writing)
    return draft(
        kind=kind,
        person=person,
        subject_ref=subject_ref(incident, track),
        title=title,
        body=body,
        link=link_to(incident),
        idempotency_key=f"run-{run.pk}-step-{run.sequence}-{part}",
        urgent=incident.severity in URGENT,
        confidential=incident.confidential,
        discreet_title=discreet_title(incident) if incident.confidential else "",
        drill=incident.origin == Incident.Origin.DRILL,
    )


def _written(turn: Turn, action: Action, writing: Writing) -> tuple[str, tuple[str, str]]:
    """The message's kind, title and body."""
    incident, track = turn.incident, Track(turn.run.track)
    if action.kind is Kind.EXHAUSTED:
        return NOBODY_REACHED, (f"Nobody reached: {words.headline(incident, track)}", words.exhausted_body(incident, action, track))

    def ahead() -> str:
        coming = next_step(turn.snapshot, lambda at: turn.roster, turn.decision.state, writing.now)
        return coming.words(writing.now) if coming else ""

    return PAGE, message_for(turn.run, incident, action, turn.snapshot, writing.rules[incident.pk], ahead)


def _act(turn: Turn, writing: Writing) -> Act:
    run, actions = turn.run, turn.decision.actions
    verb = next(kind for kind in WEIGHT if any(action.kind is kind for action in actions))
    said = writing.reason or words.why(actions[0])
    decision = {"run": run.pk, "track": run.track, "sequence": run.sequence, "policy_version": run.policy_version_id}
    decision["content_sha256"] = run.content_sha256
    steps = [_for_machines(action, run) | {"reason": action.reason} for action in actions]
    told = Act(f"escalation.{verb.value}", writing.actor, turn.incident, writing.now, said, details={"steps": steps}, decision=decision)
    told.people = _named(turn)
    return told


def _named(turn: Turn) -> dict[str, str]:
    """Whom the reasons of this turn may name."""
    before, after = turn.before, turn.decision.state
    alerted = [*before.alerted, *after.alerted, *(one for one in (before.holder, after.holder) if one is not None)]
    people = {str(one.person_id): one.name for one in alerted if one.person_id is not None}
    return people | {str(action.person_id): action.person_name for action in turn.decision.actions if action.person_id is not None}


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
        "deviation": action.deviation or None,
    }
    return {name: value for name, value in told.items() if value not in (None, "")}


def _log_line(turn: Turn, action: Action) -> tuple[int, str]:
    """One line a step, once it is certain. Names, no addresses."""
    level = logging.CRITICAL if action.kind is Kind.EXHAUSTED else logging.INFO
    text = words.told(action, turn.before, turn.snapshot, Track(turn.run.track)) or action.kind.value.replace("_", " ").capitalize()
    return level, f"{turn.incident.number}: {text}. {words.why(action)}"
