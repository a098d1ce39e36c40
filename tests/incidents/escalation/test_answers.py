"""What an answer to an alert does to its escalation, whichever way it came."""

from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection

from audit.models import LedgerEvent
from incidents.escalation import services
from incidents.models import EscalationRun, Incident
from portal.foundation.answers.answerers import ACKNOWLEDGE, answerers
from portal.foundation.answers.replies import waiting_for
from portal.foundation.answers.services import Answered, answer, digest_of
from portal.foundation.answers.ways import KEYPAD, LINK, REPLY
from portal.foundation.outbox.tokens import answer_code
from portal.models import Callback, OutboxMessage, User

from .conftest import Scene, make_scene, run_of

pytestmark = pytest.mark.django_db


def page_to(person: User, incident: Incident) -> OutboxMessage:
    return OutboxMessage.objects.get(person=person, subject_ref=f"incidents.incident:{incident.pk}", kind="escalation.page")


def acknowledge(
    message: OutboxMessage, scene: Scene, minutes: float = 1, person: Any = None, way: Any = LINK, key: str = "once"
) -> Answered:
    who = person or message.person
    return answer(message, who, ACKNOWLEDGE, way, now=scene.after(minutes), digest=digest_of(key, message.pk, who.pk))


def test_the_alerting_stops_and_whoever_answered_has_the_incident(scene: Scene) -> None:
    opened = scene.open()
    scene.engine()
    told = acknowledge(page_to(scene.ana, opened), scene)
    assert (told.done, told.words) == (True, f"You have acknowledged {opened.number}.")
    scene.engine(30)
    opened.refresh_from_db()
    assert (opened.assigned_to, opened.acknowledged_by, run_of(opened).state) == (scene.ana, scene.ana, "ended")
    entry = opened.timeline.get(text="Ana Person acknowledged")
    assert (entry.actor, entry.why) == (scene.ana, "Answered by the link in the message.")


def test_whoever_lacks_the_right_changes_nothing_and_it_is_on_record(scene: Scene) -> None:
    opened = scene.open()
    scene.engine()
    scene.ana.groups.clear()
    scene.ana = User.objects.get(pk=scene.ana.pk)
    told = acknowledge(page_to(scene.ana, opened), scene)
    assert (told.done, told.status) == (False, 403)
    assert run_of(opened).state == "paging"
    assert page_to(scene.ana, opened).answered_at is None
    assert Callback.objects.get().outcome == told.words
    assert LedgerEvent.objects.filter(type="message.answer_refused", actor_id=str(scene.ana.pk)).count() == 1


def test_an_answer_about_a_run_that_has_ended_changes_nothing(scene: Scene) -> None:
    opened = scene.open()
    scene.engine()
    services.resolve(opened, actor=None, now=scene.after(1), reason="Restarted")
    told = acknowledge(page_to(scene.ana, opened), scene, 2)
    assert (told.done, told.status, told.words) == (False, 409, f"{opened.number} is resolved; there is nothing left to acknowledge.")
    opened.refresh_from_db()
    assert (opened.state, opened.assigned_to) == ("resolved", None)


def test_an_answer_by_another_way_after_the_first_says_that_it_is_done(scene: Scene) -> None:
    opened = scene.open()
    scene.engine()
    message = page_to(scene.ana, opened)
    acknowledge(message, scene)
    told = acknowledge(message, scene, 2, way=KEYPAD, key="keypad")
    assert (told.done, told.words) == (False, "This message was answered before.")


def test_a_second_person_hears_who_has_it_is_on_record_and_takes_nothing_over(scene: Scene) -> None:
    opened = scene.open()
    scene.engine()
    scene.engine(5)
    acknowledge(page_to(scene.ana, opened), scene, 6)
    told = acknowledge(page_to(scene.tom, opened), scene, 7)
    assert (told.done, told.words) == (True, f"Ana Person has {opened.number} already. That you acknowledged it too is on record.")
    opened.refresh_from_db()
    assert opened.assigned_to == scene.ana
    assert opened.timeline.filter(text="Tom Person acknowledged too; Ana Person has it").count() == 1


def test_after_nobody_was_reached_it_can_still_be_acknowledged_once(scene: Scene) -> None:
    opened = scene.open()
    for minute in range(0, 61, 5):
        scene.engine(minute)
    assert run_of(opened).state == "exhausted"
    last = OutboxMessage.objects.get(kind="escalation.exhausted")
    assert acknowledge(last, scene, 65).done
    opened.refresh_from_db()
    assert opened.assigned_to == scene.olga
    assert acknowledge(page_to(scene.ana, opened), scene, 66).words.startswith(f"Olga Person has {opened.number}")


