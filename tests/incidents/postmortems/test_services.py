"""Post-mortems: who owes one, what a draft is made of, publishing, waiving, and what came of it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from audit.ledger.models import LedgerEvent
from incidents.lifecycle.services import resolve
from incidents.models import EscalationRun, EscalationStep, Incident, PostMortem, PostMortemAction
from incidents.postmortems.services import LATE, WITHIN, open_by_hand, open_those_owed, publish, remind, settle_action, waive
from portal.foundation.base_models import save_tracked
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from portal.foundation.outbox.models import OutboxMessage
from tests.factories.incidents import incident, service
from tests.factories.policies import approve, draft, level, policy
from tests.factories.portal import contact, person
from tests.shared import shared

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=3)
TEXTS = {"summary": "A certificate ran out.", "contributing": "Nothing watched its end.", "lessons": "Watch the end of certificates."}


@shared
def scene() -> Any:
    class Scene:
        def __init__(self) -> None:
            self.owner = person("Olga Owner", roles=("manager",))
            contact(self.owner)
            self.responder = person("Rolf Responder", roles=("responder",))
            self.compliance = person("Carla Compliance", roles=("compliance",))
            self.service = service("Card payments", owner=self.owner)
            version = draft(policy(self.service))
            for number in (1, 2, 3):
                level(version, number, self.responder)
            approve(version, now=NOW - timedelta(days=1))
            self.incident: Incident = incident(NOW, service=self.service)

        def reach(self, number: int, *, of: Incident | None = None) -> None:
            """As the engine writes it."""
            subject = of or self.incident
            run = EscalationRun.objects.create(
                incident=subject, policy_version=subject.policy_version, content_sha256="0" * 64, state="ended", alerting_since=NOW,
                started_at=NOW, ended_at=LATER,
            )  # fmt: skip
            for each in range(1, number + 1):
                EscalationStep.objects.create(
                    run=run, sequence=each, action="level", at=NOW + timedelta(minutes=15 * each), level=each, reason="The window ended.",
                    person=self.responder, person_name="Rolf Responder",
                )  # fmt: skip

        def resolved(self, number: int = 3) -> Incident:
            self.reach(number)
            resolve(self.incident, actor=self.responder, now=LATER, reason="Renewed the certificate.")
            return self.incident

        def opened(self) -> PostMortem:
            self.resolved()
            assert open_those_owed(now=LATER) == 1
            return PostMortem.objects.get()

        def written(self, **texts: str) -> PostMortem:
            made = self.opened()
            for name, text in {**TEXTS, **texts}.items():
                setattr(made, name, text)
            save_tracked(made, actor=self.owner, now=LATER, reason="Written.")
            return made

        def action(self, of: PostMortem) -> PostMortemAction:
            row = PostMortemAction(post_mortem=of, text="Alarm 30 days before", owner=self.responder, due=date(2026, 12, 1))
            save_tracked(row, actor=self.owner, now=LATER, reason="Agreed.")
            return row

    return Scene()


def types() -> list[str]:
    return list(LedgerEvent.objects.filter(type__startswith="postmortem").order_by("pk").values_list("type", flat=True))


def test_a_resolved_incident_that_reached_level_three_gets_one_drafted_from_its_course(scene: Any) -> None:
    made = scene.opened()
    assert (made.level, made.owner, made.due, made.state) == (3, scene.owner, (LATER + WITHIN).date(), "draft")
    assert "09:45 UTC: Level 3 was alerted." in made.summary
    assert "Rolf" not in made.summary
    assert OutboxMessage.objects.filter(person=scene.owner, kind="postmortem.opened").exists()
    assert types() == ["postmortem.opened"]


def test_it_is_opened_once(scene: Any) -> None:
    scene.opened()
    assert open_those_owed(now=LATER + timedelta(days=1)) == 0


def test_below_level_three_unresolved_or_long_ago_none_is_owed(scene: Any) -> None:
    scene.reach(3)
    assert open_those_owed(now=LATER) == 0
    other = incident(NOW, service=scene.service)
    scene.reach(2, of=other)
    resolve(other, actor=scene.responder, now=LATER, reason="Gone.")
    assert open_those_owed(now=LATER) == 0
    resolve(scene.incident, actor=scene.responder, now=LATER, reason="Gone.")
    assert open_those_owed(now=LATER + timedelta(days=31)) == 0
    assert open_those_owed(now=LATER + timedelta(days=29)) == 1


def test_a_drill_owes_none(scene: Any) -> None:
    scene.resolved()
    Incident.objects.update(origin=Incident.Origin.DRILL)
    assert open_those_owed(now=LATER) == 0
    with pytest.raises(WrongState, match="drill"):
        open_by_hand(Incident.objects.get(), actor=scene.responder, now=LATER, reason="Worth it.")


def test_how_many_questions_it_takes_does_not_grow_with_those_that_owe_none(scene: Any, django_assert_num_queries: Any) -> None:
    for _ in range(5):
        incident(NOW, service=scene.service)
    with django_assert_num_queries(1):
        open_those_owed(now=LATER)


def test_by_hand_any_resolved_incident_can_have_one(scene: Any) -> None:
    with pytest.raises(WrongState, match="begins when it is resolved"):
        open_by_hand(scene.incident, actor=scene.responder, now=LATER, reason="Worth it.")
    made = open_by_hand(scene.resolved(1), actor=scene.responder, now=LATER, reason="Customers asked.")
    assert made.level == 1
    with pytest.raises(WrongState, match="already"):
        open_by_hand(scene.incident, actor=scene.responder, now=LATER, reason="Again.")
    with pytest.raises(NotAllowed):
        open_by_hand(scene.incident, actor=person("Nobody"), now=LATER, reason="Worth it.")


def test_a_published_one_is_whole_and_stays_as_it_is(scene: Any) -> None:
    made = publish(scene.written(), actor=scene.owner, now=LATER, reason="")
    assert (made.state, made.ended_by) == ("published", scene.owner)
    with pytest.raises(DatabaseError, match="stays as it is"), transaction.atomic():
        PostMortem.objects.update(lessons="None.")
    with pytest.raises(DatabaseError, match="stays with its incident"), transaction.atomic():
        PostMortem.objects.all().delete()
    with pytest.raises(WrongState, match="already"):
        publish(made, actor=scene.owner, now=LATER)


def test_what_is_missing_is_named(scene: Any) -> None:
    with pytest.raises(InvalidInput, match="the contributing factors and the lessons"):
        publish(scene.written(contributing=" ", lessons=""), actor=scene.owner, now=LATER)


def test_nobody_of_those_involved_is_named_in_it(scene: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        publish(scene.written(contributing="Rolf Responder slept."), actor=scene.owner, now=LATER)
    assert "write the role" in refused.value.fields["contributing"][0]
    assert PostMortem.objects.get().state == "draft"


def test_waiving_takes_the_right_a_reason_and_no_open_action(scene: Any) -> None:
    made = scene.opened()
    with pytest.raises(NotAllowed):
        waive(made, actor=scene.responder, now=LATER, reason="Known.")
    with pytest.raises(InvalidInput):
        waive(made, actor=scene.compliance, now=LATER, reason=" ")
    scene.action(made)
    with pytest.raises(WrongState, match="open actions"):
        waive(made, actor=scene.compliance, now=LATER, reason="A known error with a date for its end.")
    settle_action(PostMortemAction.objects.get(), done=False, actor=scene.owner, now=LATER, reason="Not needed.")
    assert waive(made, actor=scene.compliance, now=LATER, reason="A known error with a date for its end.").state == "waived"


def test_an_action_is_settled_once_by_its_owner_or_whoever_may_write(scene: Any) -> None:
    action = scene.action(scene.opened())
    with pytest.raises(NotAllowed):
        settle_action(action, done=True, actor=scene.compliance, now=LATER, reason="Done.")
    with pytest.raises(InvalidInput):
        settle_action(action, done=True, actor=scene.responder, now=LATER, reason="")
    settled = settle_action(action, done=True, actor=scene.responder, now=LATER, reason="The alarm stands.")
    assert (settled.state, settled.settled_by) == ("done", scene.responder)
    with pytest.raises(WrongState, match="done already"):
        settle_action(action, done=False, actor=scene.responder, now=LATER, reason="No.")
    with pytest.raises(DatabaseError, match="stays as it is"), transaction.atomic():
        PostMortemAction.objects.update(outcome="Nothing.")


def test_an_action_of_a_published_one_is_not_deleted_but_goes_on(scene: Any) -> None:
    made = scene.written()
    scene.action(made)
    publish(made, actor=scene.owner, now=LATER)
    with pytest.raises(DatabaseError, match="not deleted"), transaction.atomic():
        PostMortemAction.objects.all().delete()
    settle_action(PostMortemAction.objects.get(), done=True, actor=scene.responder, now=LATER, reason="The alarm stands.")
    assert types() == ["postmortem.opened", "postmortem.published", "postmortem.action_settled"]


def test_what_is_overdue_is_told_to_its_owner_once_a_week(scene: Any) -> None:
    made = scene.opened()
    contact(scene.responder)
    scene.action(made)
    late = datetime(2026, 12, 10, 9, 0, tzinfo=UTC)
    assert remind(now=LATER) == 0
    assert remind(now=late) == 2
    assert remind(now=late + timedelta(hours=1)) == 2
    assert OutboxMessage.objects.filter(kind=LATE).values("idempotency_key").distinct().count() == 1
    remind(now=late + timedelta(days=7))
    assert OutboxMessage.objects.filter(kind=LATE).values("idempotency_key").distinct().count() == 2


def test_a_message_about_a_confidential_incident_says_nothing_of_it(scene: Any) -> None:
    Incident.objects.update(confidential=True)
    scene.opened()
    told = OutboxMessage.objects.filter(kind="postmortem.opened").first()
    assert told is not None
    assert told.confidential
