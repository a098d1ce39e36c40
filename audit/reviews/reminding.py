"""Telling people of reviews: that one is open, that one is overdue, that a finding is theirs or overdue.

Looks at what is so now and who was told: what was due and not sent, after an outage for instance, is sent once, and nobody gets a pile.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from portal.foundation import words
from portal.foundation.outbox.models import OutboxMessage
from portal.foundation.outbox.services import draft, queue_all
from portal.foundation.people.models import User

from .models import ReviewFinding, ReviewPeriod, ReviewPlan
from .queries import asked_of, live, open_findings, progress_of
from .states import PeriodState

OPENED, OVERDUE, TO_SIGN = "log_review.opened", "log_review.overdue", "log_review.to_sign"
FINDING, FINDING_OVERDUE = "log_review.finding", "log_review.finding_overdue"
AGAIN = timedelta(days=7)


def remind(*, now: datetime) -> int:
    """Queues every message that is due and was not queued before; how many."""
    messages = [*_of_plans(now), *_of_findings(now)]
    known = set(
        OutboxMessage.objects.filter(idempotency_key__in=[one.idempotency_key for one in messages]).values_list(
            "idempotency_key", flat=True
        )
    )
    new = [one for one in messages if one.idempotency_key not in known]
    queue_all(new, now=now)
    return len(new)


def about(period: ReviewPeriod) -> str:
    """What messages about a period are about."""
    return f"audit.reviewperiod:{period.pk}"


def link_to(thing: Any) -> str:
    """The address of its page."""
    return f"{settings.PORTAL_URL}/admin/audit/{thing._meta.model_name}/{thing.pk}/change/"


def _of_plans(now: datetime) -> Iterable[OutboxMessage]:
    """Of the newest open period of each plan its reviewers are told once; of the longest overdue one its owner and whom the plan names, weekly."""
    by_plan: dict[int, list[ReviewPeriod]] = {}
    for period in live().select_related("plan__owner"):
        by_plan.setdefault(period.plan_id, []).append(period)
    left = {key: found.left for key, found in progress_of([one for group in by_plan.values() for one in group]).items()}
    for group in by_plan.values():
        group.sort(key=lambda one: one.since)
        unjudged = [one for one in group if one.state == PeriodState.OPEN]
        if unjudged:
            yield from _opened(unjudged, left)
        late = [one for one in group if one.due_at <= now]
        if late:
            yield from _overdue(late, left, now)


def _opened(periods: list[ReviewPeriod], left: dict[int, int]) -> Iterable[OutboxMessage]:
    newest = periods[-1]
    body = f"{words.counted(left[newest.pk], 'entry is', 'entries are')} to be judged."
    if len(periods) > 1:
        others = sum(left[one.pk] for one in periods[:-1])
        body += f" {words.counted(len(periods) - 1, 'earlier review is', 'earlier reviews are')} open, too, with {others:,} more."
    for person in asked_of(newest.plan):
        yield _letter(OPENED, person, newest, f"Please review: {newest}", body, f"{newest.pk}")


def _overdue(periods: list[ReviewPeriod], left: dict[int, int], now: datetime) -> Iterable[OutboxMessage]:
    oldest = min(periods, key=lambda one: one.due_at)
    late = now - oldest.due_at
    unjudged = sum(left[one.pk] for one in periods)
    body = f"{words.counted(len(periods), 'review')} of '{oldest.plan}' should be signed by now, the oldest for {_days(late)}. "
    body += (
        f"{words.counted(unjudged, 'entry is', 'entries are')} not judged."
        if unjudged
        else "Every entry is judged; the signature is missing."
    )
    for person in _told_of_delay(oldest.plan):
        yield _letter(OVERDUE, person, oldest, f"Overdue: {oldest}", body, f"{oldest.pk}:{late // AGAIN}")


def _of_findings(now: datetime) -> Iterable[OutboxMessage]:
    """The owner is told of a finding once, and when it is overdue every week, with the owner of the plan."""
    for finding in open_findings().select_related("period__plan__owner"):
        title = f"To be seen to by {finding.due_on.day} {finding.due_on:%B %Y}: {finding.title}"
        yield _letter(FINDING, finding.owner, finding, title, "A review of the audit trail found it.", f"{finding.pk}")
        late = (now.astimezone(finding.period.plan.zone).date() - finding.due_on).days
        if late <= 0:
            continue
        body = f"It is overdue for {words.counted(late, 'day')}; {finding.owner} has it."
        for person in {finding.owner, finding.period.plan.owner}:
            again = f"{finding.pk}:{finding.due_on.isoformat()}:{late // AGAIN.days}"
            yield _letter(FINDING_OVERDUE, person, finding, f"Overdue: {finding.title}", body, again)


def _told_of_delay(plan: ReviewPlan) -> list[User]:
    others = User.objects.filter(pk__in=plan.tell.values("pk"), is_active=True)
    return [plan.owner, *(person for person in others if person.pk != plan.owner_id)]


def _letter(kind: str, person: User, thing: ReviewPeriod | ReviewFinding, title: str, body: str, key: str) -> OutboxMessage:
    return draft(
        kind=kind,
        person=person,
        subject_ref=f"{thing._meta.label_lower}:{thing.pk}",
        title=title,
        body=body,
        link=link_to(thing),
        idempotency_key=f"{kind}:{key}:{person.pk}",
    )


def _days(late: timedelta) -> str:
    return words.counted(late.days, "day") if late.days else words.duration(timedelta(hours=max(late.seconds // 3600, 1)))
