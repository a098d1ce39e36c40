"""People are reminded once before a verification ends and once when it has, and before duty that nobody knows to reach them in."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from portal.foundation.directory.on_duty import duties
from portal.foundation.reminders import remind_before_duty, remind_to_verify, unsure_on_duty
from portal.models import ContactPoint, OutboxMessage, User
from portal.site.dashboard.mine import contacts_to_verify, reports_not_surely_reached
from tests.factories.portal import contact, person

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def ana() -> User:
    return person("Ana", manager=person("Max"))


def ends(point: ContactPoint, at: datetime) -> ContactPoint:
    ContactPoint.objects.filter(pk=point.pk).update(verified_until=at)
    return point


def told() -> list[tuple[str, str, Any]]:
    return [(message.kind, message.person_name, message.contact_id) for message in OutboxMessage.objects.order_by("created_at", "kind")]


def test_each_is_told_once_before_and_once_when_it_has_ended(ana: User, now: datetime) -> None:
    other = contact(ana)
    ends(contact(ana), now + 20 * DAY)
    days = [remind_to_verify(now=now + day * DAY) for day in range(40)]
    assert [day for day, count in enumerate(days) if count] == [6, 20]
    assert told() == [("contact.expiring", "Ana", other.pk), ("contact.expired", "Ana", other.pk)]
    titles = list(OutboxMessage.objects.order_by("created_at").values_list("title", flat=True))
    assert titles == ["'phone' is verified for 14 more days", "The verification of 'phone' has ended"]


def test_without_another_verified_way_it_goes_by_email_and_without_that_every_way(ana: User, now: datetime) -> None:
    ends(contact(ana), now + DAY)
    mail = contact(ana, "ana@example.com", channel="email", verified=False)
    contact(ana, verified=False)
    ends(contact(person("Tom")), now + DAY)
    remind_to_verify(now=now)
    assert sorted(told(), key=lambda each: each[1]) == [("contact.expiring", "Ana", mail.pk), ("contact.expiring", "Tom", None)]


def test_a_verification_that_was_renewed_or_ended_long_ago_is_not_told(ana: User, now: datetime) -> None:
    contact(ana)
    ends(contact(ana), now - 15 * DAY)
    ends(contact(ana, active=False), now + DAY)
    assert remind_to_verify(now=now) == 0


def test_many_contact_points_cost_no_more_looking_up(ana: User, now: datetime, django_assert_num_queries: Any) -> None:
    for _ in range(3):
        ends(contact(ana), now + DAY)
    remind_to_verify(now=now)
    with django_assert_num_queries(2):
        remind_to_verify(now=now)


@pytest.fixture
def duty_in_three_days(ana: User, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    def source(at: datetime) -> dict[int, str]:
        return {ana.pk: "On call for Payments within a day"} if at >= now + 3 * DAY else {}

    monkeypatch.setitem(duties._entries, "policies", source)


@pytest.mark.usefixtures("duty_in_three_days")
def test_whoever_is_on_duty_soon_without_a_verified_way_is_told_with_their_manager(ana: User, now: datetime) -> None:
    contact(ana, verified=False)
    contact(ana, "ana@example.com", channel="email")
    assert (remind_before_duty(now=now), remind_before_duty(now=now + DAY)) == (1, 1)
    assert sorted(each[1] for each in told()) == ["Ana", "Max"]
    assert "On call for Payments within 4 days" in OutboxMessage.objects.get(person=ana).body
    card = reports_not_surely_reached(ana.manager, now)  # type: ignore[arg-type]
    assert card is not None
    assert card.rows[0].text == "Ana: On call for Payments within 4 days"


@pytest.mark.usefixtures("duty_in_three_days")
def test_a_verified_way_is_enough(ana: User, now: datetime) -> None:
    contact(ana, verified=False)
    contact(ana)
    assert remind_before_duty(now=now) == 0
    assert unsure_on_duty([ana], now) == []
    assert reports_not_surely_reached(ana.manager, now) is None  # type: ignore[arg-type]


def test_the_work_list_shows_what_is_to_be_verified(ana: User, now: datetime) -> None:
    ends(contact(ana, label="push"), now + DAY)
    contact(ana, label="chat", verified=False)
    contact(ana, label="good")
    card = contacts_to_verify(ana, now)
    assert card is not None
    assert [row.text for row in card.rows] == ["push: verify it again", "chat: not verified"]
    assert contacts_to_verify(person("Tom"), now) is None
