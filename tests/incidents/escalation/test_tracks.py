"""Technical, stakeholder and compliance tracks side by side: each with its own run, levels and acknowledgement."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.models import LedgerEvent
from incidents.escalation import services, tracks
from incidents.escalation.engine import run_cycle
from incidents.escalation.queries import tracks_beside
from incidents.lifecycle import services as lifecycle
from incidents.models import EscalationRun, EscalationStep, Incident
from policies.governance import known
from policies.models import PolicyVersion
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from portal.models import OutboxMessage, User
from tests.factories import policies as factory
from tests.factories.incidents import incident
from tests.factories.portal import contact, person
from tests.shared import shared
from tests.trail import who

from .conftest import Scene, make_scene, story

pytestmark = pytest.mark.django_db


def reachable(name: str) -> User:
    someone = person(name, roles=("responder",))
    contact(someone)
    return someone


@pytest.fixture
def scene(now: datetime) -> Scene:
    """Not shared here: it and the `whole` have the same service."""
    return make_scene(now)


@shared
def lara() -> User:
    return reachable("Lara Law")


@shared
def eva() -> User:
    return reachable("Eva Executive")


def everywhere(now: datetime, lara: User, eva: User, *, owner: User | None = None) -> PolicyVersion:
    """The organisation's policy: stakeholders from SEV2 on and legal have one level each."""
    draft = factory.draft(factory.policy(scope="global", owner=owner or reachable("Gloria Global")), now=now - timedelta(days=1))
    factory.level(draft, 1, lara, track="compliance", name="Legal", window=timedelta(minutes=30))
    factory.level(draft, 1, eva, track="stakeholder", name="Executives", window=timedelta(minutes=30))
    factory.level(draft, 1, eva, name="Everybody's first line")
    return factory.approve(draft, now=now - timedelta(days=1))


@shared
def whole(now: datetime, lara: User, eva: User) -> Scene:
    version = everywhere(now, lara, eva)
    scene = make_scene(now)
    assert version.pk != scene.version.pk
    return scene


def mark(of: Incident, **fields: Any) -> None:
    Incident.objects.filter(pk=of.pk).update(**fields)


def runs(of: Incident) -> dict[str, EscalationRun]:
    return {run.track: run for run in of.runs.order_by("opening")}


def alerted_on(of: Incident, track: str) -> list[str]:
    steps = EscalationStep.objects.filter(run__incident=of, run__track=track, action="paged").order_by("run", "sequence")
    return [step.person_name.split()[0] for step in steps]


def test_a_marker_starts_the_compliance_track_by_the_version_that_supplies_it(whole: Scene) -> None:
    opened = whole.open()
    whole.engine()
    assert set(runs(opened)) == {"technical"}
    mark(opened, personal_data=True)
    whole.engine(1)
    track = runs(opened)["compliance"]
    assert (track.policy_version.policy.scope, track.content_sha256) == ("global", track.policy_version.content_sha256)
    assert runs(opened)["technical"].policy_version == whole.version
    assert alerted_on(opened, "compliance") == ["Lara"]
    assert "The legal and compliance track begins" in story(opened)
    assert "Legal and compliance track: Lara Law is alerted, primary of level 1" in story(opened)
    assert "It is marked as personal data." in opened.timeline.get(text="The legal and compliance track begins").why


def test_a_severity_that_qualifies_starts_the_stakeholder_track_also_when_it_comes_later(whole: Scene) -> None:
    opened = whole.open()
    mark(opened, severity="SEV3")
    whole.engine()
    assert set(runs(opened)) == {"technical"}
    mark(opened, severity="SEV2")
    whole.engine(1)
    whole.engine(2)
    assert (alerted_on(opened, "stakeholder"), set(runs(opened))) == (["Eva"], {"technical", "stakeholder"})
    assert runs(opened)["stakeholder"].policy_version.policy.scope == "global"


def test_acknowledging_the_incident_leaves_the_other_tracks_and_their_messages_alone(whole: Scene, lara: User, eva: User) -> None:
    opened = whole.open()
    mark(opened, severity="SEV1", regulated=True)
    whole.engine()
    opened.refresh_from_db()
    services.acknowledge(opened, actor=whole.ana, now=whole.after(1))
    assert {name: run.state for name, run in runs(opened).items()} == {
        "technical": "ended",
        "stakeholder": "paging",
        "compliance": "paging",
    }
    states = dict(OutboxMessage.objects.values_list("person_name", "state"))
    assert states == {"Ana Person": "cancelled", "Lara Law": "pending", "Eva Executive": "pending"}


