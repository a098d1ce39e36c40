"""Which reviews wait for whom, how far each is, and which actions come from last time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from incidents.feedback.queries import COUNTING, waiting
from incidents.models import Feedback
from portal.foundation.access.checks import may, visible_to
from portal.foundation.words import counted

from .models import OPEN_ACTION, ROLE_TITLES, QuarterlyAction, QuarterlyDecision, QuarterlyReview, QuarterlySignature
from .people_only import DECIDE, VIEW
from .states import BEING_PREPARED, DecisionState, FindingState, ReviewState


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a review is, in numbers."""

    unjudged: int = 0
    findings: int = 0
    untaken: int = 0
    decisions: int = 0
    signed: int = 0
    signatures: int = 0
    next_step: str = ""
    rounds: int = 0
    written: bool = False

    def words(self, state: str) -> str:
        """'3 of 8 findings to judge, 1 decision to take'; '1 of 3 signatures, next: Manager or owner'."""
        if state in (ReviewState.SIGNING, ReviewState.SIGNED):
            told = f"{self.signed:,} of {self.signatures:,} signatures"
            return f"{told}, next: {self.next_step}" if self.next_step else told
        parts = [
            _of(self.unjudged, self.findings, "finding") + " to judge" if self.unjudged else "",
            _of(self.untaken, self.decisions, "decision") + " to take" if self.untaken else "",
        ]
        waits = ", ".join(part for part in parts if part) or ("to be put up for signature" if self.written else "summary to write")
        return f"sent back; {waits}" if self.rounds and state == ReviewState.PREPARING else waits


def _of(left: int, total: int, what: str) -> str:
    """'1 decision', '3 findings', '3 of 8 findings'."""
    return counted(left, what) if left == total else f"{left:,} of {counted(total, what)}"


def progress_of(reviews: Sequence[QuarterlyReview]) -> dict[int, Progress]:
    """How far each of these is, by key. Three queries, however many they are."""
    keys = [review.pk for review in reviews]
    findings = _counted("findings", keys, FindingState.PROPOSED)
    decisions = _counted("decisions", keys, DecisionState.TO_TAKE)
    rows = QuarterlySignature.objects.filter(review__in=keys, round=F("review__round")).order_by("position")
    steps: dict[int, list[tuple[str, Any]]] = {}
    for key, title, by in rows.values_list("review", "title", "by"):
        steps.setdefault(key, []).append((title, by))
    found = {}
    for review in reviews:
        mine = steps.get(review.pk, []) if review.state not in BEING_PREPARED else []
        waiting = [title for title, by in mine if by is None]
        (unjudged, all_findings), (untaken, all_decisions) = findings.get(review.pk, (0, 0)), decisions.get(review.pk, (0, 0))
        found[review.pk] = Progress(
            unjudged,
            all_findings,
            untaken,
            all_decisions,
            len(mine) - len(waiting),
            len(mine),
            waiting[0] if waiting else "",
            review.round,
            bool(review.summary.strip()),
        )
    return found


def _counted(what: str, keys: list[int], waiting: str) -> dict[int, tuple[int, int]]:
    """By review: how many wait, and how many there are."""
    model: Any = QuarterlyReview._meta.get_field(what).related_model
    rows = model.objects.filter(review__in=keys).order_by().values_list("review")
    return {key: (left, total) for key, left, total in rows.annotate(left=Count("pk", filter=Q(state=waiting)), total=Count("pk"))}


def live() -> QuerySet[QuarterlyReview]:
    """Reviews that are not signed, the one due first at the top."""
    return QuarterlyReview.objects.exclude(state=ReviewState.SIGNED).select_related("unit").order_by("due_at", "unit_name", "pk")


def seen_by(actor: Any) -> QuerySet[QuarterlyReview]:
    """Reviews that `actor` may see: by role all, by appointment those of a unit."""
    return visible_to(actor, QuarterlyReview.objects.all(), VIEW)


def to_sign(actor: Any) -> list[QuarterlyReview]:
    """Reviews whose next signature is one that a role of `actor` gives and that they have not signed. Two queries."""
    titles = set(actor.groups.values_list("name", flat=True))
    roles = [key for key, title in ROLE_TITLES.items() if title in titles]
    rows = QuarterlySignature.objects.filter(review__state=ReviewState.SIGNING, round=F("review__round"))
    found, passed = [], set()
    signed = set(rows.filter(by=actor.pk).values_list("review", flat=True))
    for step in rows.filter(by=None).select_related("review__unit").order_by("review__due_at", "review", "position"):
        if step.review_id not in passed and step.role in roles and step.review_id not in signed:
            found.append(step.review)
        passed.add(step.review_id)
    return found


def to_decide(actor: Any) -> list[QuarterlyDecision]:
    """Questions of reviews that are being prepared, for whoever may decide; one query."""
    if not may(actor, DECIDE):
        return []
    waiting = QuarterlyDecision.objects.filter(state=DecisionState.TO_TAKE, review__state__in=[each.value for each in BEING_PREPARED])
    return list(waiting.select_related("review__unit").order_by("review__due_at", "pk"))


def from_last_time(review: QuarterlyReview) -> list[QuarterlyAction]:
    """Actions of earlier quarters of the same unit that were open when this review was opened, or are; the one due first at the top."""
    earlier = QuarterlyAction.objects.filter(review__unit=review.unit_id, review__quarter__lt=review.quarter)
    found = earlier.filter(OPEN_ACTION | Q(settled_at__gte=review.of.start)).select_related("owner", "review__unit", "settled_by")
    return list(found.order_by("due_on", "pk"))


def agreed_in(review: QuarterlyReview) -> list[QuarterlyAction]:
    """Actions of this review and of the statements before it."""
    chain = QuarterlyAction.objects.filter(review__unit=review.unit_id, review__quarter=review.quarter, review__number__lte=review.number)
    return list(chain.select_related("owner", "finding", "decision", "settled_by", "review__unit").order_by("due_on", "pk"))


def waiting_in(review: QuarterlyReview) -> QuerySet[Feedback]:
    """Feedback on services of this review that nobody has looked at yet, the latest first."""
    return waiting(_on_services_of(review)).select_related("incident", "service").order_by("-given_on", "-pk")


def feedback_in(review: QuarterlyReview) -> QuerySet[Feedback]:
    """Feedback on services of this review that was given in its quarter and counts."""
    quarter = review.of
    return _on_services_of(review).filter(COUNTING, given_on__gte=quarter.start.date(), given_on__lt=quarter.end.date())


def _on_services_of(review: QuarterlyReview) -> QuerySet[Feedback]:
    units = review.reach
    return Feedback.objects.all() if units is None else Feedback.objects.filter(service__business_unit__in=units)


def sent_back(review: QuarterlyReview) -> Any:
    """How it came back from its signatures: when, by whom and with which words; None for one that did not. No query before the first round."""
    if review.state != ReviewState.PREPARING or not review.round:
        return None
    rows = review.history.filter(round=review.round, state=ReviewState.PREPARING).select_related("history_user")
    return rows.order_by("history_date", "history_id").first()


def open_actions(now: datetime) -> QuerySet[QuarterlyAction]:
    """Everything that is still to be done, the one due first at the top."""
    return QuarterlyAction.objects.filter(OPEN_ACTION).select_related("owner", "review__unit").order_by("due_on", "pk")
