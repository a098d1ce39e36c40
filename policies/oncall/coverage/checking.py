"""Checking the duty ahead of every schedule: asked for by a person or by the clock, run by a worker with its progress told."""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from audit.events.services import act
from policies.catalogue.models import Service, Team
from policies.oncall.calendars.models import ImportedDuty
from policies.oncall.checks import AHEAD
from policies.oncall.models import OnCallSchedule, SchedulePlan
from policies.oncall.queries import NO_TIME, Planned, planned
from policies.oncall.standing_in.models import DutyAbsence, OnCallOverride
from portal.foundation.access.checks import require
from portal.foundation.errors import WrongState
from portal.foundation.people.models import User
from portal.foundation.people.reach import reach_of
from portal.foundation.redaction import one_line

from .findings import NOTES, WEIGHTS, Coverage, Found, Kind, Known
from .models import CoverageFinding, CoverageRun, ScheduleCoverage

logger = logging.getLogger(__name__)
RUN = "policies.tasks.check_coverage"
RIGHT = "policies.check_coverage"
# A worker that gave no sign for so long is gone: the portal stops a job after 120 s.
GONE_AFTER = timedelta(minutes=4)
# The night's check begins here (UTC), so that mornings in Europe and evenings in America find fresh findings.
NIGHT = timedelta(hours=2)
AT_ONCE = 50
STRETCHES_KEPT = 20
State = CoverageRun.State


def request_check(*, actor: Any, now: datetime) -> CoverageRun:
    """Asks a worker to check every schedule for the next 90 days. Raises NotAllowed, and WrongState while a check is under way."""
    require(actor, RIGHT, to="have the duty ahead checked")
    with act("coverage.requested", actor=actor, now=now):
        before = latest_run()
        if before is not None and under_way(before, now):
            raise WrongState("A check is under way. Wait for its result.")
        run = CoverageRun.objects.create(requested_by=actor, requested_at=now)
        transaction.on_commit(lambda: _enqueue(run.pk))
    return run


def check_when_due(*, now: datetime) -> CoverageRun | None:
    """Checks everything when the night's check has not been made yet, or a schedule changed since the last; None when neither is so."""
    last = CoverageRun.objects.filter(state=State.DONE).order_by("-requested_at").first()
    live = CoverageRun.objects.filter(state__in=(State.QUEUED, State.RUNNING), requested_at__gt=now - GONE_AFTER).exists()
    night = now.replace(hour=0, minute=0, second=0, microsecond=0) + NIGHT
    night -= timedelta(days=1) if night > now else NO_TIME
    if live or (last is not None and last.requested_at >= night and not changed_since(last.requested_at)):
        return None
    return carry_out(CoverageRun.objects.create(requested_at=now).pk, now=now)


def carry_out(run_id: int, *, now: datetime) -> CoverageRun | None:
    """Runs a check that waits, or whose worker is gone; None when there is nothing to do.

    1. The run is claimed: the update decides who was first.
    2. Schedules are looked at, fifty at a time, each time the progress is told; nothing is held locked meanwhile.
    3. What was found before gives way to what was found now, in one transaction.
    A failure is written down in words and raised no further; what was found before stays.
    """
    free = Q(state=State.QUEUED) | Q(state=State.RUNNING, looked_at__lt=now - GONE_AFTER)
    if not CoverageRun.objects.filter(free, pk=run_id).update(state=State.RUNNING, looked_at=now, processed=0):
        return None
    run = CoverageRun.objects.get(pk=run_id)
    try:
        coverage, plans = _looked_at(run, now)
        _keep(run, coverage, plans, now)
    except Exception as error:
        logger.exception("The check of coverage %s failed.", run_id)
        failure = one_line(f"{type(error).__name__}: {error}")[:500]
        CoverageRun.objects.filter(pk=run_id).update(state=State.FAILED, finished_at=now, failure=failure)
    run.refresh_from_db()
    return run


def latest_run() -> CoverageRun | None:
    """The check asked for last."""
    return CoverageRun.objects.first()


def under_way(run: CoverageRun, now: datetime) -> bool:
    """Whether a worker is at it, or will be: one that gave no sign of life for long is gone."""
    return run.is_live and now - (run.looked_at or run.requested_at) < GONE_AFTER


def changed_since(at: datetime) -> bool:
    """Whether anything that coverage depends on was published, made or ended after `at`. Contact points wait for the night."""
    made_or_ended = Q(made_at__gt=at) | Q(ended_at__gt=at)
    return SchedulePlan.objects.filter(Q(published_at__gt=at) | Q(withdrawn_at__gt=at)).exists() or any(
        model.objects.filter(made_or_ended).exists() for model in (OnCallOverride, DutyAbsence, ImportedDuty)
    )


def out_of_date() -> QuerySet[OnCallSchedule]:
    """The schedules that changed since the last check looked at them, or were never looked at."""
    seen = OuterRef("coverage__computed_at")
    plans = SchedulePlan.objects.filter(Q(published_at__gt=seen) | Q(withdrawn_at__gt=seen), schedule=OuterRef("pk"))
    made = Q(made_at__gt=seen) | Q(ended_at__gt=seen)
    overrides, imported = (model.objects.filter(made, schedule=OuterRef("pk")) for model in (OnCallOverride, ImportedDuty))
    return OnCallSchedule.objects.filter(Q(coverage__isnull=True) | Exists(plans) | Exists(overrides) | Exists(imported))


