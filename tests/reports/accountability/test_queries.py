"""Records as the engine, the people and the drills left them; and a walk over the same rows, one by one, beside them."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from incidents.escalation.orders import hold
from incidents.lifecycle import services as lifecycle
from incidents.models import EscalationStep, HandOff, Incident
from policies.models import Team
from reports.accountability import queries
from reports.accountability.definitions import Outcome, Record
from reports.metrics.population import Population
from tests.factories.portal import person
from tests.incidents.escalation.conftest import Scene, make_scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene(now: datetime) -> Scene:
    return make_scene(now)


def period(scene: Scene) -> Population:
    return Population(scene.now - timedelta(hours=1), scene.now + timedelta(days=1))


def outcomes(scene: Scene, who: Any, at: float = 60) -> list[str]:
    return [alert.outcome.value for alert in queries.alerts_of([who.pk], period(scene), scene.after(at))]


def test_an_answer_before_the_next_one_is_alerted_is_in_time_and_one_after_it_is_not(scene: Scene) -> None:
    quick, slow = scene.open(title="Quick"), scene.open(title="Slow")
    scene.engine(0)
    lifecycle.acknowledge(quick, actor=scene.ana, now=scene.after(3), reason="Mine")
    for minute in (3, 5):
        scene.engine(minute)
    assert outcomes(scene, scene.ana) == ["answered", "passed_on"]
    lifecycle.acknowledge(slow, actor=scene.ana, now=scene.after(7), reason="Late")
    scene.engine(7)
    assert outcomes(scene, scene.ana) == ["answered", "passed_on"]
    assert outcomes(scene, scene.tom) == ["spared"]
    [first, _] = queries.alerts_of([scene.ana.pk], period(scene), scene.after(60))
    assert (first.at, first.until) == (scene.after(0), scene.after(3))


def test_whom_a_colleague_or_the_end_was_faster_than_is_spared_and_who_still_has_time_is_open(scene: Scene) -> None:
    taken, ended, waits = (scene.open(title=title) for title in ("Taken", "Ended", "Waits"))
    scene.engine(0)
    lifecycle.acknowledge(taken, actor=scene.kim, now=scene.after(1), reason="Mine")
    lifecycle.resolve(ended, actor=scene.kim, now=scene.after(2), reason="Restarted")
    scene.engine(2)
    assert sorted(outcomes(scene, scene.ana, 3)) == ["open", "spared", "spared"]
    assert outcomes(scene, scene.kim) == []
    assert waits.pk


def test_drills_and_other_quarters_count_for_nobody(scene: Scene) -> None:
    drill, earlier = scene.open(title="Drill"), scene.open(title="Earlier")
    scene.engine(0)
    Incident.objects.filter(pk=drill.pk).update(origin="drill")
    Incident.objects.filter(pk=earlier.pk).update(opened_at=scene.now - timedelta(days=90))
    record = queries.record_of_person(scene.ana, period(scene), scene.after(60))
    assert (record.alerts, record.everybody) == ((), 0)


def test_the_record_is_what_a_walk_over_every_step_finds(scene: Scene) -> None:
    opened = [scene.open(title=f"Number {number}") for number in range(9)]
    scene.engine(0)
    for place, one in enumerate(opened[:6]):
        lifecycle.acknowledge(one, actor=(scene.ana, scene.tom, scene.kim)[place % 3], now=scene.after(place + 1), reason="Mine")
        scene.engine(place + 1)
    for minute in (6, 15, 16, 31):
        scene.engine(minute)
    for who in (scene.ana, scene.tom, scene.kim):
        record = queries.record_of_person(who, period(scene), scene.after(60))
        assert sorted(alert.outcome.value for alert in record.alerts) == sorted(slowly(who, opened))
        assert record.everybody == EscalationStep.objects.filter(action="paged").count()
    assert {"answered", "passed_on", "spared"} <= {each for who in (scene.ana, scene.tom, scene.kim) for each in slowly(who, opened)}


def slowly(who: Any, opened: list[Incident]) -> list[str]:
    """Incident by incident, through the timeline as a person reads it."""
    found = []
    for one in opened:
        one.refresh_from_db()
        steps = list(EscalationStep.objects.filter(run__incident=one).order_by("sequence", "part"))
        for step in steps:
            if step.action != "paged" or step.person != who:
                continue
            later = [each for each in steps if each.sequence > step.sequence and each.action not in {"reminded", "passed_over", "started"}]
            if one.acknowledged_by == who and step.at <= one.acknowledged_at <= (later[0].at if later else step.at + timedelta(days=1)):
                found.append("answered")
            elif not later:
                found.append("open")
            else:
                found.append("passed_on" if later[0].action in {"paged", "level", "repeated", "exhausted"} else "spared")
    return found


def test_each_side_of_a_hand_off_sees_its_own_signature(scene: Scene) -> None:
    one = scene.open()
    HandOff.objects.create(incident=one, giver=scene.ana, receiver=scene.tom, note="x", offered_at=scene.now, given_at=scene.now)
    given = queries.record_of_person(scene.ana, period(scene), scene.after(60))
    taken = queries.record_of_person(scene.tom, period(scene), scene.after(60))
    assert [(each.signed, each.state) for each in (*given.given, *taken.received)] == [(True, "open"), (False, "open")]
    assert (given.received, taken.given) == ((), ())


def test_a_team_is_the_sum_of_its_members_and_whoever_left_is_in_none(scene: Scene) -> None:
    team = Team.objects.create(name="Payments")
    team.members.add(scene.ana, scene.tom, person("Gone Person", is_active=False))
    scene.open()
    for minute in (0, 5, 15):
        scene.engine(minute)
    members = queries.members_of(team)
    assert members == [scene.ana.pk, scene.tom.pk]
    whole = queries.record_of_team(team, members, period(scene), scene.after(60))
    each = [queries.record_of_person(who, period(scene), scene.after(60)) for who in (scene.ana, scene.tom)]
    assert len(whole.alerts) == sum(len(record.alerts) for record in each) > 0
    assert each[0].beside == (len(each[1].alerts),)


@pytest.mark.parametrize("incidents", [1, 7])
def test_the_number_of_queries_depends_on_nothing(scene: Scene, incidents: int, django_assert_num_queries: Any) -> None:
    team = Team.objects.create(name="Payments")
    team.members.add(scene.ana, scene.tom, scene.kim)
    for number in range(incidents):
        scene.open(title=f"Number {number}")
    for minute in (0, 5, 15):
        scene.engine(minute)
    with django_assert_num_queries(14):
        found: Record = queries.record_of_person(scene.ana, period(scene), scene.after(60))
    assert [alert.outcome for alert in found.alerts] == [Outcome.PASSED_ON] * incidents


def test_an_alert_that_was_put_on_hold_is_held_against_nobody(scene: Scene) -> None:
    one = scene.open()
    scene.engine(0)
    hold(
        one, until=scene.after(30), actor=person("Cora Commander", roles=("commander",)), now=scene.after(1), reason="Wait for the vendor."
    )
    scene.engine(1)
    assert outcomes(scene, scene.ana) == ["spared"]
