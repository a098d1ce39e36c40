"""Queued in the business transaction, sent outside it, every attempt kept, at least once."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from portal.foundation.outbox.calling import Parcel, call
from portal.foundation.outbox.claiming import Room, claim
from portal.foundation.outbox.dispatch import LEASE, deliver_due
from portal.foundation.outbox.handlers import Fared, outcomes
from portal.foundation.outbox.recording import record
from portal.foundation.outbox.services import cancel_waiting, queue
from portal.models import DeliveryAttempt, OutboxMessage, User
from tests.factories.portal import contact, person
from tests.receiver import receiver, status

pytestmark = pytest.mark.django_db


def message_to(who: User, now: datetime, **fields: Any) -> OutboxMessage:
    values = {"kind": "test", "subject_ref": "incident:1", "title": "Payments down", "body": "b", "link": "", "idempotency_key": "key-1"}
    return queue(**{**values, **fields}, person=who, now=now)  # type: ignore[arg-type]


def take(now: datetime) -> list[Parcel]:
    """What a process does before it calls."""
    return claim(now, Room(free=lambda lane: 10, most=10), LEASE)


def state_of(message: OutboxMessage) -> str:
    message.refresh_from_db()
    return message.state


def attempts() -> list[tuple[str, bool, str]]:
    return list(DeliveryAttempt.objects.order_by("number").values_list("contact_label", "succeeded", "detail"))


def test_a_message_is_handed_over_and_the_attempt_kept(now: datetime) -> None:
    with receiver() as phone:
        ana = person("Ana Ruiz")
        contact(ana, phone.url)
        message = message_to(ana, now)
        assert deliver_due(now=now) == 1
        assert deliver_due(now=now + timedelta(hours=1)) == 0
    assert (state_of(message), phone.keys, attempts()) == ("delivered", ["key-1"], [("phone", True, "taken")])


def test_the_same_key_queues_once(now: datetime) -> None:
    ana = person("Ana")
    assert message_to(ana, now) == message_to(ana, now)
    assert OutboxMessage.objects.count() == 1


def test_a_failing_receiver_is_tried_again_later_with_the_same_key(now: datetime) -> None:
    with receiver(status(503)) as phone:
        ana = person("Ana")
        contact(ana, phone.url)
        message = message_to(ana, now)
        deliver_due(now=now)
        assert state_of(message) == "pending"
        assert deliver_due(now=now + timedelta(seconds=1)) == 0
        deliver_due(now=now + timedelta(seconds=7))
    assert (state_of(message), phone.keys) == ("delivered", ["key-1", "key-1"])
    assert attempts() == [("phone", False, "The receiver answered with status 503."), ("phone", True, "taken")]


def test_a_permanent_failure_goes_to_the_next_contact_point_at_once(now: datetime) -> None:
    with receiver(status(404)) as phone, receiver() as chat:
        ana = person("Ana")
        contact(ana, phone.url)
        contact(ana, chat.url, label="team chat")
        message = message_to(ana, now)
        assert deliver_due(now=now) == 2
    assert (state_of(message), len(phone.got), len(chat.got)) == ("delivered", 1, 1)


def test_a_silent_contact_point_is_given_up_after_three_tries_when_another_is_left(now: datetime) -> None:
    with receiver(*[status(500)] * 3) as phone, receiver() as chat:
        ana = person("Ana")
        contact(ana, phone.url)
        contact(ana, chat.url, label="team chat")
        message = message_to(ana, now)
        for seconds in (0, 6, 22):
            deliver_due(now=now + timedelta(seconds=seconds))
    assert (state_of(message), [label for label, _, _ in attempts()]) == ("delivered", ["phone", "phone", "phone", "team chat"])


def test_nothing_left_to_try_ends_in_failed_and_is_logged(now: datetime, caplog: pytest.LogCaptureFixture) -> None:
    with receiver(status(404)) as phone:
        ana = person("Ana Ruiz")
        contact(ana, f"{phone.url}/s3cret")
        message = message_to(ana, now)
        deliver_due(now=now)
    assert state_of(message) == "failed"
    assert "to Ana Ruiz could not be delivered" in caplog.text
    assert "s3cret" not in caplog.text + str(attempts())


@pytest.mark.parametrize("case", ["no contact", "inactive contact", "inactive person"])
def test_nobody_to_hand_it_to_ends_in_failed(case: str, now: datetime) -> None:
    ana = person("Ana", is_active=case != "inactive person")
    if case != "no contact":
        contact(ana, active=case != "inactive contact")
    message = message_to(ana, now)
    deliver_due(now=now)
    assert (state_of(message), attempts()) == ("failed", [])


def test_a_worker_that_died_while_sending_leaves_a_lease_and_the_message_is_sent_again(now: datetime) -> None:
    with receiver() as phone:
        ana = person("Ana")
        contact(ana, phone.url)
        message = message_to(ana, now)
        assert len(take(now)) == 1
        assert deliver_due(now=now + timedelta(seconds=10)) == 0
        deliver_due(now=now + LEASE)
    assert (state_of(message), len(phone.got)) == ("delivered", 1)


def test_a_cancelled_message_is_not_sent(now: datetime) -> None:
    with receiver() as phone:
        ana = person("Ana")
        contact(ana, phone.url)
        message = message_to(ana, now)
        assert cancel_waiting("incident:1", now=now) == 1
        assert deliver_due(now=now) == 0
    assert (state_of(message), phone.got) == ("cancelled", [])


def test_a_message_cancelled_while_it_is_on_its_way_is_not_tried_again(now: datetime) -> None:
    with receiver() as phone:
        phone.answers.append(status(500))
        ana = person("Ana")
        contact(ana, phone.url)
        message = message_to(ana, now)
        taken = take(now)
        cancel_waiting("incident:1", now=now)
        record([call(parcel, now) for parcel in taken], now)
        assert state_of(message) == "cancelled"
        assert deliver_due(now=now + timedelta(hours=1)) == 0


def test_a_message_that_arrived_although_cancelled_counts_as_delivered(now: datetime) -> None:
    with receiver() as phone:
        ana = person("Ana")
        contact(ana, phone.url)
        message = message_to(ana, now)
        taken = take(now)
        cancel_waiting("incident:1", now=now)
        record([call(parcel, now) for parcel in taken], now)
    assert state_of(message) == "delivered"


def test_a_channel_that_breaks_is_an_attempt_like_any_other(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    from portal.foundation.channels.webhook import Webhook

    def broken(*args: Any) -> str:
        raise RuntimeError("http://s3cret.example")

    monkeypatch.setattr(Webhook, "send", broken)
    ana = person("Ana")
    contact(ana)
    message_to(ana, now)
    deliver_due(now=now)
    assert attempts() == [("phone", False, "The channel failed (RuntimeError).")]


def test_the_kind_hears_how_it_went_and_its_failing_undoes_nothing(now: datetime, caplog: pytest.LogCaptureFixture) -> None:
    heard = []

    def listen(news: Sequence[Fared], at: datetime) -> None:
        heard.extend((fared.message.state, fared.attempt.number if fared.attempt else None) for fared in news)
        raise RuntimeError("broken handler")

    outcomes.register("test.heard", listen)
    try:
        with receiver() as phone:
            ana = person("Ana")
            contact(ana, phone.url)
            message = message_to(ana, now, kind="test.heard")
            deliver_due(now=now)
    finally:
        outcomes._entries.pop("test.heard")
    assert (heard, state_of(message)) == ([("delivered", 1)], "delivered")


@pytest.mark.django_db(transaction=True)
def test_a_message_of_a_transaction_that_failed_never_leaves(now: datetime) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():  # noqa: PT012
        message_to(person("Ana"), now)
        1 / 0  # noqa: B018
    assert OutboxMessage.objects.count() == 0


def test_logs_hold_no_body(now: datetime, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), receiver() as phone:
        ana = person("Ana")
        contact(ana, f"{phone.url}/s3cret")
        message_to(ana, now, body="the b0dy")
        deliver_due(now=now)
    assert "b0dy" not in caplog.text
    assert "s3cret" not in "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("portal"))
