"""A recorded call of a provider, played back by many at once, or signed with the secret of yesterday: it counts once, or never.

`MATRIX=all` plays it back a thousand times.
"""

import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connections

from audit.models import LedgerEvent
from incidents.models import Incident
from portal.foundation import clock
from portal.models import Callback, OutboxMessage
from tests.factories.portal import contact
from tests.fakes.slack import SECRET, documented_press
from tests.fakes.slack import press as press_in_slack
from tests.fakes.telephone import call_back, documented, set_up
from tests.incidents.escalation.conftest import make_scene
from tests.portal.answers.conftest import attempt

pytestmark = pytest.mark.django_db(transaction=True)
TIMES = 1_000 if os.environ.get("MATRIX") == "all" else 40
SIDE_BY_SIDE = 8
REPLY = "/hooks/telephone/reply/"
NUMBER = "+34600123456"
YESTERDAYS = "the secret before the rotation"


@pytest.fixture
def incident(now: datetime, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Incident:
    """One about which Ana was alerted by a text."""
    set_up(settings)
    settings.SLACK_SIGNING_SECRET = SECRET
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(minutes=1))
    scene = make_scene(now)
    contact(scene.ana, NUMBER, channel="sms")
    opened = scene.open()
    scene.engine()
    message = OutboxMessage.objects.get(person=scene.ana)
    OutboxMessage.objects.filter(pk=message.pk).update(state="delivered", next_attempt_at=None)
    attempt(message, "sms", "SM" + "0" * 31 + "1")
    return opened


def ack(**changed: str) -> int:
    return int(call_back(REPLY, documented("text_reply", Body="ACK", From=NUMBER, MessageSid="SM" + "a" * 32), **changed).status_code)


def effects() -> tuple[int, int]:
    """Acknowledgements, and calls taken down."""
    return LedgerEvent.objects.filter(type="incident.acknowledged").count(), Callback.objects.count()


def test_a_text_that_is_played_back_by_many_at_once_acknowledges_once(incident: Incident) -> None:
    def play_back(_: int) -> int:
        try:
            return ack()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(SIDE_BY_SIDE) as many:
        answers = Counter(many.map(play_back, range(TIMES)))
    assert (effects(), set(answers) <= {200, 503}, answers[200] > 0) == ((1, 1), True, True), answers
    incident.refresh_from_db()
    assert str(incident.acknowledged_by) == "Ana Person"


def test_after_the_rotation_the_old_secret_opens_nothing(incident: Incident, now: datetime, settings: Any) -> None:
    settings.TELEPHONE_AUTH_TOKEN = settings.SLACK_SIGNING_SECRET = YESTERDAYS
    assert (ack(), press_in_slack(documented_press(), now).status_code, effects()) == (403, 403, (0, 0))
    assert ack(secret=YESTERDAYS) == 200
    assert effects() == (1, 1)
