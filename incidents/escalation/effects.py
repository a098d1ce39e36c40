"""Writing down what was decided for one run or many: runs, steps, timeline, messages, audit events, in the caller's one transaction."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction

from audit.events.covering import covered
from audit.events.services import record
from incidents.lifecycle.grading import RulesFor, rules_pinned_by_each
from incidents.lifecycle.models import Incident, TimelineEntry
from incidents.lifecycle.timeline import add_all
from policies.decisions.escalation_facts import Decision, Roster, RunState, Status
from policies.decisions.ruleset import PolicySnapshot
from policies.decisions.vocabulary import Track
from portal.foundation.errors import Conflict
from portal.foundation.many_rows import insert_all, update_all
from portal.foundation.outbox.services import cancel_waiting, queue_all
from portal.foundation.people.models import User

from . import looks, words
from .facts import columns_after
from .messages import URGENT, subject_ref
from .models import EscalationRun
from .turns import Turn
from .writing import ALERTS, NOBODY_REACHED, PAGE, Writing, enters_rca, write

# Whom messages are about, and which of them are urgent, is asked for here by others.
__all__ = ["NOBODY_REACHED", "PAGE", "URGENT", "apply", "carry_out", "subject_ref"]

logger = logging.getLogger(__name__)
# Who answers is set on the run before it is decided, so these are written even where the decision changes nothing about them.
ANSWERED = ("acknowledged_at", "acknowledged_by", "holder_id")


@covered()
def carry_out(turns: Sequence[Turn], *, actor: Any, now: datetime, reason: str = "") -> None:
    """Carries decisions out: 1 the runs move, each fenced by its sequence; 2 steps; 3 timeline; 4 messages; 5 an audit event a run.

    `actor` is who caused them (None: the engine), `reason` what that person said. A constant number of queries. Raises Conflict when
    another engine moved one of the runs meanwhile.
    """
    _move([turn for turn in turns if turn.decision.actions or _needs_a_new_time(turn)], now)
    acting = [turn for turn in turns if turn.decision.actions]
    if not acting:
        return
    writing = Writing(now, actor, reason, _people(acting), _rules(acting), _asked_for_rca(acting))
    for turn in acting:
        write(turn, writing)
    insert_all(writing.steps)
    add_all(writing.entries)
    queue_all(writing.messages, now=now)
    stopped = [subject_ref(turn.incident, Track(turn.run.track)) for turn in acting if _stops(turn)]
    if stopped:
        cancel_waiting(*stopped, now=now)
    record(writing.acts, now=now)
    # What a reopened incident still misses could not begin while an earlier opening's run went on.
    looks.ask([turn.incident.pk for turn in acting if not turn.run.is_live and turn.run.opening != turn.incident.reopen_count], now=now)
    transaction.on_commit(partial(_log, writing.log))


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
    """Carries one decision out that was not made by `next_actions`."""
    with transaction.atomic():
        carry_out([Turn(run, incident, snapshot, before, roster, decision, inputs)], actor=actor, now=now, reason=reason)


def _needs_a_new_time(turn: Turn) -> bool:
    run, decision = turn.run, turn.decision
    return bool(run.next_run_at != decision.next_look or run.severity != decision.state.severity or run.failures)


def _stops(turn: Turn) -> bool:
    alerting = (Status.PAGING, Status.HELD)
    return turn.before.status in alerting and turn.decision.state.status in {Status.ACKNOWLEDGED, Status.ENDED}


def _move(turns: Sequence[Turn], now: datetime) -> None:
    """One UPDATE of all, in which the sequence is the fence: it must find every run as it was read."""
    moves = [columns_after(turn.run, turn.decision, now) for turn in turns]
    # What changes in none of them is not written: most of a batch moves in the same few columns.
    names = dict.fromkeys(
        name
        for turn, moved in zip(turns, moves, strict=True)
        for name, value in moved.items()
        if name != "sequence" and (name in ANSWERED or value != getattr(turn.run, name))
    )
    rows = [
        (turn.run.pk, turn.run.sequence, {name: moved[name] if name in moved else getattr(turn.run, name) for name in names})
        for turn, moved in zip(turns, moves, strict=True)
    ]
    if update_all(EscalationRun, rows, fence="sequence") != len(rows):
        raise Conflict("Another engine moved this escalation meanwhile.")
    for turn, moved in zip(turns, moves, strict=True):
        for name in (*names, "sequence"):
            if name in moved:
                setattr(turn.run, name, moved[name])


def _people(turns: Iterable[Turn]) -> dict[int, User]:
    wanted = {action.person_id for turn in turns for action in turn.decision.actions if action.kind in ALERTS and action.person_id}
    return User.objects.in_bulk(wanted) if wanted else {}


def _rules(turns: Iterable[Turn]) -> dict[int, RulesFor]:
    alerting = {turn.incident.pk: turn.incident for turn in turns if any(action.kind in ALERTS for action in turn.decision.actions)}
    return rules_pinned_by_each(alerting.values()) if alerting else {}


def _asked_for_rca(turns: Iterable[Turn]) -> set[int]:
    """The incidents among those that enter a level in need of a root-cause analysis whose timeline says so already."""
    entering = {turn.incident.pk for turn in turns for action in turn.decision.actions if enters_rca(turn, action)}
    if not entering:
        return set()
    return set(TimelineEntry.objects.filter(incident__in=entering, text=words.RCA_NEEDED).values_list("incident_id", flat=True))


def _log(lines: Sequence[tuple[int, str]]) -> None:
    for level, line in lines:
        logger.log(level, "%s", line)
