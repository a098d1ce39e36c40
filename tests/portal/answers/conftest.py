"""Somebody was alerted on the telephone and in Slack, and the doors' clock is turned by hand."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from incidents.models import Incident
from portal.foundation import clock
from portal.models import ContactPoint, DeliveryAttempt, OutboxMessage, User
from tests.factories.portal import contact
from tests.fakes.slack import MEMBER
from tests.incidents.escalation.conftest import Scene, make_scene

NUMBER = "+34600123456"
SMS, CALL = "SM" + "0" * 31 + "1", "CA" + "0" * 31 + "1"


@dataclass
class Alarm:
    """Ana was alerted about `incident` by `message`, which went out as a text, as a call and in Slack."""

    scene: Scene
    incident: Incident
    message: OutboxMessage
    ana: User
    phone: ContactPoint

    def another(self, ref: str = "SM" + "0" * 31 + "2", **fields: Any) -> tuple[Incident, OutboxMessage]:
        """A second incident about which Ana is alerted by a text, a little later."""
        incident = self.scene.open(title="Transfers fail", **fields)
        self.scene.engine(0.5)
        message = OutboxMessage.objects.get(subject_ref=f"incidents.incident:{incident.pk}")
        attempt(message, "sms", ref)
        return incident, message

    def answered(self) -> OutboxMessage:
        return OutboxMessage.objects.get(pk=self.message.pk)

    def state(self) -> str:
        return str(Incident.objects.get(pk=self.incident.pk).state)


@pytest.fixture
def alarm(now: datetime) -> Alarm:
    scene = make_scene(now)
    phone = contact(scene.ana, NUMBER, channel="sms")
    contact(scene.ana, NUMBER, channel="voice")
    contact(scene.ana, MEMBER, channel="slack")
    incident = scene.open()
    scene.engine()
    message = OutboxMessage.objects.get()
    for channel, ref in (("sms", SMS), ("voice", CALL), ("slack", "")):
        attempt(message, channel, ref)
    return Alarm(scene, incident, message, scene.ana, phone)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch, now: datetime) -> Callable[[datetime], None]:
    """Turns the doors' clock; it stands a minute after the alert to begin with."""

    def turn(moment: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: moment)

    turn(now.replace(minute=now.minute + 1))
    return turn


def attempt(message: OutboxMessage, channel: str, ref: str) -> DeliveryAttempt:
    """The message was handed over on `channel`, where the provider calls it `ref`."""
    OutboxMessage.objects.filter(pk=message.pk).update(state="delivered", next_attempt_at=None)
    return DeliveryAttempt.objects.create(
        message=message,
        number=message.attempts.count() + 1,
        channel=channel,
        contact_label="phone",
        started_at=message.created_at,
        finished_at=message.created_at,
        succeeded=True,
        provider_ref=ref,
    )
