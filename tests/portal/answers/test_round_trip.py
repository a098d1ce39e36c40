"""An alert goes out to a telephone service and comes back: taken, delivered, answered."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from portal.foundation.channels.rules import Uses
from portal.foundation.outbox.dispatch import deliver_due
from portal.foundation.outbox.letters import letter_for_all
from portal.models import OutboxMessage
from tests.factories.portal import contact
from tests.fakes.telephone import call_back, documented, set_up, telephone
from tests.incidents.escalation.conftest import make_scene

from .conftest import NUMBER, Alarm

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


def test_several_alerts_in_one_text_are_told_apart_by_what_to_answer(settings: Any, alarm: Alarm, now: datetime) -> None:
    set_up(settings)
    _, other = alarm.another()
    use = Uses()["sms"]
    letter = letter_for_all([alarm.message, other], alarm.phone, use, now)
    assert letter.title == "2 messages for you, answer ACK and a number"
    assert [line.partition(":")[0] for line in letter.body.splitlines()] == ["12", "13"]
    assert (letter.answer_link, letter.answer_code) == ("", "")
    settings.TELEPHONE_SMS_FROM = "PORTAL"
    assert letter_for_all([alarm.message, other], alarm.phone, use, now).title == "2 messages for you"
