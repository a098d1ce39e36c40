"""Slack and Teams against receivers that answer as the vendors document."""

import json
import logging
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from portal.foundation.channels.base import Handed, Message, can_alert, channels, check_address
from portal.foundation.channels.teams import card
from portal.foundation.errors import DeliveryFailed, InvalidInput
from tests.fakes.slack import problems_with_message
from tests.receiver import Receiver, receiver, status, told

CONTRACTS = Path(__file__).parents[2] / "contracts" / "teams"
MEMBER, TOKEN = "U012AB3CD", "xoxb-s3cret"
ALERT = Message("key-1", "escalation.page", "Ana", "SEV1 <!channel> & cards", "You are on call.", "https://portal.example/1")


@pytest.fixture
def slack(settings: Any) -> Any:
    with receiver(told(200, {"ok": True, "ts": "1.2"})) as heard:
        settings.SLACK_API_URL, settings.SLACK_BOT_TOKEN = f"http://127.0.0.1:{heard.port}/api", TOKEN
        yield heard


def test_the_bot_writes_to_a_member_and_nothing_in_the_text_is_mark_up(slack: Receiver) -> None:
    assert channels["slack"].send(MEMBER, ALERT) == Handed("written by the bot")
    assert slack.paths == ["/api/chat.postMessage"]
    assert slack.headers[0]["Authorization"] == f"Bearer {TOKEN}"
    assert slack.headers[0]["Content-Type"] == "application/json; charset=utf-8"
    text = "*SEV1 &lt;!channel&gt; &amp; cards*\nYou are on call.\n<https://portal.example/1|Open in the portal>"
    assert slack.got == [{"channel": MEMBER, "text": text, "unfurl_links": False}]


def test_a_bots_alert_has_buttons_within_slacks_limits(slack: Receiver) -> None:
    long = replace(ALERT, body="word & " * 2_000, answer_link="https://portal.example/answer/TOKEN/")
    channels["slack"].send(MEMBER, long)
    (document,) = slack.got
    assert problems_with_message(document) == []
    acknowledge, look = document["blocks"][-1]["elements"]
    assert (acknowledge["action_id"], acknowledge["value"]) == ("acknowledge", "TOKEN")
    assert (look["text"]["text"], look["url"]) == ("Open", "https://portal.example/1")


def test_an_incoming_webhook_has_the_link_for_nobody_hears_of_its_buttons() -> None:
    with receiver(status(200, b"ok")) as hook:
        channels["slack"].send(
            f"http://127.0.0.1:{hook.port}/services/x", replace(ALERT, answer_link="https://portal.example/answer/TOKEN/")
        )
    assert "<https://portal.example/answer/TOKEN/|Acknowledge>" in hook.got[0]["text"]
    assert "blocks" not in hook.got[0]


def test_a_card_opens_the_answers_page_as_documented() -> None:
    shown = json.loads((CONTRACTS / "card.json").read_text())
    alert = Message(
        *("key-1", "escalation.page", "Ana", "P1 INC-000012 Card payments fail", "You are alerted.", "https://portal.example/1"),
        answer_link="https://portal.example/answer/TOKEN/",
    )
    assert card(alert) == shown


def test_an_incoming_webhook_needs_no_bot() -> None:
    with receiver(status(200, b"ok")) as hook:
        address = f"http://127.0.0.1:{hook.port}/services/T0/B0/s3cret"
        assert can_alert("slack", address)
        assert channels["slack"].send(address, ALERT) == Handed("taken by the incoming webhook")
    assert "<https://portal.example/1|Open in the portal>" in hook.got[0]["text"]


