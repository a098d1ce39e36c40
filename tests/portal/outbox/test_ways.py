"""Which way a message goes: by the person's rules first, never by e-mail when it must interrupt, and no way is lost."""

from datetime import datetime
from typing import Any

import pytest

from portal.foundation.outbox.dispatch import deliver_due
from portal.foundation.outbox.services import queue
from portal.foundation.outbox.ways import contacts_of
from portal.models import ContactPoint, ContactRule, DeliveryAttempt, User
from tests.factories.portal import contact, person
from tests.receiver import receiver, status

pytestmark = pytest.mark.django_db


def rule(point: ContactPoint, position: int, urgency: str = "urgent") -> None:
    ContactRule.objects.create(person=point.person, urgency=urgency, position=position, contact=point)


def ways(user: User, **how: bool) -> list[str]:
    return [point.label for point in contacts_of(user.pk, **how)]


@pytest.fixture
def ana() -> User:
    user = person("Ana")
    points = {label: contact(user, label=label) for label in ("push", "call", "chat")}
    contact(user, "ana@example.com", label="mail", channel="email", order=9)
    rule(points["call"], 1)
    rule(points["push"], 2)
    rule(points["chat"], 1, "normal")
    return user


def test_rules_come_first_and_what_they_do_not_name_follows(ana: User) -> None:
    assert ways(ana, urgent=True) == ["call", "push", "chat"]
    assert ways(ana, alert=False) == ["chat", "push", "call", "mail"]
    ContactRule.objects.all().delete()
    assert ways(ana, urgent=True) == ["push", "call", "chat"]


def test_what_is_switched_off_is_no_way_even_when_a_rule_names_it(ana: User) -> None:
    ana.contact_points.filter(label="call").update(active=False)
    assert ways(ana, urgent=True) == ["push", "chat"]


@pytest.mark.parametrize(("how", "by_mail"), [({}, False), ({"urgent": True, "alert": False}, False), ({"alert": False}, True)])
def test_only_information_that_can_wait_goes_by_email(ana: User, how: dict[str, bool], by_mail: bool) -> None:
    assert ("mail" in ways(ana, **how)) is by_mail


def test_rules_cost_one_query_more(ana: User, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(2):
        contacts_of(ana.pk, urgent=True)


def send(user: User, now: datetime, **fields: Any) -> None:
    values: dict[str, Any] = {
        "kind": "escalation.page",
        "subject_ref": "incident:1",
        "title": "t",
        "body": "b",
        "link": "",
        "idempotency_key": "key-1",
    }
    queue(**{**values, **fields}, person=user, now=now)


def test_an_urgent_message_goes_by_the_rules_and_then_by_every_other_way(now: datetime) -> None:
    with receiver() as push, receiver(status(404)) as call:
        tom = person("Tom")
        contact(tom, push.url, label="push")
        rule(contact(tom, call.url, label="call"), 1)
        send(tom, now, urgent=True)
        deliver_due(now=now)
    assert list(DeliveryAttempt.objects.order_by("number").values_list("contact_label", "succeeded")) == [("call", False), ("push", True)]


def test_an_alert_to_somebody_with_email_only_fails_and_says_so(now: datetime, settings: Any) -> None:
    settings.EMAIL_HOST = "mail.example"
    tom = person("Tom")
    contact(tom, "tom@example.com", channel="email")
    send(tom, now)
    deliver_due(now=now)
    assert not DeliveryAttempt.objects.exists()
    assert tom.contact_points.count() == 1
