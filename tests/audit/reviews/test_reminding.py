"""Who is told of reviews and findings, and that nobody gets a pile."""

from datetime import date, timedelta
from typing import Any

import pytest

from audit.reviews.findings import make_finding
from audit.reviews.judging import Judgement, judge
from audit.reviews.reminding import remind
from portal.models import OutboxMessage
from tests.factories import log_reviews as make
from tests.factories.log_reviews import MONDAY

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def told(kind: str) -> list[str]:
    return sorted(OutboxMessage.objects.filter(kind=kind).values_list("person_name", flat=True))


def test_reviewers_are_told_once_of_the_newest_review(rita: Any, sam: Any) -> None:
    plan = make.plan(rita, first_day=date(2026, 2, 27))
    plan.reviewers.add(sam)
    make.opened(plan)
    assert remind(now=MONDAY) == 1
    assert remind(now=MONDAY) == 0
    [message] = OutboxMessage.objects.all()
    assert message.person == sam
    assert "2 earlier reviews are open, too" in message.body


def test_an_overdue_review_is_told_weekly_and_what_was_missed_is_told_once(rita: Any, sam: Any) -> None:
    plan = make.plan(rita, first_day=date(2026, 2, 27))
    plan.tell.add(sam)
    make.opened(plan)
    remind(now=MONDAY)
    late = MONDAY + 30 * DAY
    assert remind(now=late) == 2
    assert told("log_review.overdue") == ["Rita Reviewer", "Sam Signer"]
    assert remind(now=late + DAY / 2) == 0
    assert remind(now=late + 7 * DAY) == 2


def test_the_owner_of_a_finding_is_told_and_told_again_when_it_is_overdue(rita: Any, sam: Any) -> None:
    make.happened(1)
    period = make.opened(make.plan(rita, of=make.of_incidents(rita)))
    [item] = make.items_of(period)
    judge(period, [Judgement(item.pk, "follow_up", "Ask.")], actor=rita, now=MONDAY)
    make_finding(period, items=[item.pk], title="Odd", owner=sam, due_on=date(2026, 3, 6), actor=rita, now=MONDAY)
    remind(now=MONDAY)
    assert told("log_review.finding") == ["Sam Signer"]
    remind(now=MONDAY + 5 * DAY)
    assert told("log_review.finding_overdue") == ["Rita Reviewer", "Sam Signer"]
