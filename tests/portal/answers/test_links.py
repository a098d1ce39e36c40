"""The link in a message: looking changes nothing, pressing counts once, and only for whom the message was meant."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from audit.events.stories import parsed
from audit.models import LedgerEvent
from portal.foundation.outbox.tokens import VALID_FOR, answer_link, message_of, token_of
from portal.foundation.redaction import one_line
from portal.models import Callback, ChannelRule, OutboxMessage
from tests.factories.portal import person

from .conftest import Alarm

pytestmark = pytest.mark.django_db


def path_of(alarm: Alarm) -> str:
    return f"/answer/{token_of(alarm.message)}/"


@pytest.fixture
def browser() -> Client:
    """Nobody is signed in, and nothing but the address is known."""
    return Client(enforce_csrf_checks=True)


@pytest.mark.usefixtures("at")
def test_looking_asks_and_changes_nothing(alarm: Alarm, browser: Client) -> None:
    events = LedgerEvent.objects.count()
    for method in (browser.get, browser.head, browser.get):
        answer = method(path_of(alarm))
        assert answer.status_code == 200
    words = browser.get(path_of(alarm)).content.decode()
    assert "Acknowledge this alert?" in words
    assert alarm.incident.title in words
    assert "You answer as Ana Person." in words
    assert (alarm.state(), alarm.answered().answered_at, LedgerEvent.objects.count()) == ("new", None, events)


@pytest.mark.usefixtures("at")
def test_pressing_acknowledges_for_the_receiver_and_says_by_which_way(alarm: Alarm, browser: Client) -> None:
    answer = browser.post(path_of(alarm))
    assert (answer.status_code, f"You have acknowledged {alarm.incident.number}." in answer.content.decode()) == (200, True)
    message = alarm.answered()
    assert (message.answered_by, message.answer_way, alarm.state()) == (alarm.ana, "link", "in_progress")
    event = parsed(LedgerEvent.objects.get(type="incident.acknowledged").payload)
    assert (event["ctx"]["channel"], event["actor"]["name"]) == ("link", "Ana Person")
    kept = Callback.objects.get()
    assert (kept.source, kept.told, kept.person) == ("link", "acknowledge", alarm.ana)


@pytest.mark.usefixtures("at")
def test_a_link_counts_once(alarm: Alarm, browser: Client) -> None:
    browser.post(path_of(alarm))
    events = LedgerEvent.objects.count()
    again, looked = browser.post(path_of(alarm)), browser.get(path_of(alarm))
    assert (again.status_code, looked.status_code) == (410, 410)
    assert "This link has been used" in looked.content.decode()
    assert LedgerEvent.objects.count() == events


@pytest.mark.parametrize(
    "change", [lambda t: t[:-1], lambda t: t[:-1] + ("A" if t[-1] != "A" else "B"), lambda t: "A" + t[1:], lambda t: t[28:]]
)
@pytest.mark.usefixtures("at")
def test_a_forged_or_cut_link_is_not_found(alarm: Alarm, browser: Client, change: Callable[[str], str]) -> None:
    path = f"/answer/{change(token_of(alarm.message))}/"
    assert (browser.get(path).status_code, browser.post(path).status_code, alarm.state()) == (404, 404, "new")


@pytest.mark.parametrize("token", ["x", "A" * 71, "A" * 5_000, "%00", "é" * 40, "..%2f" * 8, "=" * 71, "-" * 71])
@pytest.mark.django_db
def test_whatever_stands_in_the_place_of_a_token_is_no_error(token: str, browser: Client) -> None:
    assert (browser.get(f"/answer/{token}/").status_code, browser.post(f"/answer/{token}/").status_code) == (404, 404)


def test_a_link_of_yesterday_is_too_old(alarm: Alarm, browser: Client, at: Callable[[datetime], None], now: datetime) -> None:
    at(now + VALID_FOR - timedelta(seconds=1))
    assert browser.get(path_of(alarm)).status_code == 200
    at(now + VALID_FOR)
    assert (browser.get(path_of(alarm)).status_code, browser.post(path_of(alarm)).status_code, alarm.state()) == (410, 410, "new")


def test_a_link_about_something_that_is_over_changes_nothing(alarm: Alarm, browser: Client, at: object) -> None:
    alarm.incident.state = "resolved"
    answer = browser.post(path_of(alarm))
    assert (answer.status_code, "resolved" in answer.content.decode(), alarm.state()) == (409, True, "resolved")
    assert browser.get(path_of(alarm)).status_code == 409


def test_what_somebody_else_has_is_not_taken_from_them(alarm: Alarm, browser: Client, at: object) -> None:
    alarm.incident.state, alarm.incident.holder = "in_progress", alarm.tom
    answer = browser.post(path_of(alarm))
    assert (answer.status_code, f"Tom Person has {alarm.incident.number}." in answer.content.decode()) == (409, True)
    assert alarm.incident.holder == alarm.tom


@pytest.mark.usefixtures("at")
def test_without_the_right_the_page_says_so_and_the_refusal_is_on_record(alarm: Alarm, browser: Client) -> None:
    alarm.bell.barred.add(alarm.ana.pk)
    for _ in range(2):
        answer = browser.post(path_of(alarm))
        assert (answer.status_code, "You may not acknowledge" in answer.content.decode(), alarm.state()) == (403, True, "new")
    assert Callback.objects.get().outcome.startswith("You may not acknowledge")
    refused = parsed(LedgerEvent.objects.filter(type="message.answer_refused").latest("id").payload)
    assert (refused["actor"]["id"], refused["details"]["way"]) == (str(alarm.ana.pk), "link")


@pytest.mark.usefixtures("at")
def test_somebody_who_left_answers_nothing(alarm: Alarm, browser: Client) -> None:
    alarm.ana.is_active = False
    alarm.ana.save()
    assert (browser.get(path_of(alarm)).status_code, browser.post(path_of(alarm)).status_code, alarm.state()) == (410, 410, "new")


@pytest.mark.usefixtures("at")
def test_whoever_is_signed_in_is_not_asked_for(alarm: Alarm) -> None:
    browser = Client()
    browser.force_login(person("Kim Reader", roles=("responder",)))
    browser.post(path_of(alarm))
    assert alarm.answered().answered_by == alarm.ana


@pytest.mark.usefixtures("at")
def test_details_of_a_confidential_incident_show_only_if_every_way_is_cleared(alarm: Alarm, browser: Client) -> None:
    OutboxMessage.objects.update(confidential=True, discreet_title="P1 INC-000012, confidential")
    assert alarm.incident.title not in browser.get(path_of(alarm)).content.decode()
    for channel in ("sms", "voice"):
        ChannelRule.objects.create(channel=channel, cleared=True)
    words = browser.get(path_of(alarm)).content.decode()
    assert (alarm.incident.title in words, "P1 INC-000012, confidential" in words) == (False, True)
    ChannelRule.objects.create(channel="slack", cleared=True)
    assert alarm.incident.title in browser.get(path_of(alarm)).content.decode()


@pytest.mark.usefixtures("at")
def test_the_page_runs_no_script_keeps_nothing_and_tells_nobody_its_address(alarm: Alarm, browser: Client) -> None:
    answer = browser.get(path_of(alarm))
    policy = answer["Content-Security-Policy"]
    assert ("default-src 'none'" in policy, "script-src" in policy, "unsafe" in policy) == (True, False, False)
    assert (answer["Referrer-Policy"], answer["Cache-Control"], answer["X-Robots-Tag"]) == ("no-referrer", "no-store", "noindex")
    assert not answer.cookies
    assert "<script" not in answer.content.decode()
    assert browser.put(path_of(alarm)).status_code == 405


def test_what_stands_in_a_title_stays_text(alarm: Alarm, browser: Client, at: object) -> None:
    OutboxMessage.objects.update(title="<script>alert(1)</script>")
    assert "<script" not in browser.get(path_of(alarm)).content.decode()


@pytest.mark.usefixtures("at")
def test_the_page_costs_the_same_however_many_messages_there_are(alarm: Alarm, browser: Client, django_assert_max_num_queries: Any) -> None:
    alarm.another()
    with django_assert_max_num_queries(8):
        browser.get(path_of(alarm))


def test_a_token_says_its_message_and_its_end_and_has_one_spelling(alarm: Alarm, now: datetime) -> None:
    token = token_of(alarm.message)
    assert message_of(token) == (alarm.message.pk, now + VALID_FOR)
    assert re.fullmatch(r"[\w-]{71}", token, re.ASCII)
    assert [message_of(spelling) for spelling in (token + "=", token + " ", token.lower(), "", token[:28])] == [None] * 5


def test_a_log_shows_no_token(alarm: Alarm) -> None:
    token = token_of(alarm.message)
    assert token[:28] not in one_line(f'"POST {answer_link(alarm.message)} HTTP/1.1" 200')
    assert token[28:] not in one_line(f'"POST {answer_link(alarm.message)} HTTP/1.1" 200')


def test_only_what_can_be_answered_has_a_link(alarm: Alarm) -> None:
    alarm.message.kind = "contact.code"
    assert answer_link(alarm.message) == ""
