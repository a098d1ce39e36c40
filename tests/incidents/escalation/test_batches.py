"""Runs that are due together are advanced together; one that fails stops none of the others, and every step can be replayed."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.models import LedgerEvent
from incidents.escalation import engine, looks, starting
from incidents.escalation.halves import CycleResult
from incidents.escalation.services import acknowledge
from incidents.models import EngineHeartbeat, EscalationLook, EscalationRun, EscalationStep, Incident, TimelineEntry
from policies.decisions.escalation import next_actions
from policies.decisions.escalation_facts import from_recorded
from policies.governance.queries import snapshot_of
from portal.models import OutboxMessage

from .conftest import Scene, alerted, make_scene, run_of

pytestmark = pytest.mark.django_db


def waiting(scene: Scene, how_many: int) -> list[Incident]:
    """Incidents whose primary has been alerted."""
    opened = [scene.open(title=f"Incident {number}") for number in range(how_many)]
    scene.engine()
    return opened


def queries_of(scene: Scene, minutes: float) -> int:
    with CaptureQueriesContext(connection) as seen:
        scene.engine(minutes)
    return len(seen)


def test_fifty_runs_take_as_many_queries_as_five(scene: Scene) -> None:
    waiting(scene, 5)
    few = queries_of(scene, 5)
    EscalationRun.objects.update(next_run_at=scene.after(100))
    waiting(scene, 50)
    assert queries_of(scene, 5.001) <= few
    assert EscalationStep.objects.filter(action="paged", person_name="Tom Person").count() == 55


def test_fifty_starts_take_as_many_queries_as_five(scene: Scene) -> None:
    scene.engine()
    counts = []
    for how_many in (5, 50):
        for number in range(how_many):
            scene.open(title=f"Incident {number}")
        counts.append(queries_of(scene, 0.1 * len(counts)))
    # SQLite takes no more than some thirty new runs in a statement.
    assert counts[1] <= counts[0] + 1
    assert OutboxMessage.objects.count() == 55


def test_each_run_of_a_batch_leaves_its_own_steps_story_message_and_event(scene: Scene) -> None:
    opened = waiting(scene, 3)
    scene.engine(5)
    for one in opened:
        assert alerted(one) == ["Ana", "Tom"]
        assert LedgerEvent.objects.filter(type="escalation.paged", object_pk=str(one.pk)).count() == 2
        assert one.timeline.filter(text="Tom Person is alerted, backup 1 of level 1").count() == 1
        assert OutboxMessage.objects.filter(subject_ref=f"incidents.incident:{one.pk}", person=scene.tom).count() == 1


def test_a_poisoned_run_rests_and_the_others_of_its_batch_go_on(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = waiting(scene, 7)
    original = engine.advance_all
    tried: list[int] = []

    def failing(runs: list[EscalationRun], **given: Any) -> CycleResult:
        tried.append(len(runs))
        result = original(runs, **given)
        if any(run.incident_id == opened[3].pk for run in runs):
            raise ZeroDivisionError("poison")
        return result

    monkeypatch.setattr(engine, "advance_all", failing)
    result = scene.engine(5)
    assert (result.advanced, result.failed) == (6, 1)
    assert [alerted(one) for one in opened] == [["Ana", "Tom"] if one != opened[3] else ["Ana"] for one in opened]
    assert (run_of(opened[3]).last_failure, run_of(opened[3]).failures) == ("ZeroDivisionError: poison", 1)
    assert TimelineEntry.objects.filter(text__startswith="Tom Person is alerted").count() == 6
    tried.clear()
    scene.engine(6)
    assert tried == [1]


def test_an_incident_that_cannot_be_started_stops_no_other_and_is_tried_again(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = [scene.open(title=f"Incident {number}") for number in range(3)]
    original = starting.begin

    def failing(incident: Incident, *given: Any, **named: Any) -> Any:
        if incident == opened[1]:
            raise ZeroDivisionError("poison")
        return original(incident, *given, **named)

    monkeypatch.setattr(starting, "begin", failing)
    assert scene.engine().started == 2
    assert not looks.any_wanted()
    monkeypatch.undo()
    scene.engine(0.1)
    assert [alerted(one) for one in opened] == [["Ana"]] * 3


def test_a_first_step_that_fails_stops_no_other_and_the_run_that_began_stays(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = [scene.open(title=f"Incident {number}") for number in range(3)]
    original = engine.advance_all

    def failing(runs: list[EscalationRun], **given: Any) -> CycleResult:
        if any(run.incident_id == opened[1].pk for run in runs):
            raise ZeroDivisionError("poison")
        return original(runs, **given)

    monkeypatch.setattr(engine, "advance_all", failing)
    result = scene.engine()
    assert (result.started, result.advanced, result.failed) == (3, 2, 1)
    assert [alerted(one) for one in opened] == [["Ana"], [], ["Ana"]]
    assert run_of(opened[1]).last_failure == "ZeroDivisionError: poison"
    assert not looks.any_wanted()
    monkeypatch.undo()
    scene.engine(6)
    assert "Ana" in alerted(opened[1])


def test_whoever_answers_before_the_engine_begins_is_known_to_the_first_step(scene: Scene) -> None:
    opened = [scene.open(title=f"Incident {number}") for number in range(2)]
    for one in opened:
        acknowledge(one, actor=scene.tom, now=scene.after(0.01))
    scene.engine(0.1)
    assert [(alerted(one), run_of(one).state) for one in opened] == [([], "ended")] * 2


def test_a_lost_wish_is_found_by_the_look_through_everything_a_minute_later(scene: Scene) -> None:
    scene.engine()
    opened = scene.open()
    EscalationLook.objects.all().delete()
    scene.engine(0.9)
    assert alerted(opened) == []
    scene.engine(1)
    assert alerted(opened) == ["Ana"]
    acknowledge(opened, actor=scene.ana, now=scene.after(1))


def test_only_one_of_two_engines_looks_through_everything(scene: Scene) -> None:
    scene.engine()
    scene.open()
    EscalationLook.objects.all().delete()
    assert (scene.engine(1).started, scene.engine(1).started) == (1, 0)
    assert EngineHeartbeat.objects.get().swept_at == scene.after(1)


def test_a_clock_that_was_set_back_does_not_stop_the_look_through_everything(scene: Scene) -> None:
    scene.engine(60)
    scene.open()
    EscalationLook.objects.all().delete()
    assert scene.engine().started == 1


def test_what_is_asked_for_during_a_pass_is_looked_at_by_the_next(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = scene.open()
    original = engine.looks.done

    def saved_meanwhile(incidents: Any) -> None:
        original(incidents)
        looks.ask([opened.pk], now=scene.now)

    monkeypatch.setattr(engine.looks, "done", saved_meanwhile)
    scene.engine()
    assert looks.taken() == [opened.pk]


def test_after_half_an_hour_without_an_engine_each_of_many_makes_one_late_step(scene: Scene) -> None:
    opened = waiting(scene, 25)
    result = scene.engine(35)
    assert (result.advanced, result.late) == (25, 25)
    steps = EscalationStep.objects.filter(action="paged", at=scene.after(35))
    assert set(steps.values_list("late_by", "person_name")) == {(timedelta(minutes=30), "Tom Person")}
    assert steps.count() == OutboxMessage.objects.filter(person=scene.tom).count() == len(opened)
    assert EngineHeartbeat.objects.get().late == 25
    lag = EngineHeartbeat.objects.get().lag
    assert lag is not None
    assert lag >= timedelta(minutes=30)
    assert scene.engine(35.1).advanced == 0


def test_every_recorded_input_replays_to_what_was_recorded(now: Any) -> None:
    scene = make_scene(now, resolve_within=timedelta(hours=1), repeats=1)
    opened = [scene.open(title=f"Incident {number}") for number in range(3)]
    for minute in (0, 5, 15, 20, 50, 60, 61, 90):
        scene.engine(minute)
        if minute == 20:
            acknowledge(Incident.objects.get(pk=opened[1].pk), actor=scene.kim, now=scene.after(20.5))
    snapshot = snapshot_of(scene.version)
    passes = EscalationStep.objects.filter(part=0, sequence__gt=0)
    assert passes.count() > 12
    for first in passes:
        again = next_actions(snapshot, *from_recorded(first.inputs)).actions
        written = EscalationStep.objects.filter(run=first.run, sequence=first.sequence).order_by("part")
        assert [(a.kind.value, a.level, a.position, a.person_id, a.reason, a.late_by) for a in again] == [
            (step.action, step.level, step.position, step.person_id, step.reason, step.late_by) for step in written
        ]
