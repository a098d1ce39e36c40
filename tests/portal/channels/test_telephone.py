"""Texts and calls against a service that answers as Twilio documents it."""

import base64
import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import pytest

from portal.foundation.channels.base import Handed, Message, can_alert, channels, check_address
from portal.foundation.channels.sms import in_short
from portal.foundation.channels.voice import spoken
from portal.foundation.errors import DeliveryFailed, InvalidInput
from tests.fakes.telephone import PORTAL, telephone
from tests.receiver import Receiver, receiver, status, told

NUMBER, ACCOUNT, TOKEN = "+34600123456", "AC" + "0" * 32, "t0p-s3cret"
SID = "SM" + "a" * 32
ALERT = Message("key-1", "escalation.page", "Ana", "SEV1 <Payments> & cards", "You are on call.", "https://portal.example/1")
ANSWERABLE = Message(
    "key-3", "escalation.page", "Ana", "SEV1", "You are on call.", "https://portal.example/1", "id", f"{PORTAL}/answer/x/", "12"
)
CODE = Message("key-2", "contact.code", "Ana", "Confirm", "Your code is 123456. It counts for 15 min.", "")


@pytest.fixture
def service(settings: Any) -> Any:
    with receiver(told(201, {"sid": SID, "status": "queued"})) as heard:
        settings.TELEPHONE_API_URL = f"http://127.0.0.1:{heard.port}/"
        settings.TELEPHONE_ACCOUNT_SID, settings.TELEPHONE_AUTH_TOKEN = ACCOUNT, TOKEN
        settings.TELEPHONE_SMS_FROM = settings.TELEPHONE_VOICE_FROM = "+15005550006"
        yield heard


