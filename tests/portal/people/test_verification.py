"""A contact point counts as verified when the code that was sent there, and only there, is entered."""

import json
import logging
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from audit.models import LedgerEvent
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from portal.foundation.outbox.dispatch import deliver_due
from portal.foundation.outbox.services import cancel_waiting
from portal.foundation.outbox.settling import FORGOTTEN
from portal.foundation.people.models import ContactCode
from portal.foundation.verification import COUNTS_FOR, MOST_TRIES, confirm, send_code, vouch_for
from portal.models import ContactPoint, OutboxMessage, User
from tests.factories.portal import contact, person
from tests.receiver import receiver, status

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def ana() -> User:
    return person("Ana Ruiz")


@pytest.fixture
def point(ana: User) -> ContactPoint:
    return contact(ana, verified=False)


@pytest.fixture
def administrator() -> User:
    return person("Ada", roles=("administrator",))


def code_in_the_outbox() -> str:
    body = OutboxMessage.objects.filter(kind="contact.code").latest("created_at").text
    return "".join(letter for letter in body.split(".")[0] if letter.isdigit())


def wrong() -> str:
    return "000000" if code_in_the_outbox() != "000000" else "000001"


def sent(point: ContactPoint, actor: User, now: Any) -> str:
    send_code(point, actor=actor, now=now)
    return code_in_the_outbox()


def state(point: ContactPoint) -> tuple[Any, Any]:
    point.refresh_from_db()
    return point.verified_at, point.verified_until


def test_who_enters_the_code_that_was_sent_is_verified_for_half_a_year(point: ContactPoint, ana: User, now: Any) -> None:
    code = sent(point, ana, now)
    assert len(code) == 6
    confirm(point, actor=ana, now=now + MINUTE, code=f" {code[:3]} {code[3:]} ")
    assert state(point) == (now + MINUTE, now + MINUTE + COUNTS_FOR)
    assert point.verified(now + timedelta(days=180))
    assert not point.verified(now + timedelta(days=181))
    with pytest.raises(WrongState, match="No code is waiting"):
        confirm(point, actor=ana, now=now + MINUTE, code=code)


def test_the_code_goes_to_this_contact_point_only_and_is_forgotten_once_it_left(ana: User, now: Any) -> None:
    with receiver() as first, receiver() as second:
        contact(ana, first.url)
        point = contact(ana, second.url, verified=False)
        code = sent(point, ana, now)
        assert deliver_due(now=now) == 1
        assert not first.got
        assert code in json.dumps(second.got)
    message = OutboxMessage.objects.get()
    assert (message.state, message.body) == ("delivered", FORGOTTEN)


def test_a_code_that_cannot_be_delivered_is_sent_nowhere_else(ana: User, now: Any) -> None:
    with receiver() as other, receiver(status(404)) as gone:
        point = contact(ana, gone.url, verified=False)
        contact(ana, other.url)
        sent(point, ana, now)
        deliver_due(now=now)
        assert not other.got
    message = OutboxMessage.objects.get()
    assert (message.state, message.body) == ("failed", FORGOTTEN)


