"""One pass of the engine: starts what has no run, advances what is due, leaves a sign of life."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F

from incidents.lifecycle.models import Incident, TimelineEntry
from incidents.lifecycle.timeline import add_timeline
from policies.decisions.escalation import next_actions
from policies.decisions.escalation_facts import Roster, RunState, Status, as_recorded
from policies.governance.queries import snapshot_of
from portal.foundation.outbox.services import wake_delivery
from portal.foundation.redaction import one_line
from portal.foundation.request_context import origin

from . import effects
from .facts import due, state_of, without_policy, without_run
from .models import EngineHeartbeat, EscalationRun
from .roster import roster_at

logger = logging.getLogger(__name__)
# More are taken by the next pass, a second later; the bound keeps one pass short enough to be seen finishing.
MOST_A_PASS = 200
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
        _, lost = _each(without_policy().values_list("pk", flat=True), lambda pk: _tell_without_policy(pk, now), "incident")
        started, not_started = _each(without_run().values_list("pk", flat=True), lambda pk: _start(pk, now), "incident")
        waiting = EscalationRun.objects.filter(due(now)).order_by(F("next_run_at").asc(nulls_first=True), "pk")
        advanced, failed = _each(waiting.values_list("pk", flat=True), lambda pk: _claim_and_advance(pk, now), "run", now)
        if heartbeat:
            _sign_of_life(now)
        wake_delivery(now=now)
    return CycleResult(started, advanced, lost + not_started + failed)


def advance(run: EscalationRun, incident: Incident, *, now: datetime, actor: Any = None, acknowledged_by: str | None = None) -> None:
    """Decides and carries out what follows for a locked run. `actor` is who caused it; None is the engine."""
    snapshot = snapshot_of(run.policy_version)
    before = state_of(run, incident, acknowledged_by=acknowledged_by)
    roster = roster_at(snapshot, now, from_level=run.level) if _asks_for_people(before) else Roster(())
    decision = next_actions(snapshot, roster, before, now)
    inputs = {**as_recorded(roster, before, now), "content_sha256": run.content_sha256}
    effects.apply(run, incident, decision, before=before, snapshot=snapshot, inputs=inputs, actor=actor, now=now)


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


def _start(incident_id: int, now: datetime) -> bool:
    with transaction.atomic():
        incident = _locked(incident_id)
        if incident is None or not without_run().filter(pk=incident_id).exists():
            return False
        effects.start_run(incident, now=now)
    return True


def _claim_and_advance(run_id: int, now: datetime) -> bool:
    """Takes the run if it is still due and nobody else has it; False is fine: somebody was faster."""
    with transaction.atomic():
        claim = EscalationRun.objects.select_for_update(skip_locked=True, of=("self",)).filter(due(now), pk=run_id)
        run = claim.select_related("incident__service", "incident__acknowledged_by", "policy_version__policy__owner").first()
        if run is None:
            return False
        advance(run, run.incident, now=now)
    return True


def _tell_without_policy(incident_id: int, now: datetime) -> bool:
    with transaction.atomic():
        incident = _locked(incident_id)
        if incident is None or not without_policy().filter(pk=incident_id).exists():
            return False
        text = "Nobody is alerted automatically"
        why = f"No escalation policy was in force for {incident.service} when the incident was opened."
        add_timeline(incident, kind=TimelineEntry.Kind.ESCALATION, at=now, actor=None, text=text, why=why, data={"action": "no_policy"})
    logger.warning("%s: %s. %s", incident.number, text, why)
    return True


def _locked(incident_id: int) -> Incident | None:
    rows = Incident.objects.select_for_update(skip_locked=True, of=("self",), no_key=True)
    return rows.select_related("service", "policy_version").filter(pk=incident_id).first()


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