def test_a_text_is_asked_for_as_the_service_documents_it(service: Receiver) -> None:
    assert channels["sms"].send("+34 600 123-456", ALERT) == Handed(f"taken by the telephone service as {SID}", ref=SID)
    assert service.paths == [f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"]
    assert service.headers[0]["Content-Type"] == "application/x-www-form-urlencoded"
    assert service.headers[0]["Authorization"] == "Basic " + base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
    text = "SEV1 <Payments> & cards\nYou are on call.\nhttps://portal.example/1"
    assert service.got == [{"To": NUMBER, "From": "+15005550006", "Body": text}]


def test_a_messaging_service_sends_in_place_of_a_number(service: Receiver, settings: Any) -> None:
    settings.TELEPHONE_SMS_FROM = "MG" + "1" * 32
    channels["sms"].send(NUMBER, ALERT)
    assert (service.got[0]["MessagingServiceSid"], service.got[0].get("From")) == ("MG" + "1" * 32, None)


def test_a_long_text_keeps_its_link() -> None:
    text = in_short(Message("k", "escalation.page", "Ana", "Title", "word " * 500, "https://portal.example/1"))
    assert len(text) <= 600
    assert text.endswith("…\nhttps://portal.example/1")


def test_a_call_says_the_alert_twice_and_reads_no_link_out(service: Receiver) -> None:
    channels["voice"].send(NUMBER, ALERT)
    assert service.paths == [f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json"]
    assert (service.got[0]["To"], service.got[0]["From"]) == (NUMBER, "+15005550006")
    said = [each.text for each in ElementTree.fromstring(service.got[0]["Twiml"]).iter("Say")]  # noqa: S314 - our own
    assert said == ["SEV1 <Payments> & cards. You are on call.", "I repeat.", "SEV1 <Payments> & cards. You are on call."]


def test_an_alert_by_text_says_how_to_answer_and_asks_for_a_report(settings: Any) -> None:
    with telephone(settings) as fake:
        handed = channels["sms"].send(NUMBER, ANSWERABLE)
    (taken,) = fake.taken
    assert handed == Handed(f"taken by the telephone service as {taken['Sid'][0]}", ref=taken["Sid"][0], receipts=True)
    assert taken["StatusCallback"] == [f"{PORTAL}/hooks/telephone/status/"]
    assert taken["Body"] == [f"SEV1\nYou are on call.\nTo acknowledge answer ACK 12 or open {ANSWERABLE.answer_link}"]


def test_nobody_is_asked_to_write_back_to_a_name(settings: Any) -> None:
    with telephone(settings) as fake:
        settings.TELEPHONE_SMS_FROM = "PORTAL"
        channels["sms"].send(NUMBER, ANSWERABLE)
    assert fake.taken[0]["Body"][0].endswith(f"\nTo acknowledge open {ANSWERABLE.answer_link}")


def test_a_call_about_an_alert_asks_for_a_key_while_it_is_read_out(settings: Any) -> None:
    with telephone(settings) as fake:
        assert channels["voice"].send(NUMBER, ANSWERABLE).receipts
    (taken,) = fake.taken
    assert taken["StatusCallbackEvent"] == ["answered", "completed"]
    gather = ElementTree.fromstring(taken["Twiml"][0]).find("Gather")  # noqa: S314 - our own
    assert gather is not None
    assert (gather.get("numDigits"), gather.get("action")) == ("1", f"{PORTAL}/hooks/telephone/keypad/")
    said = [each.text for each in gather.iter("Say")]
    keys = "To acknowledge, press 1. To hear it again, press 9."
    assert said == ["SEV1. You are on call.", keys, "I repeat.", "SEV1. You are on call.", keys]


@pytest.mark.parametrize("address", ["http://localhost:8000", "http://127.0.0.1:8000", "http://[::1]/", "http://portal", ""])
def test_without_an_address_that_others_reach_nothing_is_asked_for_that_cannot_come(settings: Any, address: str) -> None:
    with telephone(settings) as fake:
        settings.PORTAL_URL = address
        assert not channels["sms"].send(NUMBER, ANSWERABLE).receipts
        assert not channels["voice"].send(NUMBER, ANSWERABLE).receipts
    assert all("StatusCallback" not in taken and "<Gather" not in str(taken.get("Twiml")) for taken in fake.taken)


@pytest.mark.parametrize("hostile", ["\x00]]></Say><Hangup/>", "&" * 5_000, '"' * 5_000])
def test_a_call_that_asks_for_a_key_fits_whatever_is_in_it(settings: Any, hostile: str) -> None:
    with telephone(settings) as fake:
        channels["voice"].send(NUMBER, replace(ANSWERABLE, title=hostile, body=hostile))
    assert len(fake.taken) == 1


def test_a_code_is_read_digit_by_digit_and_other_numbers_are_not() -> None:
    assert "1, 2, 3, 4, 5, 6" in spoken(CODE)
    assert "15 min" in spoken(CODE)
    assert "INC-000042" in spoken(Message("k", "escalation.page", "Ana", "INC-000042", "", ""))


@pytest.mark.parametrize("hostile", ["\x00\x0b]]></Say><Hangup/>", "&amp;" * 5_000, "<" * 5_000, "\ud800"])
def test_whatever_stands_in_an_alert_is_spoken_as_a_document_that_fits(hostile: str) -> None:
    document = spoken(Message("k", "escalation.page", "Ana", hostile, hostile, ""))
    assert [each.tag for each in ElementTree.fromstring(document)] == ["Say", "Pause", "Say", "Say"]  # noqa: S314 - our own
    assert len(document) <= 4_000


@pytest.mark.parametrize(
    ("answer", "permanent", "words"),
    [
        (told(400, {"code": 21211, "message": f"The 'To' number {NUMBER} is not valid", "status": 400}), True, r"no such number \(21211\)"),
        (told(400, {"code": 21610, "message": "STOP"}), True, "unsubscribed"),
        (told(401, {"code": 20003, "message": TOKEN}), True, "does not accept the portal's account"),
        (told(429, {"code": 20429}, Retry_After="30"), False, "status 429"),
        (status(500, b"<html>"), False, "status 500"),
        (status(404, b"[1]"), True, "status 404"),
    ],
)
def test_what_the_service_refuses_is_told_in_words_without_number_or_token(
    service: Receiver, caplog: pytest.LogCaptureFixture, answer: Any, permanent: bool, words: str
) -> None:
    service.answers[:] = [answer]
    with caplog.at_level(logging.DEBUG), pytest.raises(DeliveryFailed, match=words) as failed:
        channels["sms"].send(NUMBER, ALERT)
    assert failed.value.permanent is permanent
    assert failed.value.retry_after == (timedelta(seconds=30) if "429" in words else None)
    for secret in (NUMBER, TOKEN):
        assert secret not in failed.value.message + caplog.text


@pytest.mark.parametrize("channel", ["sms", "voice"])
def test_without_an_account_the_channel_says_that_it_is_not_set_up(channel: str) -> None:
    assert not can_alert(channel, NUMBER)
    with pytest.raises(DeliveryFailed, match="not set up on this installation: an operator must set TELEPHONE_ACCOUNT_SID") as failed:
        channels[channel].send(NUMBER, ALERT)
    assert failed.value.permanent


@pytest.mark.usefixtures("service")
def test_once_set_up_it_carries_alerts() -> None:
    assert can_alert("sms", NUMBER)
    assert not can_alert("sms", "600")


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("600123456", "country code is missing"),
        ("+0034600123456", "not a telephone number"),
        ("+34 600", "not a telephone number"),
        ("+346001234567890123", "not a telephone number"),
        ("phone", "not a telephone number"),
        ("", "not a telephone number"),
        ("+34６００123456", "not a telephone number"),
        ("+34600123456;ext=1", "not a telephone number"),
    ],
)
def test_what_is_no_number_of_the_world_is_refused_in_words(typed: str, problem: str) -> None:
    with pytest.raises(InvalidInput, match=problem):
        check_address("sms", typed)


@pytest.mark.parametrize("typed", ["+34600123456", "+34 600 12 34 56", "0034 600-123-456", "+1 (500) 555.0006"])
def test_numbers_are_taken_as_people_type_them(typed: str) -> None:
    check_address("voice", typed)
