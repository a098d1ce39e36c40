"""Carrying schedules out: looks for what is due, asks for it as a person would, tries again what failed, and pauses what nobody answers for.

Whatever was lost by a restart is found by the next pass, which sees what there is and not what somebody meant to do.
"""

import logging
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from audit.evidence.runs import State, enqueue, under_way
from portal.foundation.each_alone import each_alone
from portal.foundation.errors import PortalError
from portal.foundation.redaction import one_line
from reports.packs.models import FrozenFigures, PackRun
from reports.packs.quarters import Quarter
from reports.packs.runs import TASK, request_pack

from .models import PackSchedule, ScheduledPack
from .queries import newest_packs
from .rhythm import Due, again_at, last_run
from .services import pause, why_not
from .telling import tell, tell_paused

logger = logging.getLogger(__name__)


def keep(*, now: datetime) -> int:
    """One pass over every schedule; how many packs were asked for, schedules paused and messages queued. A second pass finds nothing to do.

    Raises Unfinished, once everything else is done, for what failed in a way that nobody thought of.
    """
    done = 0
    with each_alone("Schedules of packs") as alone:
        for schedule in _live().order_by("pk"):
            with alone(f"schedule {schedule.pk}"):
                done += _keep_one(schedule, now)
        with alone("packs under way"):
            done += follow_up(now=now)
    return done


def follow_up(*, now: datetime) -> int:
    """Writes down what became of packs that are under way, asks again for what failed, and tells who has to know; how much was done."""
    done = 0
    # What a later pack took the place of is wanted no more.
    wanted = newest_packs().filter(done_at=None, schedule__retired_at=None).select_related("run", "schedule__owner", "schedule__unit")
    for pack in wanted.order_by("pk"):
        _look_at(pack, now)
        if pack.again_at is not None and pack.again_at <= now and pack.schedule.is_live:
            _ask(pack, now)
            done += 1
    return done + tell(now=now)


def _live() -> QuerySet[PackSchedule]:
    return PackSchedule.objects.filter(retired_at=None, paused_at=None).select_related("owner", "unit")


def _keep_one(schedule: PackSchedule, now: datetime) -> int:
    if why := why_not(schedule):
        with transaction.atomic():
            tell_paused(pause(schedule, actor=None, now=now, reason=why), now=now)
        return 1
    due = last_run(schedule.plan, now)
    # Of all that was missed the newest is made: the others would say what this one says.
    if due.at <= schedule.counts_from or ScheduledPack.objects.filter(schedule=schedule, period=due.period).exists():
        return 0
    pack = _opened(schedule, due, now)
    if pack is not None:
        _ask(pack, now)
    return int(pack is not None)


def _opened(schedule: PackSchedule, due: Due, now: datetime) -> ScheduledPack | None:
    """The row that says it is asked for; None when another worker was faster."""
    try:
        with transaction.atomic():
            return ScheduledPack.objects.create(
                schedule=schedule, period=due.period, quarter=str(due.quarter), due_at=due.at, opened_at=now, again_at=now
            )
    except IntegrityError:
        return None


def _ask(pack: ScheduledPack, now: datetime) -> None:
    """Asks for it, by the same service as a person. Of two workers the second finds it asked for already."""
    free = ScheduledPack.objects.filter(pk=pack.pk, tries=pack.tries, again_at__lte=now)
    try:
        with transaction.atomic():
            if not free.update(tries=pack.tries + 1, again_at=None, failure=""):
                return
            pack.run = _requested(pack, now)
            ScheduledPack.objects.filter(pk=pack.pk).update(run=pack.run)
        pack.tries, pack.again_at, pack.failure = pack.tries + 1, None, ""
    except Exception as error:
        if not isinstance(error, PortalError):
            logger.exception("The pack %s could not be asked for.", pack.pk)
        _failed(
            pack,
            error.message if isinstance(error, PortalError) else one_line(f"{type(error).__name__}: {error}")[:500],
            now,
            tries=pack.tries + 1,
        )


def _requested(pack: ScheduledPack, now: datetime) -> PackRun:
    schedule, quarter, frozen = pack.schedule, Quarter.parse(pack.quarter), None
    if schedule.figures == PackSchedule.Figures.FROZEN:
        frozen = FrozenFigures.objects.filter(quarter=pack.quarter, unit=schedule.unit).defer("document").order_by("-number").first()
        if frozen is None:
            raise PortalError(f"No figures of {quarter} are frozen yet: they come with the opening of its review.")
    return request_pack(
        quarter, unit=schedule.unit, frozen=frozen, formats=schedule.formats, actor=schedule.owner, now=now, schedule=schedule.pk
    )


def _look_at(pack: ScheduledPack, now: datetime) -> None:
    """What became of its newest try. One whose worker is gone, or of which the queue knows nothing any more, is handed to a worker again."""
    run = pack.run
    if run is None:
        return
    if run.state == State.DONE:
        pack.done_at, pack.again_at, pack.failure = run.finished_at, None, ""
        ScheduledPack.objects.filter(pk=pack.pk).update(done_at=pack.done_at, again_at=None, failure="")
    elif run.state == State.FAILED:
        if pack.again_at is None:
            _failed(pack, run.failure, run.finished_at or now, tries=pack.tries)
    elif not under_way(run, now):
        enqueue(TASK, run)


def _failed(pack: ScheduledPack, why: str, at: datetime, *, tries: int) -> None:
    pack.failure, pack.tries, pack.again_at = why, tries, again_at(at, tries)
    ScheduledPack.objects.filter(pk=pack.pk).update(failure=why, tries=tries, again_at=pack.again_at)
