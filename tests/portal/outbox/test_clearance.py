"""What leaves of a confidential incident: details only over cleared channels to verified contact points, elsewhere number and link."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote_plus

import pytest
from django.core import mail

from portal.foundation.outbox.dispatch import deliver_due
from portal.foundation.outbox.services import queue
from portal.models import ChannelRule, User
from tests.factories.portal import contact, person
from tests.receiver import Receiver, receiver, status, told

pytestmark = pytest.mark.django_db
SECRETS = ("Payroll", "leaked", "salaries")
DISCREET = "INC-000007: confidential incident"
LINK = "https://portal.example/admin/incidents/incident/7/"
CHANNELS = ("webhook", "apprise", "sms", "voice", "slack", "teams", "email")


@pytest.fixture
def provider(settings: Any) -> Iterator[Receiver]:
    answers = [told(201, {"sid": "SM" + "a" * 32, "ok": True}) for _ in range(9)]
    with receiver(*answers) as heard:
        settings.TELEPHONE_API_URL = settings.SLACK_API_URL = f"http://127.0.0.1:{heard.port}"
        settings.TELEPHONE_ACCOUNT_SID, settings.TELEPHONE_AUTH_TOKEN = "AC" + "0" * 32, "t0ken"
        settings.TELEPHONE_SMS_FROM = settings.TELEPHONE_VOICE_FROM = "+15005550006"
        settings.SLACK_BOT_TOKEN, settings.EMAIL_HOST = "xoxb-1", "mail.example"
        yield heard


def way(user: User, channel: str, port: int, **fields: Any) -> None:
    address = {
        "webhook": f"http://127.0.0.1:{port}/hook",
        "apprise": f"json://127.0.0.1:{port}/room",
        "teams": f"http://127.0.0.1:{port}/workflow",
        "slack": "U0123456789",
        "email": "ana@example.com",
    }.get(channel, "+34600123456")
    contact(user, address, channel=channel, **fields)


def left(heard: Receiver) -> str:
    """Everything that went out, as it can be read."""
    sent = [unquote_plus(body.decode()) for body in heard.bodies]
    sent = [json.dumps(json.loads(text), ensure_ascii=False) if text.startswith("{") else text for text in sent]
    return "\n".join([*sent, *(f"{one.subject}\n{one.body}" for one in mail.outbox)])


def send(user: User, now: datetime, **fields: Any) -> None:
    letter: dict[str, Any] = {"kind": "news", "title": "Payroll leaked", "body": "All salaries are public", "link": LINK}
    letter |= {"subject_ref": "x:1", "idempotency_key": "key-1", "confidential": True, "discreet_title": DISCREET}
    queue(**letter | fields, person=user, now=now)
    deliver_due(now=now)


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_channel_that_is_not_cleared_carries_number_and_link_only(channel: str, provider: Receiver, now: datetime) -> None:
    ana = person("Ana")
    way(ana, channel, provider.port)
    send(ana, now)
    out = left(provider)
    assert "INC-000007" in out
    assert not [word for word in SECRETS if word in out]
    # Nobody can press on what is said over the telephone.
    assert LINK in out or channel == "voice"


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_cleared_channel_carries_the_details_to_a_verified_contact_point(channel: str, provider: Receiver, now: datetime) -> None:
    ChannelRule.objects.create(channel=channel, cleared=True)
    ana = person("Ana")
    way(ana, channel, provider.port)
    send(ana, now)
    assert all(word in left(provider) for word in SECRETS)


def test_a_contact_point_that_nobody_answered_from_gets_no_details_even_on_a_cleared_channel(provider: Receiver, now: datetime) -> None:
    ChannelRule.objects.create(channel="sms", cleared=True)
    ana = person("Ana")
    way(ana, "sms", provider.port, verified=False)
    send(ana, now)
    assert DISCREET in left(provider)
    assert "Payroll" not in left(provider)


def test_the_details_do_not_come_along_when_the_next_way_is_not_cleared(provider: Receiver, now: datetime) -> None:
    ChannelRule.objects.create(channel="webhook", cleared=True)
    ana = person("Ana")
    way(ana, "webhook", provider.port)
    way(ana, "teams", provider.port)
    provider.answers.insert(0, status(404))
    send(ana, now)
    first, second = provider.bodies
    assert b"Payroll" in first
    assert b"Payroll" not in second


def test_several_in_one_name_each_as_it_may_be_named(provider: Receiver, now: datetime) -> None:
    ChannelRule.objects.create(channel="teams", most=1, within=timedelta(minutes=1))
    ana = person("Ana")
    way(ana, "teams", provider.port)
    queue(kind="news", person=ana, subject_ref="x:2", title="Cards fail", body="b", link="", idempotency_key="key-2", now=now)
    send(ana, now)
    assert DISCREET in left(provider)
    assert "Cards fail" in left(provider)
    assert "Payroll" not in left(provider)


def test_a_message_of_a_drill_goes_nowhere_unless_somebody_says_where(provider: Receiver, now: datetime) -> None:
    ana = person("Ana")
    way(ana, "webhook", provider.port)
    send(ana, now, drill=True)
    assert provider.bodies == []