def test_each_track_is_acknowledged_by_itself_and_has_a_code_of_its_own(scene: Scene) -> None:
    opened = scene.open()
    scene.engine()
    message = page_to(scene.ana, opened)
    codes = {}
    for track in ("", ":stakeholder", ":compliance"):
        message.subject_ref = f"incidents.incident:{opened.pk}{track}"
        codes[track] = answer_code(message)
    assert codes == {"": str(opened.pk), ":stakeholder": f"{opened.pk}S", ":compliance": f"{opened.pk}C"}


def test_the_compliance_track_can_be_acknowledged_after_the_incident_is_over(scene: Scene) -> None:
    opened = scene.open()
    scene.engine()
    run = EscalationRun.objects.create(
        incident=opened,
        track="compliance",
        policy_version=scene.version,
        content_sha256=scene.version.content_sha256,
        next_run_at=scene.now,
        alerting_since=scene.now,
        started_at=scene.now,
    )
    message = page_to(scene.ana, opened)
    message.subject_ref = f"incidents.incident:{opened.pk}:compliance"
    services.resolve(opened, actor=None, now=scene.after(1), reason="Restarted")
    standing = answerers[message.kind].standing(message, scene.ana)
    assert standing is not None
    assert (standing.waits, standing.name) == (True, f"the legal and compliance track of {opened.number}")
    EscalationRun.objects.filter(pk=run.pk).update(acknowledged_at=scene.now, acknowledged_by=scene.tom)
    standing = answerers[message.kind].standing(message, scene.ana)
    assert standing is not None
    assert standing.words == f"Tom Person has the legal and compliance track of {opened.number}. To take it over, open it in the portal."


def test_a_message_whose_incident_is_gone_answers_nothing(scene: Scene) -> None:
    opened = scene.open()
    scene.engine()
    message = page_to(scene.ana, opened)
    OutboxMessage.objects.filter(pk=message.pk).update(subject_ref="incidents.incident:999999")
    told = acknowledge(message, scene)
    assert (told.done, told.status) == (False, 404)


def test_what_never_reached_somebody_does_not_wait_for_their_answer(scene: Scene) -> None:
    scene.open()
    scene.engine()
    assert list(waiting_for(scene.ana, scene.after(1))) == []


def test_a_message_of_another_kind_cannot_be_answered(scene: Scene) -> None:
    opened = scene.open()
    scene.engine()
    message = page_to(scene.ana, opened)
    OutboxMessage.objects.update(kind="contact.code")
    assert acknowledge(message, scene).status == 400


@pytest.mark.django_db(transaction=True)
def test_of_two_who_answer_in_the_same_instant_one_has_it_and_both_are_on_record(now: Any) -> None:
    scene = make_scene(now)
    opened = scene.open()
    scene.engine()
    scene.engine(5)
    messages = [page_to(person, opened) for person in (scene.ana, scene.tom)]
    start, told = Barrier(2), []

    def press(message: OutboxMessage) -> None:
        start.wait()
        try:
            told.append(acknowledge(message, scene, 6, way=REPLY))
        finally:
            connection.close()

    threads = [Thread(target=press, args=(message,)) for message in messages]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.done for one in told] == [True, True]
    opened.refresh_from_db()
    first = Callback.objects.get(outcome__startswith="You have")
    second = Callback.objects.exclude(pk=first.pk).get()
    assert opened.assigned_to == first.person
    assert str(first.person) in second.outcome
    assert opened.acknowledged_at == now + timedelta(minutes=6)
    assert opened.timeline.filter(text__contains="acknowledged").count() == 2


def test_one_on_hold_can_be_answered(scene: Scene) -> None:
    opened = scene.open()
    scene.engine()
    EscalationRun.objects.filter(incident=opened).update(
        state="held", held_at=scene.now, held_until=scene.after(30), next_run_at=scene.after(30)
    )
    standing = answerers["escalation.page"].standing(page_to(scene.ana, opened), scene.ana)
    assert standing is not None
    assert standing.waits
    assert acknowledge(page_to(scene.ana, opened), scene).done
    opened.refresh_from_db()
    assert opened.assigned_to == scene.ana


@pytest.mark.django_db(transaction=True)
def test_the_same_call_many_times_at_once_counts_once(now: Any) -> None:
    scene = make_scene(now)
    opened = scene.open()
    scene.engine()
    message = page_to(scene.ana, opened)
    start, told = Barrier(6), []

    def press() -> None:
        start.wait()
        try:
            told.append(acknowledge(message, scene, way=KEYPAD))
        finally:
            connection.close()

    threads = [Thread(target=press) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.words for one in told] == [f"You have acknowledged {opened.number}."] * 6
    assert LedgerEvent.objects.filter(type="incident.acknowledged").count() == 1
    assert LedgerEvent.objects.filter(type="message.answered").count() == 1