@pytest.mark.parametrize("track", ["stakeholder", "compliance"])
def test_a_track_is_acknowledged_by_itself_with_one_event_and_a_repeat_changes_nothing(whole: Scene, lara: User, track: str) -> None:
    opened = whole.open()
    mark(opened, severity="SEV1", data_breach=True)
    whole.engine()
    opened.refresh_from_db()
    for minute in (1, 2):
        services.acknowledge_track(opened, track, actor=lara, now=whole.after(minute), reason="We have it")
    run = runs(opened)[track]
    assert (run.state, run.acknowledged_by, run.acknowledged_at) == ("ended", lara, whole.after(1))
    assert runs(opened)["technical"].state == "paging"
    events = LedgerEvent.objects.filter(type="escalation.acknowledged")
    assert [who(event) for event in events] == ["Lara Law"]
    assert "We have it" in events.get().payload
    assert any(text.endswith("track is acknowledged") for text in story(opened))
    whole.engine(3)
    whole.engine(90)
    assert len(runs(opened)) == 3
    assert opened.runs.count() == 3


@pytest.mark.parametrize("verb", [services.resolve, services.cancel, lifecycle.resolve, lifecycle.cancel])
def test_the_compliance_track_outlives_the_incident_and_goes_on_until_it_is_acknowledged(verb: Any, whole: Scene, lara: User) -> None:
    opened = whole.open()
    mark(opened, severity="SEV1", personal_data=True)
    whole.engine()
    opened.refresh_from_db()
    verb(opened, actor=whole.ana, now=whole.after(1), reason="restarted")
    whole.engine(1.1)
    states = {name: run.state for name, run in runs(opened).items()}
    assert states == {"technical": "ended", "stakeholder": "ended", "compliance": "paging"}
    assert OutboxMessage.objects.get(person=lara).state == "pending"
    whole.engine(29)
    assert runs(opened)["compliance"].state == "paging"
    services.acknowledge_track(opened, "compliance", actor=lara, now=whole.after(29.5))
    assert runs(opened)["compliance"].state == "ended"
    assert OutboxMessage.objects.get(person=lara).state == "cancelled"


def test_a_marker_that_comes_after_the_end_still_starts_the_track(whole: Scene) -> None:
    opened = whole.open()
    whole.engine()
    services.resolve(opened, actor=whole.ana, now=whole.after(1), reason="restarted")
    lifecycle.close(opened, actor=whole.ana, now=whole.after(2))
    mark(opened, data_breach=True)
    whole.engine(3)
    assert alerted_on(opened, "compliance") == ["Lara"]


def test_whoever_acknowledged_the_compliance_track_has_it_through_a_reopening(whole: Scene, lara: User) -> None:
    opened = whole.open()
    mark(opened, personal_data=True)
    whole.engine()
    opened.refresh_from_db()
    services.acknowledge_track(opened, "compliance", actor=lara, now=whole.after(1))
    services.resolve(opened, actor=whole.ana, now=whole.after(2), reason="restarted")
    lifecycle.reopen(opened, actor=whole.ana, now=whole.after(3), reason="it is back")
    whole.engine(3)
    assert opened.runs.filter(track="compliance").count() == 1


def test_a_reopening_asks_anew_where_nobody_in_legal_answered_and_lets_a_live_run_go_on(whole: Scene) -> None:
    opened = whole.open()
    mark(opened, personal_data=True)
    whole.engine()
    opened.refresh_from_db()
    services.resolve(opened, actor=whole.ana, now=whole.after(2), reason="restarted")
    lifecycle.reopen(opened, actor=whole.ana, now=whole.after(3), reason="it is back")
    whole.engine(3)
    assert [run.state for run in opened.runs.filter(track="compliance")] == ["paging"]
    whole.engine(30)
    whole.engine(30.1)
    assert [(run.opening, run.state) for run in opened.runs.filter(track="compliance").order_by("opening")] == [
        (0, "exhausted"),
        (1, "paging"),
    ]


def test_without_compliance_levels_anywhere_the_owner_is_alarmed_at_once(
    scene: Scene, caplog: pytest.LogCaptureFixture, django_capture_on_commit_callbacks: Any
) -> None:
    opened = scene.open()
    mark(opened, regulated=True)
    with django_capture_on_commit_callbacks(execute=True):
        scene.engine()
    run = runs(opened)["compliance"]
    assert (run.state, run.policy_version) == ("exhausted", scene.version)
    alarm = OutboxMessage.objects.get(kind="escalation.exhausted")
    assert (alarm.person, alarm.title) == (scene.olga, f"Nobody reached: Legal and compliance: P2 {opened.number} Card payments fail")
    assert any(record.levelname == "CRITICAL" and "Legal and compliance" in record.message for record in caplog.records)
    scene.engine(1)
    assert OutboxMessage.objects.filter(kind="escalation.exhausted").count() == 1


