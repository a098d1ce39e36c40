"""The two channels against a real receiver, and the addresses they refuse."""

import logging
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from portal.foundation.channels.base import Message, channels, check_address
from portal.foundation.errors import DeliveryFailed, InvalidInput
from portal.models import ContactPoint
from tests.receiver import receiver, status

MESSAGE = Message("run-1-step-1-0", "escalation.page", "Ana Ruiz", "INC-000001 Payments down", "You are on call.", "http://portal/1")


def test_a_webhook_gets_the_documented_payload_and_its_key() -> None:
    with receiver() as phone:
        channels["webhook"].send(phone.url, MESSAGE)
    assert phone.keys == ["run-1-step-1-0"]
    assert phone.got == [
        {
            "id": "run-1-step-1-0",
            "kind": "escalation.page",
            "to": "Ana Ruiz",
            "title": "INC-000001 Payments down",
            "body": "You are on call.",
            "link": "http://portal/1",
            "answer_link": "",
            "answer_code": "",
        }
    ]


def test_apprise_hands_a_message_over() -> None:
    with receiver() as chat:
        channels["apprise"].send(f"json://127.0.0.1:{chat.port}/room", MESSAGE)
    assert chat.got[0]["title"] == "INC-000001 Payments down"
    assert chat.got[0]["message"] == "You are on call.\nhttp://portal/1"


def test_apprise_may_not_call_an_internal_address(settings: Any) -> None:
    settings.OUTBOUND_ALLOWED_HOSTS = []
    with receiver() as chat, pytest.raises(DeliveryFailed, match="internal network") as refused:
        channels["apprise"].send(f"json://127.0.0.1:{chat.port}/room", MESSAGE)
    assert (chat.got, refused.value.permanent) == ([], True)


def test_apprise_does_not_follow_a_redirect_even_when_the_address_asks_for_it() -> None:
    with receiver() as trap, receiver(status(307, Location=trap.url)) as chat:
        with pytest.raises(DeliveryFailed):
            channels["apprise"].send(f"json://127.0.0.1:{chat.port}/?redirect=yes", MESSAGE)
        assert (len(chat.got), trap.got) == (1, [])


def test_a_service_that_refuses_is_worth_another_try_and_its_address_is_not_told(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="portal"), receiver(status(500)) as chat, pytest.raises(DeliveryFailed) as failed:
        channels["apprise"].send(f"json://user:s3cret@127.0.0.1:{chat.port}/t0ken", MESSAGE)
    assert failed.value.permanent is False
    assert "s3cret" not in caplog.text + failed.value.message


@pytest.mark.parametrize(
    "address",
    ["mailto://ana:pw@example.com", "mailtos://example.com", "MAILTO://x@example.com", "sendgrid://k:a@b.com", "ses://a@b.com/k/s/r/"],
)
def test_email_cannot_carry_an_alert(address: str) -> None:
    with pytest.raises(InvalidInput, match="E-mail does not carry an alert"):
        check_address("apprise", address)
    with pytest.raises(DeliveryFailed) as refused:
        channels["apprise"].send(address, MESSAGE)
    assert refused.value.permanent
    with pytest.raises(ValidationError, match="E-mail does not carry an alert"):
        ContactPoint(channel="apprise", address=address).clean()


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("nonsense://x", "not an address that apprise understands"),
        ("syslog://", "does not speak HTTP"),
        ("rsyslog://broker", "does not speak HTTP"),
        ("dbus://", "not an address that apprise understands|does not speak HTTP"),
        ("json://host/?template=/etc/passwd", "may not name files"),
        ("http://[::1", "not a URL"),
        ("ana@example.com", "E-mail"),
        ("phone", "not a URL"),
        ("", "not a URL"),
    ],
)
def test_addresses_that_apprise_cannot_use_safely_are_refused_in_words(address: str, problem: str) -> None:
    with pytest.raises(InvalidInput, match=problem):
        check_address("apprise", address)


@pytest.mark.parametrize(
    "address", ["ntfy://topic", "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/", "tgram://123456789:abcdefg_hijklmnop/12315544/"]
)
def test_push_and_chat_addresses_are_taken(address: str) -> None:
    check_address("apprise", address)


@pytest.mark.parametrize("address", ["ftp://x/", "javascript://x", "file:///etc/passwd", "http://", "//x"])
def test_a_webhook_is_a_web_address(address: str) -> None:
    with pytest.raises(InvalidInput):
        check_address("webhook", address)


def test_an_unknown_channel_is_said_to_be_unknown() -> None:
    with pytest.raises(InvalidInput, match="not known"):
        check_address("pigeon", "https://example.com")
