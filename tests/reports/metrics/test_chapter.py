"""The chapter of operations, over what the engine, the hand-offs and the messages left in the database."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from incidents.escalation.services import acknowledge
from incidents.handoffs.services import accept, offer
from incidents.lifecycle import services as lifecycle
from incidents.models import Drill, EscalationStep, HandOff, ImpactReading, Incident
from policies.models import Component, Team
from portal.foundation import database_guards
from portal.models import ContactPoint, DeliveryAttempt, OutboxMessage
from reports.document import Chapter
from reports.metrics import escalation_definitions as definitions
from reports.metrics.chapter.build import chapter_of
from reports.metrics.escalation_queries import technical_escalations
from reports.metrics.incident_queries import incidents_of
from reports.metrics.parts import by_dimension, split
from reports.metrics.population import Population
from tests.incidents.escalation.conftest import Scene, make_scene
from tests.reports.metrics.test_levels import story

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene(now: Any) -> Scene:
    return make_scene(now)


def period(scene: Scene) -> Population:
    return Population(scene.now, scene.now + timedelta(days=1))


def told(scene: Scene, minutes: float = 60) -> Chapter:
    return chapter_of(period(scene), scene.after(minutes))


def busy(scene: Scene) -> tuple[Incident, Incident]:
    """Ana acknowledges the first and hands it to Tom, who resolves it; the second, of a compliance kind, escalates and stays open."""
    first, second = scene.open(title="First"), scene.open(title="Second", personal_data=True)
    scene.engine(0)
    acknowledge(first, actor=scene.ana, now=scene.after(2))
    for minute in (2, 5, 15):
        scene.engine(minute)
    hand_off = offer(Incident.objects.get(pk=first.pk), note="The queue still grows", to=scene.tom, actor=scene.ana, now=scene.after(16))
    accept(hand_off, actor=scene.tom, now=scene.after(18))
    lifecycle.resolve(Incident.objects.get(pk=first.pk), actor=scene.tom, now=scene.after(40), reason="Restarted")
    scene.engine(40)
    return first, second


def test_what_the_engine_did_is_told_track_by_track(scene: Scene) -> None:
    busy(scene)
    content = told(scene).content
    technical, compliance = (content["tracks"][track] for track in ("technical", "compliance"))
    assert (technical["runs"], technical["escalations"]) == (2, 1)
    assert compliance["runs"] == 1
    assert content["by"]["technical"]["service"]["Card payments"]["escalations"] == 1
    assert content["versions"]["Escalation of Card payments v1"]["runs"] == 2
    assert content["levels"]["technical"]["level 1"]["time_to_acknowledge_level_seconds"]["mean"] == 120
    assert content["bottleneck"]["technical"]["service"] == {"name": "Card payments", "seconds": 120 + 900 + 1500, "share": 100.0}


def test_times_hand_offs_and_recurrence_are_those_of_the_rows(scene: Scene) -> None:
    busy(scene)
    content = told(scene).content
    assert (content["time_to_resolve"]["mean"], content["time_to_resolve"]["open"]) == (2400, 1)
    assert (content["hand_offs"]["asked"], content["hand_offs"]["accepted"]) == (HandOff.objects.count(), 1)
    assert content["hand_offs"]["time_to_sign"]["mean"] == 120
    assert content["recurrence"]["service"]["within_7_days"] == 0
    again = scene.open(title="Again")
    Incident.objects.filter(pk=again.pk).update(opened_at=scene.after(50))
    assert told(scene).content["recurrence"]["service"]["within_7_days"] == 1


def test_messages_are_those_of_the_periods_incidents_with_the_way_that_took_them(scene: Scene) -> None:
    _, second = busy(scene)
    alerts = OutboxMessage.objects.filter(subject_ref__startswith=f"incidents.incident:{second.pk}")
    assert {ref.count(":") for ref in alerts.values_list("subject_ref", flat=True)} == {1, 2}
    for place, message in enumerate(alerts.order_by("created_at", "pk")):
        for number, channel in enumerate(("sms", "voice")[: 1 + place % 2], start=1):
            DeliveryAttempt.objects.create(
                message=message, number=number, channel=channel, contact_label="phone", started_at=message.created_at,
                finished_at=message.created_at, succeeded=number == 1 + place % 2,
            )  # fmt: skip
        finished = message.created_at + timedelta(seconds=2 + place)
        OutboxMessage.objects.filter(pk=message.pk).update(
            state="delivered", finished_at=finished, next_attempt_at=None, contact_position=place % 2
        )
    found = told(scene).content["messages"]
    slow = OutboxMessage.objects.filter(kind__startswith="escalation.").exclude(subject_ref__contains="hand-off")
    states = Counter(slow.values_list("state", flat=True))
    assert (found["sent"], found["delivered"], found["taken_back"]) == (slow.count(), states["delivered"], states["cancelled"])
    assert found["by_channel"]["sms"]["count"] == -(-alerts.count() // 2)
    assert found["by_channel"]["voice"]["count"] == found["fell_back"] == alerts.count() // 2


def test_drills_and_other_periods_are_left_out_of_everything_but_the_drills(scene: Scene) -> None:
    first, _ = busy(scene)
    database_guards.drop("incidents", "default")
    Incident.objects.update(origin="drill")
    OutboxMessage.objects.update(drill=True)
    Drill.objects.create(
        title="Night", service=scene.service, planned_for=scene.now, ends_by=scene.after(60), goal="Show it", state="finished",
        started_at=scene.now, finished_at=scene.after(30), incident=first,
    )  # fmt: skip
    chapter = told(scene)
    assert [section.key for section in chapter.sections] == ["contact_data", "drills"]
    assert chapter.content["drills"]["done"] == chapter.content["drills"]["passed"] == 1
    assert chapter.content["messages"]["sent"] == chapter.content["hand_offs"]["asked"] == 0


def test_contact_data_are_of_the_people_on_the_levels_as_it_stood_at_the_end(scene: Scene) -> None:
    scene.open()
    ContactPoint.history.update(history_date=scene.now - timedelta(days=1))
    found = told(scene).content["contact_data"]
    assert (found["people"], found["reached"], found["verified"]) == (3, 3, 3)
    point = ContactPoint.objects.get(person=scene.ana)
    point.verified_until = scene.after(30)
    point._history_date = scene.now  # type: ignore[attr-defined]
    point.save()
    assert told(scene).content["contact_data"]["verified"] == 2
    assert told(scene, minutes=20).content["contact_data"]["verified"] == 3
    later = ContactPoint.objects.get(person=scene.tom)
    later.active = False
    later._history_date = scene.now + timedelta(days=400)  # type: ignore[attr-defined]
    later.save()
    assert told(scene).content["contact_data"]["reached"] == 3


def test_a_burn_rate_stands_beside_the_escalations_of_its_service(scene: Scene) -> None:
    busy(scene)
    for minute, value in ((1, "0.5"), (2, "7.2"), (60 * 24 * 40, "99")):
        at = scene.after(minute)
        ImpactReading.objects.create(
            service=scene.service, measure="error_budget_burn", value=Decimal(value), observed_at=at, recorded_at=at
        )
    chapter = told(scene)
    assert chapter.content["error_budgets"]["Card payments"] == {
        "readings": 2, "highest": 7.2, "above_1": 1, "share_above_1": 50.0, "limit": None, "above_limit": None, "incidents": 2, "escalations": 1,
    }  # fmt: skip
    assert "holds no service-level objectives" in chapter.sections[-1].paragraphs[0]


def test_without_anything_there_is_nothing_to_tell_and_no_error(scene: Scene) -> None:
    later = Population(scene.now + timedelta(days=500), scene.now + timedelta(days=501))
    chapter = chapter_of(later, later.start)
    assert [section.key for section in chapter.sections] == ["contact_data"]
    assert chapter.content["tracks"] == chapter.content["by"] == {}
    assert chapter.content["time_to_resolve"]["count"] == 0


def test_as_many_queries_for_many_as_for_one(scene: Scene) -> None:
    scene.open()
    scene.engine(0)
    with CaptureQueriesContext(
        connection,
    ) as one:
        told(scene)
    for number in range(4):
        team = Team.objects.create(name=f"Team {number}")
        component = Component.objects.create(service=scene.service, name=f"Part {number}")
        opened = scene.open(title=f"Number {number}")
        Incident.objects.filter(pk=opened.pk).update(team=team, component=component)
    scene.engine(1)
    with CaptureQueriesContext(connection) as many:
        told(scene)
    assert len(many) == len(one) <= 28
    assert EscalationStep.objects.count() > 10


def test_parts_cut_apart_together_are_those_cut_out_one_by_one() -> None:
    whole = story()
    codes = np.array([7, 3, 7])
    found = split(whole, codes, {7: 5})
    assert sorted(found) == [3, 7]
    for code, opened in ((7, 5), (3, 0)):
        alone = whole.of_runs(codes == code, opened)
        assert [measure(found[code]) for measure, _, _ in definitions.MEASURES] == [
            measure(alone) for measure, _, _ in definitions.MEASURES
        ]


def test_every_dimension_adds_up_to_the_whole(scene: Scene) -> None:
    busy(scene)
    whole = incidents_of(period(scene), scene.after(60))
    runs = technical_escalations(period(scene), scene.after(60))
    for dimension in ("service", "component", "team", "unit", "severity", "hour"):
        parts = by_dimension(runs, whole, dimension)
        assert sum(definitions.runs(part) for part in parts.values()) == 2
        assert sum(part.opened for part in parts.values()) == 2
        assert sum(len(part) for _, part in whole.parts(dimension)) == 2
