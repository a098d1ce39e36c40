"""Escalations whose times contradict each other, that all stand at one instant, or that nobody ever answered; and a quarter still running."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incidents.models import Incident
from reports.metrics import escalation_definitions as definitions
from reports.metrics.chapter.build import chapter_of
from reports.metrics.levels import Action
from reports.metrics.population import Population
from tests.incidents.escalation.conftest import Scene, make_scene
from tests.reports.metrics.test_levels import ANA, CUT_OFF, TOM, Step, acknowledged, alerted, whole


def figures(given: definitions.Escalations) -> dict[str, Any]:
    return {function.__name__: function(given) for function, _, _ in definitions.MEASURES}


def test_a_clock_that_went_back_makes_no_negative_time() -> None:
    backwards = whole(
        [*alerted(0, 1, 500, 1, ANA), *acknowledged(0, 2, 400, ANA), *alerted(1, 1, 500, 1, ANA), *alerted(1, 2, 100, 2, TOM)]
    )
    found = figures(backwards)
    assert found["escalations"] == 1
    assert found["time_to_escalate_seconds"]["count"] == 0
    assert found["time_to_acknowledge_level_seconds"]["count"] == 0
    assert definitions.bottleneck({"all": backwards})["seconds"] == CUT_OFF - 100


times = st.integers(-1_000, 1_000)
actions = st.sampled_from([Action.LEVEL, Action.PAGED, Action.ACKNOWLEDGED, Action.RAISED, Action.EXHAUSTED, Action.ENDED, Action.REPEATED])


@settings(max_examples=120, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), actions, times, st.integers(0, 3)), max_size=14))
def test_whatever_the_steps_say_no_time_is_negative_and_no_share_above_all(rows: list[tuple[int, Action, int, int]]) -> None:
    rows = sorted(rows, key=lambda row: row[0])
    steps = [Step(run, place, action, at, level, ANA) for place, (run, action, at, level) in enumerate(rows)]
    found = figures(whole(steps))
    for name in ("time_to_escalate_seconds", "time_to_acknowledge_level_seconds"):
        assert found[name]["mean"] is None or found[name]["mean"] >= 0
    for name in ("windows", "premature", "woken_for_nothing", "late_steps"):
        assert found[name]["share"] is None or 0 <= found[name]["share"] <= 100
    windows = found["windows"]
    assert min(windows["met"], windows["missed"], windows["neither"]) >= 0


def test_all_at_one_instant_takes_no_time_and_is_still_counted() -> None:
    at_once = whole(
        [step for run in range(50) for step in (*alerted(run, 1, 7, 1, ANA), *alerted(run, 2, 7, 2, TOM), *acknowledged(run, 3, 7, TOM))]
    )
    found = figures(at_once)
    assert (found["escalations"], found["time_to_escalate_seconds"]["p95"]) == (50, 0)
    assert found["time_to_acknowledge_level_seconds"]["p50_with_open"] == 0
    assert definitions.bottleneck({"all": at_once}) == {"name": None, "seconds": 0, "share": None}


def test_when_nobody_ever_answers_there_is_a_count_of_those_and_no_median() -> None:
    found = definitions.time_to_acknowledge_level_seconds(whole([step for run in range(5) for step in alerted(run, 1, run, 1, ANA)]))
    assert (found["count"], found["without"], found["p50"], found["p50_with_open"]) == (0, 5, None, None)


@pytest.mark.django_db
def test_a_quarter_that_runs_tells_of_what_has_happened(now: Any) -> None:
    scene: Scene = make_scene(now)
    scene.open()
    scene.engine(0)
    running = chapter_of(Population(scene.now - timedelta(days=2), scene.now + timedelta(days=88)), scene.after(5))
    assert running.content["frequency"]["days"] == 3
    assert running.content["time_to_resolve"]["open"] == 1
    assert running.content["tracks"]["technical"]["windows"] == {"met": 0, "missed": 0, "neither": 1, "share": None}


@pytest.mark.django_db
def test_imported_times_that_contradict_each_other_are_counted_as_such(now: Any) -> None:
    scene: Scene = make_scene(now)
    for number, (opened, resolved) in enumerate(((0, -5), (0, 0), (10, 5))):
        Incident.objects.create(
            number=f"OLD-{number}", title="Old", service=scene.service, origin="imported", state="closed",
            opened_at=scene.after(opened), resolved_at=scene.after(resolved),
        )  # fmt: skip
    found = chapter_of(Population(scene.now, scene.now + timedelta(days=1)), scene.after(60)).content
    assert (found["time_to_resolve"]["count"], found["time_to_resolve"]["contradicting"]) == (1, 2)
    assert found["recurrence"]["service"]["within_7_days"] == 1
