"""Somebody was alerted on the telephone and in Slack about something that rings, and the doors' clock is turned by hand."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from portal.foundation import clock
from portal.foundation.adminkit.frame import frames
from portal.foundation.answers import answerers
from portal.foundation.answers.answerers import Standing
from portal.foundation.errors import NotAllowed, WrongState
from portal.models import ContactPoint, DeliveryAttempt, OutboxMessage, User
from tests.factories.portal import contact, person
from tests.fakes.slack import MEMBER

NUMBER, KIND = "+34600123456", "page.bell"
SMS, CALL = "SM" + "0" * 31 + "1", "CA" + "0" * 31 + "1"


@dataclass
class Incident:
    """What an alert is about, as far as answers care."""

    pk: int
    title: str
    state: str = "new"
    holder: User | None = None

    @property
    def number(self) -> str:
        return f"INC-{self.pk:06d}"

    def words(self) -> str:
        return f"{self.holder} has {self.number}." if self.holder else f"{self.number} is {self.state}."


class Bell:
    """Stands in for what apps register: knows its incidents, and who may not answer."""

    def __init__(self) -> None:
        self.incidents: dict[int, Incident] = {}
        self.barred: set[int] = set()

    def code(self, message: OutboxMessage) -> str:
        return message.subject_ref.partition(":")[2]

    def standing(self, message: OutboxMessage, person: User) -> Standing | None:
        incident = self.incidents.get(int(self.code(message)))
        return incident and Standing(incident.number, incident.state == "new", incident.words(), "https://portal.example/1")

    def acknowledge(self, message: OutboxMessage, person: User, *, now: datetime, reason: str) -> str:
        incident = self.incidents[int(self.code(message))]
        if person.pk in self.barred:
            raise NotAllowed("You may not acknowledge this incident.")
        if incident.state != "new":
            raise WrongState(incident.words())
        with frames["act"]("incident.acknowledged", actor=person, now=now, why=reason):
            incident.state, incident.holder = "in_progress", person
        return f"You have acknowledged {incident.number}."


BELL = Bell()
answerers.register(KIND, BELL)


@dataclass
class Alarm:
    """Ana was alerted about `incident` by `message`, which went out as a text, as a call and in Slack."""

    now: datetime
    incident: Incident
    message: OutboxMessage
    ana: User
    tom: User
    phone: ContactPoint
    bell: Bell = field(default_factory=lambda: BELL)

    def another(self) -> tuple[Incident, OutboxMessage]:
        """A second incident about which Ana is alerted by a text, a little later."""
        incident, message = _alert(self.ana, 13, "Transfers fail", self.now + timedelta(seconds=30))
        attempt(message, "sms", "SM" + "0" * 31 + "2")
        return incident, message

    def answered(self) -> OutboxMessage:
        return OutboxMessage.objects.get(pk=self.message.pk)

    def state(self) -> str:
        return self.incident.state


@pytest.fixture
def alarm(now: datetime) -> Alarm:
    BELL.incidents.clear()
    BELL.barred.clear()
    ana = person("Ana Person")
    phone = contact(ana, NUMBER, channel="sms")
    contact(ana, NUMBER, channel="voice")
    contact(ana, MEMBER, channel="slack")
    incident, message = _alert(ana, 12, "Card payments fail", now)
    for channel, ref in (("sms", SMS), ("voice", CALL), ("slack", "")):
        attempt(message, channel, ref)
    return Alarm(now, incident, message, ana, person("Tom Person"), phone)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch, now: datetime) -> Callable[[datetime], None]:
    """Turns the doors' clock; it stands a minute after the alert to begin with."""

    def turn(moment: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: moment)

    turn(now + timedelta(minutes=1))
    return turn


def alert(ana: User, key: int, title: str, at: datetime, **fields: Any) -> OutboxMessage:
    """A message to `ana` that was handed over."""
    made = {"title": f"P1 INC-{key:06d} {title}", "body": "You are alerted.", "link": "https://portal.example/1", "state": "delivered"}
    return OutboxMessage.objects.create(
        **{**made, "kind": KIND, "person": ana, "person_name": str(ana), "subject_ref": f"bell:{key}", "created_at": at},
        **{"idempotency_key": f"bell-{key}-{at.timestamp()}", **fields},
    )


def attempt(message: OutboxMessage, channel: str, ref: str) -> DeliveryAttempt:
    """The message was handed over on `channel`, where the provider calls it `ref`."""
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


def _alert(ana: User, key: int, title: str, at: datetime) -> tuple[Incident, OutboxMessage]:
    BELL.incidents[key] = Incident(key, title)
    return BELL.incidents[key], alert(ana, key, title, at)
