"""The sending process: lane by lane, in batches, and nothing a provider does holds up the others or loses a message."""

import socket
import struct
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from portal.foundation.outbox import sending
from portal.foundation.outbox.claiming import claim
from portal.foundation.outbox.sending import Sender
from portal.foundation.outbox.services import draft, queue_all
from portal.foundation.signs.beats import SENDER, last_beat
from portal.models import DeliveryAttempt, OutboxMessage, User
from tests.factories.portal import contact, person
from tests.receiver import held, receiver, status

pytestmark = pytest.mark.django_db


def clock() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def sender() -> Iterator[Sender]:
    running = Sender(clock)
    yield running
    running.close()


def someone(address: str, **fields: Any) -> User:
    user = person("Ana")
    contact(user, address, **fields)
    return user


def put(user: User, how_many: int = 1, name: str = "key") -> None:
    letter: dict[str, Any] = {"kind": "escalation.page", "subject_ref": "incidents.incident:0", "title": "t", "body": "b", "link": ""}
    queue_all([draft(person=user, idempotency_key=f"{name}-{number}", **letter) for number in range(how_many)], now=clock())


def until_settled(sender: Sender, seconds: float = 60.0, **which: Any) -> None:
    """Works until no message (of `which`) waits any more."""
    end = time.monotonic() + seconds
    while OutboxMessage.objects.filter(state__in=("pending", "sending"), **which).exists():
        assert time.monotonic() < end, "messages still wait"
        sender.step()


def slow(request: BaseHTTPRequestHandler) -> None:
    time.sleep(1.5)
    status(204)(request)


def drip(request: BaseHTTPRequestHandler) -> None:
    request.wfile.write(b"HTTP/1.0 200 OK\r\nX-Slow: ")
    for _ in range(60):
        request.wfile.write(b"x")
        request.wfile.flush()
        time.sleep(0.05)


def reset(request: BaseHTTPRequestHandler) -> None:
    request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.connection.close()


