"""One pass of the engine: starts what has no run, advances what is due or changed, leaves a sign of life.

Work is taken in batches, each in a transaction of its own; one that fails is done again in halves, down to the run that fails, which
rests while all others go on. The rules: docs/rules/escalation.md.
"""

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from incidents.lifecycle.models import Incident
from policies.decisions.escalation_facts import Order
from portal.foundation.request_context import origin

from . import looks
from .effects import carry_out
from .facts import due
from .failures import run_failed, start_failed
from .halves import CycleResult, in_halves
from .heartbeat import claims_sweep, sign_of_life
from .models import EscalationRun
from .oddities import say_odd_due_time
from .starting import start_missing
from .tracks import searches
from .turns import claimed, decided

__all__ = ["CycleResult", "advance", "lend_a_hand", "live_runs", "next_due", "run_cycle"]

# A batch has some thirty questions, whose cost its runs share. On SQLite nobody else writes while it is written: half a second.
MOST_A_BATCH = 500
# More is taken by the next pass, at once; the bound keeps one pass short enough to be seen finishing.
MOST_BATCHES = 2
MOST_FAILING = 50
BESIDE_A_RUN = ("incident__service__owner", "incident__acknowledged_by", "acknowledged_by", "policy_version__policy__owner")
# Word for word as the index of live runs has it: SQLite does not find that index for a list of parameters.
LIVE = "\"incidents_escalationrun\".\"state\" IN ('paging', 'held', 'acknowledged')"


def run_cycle(*, now: datetime, heartbeat: bool = True, crowded: Callable[[], None] = lambda: None) -> CycleResult:
    """One pass. Every batch has its own transaction: a run that fails is logged, recorded and tried again, and the others go on.

    Safe beside other engines: what one has claimed the others leave alone. Once a minute one of them looks through everything, so that
    a lost wish for a look costs no more than that. `heartbeat` False is for the watchdog, which always looks through everything and
    leaves no sign of life. `crowded` is called when a batch is full, so that there may be more for whoever can lend a hand. Raises the
    database's own errors only when not even a failure can be recorded.
    """
    began = time.monotonic()
    with origin("engine"):
        result = _batches(partial(_look, now)) + _batches(partial(_advance_due, now, crowded))
        if not heartbeat or claims_sweep(now):
            result += _sweep(now)
        result += _advance_failing(now)
        if heartbeat:
            sign_of_life(result, now=now, took=timedelta(seconds=time.monotonic() - began))
    return result


def lend_a_hand(*, now: datetime) -> CycleResult:
    """Advances what is due, beside an engine that does all the rest."""
    began = time.monotonic()
    with origin("engine"):
        result = _batches(partial(_advance_due, now))
        if result.did_something:
            sign_of_life(result, now=now, took=timedelta(seconds=time.monotonic() - began))
    return result


def next_due() -> datetime | None:
    """When the next live run is due; None when there is none. One query, of one row of an index."""
    return live_runs().order_by("next_run_at").values_list("next_run_at", flat=True).first()


def advance(run: EscalationRun, incident: Incident, *, now: datetime, actor: Any = None, reason: str = "", **said: Any) -> None:
    """Decides and carries out what follows for one locked run: a batch of one.

    `actor` is who caused it, with `reason`; None is the engine. What they `said` is as in `turns.decided`.
    """
    run.incident = incident
    with transaction.atomic():
        advance_all([run], now=now, actor=actor, reason=reason, **said)


def advance_all(
    runs: Sequence[EscalationRun],
    *,
    now: datetime,
    actor: Any = None,
    reason: str = "",
    acknowledged_by: str | None = None,
    order: Order | None = None,
) -> CycleResult:
    """The same for many locked runs, beside which stands what `turns.stand_beside` puts there. Must run in a transaction."""
    earliest = min((run.next_run_at for run in runs if run.next_run_at), default=None)
    turns = decided(runs, now=now, acknowledged_by=acknowledged_by, order=order)
    carry_out(turns, actor=actor, now=now, reason=reason)
    late = sum(any(action.late_by for action in turn.decision.actions) for turn in turns)
    return CycleResult(advanced=len(turns), late=late, earliest=earliest)


def _batches(take: Callable[[], tuple[CycleResult, bool]]) -> CycleResult:
    """Batch after batch, until `take` says that there is no more or the pass is long enough."""
    result = CycleResult()
    for _ in range(MOST_BATCHES):
        done, more = take()
        result += done
        if not more:
            break
    return result


def _advance_due(now: datetime, crowded: Callable[[], None] = lambda: None) -> tuple[CycleResult, bool]:
    """One batch of what is due, the longest first; whether there may be more. Its cost hangs on what is due, not on what is live."""
    keys: list[int] = []
    try:
        with transaction.atomic():
            keys += (
                live_runs()
                .select_for_update(skip_locked=True)
                .filter(next_run_at__lte=now, failures=0)
                .order_by("next_run_at")
                .values_list("pk", flat=True)[:MOST_A_BATCH]
            )
            if len(keys) == MOST_A_BATCH:
                crowded()
            done = _advance(keys, now)
    except Exception:
        if not keys:
            raise
        done = _advance_again(keys, now)
    return done, len(keys) == MOST_A_BATCH


