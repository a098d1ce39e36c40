"""The check of a running portal: what the engine did by itself, and each planted deviation."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from incidents.escalation import services
from incidents.handoffs import signing
from incidents.lifecycle import services as lifecycle
from incidents.mandates.services import use_mandate
from incidents.models import EscalationStep, HandOff, Incident, IncidentProblem, MandateUse, PostMortem, Problem, TimelineEntry
from portal.foundation.base_models import save_tracked
from portal.foundation.channels.models import ChannelRule
from portal.foundation.errors import WrongState
from portal.foundation.outbox.models import DeliveryAttempt, OutboxMessage
from portal.models import User
from reports.conformance import reading
from reports.conformance.checking import Conformance, conformance_of
from reports.conformance.values import Deviation, Kind
from reports.metrics.population import Population
from tests.factories import policies as factory
from tests.factories.portal import contact, person
from tests.incidents.escalation.conftest import Scene, make_scene

pytestmark = pytest.mark.django_db
QUERIES = 20


@pytest.fixture
def scene(now: Any) -> Scene:
    return make_scene(now)


def check(scene: Scene, minutes: float = 60) -> Conformance:
    return conformance_of(Population(scene.now, scene.now + timedelta(days=1)), scene.after(minutes))


def test_what_the_engine_does_by_itself_is_no_deviation(scene: Scene) -> None:
    opened = scene.open()
    for minute in (0, 5, 15, 16):
        scene.engine(minute)
    lifecycle.acknowledge(opened, actor=scene.kim, now=scene.after(17), reason="Mine")
    scene.engine(17)
    lifecycle.resolve(opened, actor=scene.kim, now=scene.after(40), reason="Restarted")
    scene.engine(40)
    found = check(scene)
    assert found.deviations == ()
    assert (found.runs, found.unreadable, found.unrecorded) == (1, 0, 0)
    assert found.passes > 4


def kinds(found: Conformance) -> list[str]:
    return [each.kind.value for each in found.deviations]


def one(found: Conformance, kind: Kind) -> Deviation:
    assert kinds(found) == [kind.value]
    return found.deviations[0]


def escalated(scene: Scene, **fields: object) -> Incident:
    """Nobody at level 1 answers; Kim acknowledges at level 2 after 17 min."""
    opened = scene.open(**fields)
    for minute in (0, 5, 15):
        scene.engine(minute)
    services.acknowledge(opened, actor=scene.kim, now=scene.after(17), reason="Mine")
    scene.engine(17)
    return opened


def test_a_late_step_names_its_incident_and_leads_to_the_timeline(scene: Scene) -> None:
    opened = scene.open()
    scene.engine(0)
    scene.engine(9)
    found = one(check(scene), Kind.LATE_STEP)
    assert (found.number, found.service, found.service_key) == (opened.number, "Card payments", scene.service.pk)
    assert found.happened == "The next person of level 1 was alerted 4 min late."
    assert found.address == f"/admin/incidents/incident/{opened.pk}/change/#inc-story-title"


def test_a_step_that_was_put_back_in_time_is_found(scene: Scene) -> None:
    escalated(scene)
    level = EscalationStep.objects.get(action="level", level=2)
    EscalationStep.objects.filter(run=level.run, sequence=level.sequence).update(at=scene.after(12))
    found = one(check(scene), Kind.LEVEL_EARLY)
    assert found.happened.endswith("3 min too early.")


def test_somebody_put_in_place_of_whoever_was_alerted(scene: Scene) -> None:
    escalated(scene)
    EscalationStep.objects.filter(action="paged", level=2).update(person=scene.olga)
    assert one(check(scene), Kind.WRONG_PERSON).people == (scene.olga.pk,)


def test_alerts_without_a_recorded_roster_are_counted_and_not_judged(scene: Scene) -> None:
    escalated(scene)
    EscalationStep.objects.filter(action="paged", level=2).update(person=scene.olga)
    EscalationStep.objects.update(inputs={})
    found = check(scene)
    assert (kinds(found), found.unrecorded) == ([], 3)


def test_a_version_that_cannot_be_trusted_is_said_and_not_judged(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*asked: Any) -> Any:
        raise WrongState("The content does not have its hash.")

    scene.open()
    scene.engine(0)
    scene.engine(9)
    assert kinds(check(scene)) == ["late_step"]
    monkeypatch.setattr(reading, "known_snapshot", refuse)
    found = check(scene)
    assert (kinds(found), found.unreadable) == ([], 1)


def test_whoever_had_it_before_and_did_not_sign(scene: Scene) -> None:
    opened = escalated(scene)
    services.take_over(opened, actor=scene.tom, now=scene.after(20), reason="I know the system")
    assert Kind.UNSIGNED_HAND_OFF.value not in kinds(check(scene, 60))
    found = next(each for each in check(scene, 90).deviations if each.kind is Kind.UNSIGNED_HAND_OFF)
    assert (found.happened, found.people, found.rationale) == ("The giver's signature is missing.", (scene.kim.pk,), "")
    signing.sign_giving(HandOff.objects.get(), actor=scene.kim, now=scene.after(95))
    assert Kind.UNSIGNED_HAND_OFF.value in kinds(check(scene, 90))
    assert Kind.UNSIGNED_HAND_OFF.value not in kinds(check(scene, 100))


def test_a_signature_that_was_waived_has_its_rationale(scene: Scene) -> None:
    opened = escalated(scene)
    services.take_over(opened, actor=scene.tom, now=scene.after(20), reason="I know the system")
    signing.waive(HandOff.objects.get(), actor=person("Carla", roles=("commander",)), now=scene.after(30), reason="Kim left the company")
    assert "Kim left the company" in [each.rationale for each in check(scene, 120).deviations if each.kind is Kind.UNSIGNED_HAND_OFF]


def climbing(now: Any) -> tuple[Scene, User, Incident]:
    """A service whose only level asks for a root-cause analysis, with an incident that was resolved and closed."""
    owner = person("Olga Owner", roles=("responder",))
    contact(owner)
    service = factory.service("Mail")
    version = factory.draft(factory.policy(service), now=now - timedelta(days=1))
    factory.level(version, 1, owner, owner=owner, needs_rca=True, mandates="suspend_processes", mandate_until=now.date())
    scene = Scene(now, service, factory.approve(version, now=now - timedelta(days=1)), owner, owner, owner, owner)
    opened = scene.open()
    scene.engine(0)
    return scene, owner, opened


def test_a_level_that_asks_for_an_analysis_and_none_was_begun(now: Any) -> None:
    scene, owner, opened = climbing(now)
    services.acknowledge(opened, actor=owner, now=scene.after(2))
    services.resolve(opened, actor=owner, now=scene.after(30), reason="Restarted")
    assert check(scene).deviations == ()
    Incident.objects.filter(pk=opened.pk).update(state="closed", closed_at=scene.after(40))
    found = one(check(scene), Kind.MISSING_RCA)
    assert (found.level, found.at, found.rationale) == (1, scene.after(40), "")
    assert check(scene, 39).deviations == ()
    told = {"incident_id": opened.pk, "level": 1, "due": now.date(), "opened_at": scene.after(31)}
    ended = {"state": "waived", "waiver": "A test of the alarm", "ended_at": scene.after(35), "ended_by": owner}
    PostMortem.objects.create(**told, **ended)
    assert one(check(scene), Kind.MISSING_RCA).rationale == "A test of the alarm"
    problem = Problem.objects.create(number="PRB-1", title="A certificate that ran out")
    IncidentProblem.objects.create(incident=opened, problem=problem)
    assert check(scene).deviations == ()


def test_details_that_went_over_a_channel_before_it_was_cleared(scene: Scene) -> None:
    opened = scene.open(confidential=True)
    scene.engine(0)
    message = OutboxMessage.objects.get(kind="escalation.page")
    assert message.confidential
    tried = {"message": message, "number": 1, "contact_label": "phone", "finished_at": scene.after(2)}
    DeliveryAttempt.objects.create(**tried, channel="sms", started_at=scene.after(1), succeeded=True)
    assert check(scene).deviations == ()
    OutboxMessage.objects.update(confidential=False)
    found = one(check(scene), Kind.CHANNEL_NOT_CLEARED)
    assert (found.incident, found.happened) == (opened.pk, "Details went over sms, which was not cleared.")
    rule = ChannelRule(channel="sms", cleared=True)
    save_tracked(rule, actor=None, now=scene.after(5), reason="Encrypted")
    assert kinds(check(scene)) == ["channel_not_cleared"]
    DeliveryAttempt.objects.update(started_at=scene.after(6))
    assert check(scene).deviations == ()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"used_by": "tom"}, "whoever used it held no such mandate"),
        ({"used_at": 60 * 24 * 2, "until": 60 * 24 * 2 + 5}, "outside the days for which it was given"),
        ({"until": 60 * 24 * 4}, "3 d 23 h, more than 3 d"),
        ({"refused": True}, "the review found it not justified: Nobody was asked"),
    ],
)
def test_a_mandate_used_beyond_its_limits(now: Any, changed: dict[str, Any], said: str) -> None:
    scene, owner, opened = climbing(now)
    tom, rita = person("Tom"), person("Rita")
    row = MandateUse(
        incident=opened, mandate="suspend_processes", used_by=tom if "used_by" in changed else owner, held_as="Owner of level 1.",
        reason="Customers cannot pay.", used_at=scene.after(changed.get("used_at", 5)), until=scene.after(changed.get("until", 60)),
        review_due_at=scene.after(90),
    )  # fmt: skip
    if "refused" in changed:
        row.reviewed_at, row.reviewed_by, row.verdict, row.review_reason = scene.after(50), rita, "not_justified", "Nobody was asked"
    row.save()
    found = next(each for each in check(scene, 60 * 24).deviations if each.kind is Kind.MANDATE_BEYOND_LIMITS)
    assert said in found.happened
    assert found.rationale == "Customers cannot pay."


def test_a_mandate_used_within_its_limits(now: Any) -> None:
    scene, owner, opened = climbing(now)
    use_mandate(opened, "suspend_processes", until=scene.after(60), actor=owner, now=scene.after(5), reason="Customers cannot pay.")
    assert Kind.MANDATE_BEYOND_LIMITS.value not in kinds(check(scene))


def test_three_people_within_five_minutes_and_two_who_acknowledge_at_once(scene: Scene) -> None:
    opened = scene.open()
    scene.engine(0)
    services.acknowledge(opened, actor=scene.ana, now=scene.after(1))
    services.acknowledge(opened, actor=scene.tom, now=scene.after(2))
    assert one(check(scene), Kind.TWO_ACKNOWLEDGED).people == (scene.ana.pk, scene.tom.pk)
    lifecycle.hold(Incident.objects.get(pk=opened.pk), actor=scene.kim, now=scene.after(4), reason="Waiting for the provider")
    assert kinds(check(scene)) == ["two_acknowledged", "several_at_once"]


def test_people_of_other_tracks_act_beside_each_other(scene: Scene) -> None:
    opened = scene.open(personal_data=True)
    scene.engine(0)
    services.acknowledge(opened, actor=scene.ana, now=scene.after(1))
    services.acknowledge_track(opened, "compliance", actor=scene.olga, now=scene.after(2))
    lifecycle.hold(Incident.objects.get(pk=opened.pk), actor=scene.kim, now=scene.after(3), reason="Waiting for the provider")
    assert Kind.SEVERAL_AT_ONCE.value not in kinds(check(scene))


def test_two_who_acknowledge_an_hour_apart_are_not_at_once(scene: Scene) -> None:
    opened = scene.open()
    scene.engine(0)
    services.acknowledge(opened, actor=scene.ana, now=scene.after(1))
    services.acknowledge(opened, actor=scene.tom, now=scene.after(61))
    assert check(scene).deviations == ()


def test_a_group_that_gives_it_back(scene: Scene) -> None:
    opened = scene.open()
    for minute, (before, after) in enumerate((("Desk", "Network"), ("Network", "Desk"), ("Desk", "Storage"))):
        data = {"from": before, "to": after}
        told = {"incident": opened, "kind": "assigned", "recorded_at": scene.now, "actor_name": "x", "text": "x", "data": data}
        TimelineEntry.objects.create(**told, at=scene.after(minute))
    found = one(check(scene), Kind.PING_PONG)
    assert found.happened == "It moved 3 times between groups, and came back 1 time."


def test_responsibility_that_goes_back_and_forth_between_people(scene: Scene) -> None:
    opened = scene.open()
    scene.engine(0)
    services.acknowledge(opened, actor=scene.ana, now=scene.after(1))
    services.take_over(opened, actor=scene.tom, now=scene.after(20), reason="I know it")
    services.take_over(opened, actor=scene.ana, now=scene.after(40), reason="So do I")
    found = next(each for each in check(scene, 45).deviations if each.kind is Kind.PING_PONG)
    assert found.happened == "It moved 2 times between people, and came back 1 time."


def test_somebody_without_alert_role_or_right(scene: Scene) -> None:
    opened = scene.open()
    scene.engine(0)
    services.acknowledge(opened, actor=scene.olga, now=scene.after(1))
    assert check(scene).deviations == ()
    scene.olga.groups.clear()
    assert one(check(scene), Kind.WITHOUT_ROLE).people == (scene.olga.pk,)


def test_drills_and_other_periods_are_left_out(scene: Scene) -> None:
    opened = scene.open()
    scene.engine(0)
    scene.engine(9)
    assert kinds(check(scene)) == ["late_step"]
    later = Population(scene.now + timedelta(days=1), scene.now + timedelta(days=2))
    assert conformance_of(later, scene.after(60)).runs == 0
    Incident.objects.filter(pk=opened.pk).update(origin="drill")
    assert (check(scene).runs, kinds(check(scene))) == (0, [])


def test_the_queries_do_not_grow_with_the_incidents(scene: Scene, django_assert_num_queries: Any) -> None:
    scene.open(confidential=True)
    scene.engine(0)
    scene.engine(9)
    check(scene)
    with CaptureQueriesContext(connection) as few:
        check(scene)
    for _ in range(4):
        scene.open(confidential=True)
    scene.engine(10)
    scene.engine(21)
    with django_assert_num_queries(len(few)):
        found = check(scene)
    assert (found.runs, len(few)) == (5, QUERIES)
