"""Escalations as the engine left them, read column by column."""

from datetime import timedelta
from typing import Any

import pytest

from incidents.lifecycle import services as lifecycle
from incidents.models import EscalationRun, EscalationStep, Incident, TimelineEntry
from reports.metrics import escalation_definitions as definitions
from reports.metrics.escalation_queries import EPOCH, escalations_by_track, technical_escalations
from reports.metrics.levels import NEVER, SECOND
from reports.metrics.population import Population
from tests.incidents.escalation.conftest import Scene, make_scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene(now: Any) -> Scene:
    return make_scene(now)


def read(scene: Scene) -> definitions.Escalations:
    return technical_escalations(Population(scene.now, scene.now + timedelta(days=1)), scene.after(60))


def test_columns_are_what_the_steps_say(scene: Scene) -> None:
    first, second = scene.open(title="First"), scene.open(title="Second")
    for minute in (0, 5, 15.000001):
        scene.engine(minute)
    lifecycle.acknowledge(first, actor=scene.kim, now=scene.after(17), reason="Mine")
    scene.engine(17)
    lifecycle.resolve(first, actor=scene.kim, now=scene.after(40), reason="Restarted")
    scene.engine(40)
    found = read(scene)
    assert (found.opened, found.incident.tolist(), found.resolved.tolist()) == (2, [first.pk, second.pk], [True, False])
    assert found.steps.sum() == EscalationStep.objects.count()
    entered = [
        [moment(scene, at) for at in column.tolist()] for column in (found.visits.entered, found.visits.left, found.visits.acknowledged)
    ]
    assert entered == [[0, 900.00006, 0, 900.00006], [900.00006, 1020, 900.00006, 2400], [None, 1020, None, None]]
    assert found.acted.tolist() == [False, True, False, False]
    assert definitions.premature(found)["count"] == 0
    assert definitions.windows(found) == {"met": 1, "missed": 3, "neither": 0, "share": 25.0}


def test_what_an_alerted_person_writes_counts_as_done(scene: Scene) -> None:
    opened = scene.open()
    for minute in (0, 5, 15):
        scene.engine(minute)
    assert definitions.woken_for_nothing(read(scene))["count"] == 1
    lifecycle.add_note(opened, actor=scene.kim, now=scene.after(20), text="I look at it.")
    assert definitions.woken_for_nothing(read(scene))["count"] == 0


def test_drills_other_periods_and_other_tracks_are_left_out(scene: Scene) -> None:
    marked, rehearsed = scene.open(personal_data=True), scene.open()
    scene.engine(0)
    assert technical_escalations(Population(scene.now + timedelta(days=1), scene.now + timedelta(days=2)), scene.now).opened == 0
    Incident.objects.filter(pk=rehearsed.pk).update(origin="drill")
    assert EscalationRun.objects.filter(incident=marked).count() > 1
    left = read(scene)
    assert (left.opened, left.incident.tolist(), len(left.visits)) == (1, [marked.pk], 1)


def test_four_queries_however_many_steps(scene: Scene, django_assert_num_queries: Any) -> None:
    for _ in range(3):
        scene.open()
    scene.engine(0)
    scene.engine(15)
    assert TimelineEntry.objects.exists()
    with django_assert_num_queries(4):
        read(scene)


def moment(scene: Scene, at: int) -> float | None:
    """Seconds since the scene began; None for never."""
    return None if at == NEVER else round(at / SECOND - (scene.now - EPOCH).total_seconds(), 5)


def test_a_worse_severity_that_begins_higher_is_told_apart_from_a_missed_window(scene: Scene) -> None:
    worse, silent = scene.open(title="Worse"), scene.open(title="Silent")
    scene.engine(0)
    Incident.objects.filter(pk=worse.pk).update(severity="SEV1", start_level=2)
    for minute in (4, 5, 15):
        scene.engine(minute)
    found = read(scene)
    assert EscalationStep.objects.filter(run__incident=worse, action="level").count() == 2
    assert definitions.escalations_by_cause(found) == {
        "levels bypassed": 0,
        "moved up by hand": 0,
        "not resolved in time": 0,
        "silent after acknowledging": 0,
        "began again": 0,
        "regraded to a severity that begins higher": 1,
        "not acknowledged in time": 1,
    }
    assert found.incident.tolist() == [worse.pk, silent.pk]
    assert definitions.windows(found)["missed"] == 1


def test_every_track_is_read_and_the_technical_one_is_as_by_itself(scene: Scene) -> None:
    scene.open(personal_data=True)
    plain = scene.open()
    scene.engine(0)
    scene.engine(15)
    tracks = escalations_by_track(Population(scene.now, scene.now + timedelta(days=1)), scene.after(60))
    assert set(tracks) == {"technical", "compliance"}
    technical, version = tracks["technical"]
    alone = read(scene)
    assert [measure(technical) for measure, _, _ in definitions.MEASURES] == [measure(alone) for measure, _, _ in definitions.MEASURES]
    assert version.tolist() == [scene.version.pk] * 2
    assert plain.pk not in tracks["compliance"][0].incident.tolist()
    assert tracks["compliance"][0].opened == 2
