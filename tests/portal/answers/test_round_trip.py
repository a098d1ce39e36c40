"""An alert goes out to a telephone service and comes back: taken, delivered, answered."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from portal.foundation.outbox.dispatch import deliver_due
from portal.models import OutboxMessage
from tests.factories.portal import contact
from tests.fakes.telephone import call_back, documented, telephone
from tests.incidents.escalation.conftest import make_scene

from .conftest import NUMBER

pytestmark = pytest.mark.django_db


def test_a_text_is_sent_delivered_and_answered(settings: Any, now: datetime, at: Callable[[datetime], None]) -> None:
    scene = make_scene(now)
    scene.ana.contact_points.all().delete()
    contact(scene.ana, NUMBER, channel="sms")
    opened = scene.open()
    with telephone(settings) as fake:
        scene.engine()
        deliver_due(now=now)
        (taken,) = fake.taken
        sid = taken["Sid"][0]
        assert f"answer ACK {opened.pk} or open https://portal.example/answer/" in taken["Body"][0]
        assert OutboxMessage.objects.get().state == "awaiting"
        call_back("/hooks/telephone/status/", documented("text_status", MessageSid=sid, MessageStatus="delivered"))
        assert OutboxMessage.objects.get().state == "delivered"
        call_back("/hooks/telephone/reply/", documented("text_reply", Body="ack"))
    opened.refresh_from_db()
    assert (opened.assigned_to, OutboxMessage.objects.get().answer_way) == (scene.ana, "reply")


def test_a_call_that_nobody_picks_up_is_followed_by_the_next_way(settings: Any, now: datetime, at: Callable[[datetime], None]) -> None:
    scene = make_scene(now)
    scene.ana.contact_points.all().delete()
    for channel in ("voice", "sms"):
        contact(scene.ana, NUMBER, channel=channel)
    scene.open()
    with telephone(settings) as fake:
        scene.engine()
        deliver_due(now=now)
        call_back("/hooks/telephone/status/", documented("call_status", CallSid=fake.taken[0]["Sid"][0], CallStatus="no-answer"))
        deliver_due(now=now + timedelta(minutes=1))
    assert ["Twiml" in taken for taken in fake.taken] == [True, False]
