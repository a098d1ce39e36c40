"""A button in Slack: only what Slack signed counts, and only for the person whose member pressed it."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django_q.models import OrmQ

from audit.events.stories import parsed
from audit.models import LedgerEvent
from portal import tasks
from portal.foundation.outbox.tokens import VALID_FOR, token_of
from portal.models import Callback, ContactPoint
from tests.factories.portal import contact, person
from tests.fakes.slack import DOOR, MEMBER, SECRET, documented_press, press, raw_press
from tests.receiver import receiver, status

from .conftest import Alarm

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _set_up(settings: Any, at: object) -> None:
    settings.SLACK_SIGNING_SECRET = SECRET


@pytest.fixture
def minute(now: datetime) -> datetime:
    return now + timedelta(minutes=1)


def payload_for(alarm: Alarm, member: str = MEMBER, **changed: Any) -> dict[str, Any]:
    """A press on 'Acknowledge' under Ana's alert."""
    payload = documented_press(user={"id": member}, **changed)
    payload["actions"][0]["value"] = token_of(alarm.message)
    return payload


def replies() -> list[tuple[str, dict[str, Any]]]:
    """What workers were asked to tell, and where."""
    return [row.task["args"] for row in OrmQ.objects.order_by("id") if row.task["func"] == "portal.tasks.tell_slack"]


def test_a_press_acknowledges_for_the_member_and_takes_the_buttons_away(
    alarm: Alarm, minute: datetime, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        answer = press(payload_for(alarm), minute)
    assert (answer.status_code, answer.content, answer.cookies) == (200, b"", {})
    assert (alarm.answered().answered_by, alarm.answered().answer_way, alarm.state()) == (alarm.ana, "Slack", "in_progress")
    event = parsed(LedgerEvent.objects.get(type="incident.acknowledged").payload)
    assert event["ctx"]["channel"] == "slack"
    ((where, told),) = replies()
    assert where.startswith("https://hooks.slack.com/actions/")
    assert told["replace_original"] is True
    assert told["text"] == f"*P1 INC-000001 Card payments fail*\n:white_check_mark: You have acknowledged {alarm.incident.number}."


def test_a_worker_tells_it_where_slack_said() -> None:
    with receiver(status(200, b"ok"), status(500)) as slack:
        assert tasks.tell_slack(slack.url, {"text": "done"}) == "told"
        assert "status 500" in tasks.tell_slack(slack.url, {"text": "done"})
    assert slack.got == [{"text": "done"}] * 2
    assert tasks.tell_slack("file:///etc/passwd", {}) == "This is no address to answer at."
    assert tasks.tell_slack("http://10.0.0.1/x", {}) == "This is no address to answer at."


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"address": "U99999999"}, "does not know you"),
        ({"verified_until": None}, "has not verified"),
        ({"active": False}, "does not know you"),
    ],
)
def test_a_member_who_is_nobody_here_is_told_so_alone_and_changes_nothing(
    alarm: Alarm, minute: datetime, change: dict[str, Any], words: str, django_capture_on_commit_callbacks: Any
) -> None:
    ContactPoint.objects.filter(channel="slack").update(**change)
    with django_capture_on_commit_callbacks(execute=True):
        assert press(payload_for(alarm), minute).status_code == 200
    ((_, told),) = replies()
    assert (told["response_type"], told["replace_original"], words in told["text"]) == ("ephemeral", False, True)
    assert alarm.state() == "new"


def test_a_colleague_who_presses_acknowledges_for_themselves(alarm: Alarm, minute: datetime) -> None:
    contact(alarm.tom, "U0COLLEAGUE", channel="slack")
    press(payload_for(alarm, "U0COLLEAGUE"), minute)
    assert alarm.answered().answered_by == alarm.tom


def test_a_member_of_two_people_is_the_receiver_or_nobody(alarm: Alarm, minute: datetime) -> None:
    contact(person("Somebody Else"), MEMBER, channel="slack")
    press(payload_for(alarm), minute)
    assert alarm.answered().answered_by == alarm.ana


def test_the_same_press_told_again_has_no_second_effect(alarm: Alarm, minute: datetime) -> None:
    press(payload_for(alarm), minute)
    events = LedgerEvent.objects.count()
    assert press(payload_for(alarm), minute).status_code == 200
    assert (LedgerEvent.objects.count(), Callback.objects.count()) == (events, 1)


@pytest.mark.parametrize("age", [301, -301, 10**9])
def test_a_press_that_is_stale_or_from_the_future_has_no_effect(alarm: Alarm, minute: datetime, age: int) -> None:
    assert press(payload_for(alarm), minute, age=age).status_code == 403
    assert alarm.state() == "new"
    assert not Callback.objects.exists()


def test_what_slack_did_not_sign_has_no_effect(alarm: Alarm, minute: datetime) -> None:
    assert press(payload_for(alarm), minute, secret="another").status_code == 403
    assert raw_press("payload={}", {}).status_code == 403
    good = {"X-Slack-Request-Timestamp": str(int(minute.timestamp())), "X-Slack-Signature": "v0=" + "0" * 64}
    assert raw_press(json.dumps(payload_for(alarm)), good).status_code == 403
    assert alarm.state() == "new"


def test_without_its_secret_the_door_says_only_that_it_is_not_set_up(alarm: Alarm, minute: datetime, settings: Any) -> None:
    settings.SLACK_SIGNING_SECRET = ""
    answer = press(payload_for(alarm), minute)
    assert (answer.status_code, answer.content) == (503, b"Slack's buttons are not set up on this installation.\n")


@pytest.mark.parametrize(
    "payload",
    [
        {"type": "view_submission"},
        documented_press(actions=[]),
        documented_press(actions="acknowledge"),
        documented_press(actions=[{"action_id": "open"}]),
        documented_press(actions=[{"action_id": "acknowledge", "value": 12}]),
        documented_press(actions=[{"action_id": "acknowledge", "value": "\x00" * 80}], user="U1", message=[], response_url=7),
        documented_press(user={"id": "\x00"}),
    ],
)
def test_what_is_no_press_on_acknowledge_has_no_effect(alarm: Alarm, minute: datetime, payload: dict[str, Any]) -> None:
    assert press(payload, minute).status_code == 200
    assert alarm.state() == "new"


@pytest.mark.parametrize(
    "body", ["", "payload=", "payload=[]", "payload={", "payload={}&payload={}", "payload=" + "[" * 5_000, "%ff", "x=1&" * 300]
)
def test_hostile_bodies_that_are_signed_are_refused_without_an_error_of_ours(minute: datetime, body: str) -> None:
    assert press(None, minute, body=body).status_code == 400


def test_too_large_a_body_and_other_methods_are_refused() -> None:
    assert raw_press(b"a" * 100_001, {}).status_code == 413
    assert Client().get(DOOR).status_code == 405


def test_a_button_of_last_week_says_where_to_go(alarm: Alarm, now: datetime, at: Any, django_capture_on_commit_callbacks: Any) -> None:
    late = now + VALID_FOR
    at(late)
    with django_capture_on_commit_callbacks(execute=True):
        press(payload_for(alarm), late)
    assert (alarm.state(), "open the incident in the portal" in replies()[0][1]["text"]) == ("new", True)
