"""The engine on the database: finds, claims, decides, writes; one broken run stops nobody else."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError

from audit.models import LedgerEvent
from incidents.escalation import engine
from incidents.escalation.engine import CycleResult, run_cycle
from incidents.escalation.facts import state_of
from incidents.escalation.watchdog import sweep
from incidents.lifecycle import services as lifecycle
from incidents.models import EngineHeartbeat, EscalationRun, EscalationStep, Incident
from policies.decisions.escalation import next_actions
from policies.decisions.escalation_facts import from_recorded
from policies.governance import known
from policies.governance.queries import snapshot_of
from portal.models import OutboxMessage
from tests.factories.incidents import incident, service
from tests.factories.portal import person
from tests.trail import who

from .conftest import Scene, alerted, make_scene, run_of, story

pytestmark = pytest.mark.django_db


def test_silence_walks_through_everybody_and_ends_with_nobody_reached(scene: Scene) -> None:
    opened = scene.open()
    for minute in range(31):
        scene.engine(minute)
    assert alerted(opened) == ["Ana", "Tom", "Kim"]
    assert story(opened) == [
        "Alerting starts at level 1, Line 1",
        "Ana Person is alerted, primary of level 1",
        "Tom Person is alerted, backup 1 of level 1",
        "Escalated to level 2, Line 2 (functional)",
        "Kim Person is alerted, primary of level 2",
        "Nobody reached: the escalation has run out of people",
    ]
    run = run_of(opened)
    assert (run.state, run.next_run_at, run.ended_at) == ("exhausted", None, scene.after(30))
    times = EscalationStep.objects.filter(run=run, action="paged").order_by("sequence").values_list("at", flat=True)
    assert list(times) == [scene.after(0), scene.after(5), scene.after(15)]


def test_every_alert_is_a_message_and_an_event_of_the_trail(scene: Scene) -> None:
    opened = scene.open()
    scene.engine()
    message = OutboxMessage.objects.get(subject_ref=f"incidents.incident:{opened.pk}")
    assert (message.person, message.kind, message.title) == (scene.ana, "escalation.page", f"P2 {opened.number} Card payments fail")
    assert message.link.endswith(f"/admin/incidents/incident/{opened.pk}/change/")
    event = LedgerEvent.objects.get(type="escalation.paged")
    assert (event.object_pk, who(event)) == (str(opened.pk), "engine")
    assert scene.version.content_sha256 in event.payload


def test_nobody_left_alarms_the_owner_of_the_policy_and_is_logged_as_critical(
    scene: Scene, caplog: pytest.LogCaptureFixture, django_capture_on_commit_callbacks: Any
) -> None:
    opened = scene.open()
    with django_capture_on_commit_callbacks(execute=True):
        for minute in (0, 5, 15, 30):
            scene.engine(minute)
    alarm = OutboxMessage.objects.get(kind="escalation.exhausted")
    assert (alarm.person, alarm.title) == (scene.olga, f"Nobody reached: P2 {opened.number} Card payments fail")
    assert [record.levelname for record in caplog.records if "Nobody reached" in record.message] == ["CRITICAL"]


def test_a_pass_without_anything_due_changes_nothing(scene: Scene) -> None:
    opened = scene.open()
    scene.engine()
    before = run_of(opened).sequence
    assert scene.engine(1).advanced == 0
    assert (run_of(opened).sequence, alerted(opened)) == (before, ["Ana"])


def test_the_whole_run_can_be_replayed_from_its_recorded_inputs(scene: Scene) -> None:
    opened = scene.open()
    for minute in (0, 5, 15, 30):
        scene.engine(minute)
    snapshot = snapshot_of(scene.version)
    passes = EscalationStep.objects.filter(run=run_of(opened), part=0, sequence__gt=0)
    assert passes.count() == 4
    for first in passes:
        roster, state, at = from_recorded(first.inputs)
        again = next_actions(snapshot, roster, state, at).actions
        written = EscalationStep.objects.filter(run=first.run, sequence=first.sequence).order_by("part")
        assert [(action.kind.value, action.person_id, action.reason) for action in again] == [
            (step.action, step.person_id, step.reason) for step in written
        ]


def test_people_who_cannot_be_alerted_are_passed_over_and_the_reason_is_told(scene: Scene) -> None:
    scene.ana.is_active = False
    scene.ana.save()
    scene.tom.contact_points.update(active=False)
    opened = scene.open()
    scene.engine()
    reasons = list(EscalationStep.objects.filter(action="passed_over").order_by("part").values_list("reason", flat=True))
    assert reasons == ["Ana Person is inactive.", "Tom Person has no active contact point.", "Level 1 has nobody who can be alerted."]
    assert alerted(opened) == ["Kim"]


def test_email_is_no_contact_point_to_be_alerted_on(scene: Scene) -> None:
    scene.ana.contact_points.update(channel="apprise", address="mailto://ana:pw@example.com")
    opened = scene.open()
    scene.engine()
    assert alerted(opened) == ["Tom"]


def test_after_an_outage_one_step_is_made_late_and_says_so(scene: Scene) -> None:
    opened = scene.open()
    scene.engine()
    scene.engine(60)
    scene.engine(61)
    step = EscalationStep.objects.get(person_name="Tom Person", action="paged")
    assert (step.late_by, alerted(opened)) == (timedelta(minutes=55), ["Ana", "Tom"])
    assert "55 min late" in opened.timeline.get(text__startswith="Tom").why


def test_imported_and_ended_incidents_are_left_alone(scene: Scene) -> None:
    Incident.objects.create(
        number="OLD-1", title="Old", service=scene.service, opened_at=scene.now, origin="imported", policy_version=scene.version
    )
    ended = scene.open()
    lifecycle.cancel(ended, actor=None, now=scene.now, reason="false alarm")
    scene.engine()
    assert EscalationRun.objects.count() == 0


def test_an_incident_without_a_policy_says_once_that_nobody_is_alerted(now: datetime) -> None:
    opened = incident(now, service=service("Unruled"))
    for second in range(3):
        run_cycle(now=now + timedelta(seconds=second))
    assert story(opened) == ["Nobody is alerted automatically"]
    assert not EscalationRun.objects.exists()


def test_a_reopened_incident_escalates_anew_and_an_acknowledged_one_does_not(scene: Scene) -> None:
    opened = scene.open()
    scene.engine()
    lifecycle.acknowledge(opened, actor=scene.ana, now=scene.after(1))
    scene.engine(1)
    scene.engine(40)
    assert (alerted(opened), run_of(opened).state) == (["Ana"], "ended")
    lifecycle.resolve(opened, actor=None, now=scene.after(50), reason="restarted")
    scene.engine(50)
    lifecycle.reopen(opened, actor=None, now=scene.after(60), reason="it is back")
    scene.engine(60)
    scene.engine(61)
    assert (alerted(opened), run_of(opened).opening, opened.runs.count()) == (["Ana", "Ana"], 1, 2)


def test_resolved_and_reopened_between_two_looks_still_escalates_anew(scene: Scene) -> None:
    opened = scene.open()
    scene.engine()
    lifecycle.resolve(opened, actor=None, now=scene.after(1), reason="restarted")
    lifecycle.reopen(opened, actor=None, now=scene.after(1), reason="it is back")
    scene.engine(1)
    scene.engine(1.1)
    assert [(run.opening, run.state) for run in opened.runs.order_by("opening")] == [(0, "ended"), (1, "paging")]


def test_what_lifecycle_did_alone_is_noticed_at_the_next_pass(scene: Scene) -> None:
    opened = scene.open()
    scene.engine()
    lifecycle.resolve(opened, actor=None, now=scene.after(1), reason="restarted")
    scene.engine(1.02)
    assert run_of(opened).state == "ended"
    assert OutboxMessage.objects.get().state == "cancelled"


def test_a_worse_severity_raises_the_escalation_at_the_next_pass(scene: Scene) -> None:
    opened = scene.open()
    scene.engine()
    Incident.objects.filter(pk=opened.pk).update(start_level=2)
    scene.engine(1)
    scene.engine(2)
    assert alerted(opened) == ["Ana", "Kim"]


def test_a_missed_milestone_brings_in_the_next_level_and_needs_a_new_acknowledgement(now: datetime) -> None:
    scene = make_scene(now, resolve_within=timedelta(hours=1))
    opened = scene.open()
    scene.engine()
    lifecycle.acknowledge(opened, actor=scene.ana, now=scene.after(1))
    scene.engine(1)
    assert (run_of(opened).state, run_of(opened).next_run_at) == ("acknowledged", scene.after(60))
    scene.engine(60)
    scene.engine(61)
    run = run_of(opened)
    assert (alerted(opened), run.state, run.milestone_done) == (["Ana", "Kim"], "paging", True)
    assert "The resolution milestone was missed" in story(opened)


def test_one_broken_run_stops_nobody_else_rests_and_comes_back(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken, healthy = scene.open(title="Broken"), scene.open(title="Healthy")
    original = engine.advance_all

    def failing(runs: list[EscalationRun], **given: Any) -> CycleResult:
        result = original(runs, **given)
        if any(run.incident.title == "Broken" for run in runs):
            raise RuntimeError("boom")
        return result

    monkeypatch.setattr(engine, "advance_all", failing)
    assert scene.engine().failed == 1
    run = run_of(broken)
    assert (alerted(broken), alerted(healthy)) == ([], ["Ana"])
    assert (run.state, run.failures, run.last_failure, run.next_run_at) == (
        "paging",
        1,
        "RuntimeError: boom",
        scene.now + timedelta(seconds=2),
    )
    assert "will be tried again" in caplog.text
    assert scene.engine(0.01).failed == 0
    monkeypatch.undo()
    scene.engine(0.1)
    assert (alerted(broken), run_of(broken).failures) == (["Ana"], 0)


def test_a_run_that_keeps_failing_rests_a_minute_at_most(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = scene.open()
    monkeypatch.setattr(engine, "advance_all", lambda *a, **k: 1 / 0)
    at = scene.now
    for _ in range(12):
        run_cycle(now=at)
        at = run_of(opened).next_run_at or at
    run_cycle(now=at)
    assert (run_of(opened).next_run_at or at) - at == timedelta(seconds=60)


def test_a_policy_whose_content_was_tampered_with_is_not_acted_on(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = scene.open()
    monkeypatch.setattr("policies.governance.snapshots.content_hash", lambda content: "0" * 64)
    known.forget()
    assert scene.engine().failed == 1
    assert "does not have the hash" in run_of(opened).last_failure


def test_two_engines_with_the_same_run_make_its_step_once(scene: Scene) -> None:
    opened = scene.open()
    scene.engine()
    stale = run_of(opened)
    scene.engine(5)
    with pytest.raises(Exception, match="Another engine moved this escalation"):
        engine.advance(stale, opened, now=scene.after(5))
    assert alerted(opened) == ["Ana", "Tom"]


def test_each_pass_leaves_a_sign_of_life_and_a_sweep_does_not(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    scene.open()
    assert sweep(now=scene.now).advanced == 1
    assert "has never run" in caplog.text
    assert EngineHeartbeat.objects.get().last_finished_at is None
    scene.engine()
    scene.engine(1)
    heartbeat = EngineHeartbeat.objects.get()
    assert (heartbeat.cycles, heartbeat.last_finished_at) == (2, scene.after(1))


def test_a_database_that_is_away_is_not_swallowed(monkeypatch: pytest.MonkeyPatch, scene: Scene) -> None:
    scene.open()

    def away(*args: Any, **given: Any) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(engine, "advance_all", away)
    monkeypatch.setattr(engine, "run_failed", away)
    with pytest.raises(OperationalError):
        scene.engine()


def test_state_of_a_run_names_those_alerted_at_its_level_only(scene: Scene) -> None:
    opened = scene.open()
    for minute in (0, 5, 15):
        scene.engine(minute)
    assert [someone.name for someone in state_of(run_of(opened), opened).alerted] == ["Kim Person"]


def test_the_name_of_a_removed_person_stays_in_the_record(scene: Scene) -> None:
    opened = scene.open()
    scene.engine()
    stranger = person("Nobody")
    EscalationStep.objects.filter(action="paged").update(person=stranger)
    stranger.delete()
    scene.engine(5)
    assert opened.timeline.get(text__startswith="Tom").why.startswith("Ana Person did not acknowledge within 5 min.")
