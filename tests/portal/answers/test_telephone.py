"""The doors of the telephone service, called as it calls them: what fits counts once, and nothing else has an effect."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from audit.events.stories import parsed
from audit.models import LedgerEvent
from portal.foundation.answers import replies
from portal.models import Callback, ContactPoint, OutboxMessage
from tests.factories.portal import contact, person
from tests.fakes.telephone import ACCOUNT, PORTAL, TOKEN, call_back, documented, raw_call, set_up

from .conftest import CALL, NUMBER, SMS, Alarm, alert, attempt

pytestmark = pytest.mark.django_db
STATUS, REPLY, KEYPAD = "/hooks/telephone/status/", "/hooks/telephone/reply/", "/hooks/telephone/keypad/"
DOORS = (STATUS, REPLY, KEYPAD)


@pytest.fixture(autouse=True)
def _set_up(settings: Any, at: object) -> None:
    set_up(settings)


def told(answer: Any) -> str:
    """What the portal texts or says."""
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/xml; charset=utf-8"), answer.content
    root = ElementTree.fromstring(answer.content)  # noqa: S314 - our own
    return " ".join(each.text or "" for each in root.iter() if each.tag in {"Say", "Message"})


def reply(text: str, key: str = "aa", **changed: str) -> str:
    return told(call_back(REPLY, documented("text_reply", Body=text, MessageSid="SM" + key.zfill(32), **changed)))


def press(key: str, call: str = CALL) -> str:
    return told(call_back(KEYPAD, documented("call_key", Digits=key, CallSid=call)))


def status(said: str, ref: str = SMS, **changed: str) -> int:
    return int(call_back(STATUS, documented("text_status", MessageStatus=said, MessageSid=ref, **changed)).status_code)


# Reports


def test_a_report_is_kept_with_the_attempt_and_as_a_callback(alarm: Alarm) -> None:
    assert status("delivered") == 204
    attempt = alarm.message.attempts.get(provider_ref=SMS)
    assert (attempt.receipt, attempt.receipt_at is not None) == ("delivered", True)
    kept = Callback.objects.get()
    assert (kept.source, kept.kind, kept.told, kept.message) == ("telephone", "status", "delivered", alarm.message)


@pytest.mark.parametrize(
    "order", [("sent", "delivered", "sent", "queued"), ("delivered", "undelivered"), ("failed", "delivered", "sending")]
)
def test_reports_in_any_order_and_twice_end_the_same(alarm: Alarm, order: tuple[str, ...]) -> None:
    for said in (*order, *order):
        assert status(said) == 204
    assert alarm.message.attempts.get(provider_ref=SMS).receipt == "delivered"
    assert Callback.objects.count() == len(set(order))


@pytest.mark.parametrize(
    ("params", "code"),
    [
        (documented("text_status", MessageStatus="delivered", MessageSid="SM" + "f" * 32), 204),
        (documented("text_status", MessageStatus="teleported", MessageSid=SMS), 204),
        (documented("call_status", CallSid="CA" + "e" * 32), 204),
        (documented("text_status", MessageSid="'; drop table", SmsSid=""), 400),
        (documented("text_status", MessageStatus="<script>", SmsStatus=""), 400),
        (documented("text_status", MessageSid="", SmsSid=""), 400),
    ],
)
def test_what_is_not_known_does_no_harm(alarm: Alarm, params: dict[str, str], code: int) -> None:
    before = list(alarm.message.attempts.values("receipt", "receipt_rank"))
    assert call_back(STATUS, params).status_code == code
    assert list(alarm.message.attempts.values("receipt", "receipt_rank")) == before


def test_parameters_that_are_new_do_not_matter(alarm: Alarm) -> None:
    assert status("delivered", Surprise="new", ÄÖ="ß") == 204
    assert alarm.message.attempts.get(provider_ref=SMS).receipt == "delivered"


def test_a_call_that_nobody_picked_up_did_not_arrive(alarm: Alarm) -> None:
    assert call_back(STATUS, documented("call_status", CallSid=CALL, CallStatus="no-answer")).status_code == 204
    made = alarm.message.attempts.get(provider_ref=CALL)
    assert (made.receipt, "nobody picked up" in made.detail) == ("no-answer", True)


# Replies


def test_ack_acknowledges_the_one_alert_that_waits(alarm: Alarm) -> None:
    assert reply("ACK") == f"You have acknowledged {alarm.incident.number}."
    message = alarm.answered()
    assert (message.answered_by, message.answer_way, alarm.state()) == (alarm.ana, "reply", "in_progress")
    event = next(parsed(row.payload) for row in LedgerEvent.objects.filter(type="incident.acknowledged"))
    assert (event["ctx"]["channel"], event["actor"]["id"]) == ("sms", str(alarm.ana.pk))


def test_two_alerts_and_a_bare_ack_acknowledge_none_and_say_what_to_answer(alarm: Alarm) -> None:
    other, _ = alarm.another()
    words = reply("ACK")
    assert "These wait for your answer" in words
    assert f"ACK {alarm.incident.pk} for {alarm.incident.number}" in words
    assert f"ACK {other.pk} for {other.number}" in words
    assert alarm.state() == "new"
    assert reply(f"ack {other.pk}", "ab") == f"You have acknowledged {other.number}."
    assert (alarm.state(), other.state) == ("new", "in_progress")
    # One is left, so the bare word says enough now.
    assert reply("ack", "ac") == f"You have acknowledged {alarm.incident.number}."


def test_a_text_names_no_more_alerts_than_it_can_hold(alarm: Alarm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replies, "MOST_TOLD", 1)
    other, _ = alarm.another()
    assert reply("ACK") == f"These wait for your answer: ACK {other.pk} for {other.number}; more are in the portal."
    assert reply(f"ACK {alarm.incident.pk}", "ab").startswith("You have acknowledged")


def test_a_reminder_of_the_same_incident_is_the_same_alert(alarm: Alarm) -> None:
    attempt(alert(alarm.ana, alarm.incident.pk, "Reminder", alarm.now, idempotency_key="reminder"), "sms", "SM" + "3" * 32)
    assert reply("ACK").startswith("You have acknowledged")


@pytest.mark.parametrize("text", ["hello", "no", "12", "ACK the other one", "\x00", "ü" * 1_600, ""])
def test_other_words_acknowledge_nothing_and_say_how_to(alarm: Alarm, text: str) -> None:
    words = reply(text)
    assert "answer ACK" in words
    assert alarm.state() == "new"


def test_a_number_that_waits_for_nobody_is_named(alarm: Alarm) -> None:
    assert reply("ACK 999999").startswith("No alert with the number 999999 waits for your answer.")
    assert alarm.state() == "new"


def test_an_unknown_number_hears_once_a_day_that_it_is_not_known(alarm: Alarm) -> None:
    assert "does not know you" in reply("ACK", From="+4915112345678")
    assert reply("ACK", "ab", From="+4915112345678") == ""
    assert alarm.state() == "new"
    assert "+4915112345678" not in str(list(Callback.objects.values()))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"verified_until": None}, "has not verified"),
        ({"verified_until": datetime.fromisoformat("2026-03-02T09:00:30Z")}, "has not verified"),
        ({"active": False}, "does not know you"),
    ],
)
def test_a_number_that_proves_nobody_acknowledges_nothing(alarm: Alarm, change: dict[str, Any], words: str) -> None:
    ContactPoint.objects.filter(pk=alarm.phone.pk).update(**change)
    assert words in reply("ACK")
    assert alarm.state() == "new"


def test_a_number_of_two_people_acknowledges_nothing(alarm: Alarm) -> None:
    contact(person("Somebody Else"), NUMBER, channel="sms")
    assert "Several people share" in reply("ACK")
    assert alarm.state() == "new"


def test_whoever_left_the_house_is_nobody(alarm: Alarm) -> None:
    alarm.ana.is_active = False
    alarm.ana.save()
    assert "does not know you" in reply("ACK")
    assert alarm.state() == "new"


def test_the_same_text_told_again_has_no_second_effect(alarm: Alarm) -> None:
    first = reply("ACK")
    events = LedgerEvent.objects.count()
    assert reply("ACK") == first
    assert (LedgerEvent.objects.count(), Callback.objects.count()) == (events, 1)


def test_stop_is_left_to_the_service(alarm: Alarm) -> None:
    assert reply("STOP", OptOutType="STOP") == ""


def test_what_must_not_leave_is_not_texted_back(alarm: Alarm) -> None:
    OutboxMessage.objects.update(confidential=True, discreet_title="Confidential")
    alarm.another()
    words = reply("ACK") + reply("hm", "ab") + reply(f"ACK {alarm.incident.pk}", "ac")
    assert alarm.incident.title not in words


# Keys


def test_one_acknowledges_for_whom_the_call_was_made(alarm: Alarm) -> None:
    assert press("1") == f"You have acknowledged {alarm.incident.number}."
    assert (alarm.answered().answer_way, alarm.answered().answered_by) == ("keypad", alarm.ana)


def test_nine_reads_the_alert_again_and_acknowledges_nothing(alarm: Alarm) -> None:
    words = press("9")
    assert alarm.incident.title in words
    assert "press 1" in words
    assert alarm.answered().answered_at is None


def test_nine_reads_no_confidential_details(alarm: Alarm) -> None:
    OutboxMessage.objects.update(confidential=True, discreet_title="A confidential alert")
    assert alarm.incident.title not in press("9")


@pytest.mark.parametrize("key", ["", "0", "11", "*", "1\x00", "one"])
def test_no_key_and_other_keys_acknowledge_nothing(alarm: Alarm, key: str) -> None:
    assert "press 1" in press(key)
    assert alarm.answered().answered_at is None


def test_a_call_that_is_nobodys_is_told_so(alarm: Alarm) -> None:
    assert "does not know this call" in press("1", "CA" + "9" * 32)
    assert "does not know this call" in press("1", "CA" + SMS[2:].replace("1", "2"))


def test_a_call_about_several_alerts_acknowledges_none(alarm: Alarm) -> None:
    _, message = alarm.another()
    attempt(message, "voice", CALL)
    assert "several messages" in press("1")
    assert alarm.state() == "new"


def test_the_same_key_told_again_has_no_second_effect(alarm: Alarm) -> None:
    first = press("1")
    events = LedgerEvent.objects.count()
    assert (press("1"), LedgerEvent.objects.count()) == (first, events)


# Forgeries


@pytest.mark.parametrize("path", DOORS)
def test_without_its_secret_a_door_says_only_that_it_is_not_set_up(alarm: Alarm, settings: Any, path: str) -> None:
    settings.TELEPHONE_AUTH_TOKEN = ""
    answer = call_back(path, documented("text_reply"))
    assert (answer.status_code, answer.content) == (503, b"Telephone messages are not set up on this installation.\n")
    assert not Callback.objects.exists()


def _forged() -> list[Any]:
    params = documented("text_reply")
    signature = RequestValidator(TOKEN).compute_signature(f"{PORTAL}{REPLY}", params)
    return [
        pytest.param(lambda: call_back(REPLY, params, secret="another"), id="another secret"),
        pytest.param(lambda: raw_call(REPLY, urlencode(params), ""), id="no signature"),
        pytest.param(lambda: raw_call(REPLY, urlencode({**params, "Body": "ACK 1"}), signature), id="another text"),
        pytest.param(lambda: raw_call(REPLY, urlencode({**params, "Extra": "1"}), signature), id="one parameter more"),
        pytest.param(lambda: raw_call(KEYPAD, urlencode(params), signature), id="another door"),
        pytest.param(lambda: raw_call(f"{REPLY}?a=1", urlencode(params), signature), id="another address"),
        pytest.param(lambda: call_back(REPLY, params, signed=f"http://testserver{REPLY}"), id="signed over the host"),
        pytest.param(lambda: call_back(REPLY, params, signed=f"https://evil.example{REPLY}", Host="evil.example"), id="forged host"),
        pytest.param(lambda: call_back(REPLY, {**params, "AccountSid": "AC" + "1" * 32}), id="another account"),
    ]


@pytest.mark.parametrize("call", _forged())
def test_a_forged_call_has_no_effect(alarm: Alarm, call: Callable[[], Any]) -> None:
    answer = call()
    assert (answer.status_code, answer.content) == (403, b"The signature does not fit.\n")
    assert alarm.state() == "new"
    assert not Callback.objects.exists()


def test_a_parameter_that_stands_there_twice_has_no_effect(alarm: Alarm) -> None:
    params = documented("text_reply")
    # Two equal values are signed like one, so the signature fits.
    signature = RequestValidator(TOKEN).compute_signature(f"{PORTAL}{REPLY}", params)
    answer = raw_call(REPLY, urlencode([*params.items(), ("Body", params["Body"])]), signature)
    assert answer.status_code == 400
    assert alarm.state() == "new"


def test_the_proxys_name_and_scheme_do_not_matter(alarm: Alarm) -> None:
    answer = call_back(REPLY, documented("text_reply"), Host="inner:8000", X_Forwarded_Proto="http", X_Forwarded_Host="evil.example")
    assert told(answer).startswith("You have acknowledged")


@pytest.mark.parametrize("path", DOORS)
@pytest.mark.parametrize("method", ["get", "head", "put", "delete", "options", "patch"])
def test_only_post_is_answered(path: str, method: str) -> None:
    assert getattr(Client(), method)(path).status_code == 405


HOSTILE = [
    b"",
    b"\x00\xff\xfe" * 100,
    b"%ff=%ff&Body=%00",
    b"&".join(b"a=1" for _ in range(500)),
    b"CallSid=" + b"A" * 90_000,
    b"=&=&;&%&+&Digits",
    "CallSid=ＣＡ１".encode("utf-16"),
]


KINDS = ["application/x-www-form-urlencoded; charset=utf-16", "multipart/form-data; boundary=x", "text/nonsense; charset=nope"]


@pytest.mark.parametrize("path", DOORS)
@pytest.mark.parametrize("kind", KINDS)
def test_hostile_bodies_are_refused_without_an_error_of_ours(path: str, kind: str) -> None:
    empty = RequestValidator(TOKEN).compute_signature(f"{PORTAL}{path}", {})
    answers = [raw_call(path, body, signature, content_type=kind) for body in HOSTILE for signature in ("", "\x00", empty)]
    assert {answer.status_code for answer in answers} <= {400, 403}


@pytest.mark.parametrize("path", DOORS)
def test_a_body_that_is_too_large_is_refused_unread(path: str) -> None:
    assert raw_call(path, b"a" * 100_001, "").status_code == 413


@hypothesis_settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    params=st.dictionaries(st.sampled_from(["CallSid", "MessageSid", "Body", "From", "Digits", "MessageStatus", "x"]), st.text(max_size=40))
)
def test_hostile_values_that_are_signed_are_no_error_either(params: dict[str, str]) -> None:
    clean = {name: value.encode("utf-8", "replace").decode() for name, value in params.items()}
    assert all(call_back(path, clean).status_code < 500 for path in DOORS)


def test_nobody_has_to_sign_in_and_nothing_is_kept_of_it(alarm: Alarm) -> None:
    answer = call_back(REPLY, documented("text_reply"))
    assert not answer.cookies
    assert answer["Cache-Control"] == "no-store"
    assert ACCOUNT not in answer.content.decode()


def test_an_early_report_counts_once_its_message_is_recorded(alarm: Alarm, now: datetime) -> None:
    from portal.foundation.answers.receipts import catch_up

    ref = "SM" + "7" * 32
    assert status("delivered", ref) == 204
    assert Callback.objects.get().message is None
    made = attempt(alarm.message, "sms", ref)
    catch_up({ref}, now + timedelta(minutes=1))
    made.refresh_from_db()
    assert (made.receipt, Callback.objects.get().message) == ("delivered", alarm.message)
