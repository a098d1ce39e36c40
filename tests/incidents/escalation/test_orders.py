"""What people order a running escalation to do, who may, and what is recorded of it."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from audit.models import LedgerEvent
from incidents.escalation import holders, services
from incidents.lifecycle import services as lifecycle
from incidents.models import EscalationStep, Incident
from policies.decisions.escalation import next_actions
from policies.decisions.escalation_facts import from_recorded
from policies.decisions.vocabulary import Track
from policies.governance.queries import snapshot_of
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from portal.models import OutboxMessage
from tests.factories import policies as factory
from tests.factories.portal import contact, person

from .conftest import Scene, alerted, make_scene, run_of, story

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss() -> Any:
    leader = person("Bea Boss", roles=("commander",))
    contact(leader)
    return leader


def alerting(scene: Scene) -> Incident:
    opened = scene.open()
    scene.engine()
    return opened


def replays(of: Incident, version: Any) -> bool:
    """Whether the recorded inputs of every pass give the recorded steps again."""
    for first in EscalationStep.objects.filter(run__incident=of, part=0).exclude(inputs={}):
        snapshot = snapshot_of(version).on_track(Track(first.inputs["track"]))
        actions = next_actions(snapshot, *from_recorded(first.inputs)).actions
        kept = EscalationStep.objects.filter(run=first.run, sequence=first.sequence).order_by("part")
        if [(action.kind.value, action.reason) for action in actions] != list(kept.values_list("action", "reason")):
            return False
    return True


def test_while_the_alerting_is_on_hold_nobody_is_alerted_and_it_goes_on_by_itself(scene: Scene, boss: Any) -> None:
    opened = alerting(scene)
    services.hold(opened, until=scene.after(30), actor=boss, now=scene.after(3), reason="Ana is at it.")
    for minute in (5, 15, 29):
        scene.engine(minute)
    assert (alerted(opened), run_of(opened).state) == (["Ana"], "held")
    scene.engine(30)
    assert (run_of(opened).state, run_of(opened).next_run_at) == ("paging", scene.after(32))
    scene.engine(32)
    scene.engine(42)
    assert alerted(opened) == ["Ana", "Tom", "Kim"]
    assert story(opened)[2:4] == ["Bea Boss put the alerting on hold until 09:30 UTC on 2 March", "The alerting goes on"]
    assert replays(opened, scene.version)


def test_somebody_can_let_the_alerting_go_on_before_its_time(scene: Scene, boss: Any) -> None:
    opened = alerting(scene)
    services.hold(opened, until=scene.after(60), actor=boss, now=scene.after(3), reason="Ana is at it.")
    services.resume(opened, actor=boss, now=scene.after(10))
    assert (run_of(opened).state, run_of(opened).held_until, run_of(opened).next_run_at) == ("paging", None, scene.after(12))
    with pytest.raises(WrongState, match="not on hold"):
        services.resume(opened, actor=boss, now=scene.after(11))


@pytest.mark.parametrize(("minutes", "said"), [(-1, "a time ahead"), (9 * 60, "8 h at most")])
def test_a_hold_ends_ahead_and_within_a_shift(scene: Scene, boss: Any, minutes: int, said: str) -> None:
    opened = alerting(scene)
    with pytest.raises(WrongState, match=said):
        services.hold(opened, until=scene.after(minutes), actor=boss, now=scene.now, reason="Quiet.")
    assert run_of(opened).state == "paging"


def test_a_missed_milestone_ends_a_hold(now: datetime, boss: Any) -> None:
    scene = make_scene(now, resolve_within=timedelta(hours=1))
    opened = alerting(scene)
    services.hold(opened, until=scene.after(120), actor=boss, now=scene.after(3), reason="Ana is at it.")
    scene.engine(60)
    assert (alerted(opened), run_of(opened).state, run_of(opened).held_at) == (["Ana", "Kim"], "paging", None)


def test_moving_one_level_up_alerts_it_at_once_and_whoever_has_it_keeps_it(scene: Scene) -> None:
    opened = alerting(scene)
    services.acknowledge(opened, actor=scene.ana, now=scene.after(1))
    services.raise_level(opened, actor=scene.ana, now=scene.after(2), reason="I need the database.")
    run = run_of(opened)
    assert (alerted(opened), run.state, run.level, run.holder, run.ended_at) == (["Ana", "Kim"], "paging", 2, scene.ana, None)
    step = EscalationStep.objects.get(run=run, action="raised")
    assert (step.actor, step.actor_name, step.reason, step.deviation) == (scene.ana, "Ana Person", "I need the database.", False)
    services.acknowledge(opened, actor=scene.kim, now=scene.after(3))
    opened.refresh_from_db()
    assert (run_of(opened).holder, opened.assigned_to) == (scene.kim, scene.kim)
    assert replays(opened, scene.version)
    with pytest.raises(WrongState, match="Level 2 is the highest"):
        services.raise_level(opened, actor=scene.ana, now=scene.after(4))


def test_de_escalating_alerts_the_level_below_and_the_severity_does_not_raise_it_again(scene: Scene, boss: Any) -> None:
    opened = alerting(scene)
    Incident.objects.filter(pk=opened.pk).update(start_level=2)
    scene.engine(1)
    assert alerted(opened) == ["Ana", "Kim"]
    services.lower_level(opened, actor=boss, now=scene.after(2), reason="The first line can do it.")
    scene.engine(3)
    assert (alerted(opened), run_of(opened).level) == (["Ana", "Kim", "Ana"], 1)
    assert story(opened)[-3:] == [
        "Bea Boss de-escalated it one level down",
        "De-escalated to level 1, Line 1 (functional)",
        "Ana Person is alerted, primary of level 1",
    ]
    assert replays(opened, scene.version)


def three_levels(now: datetime) -> Scene:
    scene = make_scene(now)
    draft = factory.draft(scene.version.policy, now=now)
    factory.level(draft, 3, scene.olga)
    scene.version = factory.approve(draft, now=now)
    return scene


def test_a_bypass_alerts_the_named_level_and_is_recorded_as_a_deviation_with_the_levels_left_out(now: datetime, boss: Any) -> None:
    scene = three_levels(now)
    opened = scene.open()
    scene.engine(1)
    services.bypass(opened, level=3, actor=boss, now=scene.after(2), reason="The data centre is on fire.")
    run = run_of(opened)
    assert (alerted(opened), run.level) == (["Ana", "Olga"], 3)
    deviations = EscalationStep.objects.filter(run=run, deviation=True).order_by("part")
    assert [(step.action, step.level, step.reason) for step in deviations] == [
        ("bypassed", 3, "The data centre is on fire."),
        ("passed_over", 2, "Left out by the bypass."),
    ]
    assert LedgerEvent.objects.filter(type="escalation.bypassed").count() == 1
    assert replays(opened, scene.version)


@pytest.mark.parametrize(("level", "said"), [(1, "at level 1 already"), (2, "one level up instead"), (7, "no level 7. Choose 1, 2 or 3")])
def test_a_bypass_goes_up_and_leaves_something_out(now: datetime, boss: Any, level: int, said: str) -> None:
    scene = three_levels(now)
    opened = scene.open()
    scene.engine(1)
    with pytest.raises(WrongState, match=said):
        services.bypass(opened, level=level, actor=boss, now=scene.after(2), reason="Fire.")
    assert alerted(opened) == ["Ana"]


ORDERS: dict[str, dict[str, Any]] = {
    "hold": {"until": datetime.fromisoformat("2026-03-02T09:30:00+00:00")},
    "resume": {},
    "lower_level": {},
    "bypass": {"level": 2},
}


@pytest.mark.parametrize("order", [*ORDERS, "raise_level", "take_over"])
def test_without_the_right_nothing_is_ordered(scene: Scene, order: str) -> None:
    opened = alerting(scene)
    actor = scene.tom if order in ORDERS else person("Outsider")
    with pytest.raises(NotAllowed):
        getattr(services, order)(opened, **ORDERS.get(order, {}), actor=actor, now=scene.after(1), reason="I want it.")
    assert (run_of(opened).state, run_of(opened).level) == ("paging", 1)


@pytest.mark.parametrize("order", ["hold", "lower_level", "bypass"])
def test_what_departs_from_the_route_needs_words(scene: Scene, boss: Any, order: str) -> None:
    opened = alerting(scene)
    with pytest.raises(InvalidInput):
        getattr(services, order)(opened, **ORDERS[order], actor=boss, now=scene.after(1), reason="  ")


def test_acknowledging_what_somebody_else_has_is_recorded_and_takes_nothing(scene: Scene) -> None:
    opened = alerting(scene)
    services.acknowledge(opened, actor=scene.ana, now=scene.after(1))
    for minute in (2, 3):
        services.acknowledge(opened, actor=scene.tom, now=scene.after(minute))
    opened.refresh_from_db()
    assert (opened.assigned_to, run_of(opened).holder) == (scene.ana, scene.ana)
    assert opened.timeline.filter(text="Tom Person acknowledged too; Ana Person has it").count() == 1


def test_what_never_escalated_can_be_taken_over_too(scene: Scene) -> None:
    opened = scene.open()
    with pytest.raises(WrongState, match="Nobody has it yet"):
        services.take_over(opened, actor=scene.tom, now=scene.after(1), reason="Mine.")
    lifecycle.acknowledge(opened, actor=scene.ana, now=scene.after(1))
    opened.refresh_from_db()
    services.take_over(opened, actor=scene.tom, now=scene.after(2), reason="Ana's shift ends.")
    opened.refresh_from_db()
    assert (opened.assigned_to, LedgerEvent.objects.filter(type="incident.taken_over").count()) == (scene.tom, 1)


def test_taking_over_is_a_verb_of_its_own_and_is_told_to_whoever_keeps_a_record(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[holders.Moved] = []
    monkeypatch.setattr(holders, "moved", [("test", heard.append)])
    opened = alerting(scene)
    with pytest.raises(WrongState, match="Nobody has it yet"):
        services.take_over(opened, actor=scene.tom, now=scene.after(1), reason="Mine.")
    services.acknowledge(opened, actor=scene.ana, now=scene.after(1))
    services.take_over(opened, actor=scene.tom, now=scene.after(2), reason="Ana's shift ends.")
    opened.refresh_from_db()
    assert (opened.assigned_to, run_of(opened).holder) == (scene.tom, scene.tom)
    assert [(one.before, one.after, one.how) for one in heard] == [(scene.ana, scene.tom, "taken_over")]
    assert story(opened)[-1] == "Tom Person took over from Ana Person"
    with pytest.raises(WrongState, match="has it already"):
        services.take_over(opened, actor=scene.tom, now=scene.after(3), reason="Again.")
    assert replays(opened, scene.version)


def silent_scene(now: datetime) -> tuple[Scene, Incident]:
    scene = make_scene(now, silent_after=timedelta(minutes=30))
    opened = alerting(scene)
    services.acknowledge(opened, actor=scene.ana, now=scene.after(1))
    return scene, opened


def test_whoever_acknowledged_and_is_silent_is_alerted_first_and_then_the_others_of_the_level(now: datetime) -> None:
    scene, opened = silent_scene(now)
    assert (run_of(opened).state, run_of(opened).next_run_at) == ("acknowledged", scene.after(31))
    scene.engine(31)
    assert (alerted(opened), run_of(opened).state, run_of(opened).holder) == (["Ana", "Ana"], "paging", scene.ana)
    assert OutboxMessage.objects.filter(person=scene.ana, state="pending").count() == 1
    assert story(opened)[-2:] == [
        "Ana Person has gone silent: level 1, Line 1 is alerted again",
        "Ana Person is alerted, holder of the incident",
    ]
    scene.engine(36)
    scene.engine(46)
    assert alerted(opened) == ["Ana", "Ana", "Tom", "Kim"]
    services.acknowledge(opened, actor=scene.kim, now=scene.after(47))
    assert run_of(opened).holder == scene.kim
    assert replays(opened, scene.version)


def test_any_entry_of_the_holder_is_a_sign_of_work_and_anybody_elses_is_none(now: datetime) -> None:
    scene, opened = silent_scene(now)
    lifecycle.add_note(opened, actor=scene.ana, now=scene.after(20), text="Looking at the logs.")
    lifecycle.add_note(opened, actor=scene.tom, now=scene.after(45), text="How is it going?")
    scene.engine(31)
    assert (run_of(opened).state, run_of(opened).next_run_at) == ("acknowledged", scene.after(50))
    scene.engine(50)
    assert run_of(opened).state == "paging"


def test_an_incident_that_waits_for_others_is_not_called_silent(now: datetime) -> None:
    scene, opened = silent_scene(now)
    lifecycle.hold(opened, actor=scene.ana, now=scene.after(2), reason="Waiting for the supplier.")
    for minute in (32, 62, 92):
        scene.engine(minute)
    assert run_of(opened).state == "acknowledged"
    lifecycle.resume(opened, actor=scene.ana, now=scene.after(100))
    scene.engine(122)
    scene.engine(131)
    assert run_of(opened).state == "paging"


def marked(scene: Scene) -> Incident:
    opened = scene.open(personal_data=True)
    scene.engine()
    return opened


@pytest.mark.parametrize(("order", "said"), [("hold", "duty to tell"), ("lower_level", "de-escalated")])
def test_the_compliance_track_can_neither_be_held_nor_lowered(now: datetime, boss: Any, order: str, said: str) -> None:
    scene = make_scene(now)
    draft = factory.draft(scene.version.policy, now=now)
    factory.level(draft, 1, scene.tom, track="compliance")
    factory.approve(draft, now=now)
    opened = marked(scene)
    with pytest.raises(WrongState, match=said):
        getattr(services, order)(opened, **ORDERS[order], track="compliance", actor=boss, now=scene.after(1), reason="Too loud.")


def test_an_order_to_what_has_ended_is_answered_and_changes_nothing(scene: Scene, boss: Any) -> None:
    opened = alerting(scene)
    services.resolve(opened, actor=scene.ana, now=scene.after(1), reason="Restarted.")
    steps = EscalationStep.objects.count()
    for order in ("raise_level", "lower_level", "take_over"):
        with pytest.raises(WrongState, match="resolved"):
            getattr(services, order)(opened, actor=boss, now=scene.after(2), reason="Why not.")
    with pytest.raises(InvalidInput, match="No track"):
        services.raise_level(opened, track="sideways", actor=boss, now=scene.after(2))
    assert EscalationStep.objects.count() == steps
