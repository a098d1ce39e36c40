"""A message over a channel with receipts has arrived when a receipt says so; else the next way is taken, never by the clock alone."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from portal.foundation.channels.base import Handed, channels
from portal.foundation.outbox.dispatch import deliver_due
from portal.foundation.outbox.receipts import Effect, Noted, note_receipt
from portal.foundation.outbox.services import cancel_waiting, queue
from portal.models import ChannelRule, DeliveryAttempt, OutboxMessage, User
from tests.factories.portal import contact, person

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


class Provider:
    """Takes every message and promises a receipt; `sent` are the titles it took."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.sent: list[str] = []
        self.bodies: list[str] = []
        self.keys: list[str] = []

    def send(self, address: str, message: Any) -> Handed:
        self.sent.append(message.title)
        self.bodies.append(message.body)
        self.keys.append(message.key)
        return Handed("taken", ref=f"{self.name}-{len(self.sent)}", receipts=True)

    def not_set_up(self, address: str) -> str:
        return ""

    problem_with = not_set_up


@pytest.fixture
def text(monkeypatch: pytest.MonkeyPatch) -> Provider:
    provider = Provider("SM")
    monkeypatch.setitem(channels._entries, "sms", provider)
    return provider


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch) -> Provider:
    provider = Provider("CA")
    monkeypatch.setitem(channels._entries, "voice", provider)
    return provider


@pytest.fixture
def ana(text: Provider, call: Provider) -> User:
    user = person("Ana Ruiz")
    contact(user, "+34600123456", channel="sms", label="phone")
    contact(user, "+34600123456", channel="voice", label="call")
    return user


def page(user: User, now: datetime, key: str = "key-1") -> OutboxMessage:
    return queue(
        kind="escalation.page", person=user, subject_ref="incidents.incident:0", title="t", body="b", link="", idempotency_key=key, now=now
    )


def state_of(message: OutboxMessage) -> str:
    message.refresh_from_db()
    return message.state


def report(ref: str, status: str, rank: int, now: datetime) -> Noted:
    """As the telephone service reports: delivered is good, failed and no-answer are bad."""
    words = {"no-answer": "nobody picked up"}
    return note_receipt(
        ref,
        status,
        rank,
        good=status in {"delivered", "completed"},
        bad=status in {"failed", "no-answer"},
        now=now,
        detail=words.get(status, ""),
    )


def test_it_is_awaited_until_a_receipt_says_that_it_arrived(ana: User, now: datetime) -> None:
    message = page(ana, now)
    deliver_due(now=now)
    assert (state_of(message), message.finished_at) == ("awaiting", None)
    assert report("SM-1", "sent", 3, now).effect is Effect.RECORDED
    assert state_of(message) == "awaiting"
    noted = report("SM-1", "delivered", 4, now + SECOND)
    assert (noted.effect, noted.message) == (Effect.ARRIVED, message)
    assert (state_of(message), message.finished_at) == ("delivered", now + SECOND)
    attempt = DeliveryAttempt.objects.get()
    assert (attempt.receipt, attempt.receipt_rank, attempt.receipt_at) == ("delivered", 4, now + SECOND)


def test_reports_that_come_twice_or_out_of_order_change_nothing(ana: User, now: datetime) -> None:
    message = page(ana, now)
    deliver_due(now=now)
    report("SM-1", "delivered", 4, now)
    for status, rank in (("delivered", 4), ("sent", 3), ("queued", 1)):
        assert report("SM-1", status, rank, now + SECOND).effect is Effect.REPEATED
    assert (state_of(message), DeliveryAttempt.objects.get().receipt) == ("delivered", "delivered")


@pytest.mark.parametrize("ref", ["SM-404", ""])
def test_a_reference_that_nobody_knows_is_said_to_be_unknown(ref: str, ana: User, now: datetime) -> None:
    page(ana, now)
    assert report(ref, "delivered", 4, now) == Noted(Effect.UNKNOWN)


def test_what_failed_takes_the_next_way_at_once(ana: User, call: Provider, now: datetime) -> None:
    message = page(ana, now)
    deliver_due(now=now)
    assert report("SM-1", "failed", 5, now).effect is Effect.NOT_ARRIVED
    deliver_due(now=now)
    assert (state_of(message), call.sent) == ("awaiting", ["t"])


def test_without_a_receipt_in_time_the_next_way_is_taken_and_not_before(ana: User, text: Provider, call: Provider, now: datetime) -> None:
    ChannelRule.objects.create(channel="sms", receipt_within=timedelta(seconds=40))
    message = page(ana, now)
    deliver_due(now=now)
    deliver_due(now=now + 39 * SECOND)
    assert call.sent == []
    deliver_due(now=now + 41 * SECOND)
    assert (len(text.sent), len(call.sent), state_of(message)) == (1, 1, "awaiting")


def test_the_last_way_is_tried_again_when_nobody_picks_up_but_not_when_nothing_is_said(ana: User, call: Provider, now: datetime) -> None:
    message = page(ana, now)
    deliver_due(now=now)
    report("SM-1", "failed", 5, now)
    deliver_due(now=now)
    report("CA-1", "no-answer", 5, now)
    assert state_of(message) == "pending"
    deliver_due(now=now + 6 * SECOND)
    assert len(call.sent) == 2
    assert DeliveryAttempt.objects.get(number=2).detail == "taken; nobody picked up"
    deliver_due(now=now + 70 * SECOND)
    assert (state_of(message), len(call.sent)) == ("failed", 2)


def test_a_receipt_that_comes_after_the_next_way_was_chosen_still_counts(ana: User, call: Provider, now: datetime) -> None:
    message = page(ana, now)
    deliver_due(now=now)
    report("SM-1", "failed", 4, now)
    assert report("SM-1", "delivered", 5, now).effect is Effect.ARRIVED
    assert deliver_due(now=now) == 0
    assert (state_of(message), call.sent) == ("delivered", [])


def test_whoever_has_acknowledged_gets_nothing_more_and_late_receipts_are_only_recorded(ana: User, call: Provider, now: datetime) -> None:
    message = page(ana, now)
    deliver_due(now=now)
    assert cancel_waiting("incidents.incident:0", now=now) == 1
    assert report("SM-1", "failed", 5, now).effect is Effect.RECORDED
    deliver_due(now=now + timedelta(hours=1))
    assert (state_of(message), call.sent, DeliveryAttempt.objects.get().receipt) == ("cancelled", [], "failed")
