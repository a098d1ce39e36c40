"""A confidential incident: said with a reason at any time, taken back by right, and what waits leaves accordingly."""

from datetime import datetime
from typing import Any

import pytest

from incidents.lifecycle import services
from incidents.models import Incident
from portal.foundation.errors import NotAllowed
from portal.foundation.outbox.services import queue
from portal.models import OutboxMessage
from tests.factories import incidents as make
from tests.factories.portal import person

pytestmark = pytest.mark.django_db


def waiting(incident: Incident, now: datetime, part: str = "") -> OutboxMessage:
    letter = {"kind": "escalation.page", "title": "Payroll leaked", "body": "b", "link": "", "idempotency_key": f"key{part}"}
    return queue(person=person("Ana"), subject_ref=f"incidents.incident:{incident.pk}{part}", now=now, **letter)  # type: ignore[typeddict-item]


def said(incident: Incident, now: datetime, confidential: bool, **how: Any) -> None:
    services.set_facts(incident, confidential=confidential, now=now, reason="Payroll is hit", **how)


def test_messages_that_wait_become_confidential_with_their_incident(now: datetime) -> None:
    incident, other = make.incident(now), make.incident(now)
    messages = [waiting(incident, now), waiting(incident, now, ":compliance"), waiting(other, now, ":x")]
    said(incident, now, True, actor=person("Tom", roles=("responder",)))
    found = [OutboxMessage.objects.get(pk=message.pk) for message in messages]
    title = f"{incident.number}: confidential incident"
    assert [(message.confidential, message.discreet_title) for message in found] == [(True, title), (True, title), (False, "")]
    entry = incident.timeline.filter(kind="graded").last()
    assert entry is not None
    assert (entry.text, entry.why) == ("Tom told that it is confidential", "Payroll is hit")


def test_only_whoever_may_declassify_takes_it_back(now: datetime) -> None:
    incident = make.incident(now, confidential=True)
    with pytest.raises(NotAllowed):
        said(incident, now, False, actor=person("Tom", roles=("responder",)))
    assert Incident.objects.get(pk=incident.pk).confidential
    said(incident, now, False, actor=person("Maya", roles=("commander",)))
    assert not Incident.objects.get(pk=incident.pk).confidential


def test_it_can_be_said_after_the_end(now: datetime) -> None:
    incident = make.incident(now)
    services.resolve(incident, actor=None, now=now, reason="over")
    said(incident, now, True, actor=None)
    assert Incident.objects.get(pk=incident.pk).confidential