def _advance_failing(now: datetime) -> CycleResult:
    """Due runs that failed before, one by one: should they fail again, they fail alone."""
    keys = live_runs().filter(next_run_at__lte=now, failures__gt=0).order_by("next_run_at").values_list("pk", flat=True)
    result = CycleResult()
    for key in list(keys[:MOST_FAILING]):
        result += _advance_again([key], now)
    return result


def _advance(keys: Sequence[int], now: datetime) -> CycleResult:
    """Those of these runs that are still due and that nobody else has, in one transaction."""
    if not keys:
        # A pass asks a dozen times whether something came due meanwhile; to put together a question about nothing takes milliseconds.
        return CycleResult()
    with transaction.atomic():
        runs = claimed(due(now) & Q(pk__in=keys))
        for run in runs:
            say_odd_due_time(run, now=now)
        return advance_all(runs, now=now) if runs else CycleResult()


def _advance_again(keys: Sequence[int], now: datetime) -> CycleResult:
    return in_halves(keys, partial(_advance, now=now), partial(run_failed, now=now))


def _look(now: datetime) -> tuple[CycleResult, bool]:
    """One batch of the incidents that somebody asked to be looked at; whether there may be more."""
    keys: list[int] = []
    try:
        with transaction.atomic():
            keys += looks.taken()
            done = _look_at(keys, now)
    except Exception:
        if not keys:
            raise
        done = in_halves(keys, partial(_look_again, now=now), partial(_look_alone, now=now))
    return done, len(keys) == looks.MOST_AT_ONCE


def _look_again(keys: Sequence[int], now: datetime) -> CycleResult:
    with transaction.atomic():
        return _look_at(looks.taken(only=keys), now)


def _look_at(keys: Sequence[int], now: datetime) -> CycleResult:
    """Advances what changed with these incidents, starts what they miss and lets the wishes go, in the running transaction.

    What begins is due at once, and everything that its first step needs is at hand: it is taken here, without being looked for again.
    A wish stays where somebody else holds the incident or one of its runs this moment: they may have read it before it changed.
    """
    if not keys:
        return CycleResult()
    changed = dict(EscalationRun.objects.filter(_changed(now), incident__in=keys).values_list("pk", "incident_id"))
    runs = claimed(_changed(now) & Q(pk__in=list(changed))) if changed else []
    done = advance_all(runs, now=now) if runs else CycleResult()
    # What just ended may make room for what the present opening still misses.
    begun, reached = start_missing(keys, now=now)
    done += advance_all(begun, now=now) if begun else CycleResult()
    missed = {changed[key] for key in changed.keys() - {run.pk for run in runs}}
    looks.done(reached - missed)
    return CycleResult(started=len(begun)) + done


def _look_alone(key: int, error: Exception, now: datetime) -> CycleResult:
    """What can be done of a look that failed: the start by itself, then each run by itself, as every failure is recorded where it is."""
    result = in_halves([key], partial(_start, now=now), partial(start_failed, now=now))
    for run in list(EscalationRun.objects.filter(_changed(now), incident=key).values_list("pk", flat=True)):
        result += _advance_again([run], now)
    with transaction.atomic():
        looks.done(looks.taken(only=[key]))
    return result


def _start(keys: Sequence[int], now: datetime) -> CycleResult:
    with transaction.atomic():
        return CycleResult(started=len(start_missing(keys, now=now)[0]))


def _sweep(now: datetime) -> CycleResult:
    """Looks through everything, for what no wish told: incidents without the runs they need, runs whose incident changed or without a time.

    With many live runs each search takes a while; what comes due meanwhile is advanced in between.
    """
    result, began = CycleResult(), time.monotonic()
    for found in searches():
        for some in _slices(found):
            result += in_halves(some, partial(_start, now=now), partial(start_failed, now=now))
        for at in (now, now + timedelta(seconds=time.monotonic() - began)):
            result += _batches(partial(_advance_due, at))
    for some in _slices(list(EscalationRun.objects.filter(_changed(now)).values_list("pk", flat=True))):
        result += _advance_again(some, now)
    return result


def _changed(now: datetime) -> Q:
    """Runs that need a look although their time has not come, or have none."""
    return due(now) & (Q(next_run_at__isnull=True) | Q(next_run_at__gt=now))


def live_runs() -> QuerySet[EscalationRun]:
    """All live runs, by their index."""
    return EscalationRun.objects.extra(where=[LIVE])  # noqa: S610 - a constant of this file


def _slices(keys: Sequence[int]) -> list[Sequence[int]]:
    return [keys[at : at + MOST_A_BATCH] for at in range(0, len(keys), MOST_A_BATCH)]
