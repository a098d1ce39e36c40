"""One person gets so many messages over one channel; what is more travels as one, and nothing is dropped."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.foundation.channels.limits import Limit
from portal.foundation.outbox.dispatch import deliver_due
from portal.foundation.outbox.receipts import note_receipt
from portal.foundation.outbox.services import cancel_waiting, queue
from portal.foundation.outbox.slots import share
from portal.models import DeliveryAttempt, OutboxMessage, User
from tests.factories.portal import contact, person
from tests.portal.outbox.test_receipts import Provider, text

__all__ = ["text"]
SECOND = timedelta(seconds=1)
NOW = datetime.fromisoformat("2026-03-02T09:00+00:00")


def pages(user: User, now: datetime, how_many: int, **fields: bool) -> list[OutboxMessage]:
    return [
        queue(
            kind="escalation.page",
            person=user,
            subject_ref=f"incidents.incident:{number}",
            title=f"INC-{number} is down",
            body="b",
            link="",
            idempotency_key=f"{now} {number} {fields}",
            now=now + number * timedelta(milliseconds=1),
            **fields,  # type: ignore[typeddict-item]
        )
        for number in range(how_many)
    ]


def states(messages: list[OutboxMessage]) -> list[str]:
    for message in messages:
        message.refresh_from_db()
    return [message.state for message in messages]


@pytest.fixture
def ana(text: Provider) -> User:
    user = person("Ana")
    contact(user, "+34600123456", channel="sms")
    return user


@pytest.mark.django_db
def test_the_last_free_slot_takes_all_that_is_left_with_every_title(ana: User, text: Provider, now: datetime) -> None:
    messages = pages(ana, now, 7)
    deliver_due(now=now + SECOND)
    assert text.sent == ["INC-0 is down", "INC-1 is down", "INC-2 is down", "INC-3 is down", "3 messages for you"]
    assert text.bodies[-1].splitlines() == ["INC-4 is down", "INC-5 is down", "INC-6 is down"]
    assert states(messages) == ["awaiting"] * 7
    assert [message.bundle_id for message in messages] == [None] * 5 + [messages[4].pk] * 2
    # Each has its own attempt, and the same receipt.
    note_receipt("SM-5", "delivered", 4, good=True, bad=False, now=now)
    assert states(messages)[3:] == ["awaiting", "delivered", "bundled", "bundled"]


@pytest.mark.django_db
def test_above_the_limit_they_wait_for_the_next_slot_and_the_urgent_ones_are_named_first(ana: User, text: Provider, now: datetime) -> None:
    first = pages(ana, now, 5)
    deliver_due(now=now + SECOND)
    later = pages(ana, now + SECOND, 2)
    urgent = pages(ana, now + SECOND, 1, urgent=True)
    deliver_due(now=now + 2 * SECOND)
    assert (len(text.sent), states(later)) == (5, ["pending", "pending"])
    for message in first:
        note_receipt(f"SM-{first.index(message) + 1}", "delivered", 4, good=True, bad=False, now=now)
    deliver_due(now=now + timedelta(minutes=2, seconds=2))
    # All five slots are free again by then: each goes by itself, the urgent one first.
    assert text.keys[5:] == [message.idempotency_key for message in (*urgent, *later)]


@pytest.mark.django_db
def test_a_bundle_that_fails_leaves_each_message_to_itself(ana: User, text: Provider, now: datetime) -> None:
    messages = pages(ana, now, 6)
    deliver_due(now=now + SECOND)
    cancel_waiting(messages[5].subject_ref, now=now)
    note_receipt("SM-5", "failed", 5, good=False, bad=True, now=now + SECOND)
    assert states(messages)[4:] == ["pending", "cancelled"]
    assert DeliveryAttempt.objects.filter(provider_ref="SM-5").count() == 2
    assert messages[4].bundle_id is None


@pytest.mark.django_db
def test_a_code_is_never_held_back_nor_put_together(ana: User, text: Provider, now: datetime) -> None:
    pages(ana, now, 6, secret=True)
    deliver_due(now=now + SECOND)
    assert len(text.sent) == 6


@given(
    how_many=st.integers(0, 40),
    sent=st.lists(st.integers(0, 300), max_size=12),
    most=st.integers(1, 6),
    together=st.integers(1, 20),
)
@settings(max_examples=60)
def test_nothing_is_dropped_and_no_stretch_holds_more_than_its_limit(how_many: int, sent: list[int], most: int, together: int) -> None:
    limit = Limit(most, timedelta(minutes=2))
    before = [NOW - timedelta(seconds=ago) for ago in sent]
    shared = share(list(range(how_many)), before, limit, NOW, most_together=together)
    out = [message for parcel in shared.parcels for message in parcel]
    assert [*out, *shared.waiting] == list(range(how_many))
    assert all(len(parcel) <= together for parcel in shared.parcels)
    recent = sum(moment > NOW - limit.within for moment in before)
    assert len(shared.parcels) <= max(0, most - recent)
    assert (shared.until is not None) == bool(shared.waiting)
    if shared.until is not None:
        assert NOW < shared.until <= NOW + limit.within
        assert not how_many or sum(moment > shared.until - limit.within for moment in [*before, *[NOW] * len(shared.parcels)]) < max(
            most, recent + 1
        )