def test_whoever_acknowledges_a_track_that_another_answers_for_is_on_record_once(whole: Scene, lara: User) -> None:
    opened = whole.open()
    mark(opened, personal_data=True)
    whole.engine()
    services.acknowledge_track(opened, "compliance", actor=lara, now=whole.after(1))
    for minute in (2, 3):
        services.acknowledge_track(opened, "compliance", actor=whole.ana, now=whole.after(minute))
    assert runs(opened)["compliance"].holder == lara
    assert LedgerEvent.objects.get(type="escalation.acknowledged_too").actor_id == str(whole.ana.pk)


def test_an_exhausted_track_can_still_be_acknowledged_and_stays_exhausted(scene: Scene) -> None:
    opened = scene.open()
    mark(opened, regulated=True)
    scene.engine()
    ended = runs(opened)["compliance"].ended_at
    for minute in (1, 2):
        services.acknowledge_track(opened, "compliance", actor=scene.kim, now=scene.after(minute))
    run = runs(opened)["compliance"]
    assert (run.state, run.acknowledged_by, run.acknowledged_at, run.ended_at) == ("exhausted", scene.kim, scene.after(1), ended)
    assert story(opened)[-1] == "The legal and compliance track is acknowledged"
    assert [beside.words for beside in tracks_beside(opened, scene.after(2))] == ["acknowledged by Kim Person"]


@pytest.mark.parametrize("owner_left", [False, True])
def test_a_marked_incident_that_no_policy_covers_alarms_whoever_is_left(now: datetime, owner_left: bool) -> None:
    owner, chief = reachable("Service Owner"), person("Chief", is_superuser=True)
    owner.is_active = not owner_left
    owner.save()
    opened = incident(now, service=factory.service("Unruled", owner=owner))
    mark(opened, data_breach=True)
    for second in range(3):
        run_cycle(now=now + timedelta(seconds=second))
    assert OutboxMessage.objects.get().person == (chief if owner_left else owner)
    assert story(opened) == [
        "Nobody is alerted automatically",
        "Legal and compliance track: Nobody reached: the escalation has run out of people",
    ]


def test_an_owner_who_left_is_replaced_by_the_next_of_last_resort(now: datetime, lara: User, eva: User) -> None:
    gloria = reachable("Gloria Global")
    everywhere(now, lara, eva, owner=gloria)
    scene = make_scene(now)
    scene.olga.is_active = False
    scene.olga.save()
    scene.open()
    for minute in (0, 5, 15, 30):
        scene.engine(minute)
    assert OutboxMessage.objects.get(kind="escalation.exhausted").person == gloria


def test_a_track_that_does_not_run_or_is_not_known_cannot_be_acknowledged(whole: Scene) -> None:
    opened = whole.open()
    whole.engine()
    with pytest.raises(WrongState, match="legal and compliance track of INC-"):
        services.acknowledge_track(opened, "compliance", actor=whole.ana, now=whole.now)
    with pytest.raises(InvalidInput, match="No track is called 'gossip'"):
        services.acknowledge_track(opened, "gossip", actor=whole.ana, now=whole.now)
    with pytest.raises(NotAllowed):
        services.acknowledge_track(opened, "compliance", actor=person("Outsider"), now=whole.now)
    services.acknowledge_track(opened, "technical", actor=whole.ana, now=whole.after(1))
    assert runs(opened)["technical"].state == "ended"


def test_a_reopened_incident_informs_stakeholders_anew(whole: Scene) -> None:
    opened = whole.open()
    mark(opened, severity="SEV1")
    whole.engine()
    opened.refresh_from_db()
    services.resolve(opened, actor=whole.ana, now=whole.after(1), reason="restarted")
    lifecycle.reopen(opened, actor=whole.ana, now=whole.after(2), reason="it is back")
    whole.engine(2)
    assert [(run.opening, run.state) for run in opened.runs.filter(track="stakeholder").order_by("opening")] == [
        (0, "ended"),
        (1, "paging"),
    ]


def test_looking_for_missing_tracks_takes_the_same_queries_however_many_incidents_are_open(whole: Scene) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert tracks.without_stakeholder_run() == []
            assert not tracks.without_compliance_run().exists()
        return len(seen)

    mark(whole.open(), severity="SEV3")
    queries()
    few = queries()
    for _ in range(5):
        mark(whole.open(), severity="SEV4")
    assert queries() == few <= 3


def test_a_version_that_was_tampered_with_informs_no_stakeholders_and_leaves_a_compliance_run_that_everybody_sees_failing(
    whole: Scene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    opened = whole.open()
    mark(opened, severity="SEV1", personal_data=True)
    monkeypatch.setattr("policies.governance.snapshots.content_hash", lambda content: "0" * 64)
    known.forget()
    whole.engine()
    assert "stakeholder" not in runs(opened)
    assert "does not have the hash" in runs(opened)["compliance"].last_failure
    assert "cannot be read" in caplog.text
