"""One pass of the engine: starts what has no run, advances what is due, leaves a sign of life."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import F

from incidents.lifecycle.models import Incident
from policies.decisions.escalation import next_actions
from policies.decisions.escalation_facts import Roster, RunState, Status, as_recorded
from policies.decisions.vocabulary import Track
from portal.foundation.redaction import one_line
from portal.foundation.request_context import origin

from . import effects
from .facts import content_of, due, state_of
from .models import EngineHeartbeat, EscalationRun
from .roster import roster_for
from .starting import alarm_without_policy, start, tell_without_policy
from .tracks import marked_without_policy, without_compliance_run, without_policy, without_run, without_stakeholder_run

logger = logging.getLogger(__name__)
# More are taken by the next pass, a second later; the bound keeps one pass short enough to be seen finishing.
MOST_A_PASS = 200
BESIDE_A_RUN = ("incident__service__owner", "incident__acknowledged_by", "acknowledged_by", "policy_version__policy__owner")
LONGEST_REST = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class CycleResult:
    """What one pass did: runs started, runs looked at, and things that failed and will be tried again."""

    started: int = 0
    advanced: int = 0
    failed: int = 0


def run_cycle(*, now: datetime, heartbeat: bool = True) -> CycleResult:
    """One pass. Every run has its own transaction: one that fails is logged, recorded and tried again, and the others go on.

    Safe beside other engines: a run is claimed before it is advanced. `heartbeat` False is for sweeps that stand in for the engine.
    Raises the database's own errors only when not even a failure can be recorded.
    """
    with origin("engine"):
        _, lost = _each(without_policy().values_list("pk", flat=True), partial(tell_without_policy, now=now), "incident")
        _, unheard = _each(marked_without_policy().values_list("pk", flat=True), partial(alarm_without_policy, now=now), "incident")
        started, not_started = _start_missing(now)
        waiting = EscalationRun.objects.filter(due(now)).order_by(F("next_run_at").asc(nulls_first=True), "pk")
        advanced, failed = _each(waiting.values_list("pk", flat=True), lambda pk: _claim_and_advance(pk, now), "run", now)
        if heartbeat:
            _sign_of_life(now)
    return CycleResult(started, advanced, lost + unheard + not_started + failed)


def _start_missing(now: datetime) -> tuple[int, int]:
    """Starts every track that should run and does not; how many were started and how many failed."""
    missing: dict[Track, Any] = {
        Track.TECHNICAL: without_run().values_list("pk", flat=True),
        Track.STAKEHOLDER: without_stakeholder_run(),
        Track.COMPLIANCE: without_compliance_run().values_list("pk", flat=True),
    }
    done = [_each(keys, partial(start, track=track, now=now), "incident") for track, keys in missing.items()]
    return sum(started for started, _ in done), sum(failed for _, failed in done)


def advance(
    run: EscalationRun, incident: Incident, *, now: datetime, actor: Any = None, acknowledged_by: str | None = None, reason: str = ""
) -> None:
    """Decides and carries out what follows for a locked run. `actor` is who caused it, with `reason`; None is the engine."""
    snapshot = content_of(run)
    before = state_of(run, incident, acknowledged_by=acknowledged_by)
    # A way that may begin again needs its first levels too.
    from_level = 0 if snapshot.repeats else run.level
    roster = roster_for(incident, snapshot, now, from_level=from_level) if _asks_for_people(before) else Roster(())
    decision = next_actions(snapshot, roster, before, now)
    inputs = {**as_recorded(roster, before, now), "content_sha256": run.content_sha256, "track": run.track}
    effects.apply(
        run, incident, decision, before=before, snapshot=snapshot, roster=roster, inputs=inputs, actor=actor, now=now, reason=reason
    )


def _asks_for_people(state: RunState) -> bool:
    """Ending and acknowledging need nobody; an acknowledgement before the milestone does not stop what that begins."""
    return state.ended_as is None and (state.acknowledged_by is None or state.status is Status.ACKNOWLEDGED)


def _each(keys: Any, work: Callable[[int], bool], what: str, record_at: datetime | None = None) -> tuple[int, int]:
    """Does `work` for each of a query's keys on its own; how many were done and how many failed."""
    done = failed = 0
    for key in list(keys[:MOST_A_PASS]):
        try:
            done += work(key)
        except Exception as error:
            failed += 1
            logger.exception("The escalation of %s %s failed and will be tried again.", what, key)
            if record_at is not None:
                _record_failure(key, error, record_at)
    return done, failed


def _claim_and_advance(run_id: int, now: datetime) -> bool:
    """Takes the run if it is still due and nobody else has it; False is fine: somebody was faster."""
    with transaction.atomic():
        claim = EscalationRun.objects.select_for_update(skip_locked=True, of=("self",)).filter(due(now), pk=run_id)
        run = claim.select_related(*BESIDE_A_RUN).first()
        if run is None:
            return False
        advance(run, run.incident, now=now)
    return True


def _record_failure(run_id: int, error: Exception, now: datetime) -> None:
    """The run rests a little longer after each failure in a row, a minute at most; it stays live and due."""
    failures = EscalationRun.objects.filter(pk=run_id).values_list("failures", flat=True).first() or 0
    rest = min(timedelta(seconds=2 ** min(failures + 1, 10)), LONGEST_REST)
    EscalationRun.objects.filter(pk=run_id, state__in=EscalationRun.LIVE).update(
        failures=failures + 1, last_failure=one_line(f"{type(error).__name__}: {error}")[:250], next_run_at=now + rest
    )


def _sign_of_life(now: datetime) -> None:
    passed = EngineHeartbeat.objects.filter(pk=1).update(cycles=F("cycles") + 1, last_started_at=now, last_finished_at=now)
    if not passed:
        first = EngineHeartbeat(pk=1, cycles=1, last_started_at=now, last_finished_at=now)
        EngineHeartbeat.objects.bulk_create([first], ignore_conflicts=True)
