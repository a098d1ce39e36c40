"""Whoever holds an incident is occupied: the next one goes to somebody else, as long as there is somebody else."""

import pytest

from incidents.admin.page import ladder
from incidents.escalation import services
from incidents.escalation.roster import roster_for
from incidents.models import EscalationStep, Incident
from policies.decisions.escalation_facts import from_recorded
from policies.governance.queries import snapshot_of
from portal.foundation.people.queries import availability_of

from .conftest import Scene, alerted, story

pytestmark = pytest.mark.django_db


def taken_by_ana(scene: Scene) -> Incident:
    opened = scene.open()
    scene.engine()
    return services.acknowledge(opened, actor=scene.ana, now=scene.after(1))


def test_somebody_who_holds_an_incident_is_passed_over_for_the_next_one_and_the_steps_say_why(scene: Scene) -> None:
    first = taken_by_ana(scene)
    second = scene.open()
    scene.engine(2)
    assert alerted(second) == ["Tom"]
    step = EscalationStep.objects.get(run__incident=second, action="passed_over")
    assert (step.person, step.position, step.reason) == (scene.ana, 1, f"Ana Person is busy: holds {first.number}.")
    assert "Ana Person was passed over as primary of level 1" in story(second)


def test_the_recorded_roster_tells_who_was_busy_and_reads_back(scene: Scene) -> None:
    taken_by_ana(scene)
    second = scene.open()
    scene.engine(2)
    recorded = EscalationStep.objects.get(run__incident=second, sequence=1, part=0).inputs
    assert from_recorded(recorded)[0].seat(1, 1, "").standing == "busy"


def test_where_everybody_of_a_level_is_busy_they_are_alerted_in_order(scene: Scene) -> None:
    first = taken_by_ana(scene)
    services.acknowledge(scene.open(), actor=scene.tom, now=scene.after(1))
    third = scene.open()
    scene.engine(2)
    assert alerted(third) == ["Ana"]
    page = EscalationStep.objects.get(run__incident=third, action="paged")
    assert page.reason.endswith(f"Ana Person is busy: holds {first.number}. Nobody who is free is left at this level.")
    scene.engine(7)
    assert alerted(third) == ["Ana", "Tom"]


def test_ones_own_incident_an_ended_one_and_one_on_hold_keep_nobody_busy(scene: Scene) -> None:
    held = taken_by_ana(scene)
    assert not availability_of([scene.ana.pk], scene.after(2))[scene.ana.pk].can_take
    ref = f"incidents.incident:{held.pk}"
    assert availability_of([scene.ana.pk], scene.after(2), apart_from=ref)[scene.ana.pk].can_take
    Incident.objects.filter(pk=held.pk).update(state="on_hold")
    assert availability_of([scene.ana.pk], scene.after(2))[scene.ana.pk].can_take
    Incident.objects.filter(pk=held.pk).update(state="in_progress")
    services.resolve(Incident.objects.get(pk=held.pk), actor=scene.ana, now=scene.after(3), reason="Restarted")
    assert availability_of([scene.ana.pk], scene.after(4))[scene.ana.pk].can_take


def test_a_record_of_another_system_keeps_nobody_busy(scene: Scene) -> None:
    held = taken_by_ana(scene)
    Incident.objects.filter(pk=held.pk).update(origin="imported")
    assert availability_of([scene.ana.pk], scene.after(2))[scene.ana.pk].can_take


def test_the_page_of_an_incident_says_who_would_be_alerted_now_and_who_was_passed_over(scene: Scene) -> None:
    first = taken_by_ana(scene)
    second = scene.open()
    roster = roster_for(second, snapshot_of(scene.version), scene.after(2))
    rungs = ladder(snapshot_of(scene.version), None, roster)
    assert rungs[0].sitting == (f"Now primary: Ana Person. Ana Person is busy: holds {first.number}.",)
    assert rungs[1].sitting == ("Now primary: Kim Person.",)
    assert roster_for(first, snapshot_of(scene.version), scene.after(2)).seat(1, 1, "").standing == ""
