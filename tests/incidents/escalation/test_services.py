"""What people do to an escalation, and what the pages and the monitors read."""

from datetime import datetime, timedelta

import pytest

from audit.models import LedgerEvent
from incidents.escalation import services
from incidents.escalation.queries import engine_health, next_step
from incidents.lifecycle import services as lifecycle
from incidents.models import EscalationRun, TimelineEntry
from portal.foundation.errors import NotAllowed, WrongState
from portal.foundation.outbox.dispatch import deliver_due
from portal.models import ContactPoint, OutboxMessage
from tests.factories.portal import contact, person
from tests.receiver import receiver, status

from .conftest import Scene, alerted, make_scene, run_of, story

pytestmark = pytest.mark.django_db


def test_acknowledging_stops_the_alerts_and_takes_waiting_messages_back(scene: Scene) -> None:
    opened = scene.open()
    scene.engine()
    services.acknowledge(opened, actor=scene.ana, now=scene.after(1))
    assert OutboxMessage.objects.get().state == "cancelled"
    for minute in (5, 15, 30):
        scene.engine(minute)
    assert (alerted(opened), run_of(opened).state, opened.state) == (["Ana"], "ended", "in_progress")
    assert story(opened)[-1] == "Alerting stopped"
    assert opened.timeline.filter(text="Alerting stopped").get().why == "Ana Person acknowledged."


def test_acknowledging_twice_is_harmless(scene: Scene) -> None:
    opened = scene.open()
    scene.engine()
    services.acknowledge(opened, actor=scene.ana, now=scene.after(1))
    events, entries = LedgerEvent.objects.count(), TimelineEntry.objects.count()
    services.acknowledge(opened, actor=scene.ana, now=scene.after(2))
    assert (LedgerEvent.objects.count(), TimelineEntry.objects.count()) == (events, entries)


def test_acknowledging_before_the_engine_has_looked_alerts_nobody(scene: Scene) -> None:
    opened = scene.open()
    services.acknowledge(opened, actor=scene.ana, now=scene.now)
    scene.engine()
    assert (alerted(opened), run_of(opened).state) == ([], "ended")


def test_without_the_right_nothing_happens(scene: Scene) -> None:
    opened = scene.open()
    scene.engine()
    with pytest.raises(NotAllowed, match="acknowledge this incident"):
        services.acknowledge(opened, actor=person("Outsider"), now=scene.after(1))
    assert run_of(opened).state == "paging"


def test_an_ended_incident_cannot_be_acknowledged_and_nothing_is_half_done(scene: Scene) -> None:
    opened = scene.open()
    scene.engine()
    services.resolve(opened, actor=scene.ana, now=scene.after(1), reason="restarted")
    with pytest.raises(WrongState):
        services.acknowledge(opened, actor=scene.ana, now=scene.after(2))


@pytest.mark.parametrize("verb", [services.resolve, services.cancel])
def test_resolving_or_cancelling_ends_the_run_in_the_same_transaction(verb: object, scene: Scene) -> None:
    opened = scene.open()
    scene.engine()
    verb(opened, actor=scene.ana, now=scene.after(1), reason="restarted")  # type: ignore[operator]
    assert (run_of(opened).state, OutboxMessage.objects.get().state) == ("ended", "cancelled")


def test_an_open_incident_keeps_its_run(scene: Scene) -> None:
    opened = scene.open()
    scene.engine()
    with pytest.raises(WrongState, match="still open"):
        services.end_runs(opened, actor=scene.ana, now=scene.now)


def test_after_the_milestone_the_same_person_can_acknowledge_again(now: datetime) -> None:
    scene = make_scene(now, resolve_within=timedelta(hours=1))
    opened = scene.open()
    scene.engine()
    services.acknowledge(opened, actor=scene.ana, now=scene.after(1))
    scene.engine(60)
    services.acknowledge(opened, actor=scene.ana, now=scene.after(61))
    assert run_of(opened).state == "ended"


def test_a_reopened_incident_can_be_acknowledged_again_by_the_same_person(scene: Scene) -> None:
    opened = scene.open()
    scene.engine()
    services.acknowledge(opened, actor=scene.ana, now=scene.after(1))
    services.resolve(opened, actor=scene.ana, now=scene.after(2), reason="restarted")
    lifecycle.reopen(opened, actor=scene.ana, now=scene.after(3), reason="it is back")
    scene.engine(3)
    assert run_of(opened).state == "paging"
    services.acknowledge(opened, actor=scene.ana, now=scene.after(4))
    assert (run_of(opened).state, run_of(opened).opening) == ("ended", 1)


def test_the_page_foretells_the_next_step(scene: Scene) -> None:
    opened = scene.open()
    ahead = next_step(opened, scene.now)
    assert ahead is not None
    assert ahead.words(scene.now) == "Level 1, Ana Person, now"
    scene.engine()
    ahead = next_step(opened, scene.after(1))
    assert ahead is not None
    assert ahead.words(scene.after(1)) == "Level 1, Tom Person, in 4 min, unless Ana Person acknowledges"
    scene.engine(5)
    ahead = next_step(opened, scene.after(11))
    assert ahead is not None
    assert ahead.words(scene.after(11)) == "Level 2, Kim Person, in 4 min, unless Ana Person or Tom Person acknowledges"
    services.acknowledge(opened, actor=scene.ana, now=scene.after(12))
    assert next_step(opened, scene.after(12)) is None


def test_handing_over_is_told_on_the_timeline_without_the_address(scene: Scene) -> None:
    opened = scene.open()
    with receiver() as phone:
        ContactPoint.objects.filter(person=scene.ana).update(address=f"{phone.url}/s3cret")
        scene.engine()
        deliver_due(now=scene.now)
    assert story(opened)[-1] == "Handed to Ana Person's phone (webhook)"
    assert LedgerEvent.objects.filter(type="message.delivered", object_pk=str(opened.pk)).count() == 1
    assert not TimelineEntry.objects.filter(data__icontains="s3cret").exists()


def test_failing_and_taking_the_next_way_are_told(scene: Scene) -> None:
    opened = scene.open()
    with receiver(status(404)) as phone, receiver(status(404)) as chat:
        ContactPoint.objects.filter(person=scene.ana).update(address=phone.url)
        contact(scene.ana, chat.url, label="team chat")
        scene.engine()
        deliver_due(now=scene.now)
    assert story(opened)[-2:] == [
        "Ana Person's phone (webhook) could not be reached; the next contact point is tried",
        "The message to Ana Person could not be delivered",
    ]


def test_the_engines_health_is_told_in_words(scene: Scene) -> None:
    never = engine_health(scene.now)
    assert (never.is_well, never.words.split(":")[0]) == (False, "The engine has never run")
    opened = scene.open()
    scene.engine()
    assert engine_health(scene.now + timedelta(seconds=3)).words == "The engine looked 3 s ago"
    assert engine_health(scene.now + timedelta(seconds=3)).ok
    assert not engine_health(scene.after(2)).is_well
    EscalationRun.objects.filter(incident=opened).update(next_run_at=scene.now - timedelta(minutes=2))
    overdue = engine_health(scene.now)
    assert (overdue.is_well, overdue.overdue_runs) == (False, 1)
