"""Many at once: one wins, the others find nothing left to do. SQLite has one writer at a time, so this needs PostgreSQL."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial

import pytest
from django.db import connection, connections

from audit.models import LedgerEvent
from incidents.escalation import services
from incidents.escalation.engine import run_cycle
from incidents.models import EscalationRun, Incident
from portal.foundation.outbox.dispatch import deliver_due
from portal.models import ContactPoint, OutboxMessage
from tests.receiver import receiver

from .conftest import Scene, alerted, make_scene, run_of

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="needs several writers at once"),
]


@pytest.fixture
def scene(now: datetime) -> Scene:
    """Not shared: what these tests write is committed."""
    return make_scene(now)


def at_once(count: int, work: Callable[[], object]) -> None:
    def one(_: int) -> None:
        try:
            work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        list(pool.map(one, range(count)))


def test_eight_engines_alert_each_person_once(scene: Scene) -> None:
    opened = [scene.open(title=f"Incident {number}") for number in range(5)]
    for minutes in (0, 5, 15, 30):
        at_once(8, partial(run_cycle, now=scene.after(minutes)))
    assert [alerted(one) for one in opened] == [["Ana", "Tom", "Kim"]] * 5
    assert EscalationRun.objects.filter(state="exhausted", failures=0).count() == 5


def test_ten_acknowledgements_beside_the_engine_leave_one_event(scene: Scene) -> None:
    opened = scene.open()
    scene.engine()
    work = [
        lambda: services.acknowledge(Incident.objects.get(pk=opened.pk), actor=scene.ana, now=scene.after(5)),
        lambda: run_cycle(now=scene.after(5)),
    ]
    at_once(10, lambda: [step() for step in work])
    assert LedgerEvent.objects.filter(type="incident.acknowledged").count() == 1
    assert LedgerEvent.objects.filter(type="escalation.acknowledged").count() == 1
    assert run_of(opened).state == "ended"


def test_two_people_acknowledging_in_the_same_instant_leave_one_holder_and_both_names(scene: Scene) -> None:
    opened = scene.open()
    scene.engine()
    people = iter([scene.ana, scene.tom, scene.kim])
    at_once(3, lambda: services.acknowledge(Incident.objects.get(pk=opened.pk), actor=next(people), now=scene.after(1)))
    opened.refresh_from_db()
    holder = run_of(opened).holder
    assert holder == opened.assigned_to
    others = {someone for someone in (scene.ana, scene.tom, scene.kim) if someone != holder}
    told = set(opened.timeline.filter(data__acknowledged_beside=holder.pk).values_list("text", flat=True))
    assert told == {f"{someone} acknowledged too; {holder} has it" for someone in others}


def test_eight_workers_hand_each_message_over_once(scene: Scene, now: datetime) -> None:
    with receiver() as phone:
        ContactPoint.objects.update(address=phone.url)
        for number in range(12):
            scene.open(title=f"Incident {number}")
        scene.engine()
        at_once(8, lambda: deliver_due(now=now))
    assert len(phone.keys) == len(set(phone.keys)) == 12
    assert set(OutboxMessage.objects.values_list("state", flat=True)) == {"delivered"}