@pytest.mark.parametrize(
    ("answer", "permanent", "words"),
    [
        (told(200, {"ok": False, "error": "channel_not_found"}), True, "no such member"),
        (told(200, {"ok": False, "error": "invalid_auth"}), True, "must look at SLACK_BOT_TOKEN"),
        (told(200, {"ok": False, "error": "internal_error"}), False, "internal_error"),
        (told(200, {"ok": False, "error": f"{TOKEN}<b>"}), True, "no reason"),
        (told(200, ["surprise"]), False, "no reason"),
        (told(429, {"ok": False, "error": "ratelimited"}, Retry_After="7"), False, "status 429"),
        (status(503), False, "status 503"),
    ],
)
def test_what_slack_refuses_is_told_in_words_without_the_token(
    slack: Receiver, caplog: pytest.LogCaptureFixture, answer: Any, permanent: bool, words: str
) -> None:
    slack.answers[:] = [answer]
    with caplog.at_level(logging.DEBUG), pytest.raises(DeliveryFailed, match=words) as failed:
        channels["slack"].send(MEMBER, ALERT)
    assert failed.value.permanent is permanent
    assert failed.value.retry_after == (timedelta(seconds=7) if "429" in words else None)
    assert TOKEN not in failed.value.message + caplog.text


def test_without_a_token_only_members_cannot_be_written_to() -> None:
    assert not can_alert("slack", MEMBER)
    with pytest.raises(DeliveryFailed, match="not set up"):
        channels["slack"].send(MEMBER, ALERT)


def test_a_workflow_of_teams_gets_an_adaptive_card() -> None:
    with receiver(status(202)) as flow:
        channels["teams"].send(f"http://127.0.0.1:{flow.port}/workflows/s3cret", ALERT)
    (document,) = flow.got
    assert document["type"] == "message"
    (card,) = document["attachments"]
    assert (card["contentType"], card["contentUrl"]) == ("application/vnd.microsoft.card.adaptive", None)
    content = card["content"]
    assert (content["type"], content["version"], content["msteams"]) == ("AdaptiveCard", "1.4", {"width": "Full"})
    assert [block["text"] for block in content["body"]] == ["SEV1 <!channel> & cards", "You are on call."]
    assert content["actions"] == [{"type": "Action.OpenUrl", "title": "Open in the portal", "url": "https://portal.example/1"}]


def test_a_long_alert_stays_below_what_teams_takes() -> None:
    with receiver(status(202)) as flow:
        channels["teams"].send(f"http://127.0.0.1:{flow.port}/w", Message("k", "escalation.page", "Ana", "T", "ünd " * 50_000, ""))
    assert len(flow.bodies[0]) < 21_000


@pytest.mark.parametrize(("code", "permanent"), [(429, False), (404, True), (500, False), (302, True)])
def test_what_teams_refuses_is_worth_another_try_or_not(code: int, permanent: bool) -> None:
    with receiver(status(code, Retry_After="4")) as flow, pytest.raises(DeliveryFailed) as failed:
        channels["teams"].send(f"http://127.0.0.1:{flow.port}/workflows/s3cret", ALERT)
    assert failed.value.permanent is permanent
    assert "s3cret" not in failed.value.message


@pytest.mark.parametrize(
    ("channel", "address", "problem"),
    [
        ("slack", "#general", "neither a member ID nor a webhook"),
        ("slack", "u012ab3cd", "neither"),
        ("slack", "http://hooks.slack.com/services/T/B/x", "neither"),
        ("slack", "", "neither"),
        ("teams", "teams://x", "not a workflow"),
        ("teams", "http://prod.example.com/workflows/1", "not a workflow"),
        ("teams", "https://[::1", "not a URL"),
    ],
)
def test_what_is_no_address_of_theirs_is_refused_in_words(channel: str, address: str, problem: str) -> None:
    with pytest.raises(InvalidInput, match=problem):
        check_address(channel, address)


@pytest.mark.parametrize(
    ("channel", "address"),
    [
        ("slack", MEMBER),
        ("slack", " W012AB3CD "),
        ("slack", "https://hooks.slack.com/services/T/B/x"),
        ("teams", "https://prod.example.com/w"),
    ],
)
def test_their_addresses_are_taken(channel: str, address: str) -> None:
    check_address(channel, address)
