"""What an administrator reads of messages, and of what came back."""

from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from portal.models import Callback, DeliveryAttempt, OutboxMessage
from tests.factories.portal import person

pytestmark = pytest.mark.django_db
LISTS = ("admin:portal_outboxmessage_changelist", "admin:portal_callback_changelist")


@pytest.fixture
def administrator() -> Client:
    client = Client()
    client.force_login(person("Ada Admin", roles=("administrator",)))
    return client


def sent(number: int, now: datetime, **fields: Any) -> OutboxMessage:
    ana = person(f"Ana {number}")
    message = OutboxMessage.objects.create(
        kind="escalation.page",
        person=ana,
        person_name=str(ana),
        subject_ref="x:1",
        title="P1 Card payments fail",
        body="The core of it",
        idempotency_key=f"key-{number}",
        created_at=now,
        state="delivered",
        answered_at=now,
        answered_by=ana,
        answer_way="reply",
        **fields,
    )
    DeliveryAttempt.objects.create(
        message=message,
        number=1,
        channel="sms",
        contact_label="phone",
        started_at=now,
        finished_at=now,
        succeeded=True,
        receipt="delivered",
        receipt_at=now,
    )
    Callback.objects.create(
        source="telephone",
        kind="reply",
        digest=str(number),
        received_at=now,
        message=message,
        person=ana,
        told="acknowledge",
        outcome="Done.",
    )
    return message


def test_a_messages_page_shows_its_receipt_its_answer_and_what_came_back(administrator: Client, now: datetime) -> None:
    message = sent(1, now)
    page = administrator.get(reverse("admin:portal_outboxmessage_change", args=[message.pk])).content.decode()
    for words in ("P1 Card payments fail", "The core of it", "delivered, <time", "Ana 1 by reply, <time", "acknowledge", "Done."):
        assert words in page


def test_details_of_a_confidential_message_are_for_its_receiver(administrator: Client, now: datetime) -> None:
    message = sent(1, now, confidential=True, discreet_title="P1 INC-000001")
    addresses = [reverse("admin:portal_outboxmessage_change", args=[message.pk]), *map(reverse, LISTS)]
    for address in addresses:
        page = administrator.get(address).content.decode()
        assert ("P1 INC-000001" in page, "Card payments" in page, "The core of it" in page) == (True, False, False)


@pytest.mark.parametrize("name", LISTS)
def test_a_list_costs_the_same_however_long_it_is(
    administrator: Client, now: datetime, name: str, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        sent(number, now)
    administrator.get(reverse(name))
    with django_assert_max_num_queries(14):
        page = administrator.get(reverse(name)).content.decode()
    assert page.count("Card payments fail") >= 12


@pytest.mark.parametrize("name", LISTS)
def test_only_who_runs_the_installation_reads_them(now: datetime, name: str) -> None:
    client = Client()
    client.force_login(person("Rita Responder", roles=("responder",)))
    assert client.get(reverse(name)).status_code == 403


def test_nobody_changes_what_came_back(administrator: Client, now: datetime) -> None:
    sent(1, now)
    kept = Callback.objects.get()
    assert administrator.post(reverse("admin:portal_callback_change", args=[kept.pk]), {"outcome": "Other"}).status_code == 403
    assert administrator.post(reverse("admin:portal_callback_delete", args=[kept.pk]), {"post": "yes"}).status_code == 403
    assert administrator.get(reverse("admin:portal_callback_add")).status_code == 403
