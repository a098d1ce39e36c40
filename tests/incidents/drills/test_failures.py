"""A planned failure of a channel, through the whole delivery."""

from datetime import UTC, datetime, timedelta

import pytest

from incidents.lifecycle.opening import open_incident
from incidents.models import Drill, DrillFailure, DrillPart
from portal.foundation.outbox.dispatch import deliver_due
from portal.foundation.outbox.services import queue
from portal.foundation.signs.tally import write_down
from portal.models import LaneTally
from tests.factories.incidents import service
from tests.factories.portal import contact, person

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def test_a_channel_that_is_down_in_the_drill_is_not_called_and_the_next_way_is_tried() -> None:
    ana = person("Ana")
    contact(ana, "https://hooks.example.com/first", label="chat", channel="webhook", order=1)
    contact(ana, "+34600111222", label="phone", channel="sms", order=2)
    of = service("Cards")
    made = open_incident(title="DRILL", service=of, impact=2, urgency=2, actor=None, now=NOW, origin="drill")
    drill = Drill.objects.create(
        title="D", service=of, goal="G", planned_for=NOW, ends_by=NOW + timedelta(hours=1), state="running", started_at=NOW, incident=made
    )
    DrillPart.objects.create(drill=drill, person=ana, consented_at=NOW)
    for channel in ("webhook", "sms"):
        DrillFailure.objects.create(drill=drill, kind="channel", channel=channel)
    message = queue(
        kind="escalation.page",
        person=ana,
        subject_ref=f"incidents.incident:{made.pk}",
        title="DRILL",
        body="",
        link="",
        idempotency_key="drill-1",
        now=NOW,
        drill=True,
    )
    # What tests before this one counted in the same process.
    write_down(now=NOW)
    LaneTally.objects.all().delete()
    deliver_due(now=NOW)
    message.refresh_from_db()
    told = [(attempt.channel, attempt.detail) for attempt in message.attempts.all()]
    assert told == [(channel, "Planned failure of the drill: this channel is down.") for channel in ("webhook", "sms")]
    assert message.state == "failed"
    write_down(now=NOW)
    assert not LaneTally.objects.exists()
