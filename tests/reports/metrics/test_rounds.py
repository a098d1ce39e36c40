"""A policy that goes the way through its levels again: what nobody answered in the last level of a round was missed, too."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from incidents.escalation import services as escalation
from incidents.lifecycle import services as lifecycle
from incidents.models import EscalationRun, EscalationStep
from reports.dashboards import behind
from reports.metrics import escalation_definitions as definitions
from reports.metrics.escalation_queries import technical_escalations
from reports.metrics.levels import Cause
from reports.metrics.population import Population
from reports.patterns import measures
from tests.incidents.escalation.conftest import Scene, make_scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def found(now: Any) -> definitions.Escalations:
    """Two levels, twice, and nobody ever answers: four windows of which none was met."""
    scene: Scene = make_scene(now, repeats=1)
    scene.open()
    for minute in range(0, 120, 5):
        scene.engine(minute)
    run = EscalationRun.objects.get(track="technical")
    assert run.state == EscalationRun.State.EXHAUSTED
    assert EscalationStep.objects.filter(run=run, action="repeated").count() == 1
    return technical_escalations(Population(scene.now, scene.now + timedelta(days=1)), scene.after(180))


def test_each_window_of_each_round_was_missed(found: definitions.Escalations) -> None:
    assert found.visits.level.tolist() == [1, 2, 1, 2]
    assert found.visits.cause.tolist() == [Cause.WINDOW, Cause.BEGAN_AGAIN, Cause.WINDOW, Cause.NOT_LEFT]
    assert definitions.windows(found) == {"met": 0, "missed": 4, "neither": 0, "share": 0.0}


def test_patterns_and_dashboards_count_the_same_windows(found: definitions.Escalations) -> None:
    seen = SimpleNamespace(escalations=found, run_of=np.arange(1))
    cases = measures.windows_missed(cast(Any, seen))
    assert cases.bad.tolist() == [True] * 4
    assert behind._VISITS["windows.missed"](found).tolist() == [True] * 4


def test_an_answer_after_nobody_was_left_is_an_answer_but_no_window_met(now: Any) -> None:
    scene: Scene = make_scene(now)
    opened = scene.open()
    for minute in range(0, 65, 5):
        scene.engine(minute)
    escalation.acknowledge(opened, actor=scene.olga, now=scene.after(80))
    given = technical_escalations(Population(scene.now, scene.now + timedelta(days=1)), scene.after(180))
    assert EscalationStep.objects.filter(action="exhausted", at__lt=scene.after(80)).count() == 1
    assert given.visits.ran_out.tolist() == [0, 1]
    assert definitions.windows(given) == {"met": 0, "missed": 2, "neither": 0, "share": 0.0}
    waited = definitions.time_to_acknowledge_level_seconds(given)
    assert (waited["count"], waited["mean"], waited["without"]) == (1, 65 * 60, 1)


def test_an_answer_before_nobody_was_left_was_in_time(now: Any) -> None:
    """Whoever fell silent after acknowledging did acknowledge: what follows is another cause."""
    scene: Scene = make_scene(now, silent_after=timedelta(minutes=30))
    opened = scene.open()
    scene.engine(0)
    lifecycle.acknowledge(opened, actor=scene.ana, now=scene.after(2), reason="Mine")
    for minute in range(2, 180):
        scene.engine(minute)
    given = technical_escalations(Population(scene.now, scene.now + timedelta(days=1)), scene.after(180))
    assert EscalationStep.objects.filter(action="silent").exists()
    assert definitions.met(given).tolist()[0]
    assert not definitions.missed(given).tolist()[0]


def test_a_level_with_nobody_to_alert_is_passed_over_and_counted_once_each_time(now: Any) -> None:
    scene: Scene = make_scene(now, repeats=1)
    for someone in (scene.ana, scene.tom):
        type(someone).objects.filter(pk=someone.pk).update(is_active=False)
    first, bypassed = scene.open(), scene.open()
    for minute in range(0, 120, 5):
        scene.engine(minute)
    given = technical_escalations(Population(scene.now, scene.now + timedelta(days=1)), scene.after(180))
    passed = EscalationStep.objects.filter(action="passed_over", position=None, run__track="technical")
    assert {step.level for step in passed} == {1}
    assert definitions.skipped_levels(given) == passed.count() == 4
    assert (given.passed_over.tolist(), given.incident.tolist()) == ([2, 2], [first.pk, bypassed.pk])
    # A round that could not go on is no visit, and nobody was asked in it.
    assert given.visits.level.tolist() == [2, 2, 2, 2]
    cases = measures.levels_skipped(cast(Any, SimpleNamespace(escalations=given, known_until=0, **_columns(2))))
    assert cases.bad is not None
    assert cases.bad.tolist() == [True, True]


def _columns(runs: int) -> dict[str, Any]:
    return {"run_of": np.arange(runs), "opened": np.zeros(runs, dtype=np.int64), "grade": np.zeros(runs, dtype=np.int64)}
