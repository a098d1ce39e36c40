"""Every recorded pass decided again, by the engine's own function."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from incidents.escalation import services
from incidents.models import EscalationStep
from reports.conformance.replaying import Replay, replay
from reports.metrics.population import Population
from tests.factories.portal import person
from tests.incidents.escalation.conftest import Scene, make_scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene(now: Any) -> Scene:
    """Courses with late steps, a hold, an acknowledgement and a take-over, on two tracks."""
    scene = make_scene(now)
    first, second = scene.open(personal_data=True), scene.open()
    carla = person("Carla", roles=("commander",))
    scene.engine(0)
    services.hold(second, until=scene.after(8), actor=carla, now=scene.after(2), reason="A false alarm, perhaps")
    for minute in (6, 8, 12, 17, 25):
        scene.engine(minute)
    services.acknowledge(first, actor=scene.kim, now=scene.after(26))
    services.take_over(first, actor=scene.tom, now=scene.after(27), reason="I know it")
    scene.engine(40)
    services.resolve(second, actor=scene.tom, now=scene.after(50), reason="Restarted")
    return scene


def again(scene: Scene) -> Replay:
    return replay(Population(scene.now, scene.after(60 * 24)))


def test_what_the_engine_did_it_would_do_again(scene: Scene) -> None:
    found = again(scene)
    assert (found.otherwise, found.unreadable) == ([], 0)
    assert found.passes > 10


@pytest.mark.parametrize("place", [0, 3, -1])
def test_a_changed_record_comes_out_otherwise(scene: Scene, place: int) -> None:
    steps = list(EscalationStep.objects.filter(action="paged").order_by("pk"))
    EscalationStep.objects.filter(pk=steps[place].pk).update(person=person("Otto Other"))
    (found,) = again(scene).otherwise
    assert (found.run, found.sequence) == (steps[place].run_id, steps[place].sequence)
    assert "Otto" not in found.recorded + found.decided


def test_a_changed_time_and_a_step_taken_away_come_out_otherwise(scene: Scene) -> None:
    level = EscalationStep.objects.filter(action="level", level=2).latest("pk")
    EscalationStep.objects.filter(run=level.run, sequence=level.sequence).update(at=scene.after(1))
    (found,) = again(scene).otherwise
    assert "2026-03-02 09:01:00 UTC" in found.recorded
    EscalationStep.objects.filter(run=level.run, sequence=level.sequence, action="paged").delete()
    (found,) = again(scene).otherwise
    assert found.decided.startswith("level 2 (3 min late), paged 2/1 (3 min late)")
    assert "paged" not in found.recorded


def test_lateness_that_was_hushed_up_comes_out_otherwise(scene: Scene) -> None:
    late = EscalationStep.objects.filter(late_by__isnull=False).order_by("pk")
    run, sequence = late.values_list("run_id", "sequence")[0]
    EscalationStep.objects.filter(run=run, sequence=sequence).update(late_by=None)
    (found,) = again(scene).otherwise
    assert ("late" in found.recorded, "late)" in found.decided) == (False, True)


def test_passes_without_inputs_and_inputs_without_sense_are_told(scene: Scene) -> None:
    step = EscalationStep.objects.filter(action="level", part=0).latest("pk")
    EscalationStep.objects.filter(pk=step.pk).update(inputs={"state": {"status": "asleep"}, "roster": [], "now": "soon"})
    assert [each.decided.split(" at ")[0] for each in again(scene).otherwise] == ["nothing"]
    EscalationStep.objects.update(inputs={})
    found = again(scene)
    assert (found.passes, found.otherwise) == (0, [])
    assert found.without_inputs > 10


def test_the_command_tells_of_it(scene: Scene) -> None:
    out = StringIO()
    call_command("check_conformance", "2026Q1", "--replay", stdout=out)
    assert "came out otherwise" in out.getvalue()
    EscalationStep.objects.filter(action="paged").update(position=9)
    out = StringIO()
    call_command("check_conformance", "2026Q1", "--replay", "--json", stdout=out)
    told = json.loads(out.getvalue())["replay"]
    assert told["otherwise"]
    assert told["otherwise"][0]["at"].endswith("Z")
