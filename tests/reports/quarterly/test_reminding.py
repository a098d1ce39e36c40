"""Who is told of reviews and actions, once and then weekly."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from portal.models import OutboxMessage, User
from reports.quarterly.actions import change_action, finish_action
from reports.quarterly.reminding import remind
from reports.quarterly.signing import sign_review
from tests.factories import quarterly as make
from tests.factories.quarterly import AFTER, LATER

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def cora(db: None) -> Any:
    return make.compliance()


def told(now: datetime) -> list[tuple[str, str]]:
    """Kind and whom, of what this run queued."""
    before = set(OutboxMessage.objects.values_list("pk", flat=True))
    remind(now=now)
    new = OutboxMessage.objects.exclude(pk__in=before).select_related("person")
    return sorted((message.kind.removeprefix("quarterly_review."), message.person_name) for message in new)


def test_whoever_prepares_hears_once_of_all_that_opened_and_weekly_of_what_is_overdue(cora: Any) -> None:
    for name in ("Payments", "Loans"):
        make.opened(make.unit(name), by=cora)
    assert told(AFTER) == [("opened", "Cora Compliance")]
    assert told(AFTER + DAY) == []
    due = make.QUARTER.end + timedelta(days=45)
    assert told(due - DAY) == []
    assert told(due + DAY) == [("overdue", "Cora Compliance")] * 2
    assert told(due + 2 * DAY) == []
    assert told(due + 8 * DAY) == [("overdue", "Cora Compliance")] * 2


def test_those_who_can_give_the_next_signature_are_asked_one_step_after_the_other(cora: Any) -> None:
    mona, olga = make.manager(), make.compliance("Olga Other")
    review = make.opened(make.unit("Payments"), by=cora)
    make.put_up(review, cora)
    assert told(AFTER) == [("to_sign", "Cora Compliance"), ("to_sign", "Olga Other")]
    sign_review(review, actor=olga, now=AFTER, reason="Agreed.")
    assert told(AFTER) == [("to_sign", "Mona Manager")]
    assert told(AFTER + DAY) == []
    assert mona.is_active


def test_owners_are_told_once_and_chased_weekly_until_it_is_done(cora: Any) -> None:
    mona = make.manager()
    review = make.opened(make.unit("Payments"), by=cora)
    told(AFTER)
    action = make.action(review, cora, mona)
    assert told(AFTER) == [("action", "Mona Manager")]
    assert told(AFTER + DAY) == []
    late = datetime.combine(LATER, AFTER.time(), AFTER.tzinfo) + DAY
    assert told(late) == [("action_overdue", "Cora Compliance"), ("action_overdue", "Mona Manager")]
    assert told(late + DAY) == []
    assert ("action_overdue", "Mona Manager") in told(late + 7 * DAY)
    finish_action(action, actor=mona, now=late, reason="Done.")
    assert [kind for kind, _ in told(late + 21 * DAY) if kind.startswith("action")] == []


def test_an_action_whose_owner_left_is_told_to_whoever_prepares(cora: Any) -> None:
    mona = make.manager()
    review = make.opened(make.unit("Payments"), by=cora)
    action = make.action(review, cora, mona)
    told(AFTER)
    User.objects.filter(pk=mona.pk).update(is_active=False)
    assert told(AFTER + DAY) == [("action_left", "Cora Compliance")]
    assert told(AFTER + 2 * DAY) == []
    change_action(action, owner=make.manager("Max"), due_on=LATER, actor=cora, now=AFTER + 2 * DAY, reason="Mona left.")
    assert OutboxMessage.objects.filter(kind="quarterly_review.action_left", state="pending").count() == 0
    assert told(AFTER + 2 * DAY) == [("action", "Max")]
    assert told(AFTER + 8 * DAY) == []
