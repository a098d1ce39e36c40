"""Asking for a replay, and running it: outside any long transaction, with its progress told, safe to be run twice."""

import logging
import zoneinfo
from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo
from typing import Any

from django.db import transaction
from django.db.models import Q

from audit.events.services import act
from policies.decisions.frozen import snapshot_from
from policies.governance.models import PolicyVersion
from policies.governance.queries import replaced_by
from portal.foundation.access.checks import may, require
from portal.foundation.base_models import save_tracked
from portal.foundation.canonical import content_hash
from portal.foundation.errors import InvalidInput, PortalError, WrongState
from portal.foundation.redaction import one_line

from .compare import Comparison
from .history import Services, sources
from .models import ReplayRun
from .queries import OPEN, RIGHTS, Period, content_now, latest_run, services_of, total
from .replay import PastIncident, courses
from .sides import Sides

logger = logging.getLogger(__name__)
RUN = "policies.tasks.run_replay"
# A worker that gave no sign for so long is gone: the queue hands a job out again after 300 s, and the portal stops a job after 120 s.
GONE_AFTER = timedelta(minutes=4)
# So that a slip of the year does not keep a worker busy for nothing.
LONGEST_PERIOD = timedelta(days=3 * 366)
TELL_EVERY = 500


def request_replay(
    version: PolicyVersion, *, actor: Any, now: datetime, period: Period, population: str = ReplayRun.Population.OWN
) -> ReplayRun:
    """Asks a worker to replay the incidents opened in `period` under the version in force and under `version`.

    Raises NotAllowed for anybody who can neither submit nor approve it, InvalidInput for a period without length or ahead of `now`,
    WrongState for a version that is settled or has a replay under way.
    """
    if not may(actor, RIGHTS[1], version):
        require(actor, RIGHTS[0], version, to="replay past incidents under this version")
    start, end = _clean_period(period, now)
    if population not in ReplayRun.Population.values:
        raise InvalidInput("Choose whose incidents to replay.", {"population": ["Choose the service's own incidents or those of all."]})
    with act("replay_run.requested", actor=actor, now=now) as running:
        held = PolicyVersion.objects.select_for_update(of=("self",)).select_related("policy").get(pk=version.pk)
        if held.state not in OPEN:
            raise WrongState(f"{held} is {held.get_state_display()}; only a draft or a version that waits for approval is replayed.")
        before = latest_run(held)
        if before is not None and before.is_live and now - (before.looked_at or before.requested_at) < GONE_AFTER:
            raise WrongState("A replay of this version is under way. Wait for its result.")
        run = ReplayRun(
            version=held,
            against=replaced_by(held, now),
            population=population,
            period_start=start,
            period_end=end,
            requested_by=actor,
            requested_at=now,
            content_sha256=content_hash(content_now(held)),
        )
        save_tracked(run, actor=actor, now=now)
        running.subject = run
        running.details = {"period": f"{start.isoformat()} to {end.isoformat()}", "population": run.get_population_display()}
        transaction.on_commit(lambda: _enqueue(run.pk))
    return run


def carry_out(run_id: int, *, now: datetime) -> ReplayRun | None:
    """Runs a replay that waits, or whose worker is gone; None when there is nothing to do. `now` bounds what is known of open incidents.

    A failure is written down in words and raised no further.
    """
    run = _claim(run_id, now)
    if run is None:
        return None
    try:
        result, replayed = _replayed(run, now)
    except Exception as error:
        logger.exception("Replay %s failed.", run_id)
        _finish(
            run, now=now, failure=error.message if isinstance(error, PortalError) else one_line(f"{type(error).__name__}: {error}")[:500]
        )
        return run
    _finish(run, now=now, result=result, replayed=replayed)
    return run


def _clean_period(period: Period, now: datetime) -> Period:
    start, end = period[0], min(period[1], now)
    if end <= start:
        raise InvalidInput(
            "The period has to begin before it ends, and in the past.", {"start": ["Choose a first day before the last day."]}
        )
    if end - start > LONGEST_PERIOD:
        raise InvalidInput("The period is too long.", {"start": [f"Choose at most {LONGEST_PERIOD.days:,} days."]})
    return start, end


def _enqueue(run_id: int) -> None:
    from django_q.tasks import async_task

    async_task(RUN, run_id, save=False)


def _claim(run_id: int, now: datetime) -> ReplayRun | None:
    """Takes the run unless it is finished or another worker is at it; the update decides who was first."""
    free = Q(state=ReplayRun.State.QUEUED) | Q(state=ReplayRun.State.RUNNING, looked_at__lt=now - GONE_AFTER)
    if not ReplayRun.objects.filter(free, pk=run_id).update(state=ReplayRun.State.RUNNING, looked_at=now, progress=0):
        return None
    return ReplayRun.objects.select_related("version__policy__service", "against").get(pk=run_id)


def _replayed(run: ReplayRun, now: datetime) -> tuple[dict[str, Any], str]:
    """The result and the hash of what was replayed, which for a draft is what it says at this moment."""
    content = content_now(run.version)
    services = services_of(run.version.policy) if run.population == ReplayRun.Population.OWN else None
    sides = Sides(run.version, snapshot_from(content), run.against, now, alone=services is None)
    zone = _zone(run)
    comparison = Comparison(zone)
    expected = total(services, (run.period_start, run.period_end))
    for done, (incident, was, will) in enumerate(courses(_incidents(run, services), sides, now)):
        if done % TELL_EVERY == 0:
            _tell(run, done, expected)
        comparison.add(incident, was, will)
    return {**comparison.result(), "zone": str(zone), "known_until": now.isoformat()}, content_hash(content)


def _incidents(run: ReplayRun, services: Services) -> Iterator[PastIncident]:
    for _, source in sources:
        yield from source.incidents(services, run.period_start, run.period_end)


def _zone(run: ReplayRun) -> tzinfo:
    return zoneinfo.ZoneInfo(run.version.policy.time_zone)


def _tell(run: ReplayRun, done: int, expected: int) -> None:
    """Progress is no change of the run: it leaves no history."""
    progress = min(99, 100 * done // expected) if expected else 0
    ReplayRun.objects.filter(pk=run.pk, state=ReplayRun.State.RUNNING).update(progress=progress)


def _finish(run: ReplayRun, *, now: datetime, result: dict[str, Any] | None = None, replayed: str = "", failure: str = "") -> None:
    """Writes the outcome, unless another worker that was taken for gone has written it already."""
    with act(f"replay_run.{'failed' if failure else 'finished'}", actor=None, now=now, subject=run, why=failure) as running:
        held = ReplayRun.objects.select_for_update().get(pk=run.pk)
        if held.state != ReplayRun.State.RUNNING:
            running.nothing_happened()
            return
        run.state = ReplayRun.State.FAILED if failure else ReplayRun.State.DONE
        run.finished_at, run.failure, run.progress = now, failure, held.progress if failure else 100
        if result is not None:
            run.result, run.result_sha256, run.content_sha256 = result, content_hash(result), replayed
            running.details = {"content_sha256": replayed, "result_sha256": run.result_sha256}
        save_tracked(run, actor=None, now=now)
