"""Who reviews what, how far it is, and what of it is overdue."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, Q, QuerySet

from portal.foundation.access.checks import may
from portal.foundation.people.models import User

from .models import ReviewFinding, ReviewItem, ReviewPeriod, ReviewPlan
from .states import FindingState, Mark, PeriodState

REVIEW, SIGN, VIEW = "audit.review_reviewperiod", "audit.sign_reviewperiod", "audit.view_reviewperiod"
READ = "audit.view_ledgerevent"
LIVE = (PeriodState.OPEN, PeriodState.CLOSED)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a period is: entries by mark, and when the oldest one was recorded that nobody has judged."""

    marks: dict[str, int]
    oldest: datetime | None = None

    @property
    def drawn(self) -> int:
        return sum(self.marks.values())

    @property
    def left(self) -> int:
        return self.marks.get(Mark.NONE, 0)

    @property
    def judged(self) -> int:
        return self.drawn - self.left


def progress_of(periods: Iterable[ReviewPeriod]) -> dict[int, Progress]:
    """How far each of these is, by key; of those that are signed nothing. One query over the entries of the others."""
    live = [period.pk for period in periods if not period.is_signed]
    marks: dict[int, dict[str, int]] = {key: {} for key in live}
    oldest: dict[int, datetime] = {}
    rows = ReviewItem.objects.filter(period__in=live).order_by().values("period", "mark")
    for row in rows.annotate(count=Count("pk"), oldest=Min("recorded_at", filter=Q(mark=Mark.NONE))):
        marks[row["period"]][row["mark"]] = row["count"]
        if row["oldest"]:
            oldest[row["period"]] = row["oldest"]
    return {key: Progress(marks[key], oldest.get(key)) for key in live}


def marks_of(period: ReviewPeriod) -> dict[str, int]:
    """How many entries have which mark. One query, answered by an index alone."""
    rows = ReviewItem.objects.filter(period=period).order_by().values("mark").annotate(count=Count("pk"))
    return {row["mark"]: row["count"] for row in rows}


def progress(period: ReviewPeriod) -> Progress:
    """How far one is, signed or not. One query."""
    return Progress(marks_of(period))


def loose(period: ReviewPeriod) -> QuerySet[ReviewItem]:
    """Entries that need follow-up and stand in no finding."""
    return ReviewItem.objects.filter(period=period, mark=Mark.FOLLOW_UP, finding=None).order_by("place")


def judged_by(period: ReviewPeriod) -> list[tuple[User, int]]:
    """Who judged how many, the most first. Two queries."""
    rows = ReviewItem.objects.filter(period=period, judged_by__isnull=False).order_by().values("judged_by").annotate(count=Count("pk"))
    counts = {row["judged_by"]: row["count"] for row in rows}
    people = User.objects.filter(pk__in=counts).order_by("display_name", "pk")
    return sorted(((person, counts[person.pk]) for person in people), key=lambda one: -one[1])


def may_review(plan: ReviewPlan, actor: Any) -> bool:
    """Whether `actor` reviews by this plan: has the right, and is named where anybody is."""
    return bool(actor is not None and may(actor, REVIEW) and may(actor, READ) and _is_named(plan, actor))


def _is_named(plan: ReviewPlan, actor: Any) -> bool:
    if plan.group_id is not None and actor.groups.filter(pk=plan.group_id).exists():
        return True
    named = set(plan.reviewers.values_list("pk", flat=True))
    return actor.pk in named or (not named and plan.group_id is None)


def asked_of(plan: ReviewPlan) -> list[User]:
    """Whom the plan names as reviewers, by name and by group, those who left aside; the owner where it names nobody. Two queries."""
    named = Q(pk__in=plan.reviewers.values("pk"))
    if plan.group_id is not None:
        named |= Q(groups=plan.group_id)
    found = list(User.objects.filter(named, is_active=True).order_by("pk").distinct())
    return found or [plan.owner]


def plans_of(actor: Any) -> QuerySet[ReviewPlan]:
    """The plans by which `actor`, who has the right, reviews."""
    nobody = Q(reviewers=None, group=None)
    return ReviewPlan.objects.filter(nobody | Q(reviewers=actor) | Q(group__in=actor.groups.values("pk"))).distinct()


def live() -> QuerySet[ReviewPeriod]:
    """Periods that nobody has signed, the one due first at the top."""
    return ReviewPeriod.objects.filter(state__in=LIVE).select_related("plan").order_by("due_at", "pk")


def overdue(now: datetime) -> QuerySet[ReviewPeriod]:
    """Those of them that are past their due time."""
    return live().filter(due_at__lte=now)


def open_findings() -> QuerySet[ReviewFinding]:
    """Findings that nobody has settled, the one due first at the top."""
    return ReviewFinding.objects.filter(state=FindingState.OPEN).select_related("owner", "period__plan").order_by("due_on", "pk")
