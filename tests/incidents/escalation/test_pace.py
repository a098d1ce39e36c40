"""Reminders, repeats, pace and needed analyses, as the engine carries them out."""

from datetime import datetime, timedelta

import pytest

from incidents.escalation import looks
from incidents.escalation.engine import run_cycle
from incidents.escalation.queries import next_step
from incidents.models import EscalationStep, Incident
from policies.decisions.escalation import next_actions
from policies.decisions.escalation_facts import from_recorded
from policies.governance.queries import snapshot_of
from policies.models import PolicyVersion, SeverityOverride
from portal.models import OutboxMessage, User
from tests.factories import policies as make
from tests.factories.incidents import incident
from tests.factories.portal import contact, person

from .conftest import run_of, story

pytestmark = pytest.mark.django_db


def reachable(name: str) -> User:
    someone = person(name, roles=("responder",))
    contact(someone)
    return someone


def version(now: datetime, *, repeats: int = 0, **level: object) -> PolicyVersion:
    """Ana, then Tom after 5 min, within 15 min; then Kim, whose level needs an analysis. SEV1 goes at half the length."""
    draft = make.draft(make.policy(), now=now)
    draft.repeats = repeats
    draft.save()
    make.level(draft, 1, reachable("Ana"), reachable("Tom"), **level)
    make.level(draft, 2, reachable("Kim"), needs_rca=True)
    SeverityOverride.objects.create(version=draft, severity="SEV1", pace_percent=50)
    return make.approve(draft, now=now)


def walked(now: datetime, of: PolicyVersion, minutes: range, **fields: object) -> Incident:
    subject = incident(now, service=of.policy.service)
    Incident.objects.filter(pk=subject.pk).update(**fields)
    for minute in minutes:
        run_cycle(now=now + timedelta(minutes=minute))
    subject.refresh_from_db()
    return subject


def happened(of: Incident, now: datetime) -> list[tuple[str, str, float]]:
    steps = EscalationStep.objects.filter(run__incident=of, action__in=["paged", "reminded", "repeated", "exhausted"])
    return [(step.action, step.person_name, (step.at - now) / timedelta(minutes=1)) for step in steps.order_by("sequence", "part")]


def test_reminders_are_messages_of_their_own_to_those_already_alerted(now: datetime) -> None:
    subject = walked(now, version(now, reminders="5 min, 2 min"), range(14))
    assert happened(subject, now) == [
        ("paged", "Ana", 0),
        ("paged", "Tom", 5),
        ("reminded", "Ana", 10),
        ("reminded", "Tom", 10),
        ("reminded", "Ana", 13),
        ("reminded", "Tom", 13),
    ]
    assert OutboxMessage.objects.filter(title__startswith="Reminder: ").count() == 4
    assert story(subject)[-1] == "Tom is reminded"
    assert run_of(subject).reminded == 2


def test_after_an_outage_one_reminder_stands_for_all(now: datetime) -> None:
    of = version(now, reminders="9 min, 8 min, 7 min")
    subject = walked(now, of, range(6))
    run_cycle(now=now + timedelta(minutes=12))
    run_cycle(now=now + timedelta(minutes=12, seconds=1))
    assert [what for what, _, _ in happened(subject, now)] == ["paged", "paged", "reminded", "reminded"]


def test_the_way_begins_again_as_often_as_the_policy_says(now: datetime) -> None:
    subject = walked(now, version(now, repeats=1), range(0, 65, 5))
    assert happened(subject, now) == [
        ("paged", "Ana", 0),
        ("paged", "Tom", 5),
        ("paged", "Kim", 15),
        ("repeated", "", 30),
        ("paged", "Ana", 30),
        ("paged", "Tom", 35),
        ("paged", "Kim", 45),
        ("exhausted", "", 60),
    ]
    assert (run_of(subject).round, run_of(subject).state) == (2, "exhausted")
    assert story(subject).count("Nobody answered: the alerting begins again") == 1


def test_a_severity_sets_the_pace_and_a_change_counts_at_once(now: datetime) -> None:
    of = version(now)
    subject = walked(now, of, range(4))
    ahead = next_step(subject, now + timedelta(minutes=3))
    assert ahead is not None
    assert ahead.at == now + timedelta(minutes=5)
    Incident.objects.filter(pk=subject.pk).update(severity="SEV1")
    looks.ask([subject.pk], now=now)
    for minute in range(3, 9):
        run_cycle(now=now + timedelta(minutes=minute))
    assert happened(subject, now) == [("paged", "Ana", 0), ("paged", "Tom", 3), ("paged", "Kim", 8)]
    tom = EscalationStep.objects.get(action="paged", person_name="Tom")
    assert (tom.late_by, tom.reason) == (None, "Ana did not acknowledge within 2 min 30 s.")


def test_a_change_of_severity_without_anything_due_only_moves_the_next_look(now: datetime) -> None:
    subject = walked(now, version(now), range(2))
    Incident.objects.filter(pk=subject.pk).update(severity="SEV1")
    looks.ask([subject.pk], now=now)
    run_cycle(now=now + timedelta(minutes=1))
    run = run_of(subject)
    assert (run.severity, run.next_run_at) == ("SEV1", now + timedelta(minutes=2.5))
    assert run_cycle(now=now + timedelta(minutes=1)).advanced == 0


def test_recorded_inputs_replay_to_the_same_steps_with_pace_reminders_and_rounds(now: datetime) -> None:
    of = version(now, repeats=1, reminders="3 min")
    subject = walked(now, of, range(36), severity="SEV1")
    snapshot = snapshot_of(of)
    for first in EscalationStep.objects.filter(run=run_of(subject), part=0, sequence__gt=0):
        again = next_actions(snapshot, *from_recorded(first.inputs)).actions
        written = EscalationStep.objects.filter(run=first.run, sequence=first.sequence).order_by("part")
        assert [(action.kind.value, action.person_id, action.reason) for action in again] == [
            (step.action, step.person_id, step.reason) for step in written
        ]
    assert {"reminded", "repeated", "exhausted"} <= {what for what, _, _ in happened(subject, now)}


def test_a_level_that_needs_an_analysis_says_so_once(now: datetime) -> None:
    subject = walked(now, version(now, repeats=2), range(0, 60, 5))
    entries = subject.timeline.filter(text="A root-cause analysis is needed")
    assert [entry.why for entry in entries] == ["Level 2, Line 2, asks for one."]