def _looked_at(run: CoverageRun, now: datetime) -> tuple[Coverage, list[Planned]]:
    keys = list(OnCallSchedule.objects.order_by("pk").values_list("pk", flat=True))
    CoverageRun.objects.filter(pk=run.pk).update(total=len(keys))
    coverage, plans = Coverage(now, now + AHEAD), []
    for start in range(0, len(keys), AT_ONCE):
        some = planned(Q(pk__in=keys[start : start + AT_ONCE]), now, back=NO_TIME)
        known = _known({person.person_id for plan in some for person in plan.rota.everybody()}, now)
        for plan in some:
            coverage.add(plan.schedule_id, plan.rota, known)
        plans += some
        CoverageRun.objects.filter(pk=run.pk).update(processed=len(plans))
    return coverage, plans


def _known(people: Collection[int], at: datetime) -> Known:
    """Who left, and whom alerts reach. Two queries."""
    reach = reach_of(people, at)
    left = frozenset(User.objects.filter(pk__in=people, is_active=False).values_list("pk", flat=True))
    return Known(left, reach.unreachable - reach.only_email, reach.only_email, reach.unverified, reach.expired)


def _keep(run: CoverageRun, coverage: Coverage, plans: list[Planned], now: datetime) -> None:
    of_team: dict[int, list[int]] = defaultdict(list)
    for plan in sorted(plans, key=lambda plan: plan.order):
        if plan.team_id is not None:
            of_team[plan.team_id].append(plan.schedule_id)
    found = coverage.all(of_team)
    with act("coverage.checked", actor=None, now=now) as running:
        # A schedule, team or person removed meanwhile has no findings.
        there = set(OnCallSchedule.objects.values_list("pk", flat=True))
        CoverageFinding.objects.all().delete()
        CoverageFinding.objects.bulk_create([*_without_duty(of_team), *_rows(found, plans, there)], batch_size=500)
        ScheduleCoverage.objects.all().delete()
        kept = _standing(coverage, found, plans, now)
        ScheduleCoverage.objects.bulk_create([row for row in kept if row.schedule_id in there], batch_size=500)
        CoverageRun.objects.filter(pk=run.pk).update(state=State.DONE, finished_at=now, processed=len(plans), failure="")
        counts: dict[str, int] = defaultdict(int)
        for one in found:
            counts[one.kind.value] += 1
        running.details = {"schedules": len(plans), "findings": dict(counts)}


def _rows(found: Iterable[Found], plans: Iterable[Planned], there: Collection[int]) -> Iterable[CoverageFinding]:
    rely = dict(Service.objects.exclude(team=None).order_by().values_list("team").annotate(Count("pk")))
    team_of = {plan.schedule_id: plan.team_id for plan in plans}
    for one in found:
        if {one.schedule_id, one.other_id} - {None} - set(there):
            continue
        since, until = one.stretches[0]
        team = one.team_id or team_of.get(one.schedule_id or 0)
        yield CoverageFinding(
            kind=one.kind.value,
            weight=WEIGHTS[one.kind],
            schedule_id=one.schedule_id,
            other_id=one.other_id,
            team_id=one.team_id,
            person_id=one.person_id,
            since=since,
            until=until,
            times=len(one.stretches),
            lasts=one.lasts,
            stretches=[[begin.isoformat(), end.isoformat()] for begin, end in one.stretches[:STRETCHES_KEPT]],
            services=rely.get(team, 0) if one.kind in (Kind.TEAM_GAP, Kind.GAP) else 0,
        )


def _without_duty(of_team: Collection[int]) -> Iterable[CoverageFinding]:
    """Services nobody is ever on call for: without a team, or of a team without a schedule, which is said once."""
    kept = {"kind": Kind.NO_DUTY.value, "weight": WEIGHTS[Kind.NO_DUTY]}
    for service in Service.objects.filter(team=None, origin="portal"):
        yield CoverageFinding(service=service, services=1, **kept)
    teams = Team.objects.filter(services__isnull=False, origin="portal").exclude(pk__in=list(of_team)).annotate(rely=Count("services"))
    for team in teams:
        yield CoverageFinding(team=team, services=team.rely, **kept)


def _standing(coverage: Coverage, found: Iterable[Found], plans: Iterable[Planned], now: datetime) -> Iterable[ScheduleCoverage]:
    problems: dict[int, int] = defaultdict(int)
    notes: dict[int, int] = defaultdict(int)
    open_for: dict[int, timedelta] = defaultdict(timedelta)
    open_to_team = {one.team_id: one.lasts for one in found if one.kind is Kind.TEAM_GAP}
    for one in found:
        counts = notes if one.kind in NOTES else problems
        for schedule in {one.schedule_id, one.other_id} - {None}:
            counts[schedule or 0] += 1
        if one.kind is Kind.GAP:
            open_for[one.schedule_id or 0] = one.lasts
    for plan in plans:
        in_team = open_to_team.get(plan.team_id) if plan.team_id else None
        yield ScheduleCoverage(
            schedule_id=plan.schedule_id,
            computed_at=now,
            since=coverage.since,
            until=coverage.until,
            problems=problems[plan.schedule_id] + (1 if in_team else 0),
            notes=notes[plan.schedule_id],
            uncovered=in_team or open_for[plan.schedule_id],
        )


def _enqueue(run_id: int) -> None:
    from django_q.tasks import async_task

    async_task(RUN, run_id, save=False)
