"""Opening periods: every stretch of every plan that is over and sealed, once, however long nobody looked."""

from datetime import datetime
from itertools import islice

from django.db.models import Max, Min

from audit.events.services import act
from audit.ledger.services import utc_text
from audit.sealing.models import LedgerCheckpoint, LedgerEpoch
from portal.foundation.each_alone import each_alone

from .drawing import LEFT_OUT, write_items
from .models import ReviewPeriod, ReviewPlan
from .periods import Rhythm, Span, due_at, due_spans
from .sampling import seed_of
from .states import PeriodState

# A plan that nobody carried out for long is caught up with over several passes, so that none lasts.
MOST_AT_ONCE = 40


def open_due(*, now: datetime) -> list[ReviewPeriod]:
    """Opens what is due of each plan in force; the new periods. A second call finds nothing to do.

    A plan that fails stops no other; in the end Unfinished is raised for it. A stretch waits until a checkpoint was signed after its end: only what is sealed is reviewed, for nobody can change that any more.
    """
    sealed = LedgerCheckpoint.objects.order_by("-id").first()
    if sealed is None:
        return []
    opened: list[ReviewPeriod] = []
    ends = dict(ReviewPeriod.objects.order_by().values_list("plan").annotate(end=Max("until")))
    with each_alone("Opening reviews of the trail") as alone:
        for plan in ReviewPlan.objects.filter(state=ReviewPlan.State.IN_FORCE):
            with alone(f"'{plan}'"):
                _open_all(plan, ends.get(plan.pk) or plan.begins_at, sealed, now, opened)
    return opened


def _open_all(plan: ReviewPlan, begin: datetime, sealed: LedgerCheckpoint, now: datetime, opened: list[ReviewPeriod]) -> None:
    for span in islice(due_spans(Rhythm(plan.rhythm), begin, min(now, sealed.at), plan.zone), MOST_AT_ONCE):
        period = _open(plan, span, sealed, now)
        if period is None:
            return
        opened.append(period)


def _open(plan: ReviewPlan, span: Span, sealed: LedgerCheckpoint, now: datetime) -> ReviewPeriod | None:
    """One period with its entries, in one transaction; None when another worker was faster."""
    with act("log_review.opened", actor=None, now=now) as running:
        # Of two workers the second waits here, and then sees what the first one opened.
        plan = ReviewPlan.objects.select_for_update().get(pk=plan.pk)
        before = ReviewPeriod.objects.filter(plan=plan).order_by("-until").first()
        if not plan.is_in_force or (before is not None and before.until != span.since):
            running.nothing_happened()
            return None
        period = _new(plan, span, sealed, before, now)
        drawn = write_items(period)
        period.entries, period.digest, period.drawn, period.state = drawn.entries, drawn.digest, len(drawn), PeriodState.OPEN
        period.save(update_fields=["entries", "digest", "drawn", "state"])
        running.subject = period
        running.details = {
            "plan": plan.name,
            "since": utc_text(span.since),
            "until": utc_text(span.until),
            "due_at": utc_text(period.due_at),
            "entries": drawn.entries,
            "drawn": len(drawn),
        }
        running.decision = {
            "view_version": period.view_version.number,
            "view_sha256": period.view_version.sha256,
            "rule": period.rule,
            "seed": period.seed,
            "size": period.size,
            "root": period.root,
            "population_sha256": drawn.digest,
        }
    return period


def _new(plan: ReviewPlan, span: Span, sealed: LedgerCheckpoint, before: ReviewPeriod | None, now: datetime) -> ReviewPeriod:
    return ReviewPeriod.objects.create(
        plan=plan,
        view_version=plan.view.current,
        since=span.since,
        until=span.until,
        opened_at=now,
        due_at=due_at(span, plan.due_within, now),
        epoch=sealed.epoch,
        first=_first_new(sealed, before),
        size=sealed.size,
        root=sealed.root,
        rule={**plan.rule.as_data(), "left_out": list(LEFT_OUT)},
        seed=seed_of(plan.pk, utc_text(span.since), sealed.size, sealed.root),
        rationale=plan.rationale,
        second_signature=plan.second_signature,
    )


def _first_new(sealed: LedgerCheckpoint, before: ReviewPeriod | None) -> int:
    """From which place on nothing was looked at before. Of the first period nothing came before, so nothing can have come too late for it."""
    if before is None:
        return sealed.size
    if before.epoch == sealed.epoch:
        return before.size
    # After a restore the places from there on hold other entries than before.
    kept = LedgerEpoch.objects.filter(number__gt=before.epoch).aggregate(size=Min("size"))["size"]
    return min(before.size, before.size if kept is None else kept)
