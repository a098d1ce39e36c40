"""A drill from its plan to its findings."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from incidents.drills import services
from incidents.drills.failures import planned_failure, ways_in_drill
from incidents.drills.rhythm import run_due
from incidents.escalation.engine import run_cycle
from incidents.escalation.services import acknowledge
from incidents.models import Drill, DrillFailure, DrillFinding, DrillPart, EscalationStep
from portal.foundation import clock
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from portal.foundation.outbox.models import OutboxMessage
from tests.factories.incidents import incident, service
from tests.factories.policies import approve, draft, level, policy
from tests.factories.portal import contact, person
from tests.shared import shared

pytestmark = pytest.mark.django_db
NOW = datetime(2020, 11, 20, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Scene:
    def __init__(self) -> None:
        self.lead = person("Mara Manager", roles=("manager",))
        self.ana, self.tom, self.kim = (person(name, roles=("responder",)) for name in ("Ana Ruiz", "Tom Berg", "Kim Lind"))
        for who in (self.ana, self.tom, self.kim):
            contact(who)
        self.service = service("Card payments")
        version = draft(policy(self.service))
        level(version, 1, self.ana, self.tom, window=timedelta(minutes=5), backup_after=timedelta(minutes=2))
        level(version, 2, self.kim, window=timedelta(minutes=5), backup_after=timedelta(minutes=2))
        approve(version, now=NOW - timedelta(days=1))
        self.drill = Drill.objects.create(
            title="Cards fail at night",
            service=self.service,
            severity="SEV3",
            goal="Show that level 2 is reached.",
            planned_for=NOW,
            ends_by=NOW + timedelta(hours=1),
            planned_by=self.lead,
        )

    def joins(self, *people: Any) -> None:
        for who in people:
            DrillPart.objects.get_or_create(drill=self.drill, person=who)
            services.consent(self.drill, actor=who, now=NOW - MINUTE)

    def start(self) -> Any:
        return services.start(self.drill, actor=self.lead, now=NOW)

    def run(self, minutes: int) -> None:
        for second in range(0, minutes * 60 + 1, 60):
            run_cycle(now=NOW + timedelta(seconds=second))

    def paged(self) -> list[str]:
        return list(EscalationStep.objects.filter(action="paged").order_by("at", "pk").values_list("person_name", flat=True))


@shared
def scene() -> Scene:
    return Scene()


def test_a_drill_runs_the_live_engine_by_the_rules_in_force_and_goes_as_foretold(scene: Scene) -> None:
    scene.joins(scene.ana)
    made = scene.start()
    scene.run(8)
    assert scene.paged() == ["Ana Ruiz", "Tom Berg", "Kim Lind"]
    assert made.title == "DRILL: Cards fail at night"
    drill = services.finish(scene.drill, actor=scene.lead, now=NOW + 8 * MINUTE)
    assert drill.verdict.endswith("0 of them other than expected. Nobody answered.")
    made.refresh_from_db()
    assert made.state == "resolved"
    assert not DrillFinding.objects.exists()


def test_its_messages_go_only_to_those_who_agreed_and_to_the_way_they_chose(scene: Scene) -> None:
    second = contact(scene.tom, "http://127.0.0.1:9/second", label="spare", order=2)
    scene.joins(scene.ana, scene.tom)
    DrillPart.objects.filter(person=scene.tom).update(contact=second)
    scene.start()
    scene.run(8)
    ways = {message.person_name: set(ways_in_drill(message)) for message in OutboxMessage.objects.filter(kind="escalation.page")}
    assert ways["Ana Ruiz"] == set(scene.ana.contact_points.values_list("pk", flat=True))
    assert ways["Tom Berg"] == {second.pk}
    assert ways["Kim Lind"] == set()
    assert all(OutboxMessage.objects.filter(kind="escalation.page").values_list("drill", flat=True))


def test_somebody_who_is_away_in_the_drill_is_passed_over_there_and_nowhere_else(scene: Scene) -> None:
    DrillFailure.objects.create(drill=scene.drill, kind="away", person=scene.ana)
    scene.joins(scene.tom)
    scene.start()
    real = incident(NOW, service=scene.service, title="It really fails")
    run_cycle(now=NOW)
    paged = dict(EscalationStep.objects.filter(action="paged").values_list("run__incident__title", "person_name"))
    assert paged == {"DRILL: Cards fail at night": "Tom Berg", real.title: "Ana Ruiz"}


def test_a_level_that_stays_silent_is_not_told_and_a_channel_that_is_down_fails(scene: Scene) -> None:
    DrillFailure.objects.create(drill=scene.drill, kind="silent", level=1)
    DrillFailure.objects.create(drill=scene.drill, kind="channel", channel="sms")
    scene.joins(scene.ana, scene.kim)
    scene.start()
    scene.run(8)
    ways = {message.person_name: set(ways_in_drill(message)) for message in OutboxMessage.objects.filter(kind="escalation.page")}
    assert ways["Ana Ruiz"] == set()
    assert len(ways["Kim Lind"]) == 1
    page = OutboxMessage.objects.filter(kind="escalation.page").first()
    assert page is not None
    assert planned_failure(page, "sms") == "Planned failure of the drill: this channel is down."
    assert planned_failure(page, "webhook") == ""


def test_an_answer_ends_what_was_expected_and_a_difference_becomes_a_finding(scene: Scene) -> None:
    scene.joins(scene.ana)
    made = scene.start()
    run_cycle(now=NOW)
    Drill.objects.filter(pk=scene.drill.pk).update(
        expected=[{"after": 0, "track": "technical", "action": "paged", "level": 1, "position": 1, "person": "Tom Berg", "why": ""}]
    )
    acknowledge(made, actor=scene.ana, now=NOW + MINUTE)
    drill = services.finish(scene.drill, actor=scene.lead, now=NOW + 3 * MINUTE, next_due=date(2027, 2, 20))
    assert drill.verdict.endswith("Answered after 1 min.")
    finding = DrillFinding.objects.get(text__contains="Ana Ruiz instead of Tom Berg")
    services.settle_finding(finding, actor=scene.lead, now=NOW + 5 * MINUTE, reason="The rota was corrected.")
    with pytest.raises(WrongState):
        services.settle_finding(finding, actor=scene.lead, now=NOW + 5 * MINUTE, reason="Again.")


def test_a_drill_begins_and_ends_by_itself(scene: Scene) -> None:
    scene.joins(scene.ana)
    assert run_due(now=NOW - MINUTE) == 0
    assert run_due(now=NOW) == 1
    scene.drill.refresh_from_db()
    assert scene.drill.state == "running"
    assert run_due(now=scene.drill.ends_by) == 1
    scene.drill.refresh_from_db()
    assert scene.drill.state == "finished"


def test_a_drill_with_which_nobody_agreed_does_not_begin(scene: Scene) -> None:
    with pytest.raises(WrongState, match="Nobody has agreed"):
        scene.start()
    run_due(now=NOW)
    scene.drill.refresh_from_db()
    assert (scene.drill.state, scene.drill.incident) == ("cancelled", None)
    assert "Nobody has agreed" in scene.drill.verdict


def test_a_drill_on_somebody_elses_channel_is_refused_and_nothing_is_made(scene: Scene) -> None:
    scene.joins(scene.ana)
    DrillPart.objects.update(contact=scene.kim.contact_points.get())
    with pytest.raises(InvalidInput, match="participants only"):
        scene.start()
    assert not EscalationStep.objects.exists()


def test_without_the_right_nobody_starts_or_stops_one(scene: Scene) -> None:
    scene.joins(scene.ana)
    with pytest.raises(NotAllowed):
        services.start(scene.drill, actor=scene.ana, now=NOW)
    scene.start()
    with pytest.raises(WrongState):
        scene.start()
    with pytest.raises(NotAllowed):
        services.finish(scene.drill, actor=scene.ana, now=NOW)


def test_only_who_was_asked_answers_and_whoever_declines_later_hears_no_more(scene: Scene) -> None:
    with pytest.raises(NotAllowed, match="not asked"):
        services.consent(scene.drill, actor=scene.kim, now=NOW)
    scene.joins(scene.ana)
    scene.start()
    run_cycle(now=NOW)
    services.decline(scene.drill, actor=scene.ana, now=NOW)
    page = OutboxMessage.objects.get(kind="escalation.page")
    assert ways_in_drill(page) == ()


def test_consent_does_not_pass_to_another_person_or_another_way(scene: Scene) -> None:
    scene.joins(scene.ana, scene.tom)
    swapped, moved = scene.drill.parts.get(person=scene.ana), scene.drill.parts.get(person=scene.tom)
    swapped.person = scene.kim
    swapped.save()
    moved.contact = scene.tom.contact_points.get()
    moved.save()
    assert not scene.drill.parts.filter(consented_at__isnull=False).exists()
    services.consent(scene.drill, actor=scene.tom, now=NOW)
    scene.tom.contact_points.all().delete()
    assert not scene.drill.parts.filter(person=scene.tom).exists()


def test_an_unannounced_drill_does_not_tell_when(scene: Scene) -> None:
    DrillPart.objects.create(drill=scene.drill, person=scene.ana)
    Drill.objects.update(announced=False)
    scene.drill.refresh_from_db()
    assert services.ask_participants(scene.drill, actor=scene.lead, now=NOW - MINUTE) == 1
    assert "You are not told when" in OutboxMessage.objects.get(kind="drill.invited").body


def test_the_next_drill_is_reminded_of_until_it_is_planned(scene: Scene) -> None:
    scene.joins(scene.ana)
    scene.start()
    services.finish(scene.drill, actor=scene.lead, now=NOW + MINUTE, next_due=date(2020, 12, 1))
    for _ in range(2):
        run_due(now=NOW + timedelta(days=1))
    assert OutboxMessage.objects.filter(kind="drill.due", person=scene.lead).count() == 1


def test_a_planned_failure_says_what_fails(scene: Scene) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        DrillFailure.objects.create(drill=scene.drill, kind="away", channel="sms")


def test_the_pages_of_planning_agreeing_and_comparing(scene: Scene, client: Client) -> None:
    client.force_login(scene.lead)
    form = client.get(reverse("admin:incidents_drill_add"))
    assert form.status_code == 200
    DrillPart.objects.create(drill=scene.drill, person=scene.ana)
    # The doors read the clock.
    Drill.objects.update(ends_by=clock.now() + timedelta(hours=1))
    page = reverse("admin:incidents_drill_change", args=[scene.drill.pk])
    client.force_login(scene.ana)
    assert "Take part" in client.get(page).content.decode()
    client.post(reverse("admin:incidents_drill_do", args=[scene.drill.pk, "join"]))
    assert client.post(reverse("admin:incidents_drill_do", args=[scene.drill.pk, "start"])).status_code == 403
    client.force_login(scene.lead)
    listed = client.get(reverse("admin:incidents_drill_changelist")).content.decode()
    assert "1 of 1" in listed
    client.post(reverse("admin:incidents_drill_do", args=[scene.drill.pk, "start"]), {"reason": ""})
    run_cycle(now=Drill.objects.get().started_at or NOW)
    assert "as expected" in client.get(page).content.decode()
    due = clock.now().date() + timedelta(days=90)
    client.post(reverse("admin:incidents_drill_do", args=[scene.drill.pk, "stop"]), {"reason": "", "next_due": str(due)})
    assert Drill.objects.get().next_due == due