def test_the_code_stands_in_no_log_history_trail_or_page(
    point: ContactPoint, ana: User, administrator: User, now: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        code = sent(point, ana, now)
        deliver_due(now=now)
    assert code not in caplog.text
    assert code not in "".join(LedgerEvent.objects.values_list("payload", flat=True))
    assert code not in str(list(point.history.values()))
    assert code not in str(list(ContactCode.objects.values()))
    OutboxMessage.objects.update(body=f"Your code is {code}.", state="pending")
    client = Client()
    client.force_login(administrator)
    page = client.get(f"/admin/portal/outboxmessage/{OutboxMessage.objects.get().pk}/change/").content.decode()
    assert code not in page
    assert "Only the receiver reads it." in page


def test_a_cancelled_code_is_forgotten_too(point: ContactPoint, ana: User, now: Any) -> None:
    sent(point, ana, now)
    cancel_waiting(f"portal.contactpoint:{point.pk}", now=now)
    assert OutboxMessage.objects.get().body == FORGOTTEN


def test_a_wrong_code_is_counted_and_after_five_tries_none_counts(point: ContactPoint, ana: User, now: Any) -> None:
    code = sent(point, ana, now)
    for tries in range(1, MOST_TRIES + 1):
        with pytest.raises(InvalidInput, match="not the code"):
            confirm(point, actor=ana, now=now, code=wrong())
        assert ContactCode.objects.get().tries == tries
    with pytest.raises(WrongState, match="five tries are over"):
        confirm(point, actor=ana, now=now, code=code)
    assert state(point) == (None, None)
    assert LedgerEvent.objects.filter(type="contactpoint.code_refused").count() == MOST_TRIES


@pytest.mark.parametrize("typed", ["", "      ", "12345", "1234567", "\x00", "a" * 10_000, "１２３４５６", "'; DROP TABLE --"])
def test_whatever_else_is_typed_is_a_wrong_code(point: ContactPoint, ana: User, now: Any, typed: str) -> None:
    sent(point, ana, now)
    with pytest.raises(InvalidInput):
        confirm(point, actor=ana, now=now, code=typed)


def test_a_code_counts_a_quarter_of_an_hour(point: ContactPoint, ana: User, now: Any) -> None:
    code = sent(point, ana, now)
    with pytest.raises(WrongState, match="too old"):
        confirm(point, actor=ana, now=now + 15 * MINUTE, code=code)


def test_a_new_code_replaces_the_old_one_and_is_not_asked_for_in_haste(point: ContactPoint, ana: User, now: Any) -> None:
    old = sent(point, ana, now)
    with pytest.raises(WrongState, match="less than a minute ago"):
        send_code(point, actor=ana, now=now + timedelta(seconds=59))
    new = sent(point, ana, now + MINUTE)
    assert OutboxMessage.objects.filter(state="cancelled", body=FORGOTTEN).count() == 1
    if old != new:
        with pytest.raises(InvalidInput):
            confirm(point, actor=ana, now=now + MINUTE, code=old)
    confirm(point, actor=ana, now=now + MINUTE, code=new)


def test_another_address_is_not_verified_by_what_was_answered_or_sent_before(point: ContactPoint, ana: User, now: Any) -> None:
    confirm(point, actor=ana, now=now, code=sent(point, ana, now))
    point.refresh_from_db()
    code = sent(point, ana, now + MINUTE)
    point.address = "http://127.0.0.1:9/other"
    point.save(update_fields=["address"])
    assert state(point) == (None, None)
    with pytest.raises(InvalidInput):
        confirm(point, actor=ana, now=now + MINUTE, code=code)


def test_a_new_label_leaves_the_verification_as_it_is(point: ContactPoint, ana: User, now: Any) -> None:
    confirm(point, actor=ana, now=now, code=sent(point, ana, now))
    point.refresh_from_db()
    point.label = "telephone"
    point.save()
    assert state(point)[0] == now


def test_others_need_the_right_to_change_contact_points(point: ContactPoint, administrator: User, now: Any) -> None:
    stranger = person("Tom")
    with pytest.raises(NotAllowed):
        send_code(point, actor=stranger, now=now)
    code = sent(point, administrator, now)
    with pytest.raises(NotAllowed):
        confirm(point, actor=stranger, now=now, code=code)
    with pytest.raises(NotAllowed, match="by the code that is sent"):
        vouch_for(point, actor=administrator, now=now, reason="I know it")
    confirm(point, actor=administrator, now=now, code=code)


def test_nothing_is_sent_to_what_is_not_active(point: ContactPoint, administrator: User, ana: User, now: Any) -> None:
    ContactPoint.objects.update(active=False)
    with pytest.raises(WrongState, match="not active"):
        send_code(point, actor=administrator, now=now)
    ContactPoint.objects.update(active=True)
    User.objects.filter(pk=ana.pk).update(is_active=False)
    with pytest.raises(WrongState, match="not active"):
        send_code(point, actor=administrator, now=now)
    ana.refresh_from_db()
    with pytest.raises(NotAllowed):
        send_code(point, actor=ana, now=now)
    assert not OutboxMessage.objects.exists()


def test_no_code_is_sent_by_a_channel_that_nobody_set_up(ana: User, now: Any) -> None:
    with pytest.raises(WrongState, match="not set up on this installation"):
        send_code(contact(ana, "+34600123456", channel="sms", verified=False), actor=ana, now=now)
    assert not OutboxMessage.objects.exists()


def test_the_portal_vouches_for_addresses_of_its_own(point: ContactPoint, now: Any) -> None:
    vouch_for(point, actor=None, now=now, reason="A phone of the demo")
    assert state(point) == (now, now + COUNTS_FOR)


@pytest.fixture
def page(administrator: User, point: ContactPoint) -> Any:
    client = Client()
    client.force_login(administrator)

    def ask(verb: str = "", **data: str) -> Any:
        address = f"/admin/portal/contactpoint/{point.pk}/"
        return client.post(f"{address}do/{verb}/", data, follow=True) if verb else client.get(f"{address}change/")

    return ask


def test_the_page_sends_takes_and_counts_codes(page: Any, point: ContactPoint) -> None:
    assert "Not verified yet" in page().content.decode()
    assert "Enter the code" not in page().content.decode()
    assert "is on its way" in page("send-code").content.decode()
    refused = page("enter-code", code=wrong())
    assert "This is not the code that was sent. You have 4 more tries." in refused.content.decode()
    assert ContactCode.objects.get().tries == 1
    assert "Verified until" in page("enter-code", code=code_in_the_outbox()).content.decode()
    assert state(point)[1] is not None


def test_a_new_address_on_the_page_unsets_the_verification(page: Any, point: ContactPoint, administrator: User) -> None:
    page("send-code")
    page("enter-code", code=code_in_the_outbox())
    client = Client()
    client.force_login(administrator)
    form = {"person": point.person_id, "label": "phone", "channel": "webhook", "order": 1, "active": "on", "why": "moved"}
    client.post(f"/admin/portal/contactpoint/{point.pk}/change/", {**form, "address": "http://127.0.0.1:9/new"})
    assert state(point) == (None, None)
