"""Reviews of many incidents as people ask for them: read and opened by a worker while a page tells how far it is."""

import logging
from datetime import datetime, timedelta
from typing import Any

from audit.events.services import act
from audit.evidence.runs import Clock, State, claim, enqueue, failed, under_way
from incidents.models import Incident
from policies.models import BusinessUnit
from portal.foundation.errors import Conflict
from reports.packs.quarters import Quarter
from reports.packs.units import Unit

from .models import QuarterlyReview, ReviewRun
from .opening import may_open, may_restate, open_review, restate

logger = logging.getLogger(__name__)
TASK = "reports.tasks.open_review"
# A second of processor time at a fifth of a millisecond an incident. More is no work for a page.
READ_AT_ONCE = 5_000
# The figures are held against so much of what came before.
LOOKED_BACK = timedelta(days=2 * 365)


def open_or_ask(quarter: Quarter, unit: BusinessUnit | None, *, actor: Any, now: datetime, reason: str) -> QuarterlyReview | ReviewRun:
    """Opens the review of `quarter` at once, or has a worker do it when that takes long. Raises as `open_review` does."""
    if not is_large(quarter, unit):
        return open_review(quarter, unit, actor=actor, now=now, reason=reason)
    words = may_open(quarter, unit, actor=actor, now=now, reason=reason)
    return _ask(actor, now, quarter=str(quarter), unit=unit, reason=words)


def restate_or_ask(review: QuarterlyReview, *, actor: Any, now: datetime, reason: str) -> QuarterlyReview | ReviewRun:
    """States a signed review anew at once, or has a worker do it when that takes long. Raises as `restate` does."""
    if not is_large(review.of, review.unit):
        return restate(review, actor=actor, now=now, reason=reason)
    words = may_restate(review, actor=actor, reason=reason)
    return _ask(actor, now, quarter=review.quarter, unit=review.unit, restates=review, reason=words)


def is_large(quarter: Quarter, unit: BusinessUnit | None) -> bool:
    """Whether more is to be read than somebody waits for: the quarter's incidents, and those before that they are held against."""
    rows = Incident.objects.filter(opened_at__gte=quarter.start - LOOKED_BACK, opened_at__lt=quarter.end).order_by()
    if unit is not None:
        rows = rows.filter(service__business_unit__in=Unit.of(unit).keys)
    return rows[: READ_AT_ONCE + 1].count() > READ_AT_ONCE


def going_on(now: datetime) -> list[ReviewRun]:
    """Those that a worker is at, or will be; one query."""
    rows = ReviewRun.objects.filter(state__in=[State.QUEUED, State.RUNNING]).select_related("unit", "restates")
    return [run for run in rows if under_way(run, now)]


def carry_out(run_id: int, *, clock: Clock) -> ReviewRun | None:
    """Opens what a run that waits, or whose worker is gone, asks for; None when there is nothing to do.

    A failure is written down in words and raised no further.
    """
    run = claim(ReviewRun, run_id, clock())
    if run is None:
        return None

    def tell(step: str) -> None:
        ReviewRun.objects.filter(pk=run_id).update(step=step, looked_at=clock())

    try:
        run.review = _opened_before(run) or _open(run, clock, tell)
    except Exception as error:
        logger.exception("The review %s was not opened.", run_id)
        failed(run, error, clock())
        return run
    run.state, run.step, run.finished_at = State.DONE, "", clock()
    run.save()
    return run


def _ask(actor: Any, now: datetime, **of: Any) -> ReviewRun:
    with act("quarterly_review.asked_for", actor=actor, now=now, why=of["reason"]) as running:
        if any((each.quarter, each.unit_id) == (of["quarter"], of["unit"].pk if of["unit"] else None) for each in going_on(now)):
            raise Conflict("Somebody asked for it already, and it is under way. Its page says how far it is.")
        running.subject = run = ReviewRun.objects.create(requested_by=actor, requested_at=now, **of)
        running.details = {"quarter": run.quarter, "unit": run.unit.name if run.unit else "", "restates": run.restates_id or 0}
        enqueue(TASK, run)
    return run


def _opened_before(run: ReviewRun) -> QuarterlyReview | None:
    """What a worker opened for this run that was gone before it could say so."""
    made = QuarterlyReview.objects.filter(quarter=run.quarter, unit=run.unit, restates=run.restates, opened_by=run.requested_by)
    return made.filter(opened_at__gte=run.requested_at).first()


def _open(run: ReviewRun, clock: Clock, tell: Any) -> QuarterlyReview:
    if run.restates is not None:
        return restate(run.restates, actor=run.requested_by, now=clock(), reason=run.reason, tell=tell)
    return open_review(Quarter.parse(run.quarter), run.unit, actor=run.requested_by, now=clock(), reason=run.reason, tell=tell)