def test_many_are_taken_and_recorded_in_few_statements(
    sender: Sender, django_assert_max_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What it does once a second counts in every round, so that a slow machine counts no more.
    for often in ("RECEIPTS_EVERY", "RENEW_EVERY", "SIGN_EVERY"):
        monkeypatch.setattr(sending, often, 0.0)
    with receiver() as phone:
        put(someone(phone.url), 24)
        with monkeypatch.context() as until_all_are_back:
            until_all_are_back.setattr(sending.Sender, "_write", lambda self, wait: None)
            with django_assert_max_num_queries(20):
                sender.step()
        while sender._done.qsize() < 24:
            time.sleep(0.02)
        with django_assert_max_num_queries(20):
            sender.step()
    assert (OutboxMessage.objects.filter(state="delivered").count(), DeliveryAttempt.objects.count()) == (24, 24)
    assert sorted(set(phone.keys)) == sorted(phone.keys)
    assert last_beat(SENDER) is not None


def test_a_slow_provider_holds_up_only_its_own_messages(sender: Sender, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.OUTBOUND_ALLOWED_HOSTS = ["127.0.0.1:*", "localhost:*"]
    settings.OUTBOUND_TIMEOUT_SECONDS = 60
    monkeypatch.setattr(sending, "CALLS_A_LANE", 9)
    with held() as (waits, let_go), receiver(*[waits] * 30) as dead, receiver() as phone:
        put(someone(f"http://localhost:{dead.port}/x"), 30, "slow")
        sender.step()
        ben = someone(phone.url)
        put(ben, 10, "quick")
        until_settled(sender, person=ben)
        # None of its own has come back, and no more were begun.
        assert sum(parcel.contact.person_id != ben.pk for parcel, _ in sender._flying.values()) == 9
        let_go()
        sender.finish()
        assert 0 < len(dead.got) <= 9


def test_of_a_lane_that_is_quick_more_is_taken_than_it_calls_at_once_and_of_a_slow_one_no_more(
    sender: Sender, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.OUTBOUND_ALLOWED_HOSTS = ["127.0.0.1:*", "localhost:*"]
    monkeypatch.setattr(sending, "CALLS_A_LANE", 3)
    monkeypatch.setattr(sending, "WORTH_A_LOOK", 1)
    # What a lane did counts for as long as the test takes, so that a slow machine makes no slow lane of the quick one.
    monkeypatch.setattr(sending, "PACE_SECONDS", 600.0)
    settings.OUTBOUND_TIMEOUT_SECONDS = 60
    with held() as (waits, _), receiver(*[waits] * 9) as dead, receiver() as phone:
        put(someone(f"http://localhost:{dead.port}/x"), 9, "slow")
        ben = someone(phone.url)
        put(ben, 40, "quick")
        taken: list[int] = []
        original = claim

        def counted(*given: Any) -> Any:
            parcels = original(*given)
            taken.append(sum(parcel.contact.person_id == ben.pk for parcel in parcels))
            return parcels

        monkeypatch.setattr(sending, "claim", counted)
        while OutboxMessage.objects.filter(person=ben, state__in=("pending", "sending")).exists():
            sender.step()
            assert sum(parcel.contact.person_id != ben.pk for parcel, _ in sender._flying.values()) <= 3
        assert max(taken) > 3
        assert len(phone.keys) == 40
        sender._ahead.clear()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (status(500), "status 500"),
        (status(429, Retry_After="2"), "status 429"),
        (drip, "No answer"),
        (reset, "No answer"),
        (slow, "No answer"),
    ],
)
def test_whatever_a_provider_does_the_message_is_tried_again_with_the_same_key(
    answer: Any, said: str, sender: Sender, settings: Any
) -> None:
    # Only who waits in vain is waited for briefly: what does come may take its time on a busy machine.
    settings.OUTBOUND_TIMEOUT_SECONDS = 0.5 if answer in (drip, slow) else 30
    with receiver(answer) as phone:
        put(someone(phone.url))
        end = time.monotonic() + 60
        while not DeliveryAttempt.objects.exists() and time.monotonic() < end:
            sender.step()
        message = OutboxMessage.objects.get()
        assert (message.state, message.tries) == ("pending", 1)
        assert said in DeliveryAttempt.objects.get().detail
        settings.OUTBOUND_TIMEOUT_SECONDS = 30
        OutboxMessage.objects.update(next_attempt_at=clock())
        until_settled(sender)
    assert (OutboxMessage.objects.get().state, phone.keys) == ("delivered", ["key-0", "key-0"])


def test_the_lease_of_a_running_call_is_renewed_and_a_dead_process_leaves_its_message_to_the_next(
    sender: Sender, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "RENEW_EVERY", 0.0)
    monkeypatch.setattr(sending, "LEASE", timedelta(minutes=1))
    settings.OUTBOUND_TIMEOUT_SECONDS = 60
    with held() as (waits, let_go), receiver(waits) as phone:
        put(someone(phone.url))
        sender.step()
        first = OutboxMessage.objects.get().next_attempt_at
        sender.step()
        renewed = OutboxMessage.objects.get().next_attempt_at
        assert first is not None
        assert renewed is not None
        assert clock() < first < renewed
        # As after SIGKILL: the lease is over, and another process looks.
        OutboxMessage.objects.update(next_attempt_at=clock() - timedelta(seconds=1))
        other = Sender(clock)
        until_settled(other)
        let_go()
        sender.finish()
        other.close()
    assert phone.keys == ["key-0", "key-0"]
    assert OutboxMessage.objects.get().state == "delivered"


def test_what_was_handed_over_while_it_was_told_to_stop_is_written_down(sender: Sender) -> None:
    def late(request: BaseHTTPRequestHandler) -> None:
        time.sleep(0.3)
        status(204)(request)

    with receiver(late) as phone:
        put(someone(phone.url))
        sender.step()
        sender.finish()
    assert OutboxMessage.objects.get().state == "delivered"
    assert phone.keys == ["key-0"]


def test_a_person_without_a_way_is_given_up_without_a_call(sender: Sender) -> None:
    put(person("Nobody"))
    until_settled(sender)
    assert (OutboxMessage.objects.get().state, DeliveryAttempt.objects.count()) == ("failed", 0)


def test_an_idle_look_costs_few_statements(sender: Sender, django_assert_max_num_queries: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(sending, "SIGN_EVERY", 600.0)
    sender.step()
    with django_assert_max_num_queries(4):
        sender.step()


def test_what_cannot_be_written_down_holds_up_nothing_and_is_not_sent_again(
    sender: Sender, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def record(results: Any, now: datetime) -> None:
        if any(message.title == "odd" for result in results for message in result.parcel.messages):
            raise ValueError("odd")
        original(results, now)

    original = sending.record
    monkeypatch.setattr(sending, "record", record)
    with receiver() as phone:
        ana = someone(phone.url)
        put(ana, 3)
        OutboxMessage.objects.filter(idempotency_key="key-1").update(title="odd")
        end = time.monotonic() + 60
        while OutboxMessage.objects.filter(state="delivered").count() < 2 and time.monotonic() < end:
            sender.step()
        OutboxMessage.objects.filter(title="odd").update(next_attempt_at=clock() - timedelta(seconds=1))
        for _ in range(3):
            sender.step()
    assert sorted(phone.keys) == ["key-0", "key-1", "key-2"]
    assert "could not be written down" in caplog.text


def test_a_clock_that_is_set_back_holds_up_nothing() -> None:
    ahead = [timedelta(hours=1)]
    sender = Sender(lambda: clock() + ahead[0])
    with receiver() as phone:
        sender.step()
        put(someone(phone.url))
        OutboxMessage.objects.update(next_attempt_at=clock() + timedelta(hours=1, minutes=1))
        ahead[0] = timedelta()
        until_settled(sender)
        sender.close()
    assert phone.keys == ["key-0"]
