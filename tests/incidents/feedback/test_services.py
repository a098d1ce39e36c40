"""Feedback: recording, correcting, withdrawing, what follows, and words that go."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from audit.ledger.models import LedgerEvent
from audit.retention.holds import place_hold
from incidents.feedback.queries import feedback_for, waiting, words_of
from incidents.feedback.services import LONGEST, correct, erase_words, leave, record, take_up, withdraw
from incidents.models import Feedback, FeedbackWords, Incident
from portal.foundation.access.grants import grant
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from tests.factories.feedback import feedback, given
from tests.factories.incidents import incident, service
from tests.factories.portal import person
from tests.shared import shared

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=3)
CANARY = "Mrs Zyxwva of Acme waited two hours =1+1 عربي 🔥"


@shared
def scene() -> Any:
    class Scene:
        def __init__(self) -> None:
            self.responder = person("Rolf Responder", roles=("responder",))
            self.manager = person("Mia Manager", roles=("manager",))
            self.compliance = person("Carla Compliance", roles=("compliance",))
            self.cards, self.loans = service("Card payments"), service("Loans")
            self.incident: Incident = incident(NOW, service=self.cards)

        def heard(self, **fields: Any) -> Feedback:
            return feedback(NOW, actor=self.responder, **{"service": self.cards, "text": CANARY} | fields)

    return Scene()


def trail() -> str:
    return "".join(LedgerEvent.objects.values_list("payload", flat=True))


def types() -> list[str]:
    return list(LedgerEvent.objects.filter(type__startswith="feedback.").order_by("pk").values_list("type", flat=True))


def test_it_is_kept_with_its_words_apart(scene: Any) -> None:
    made = scene.heard(satisfaction=2, way="call")
    kept = Feedback.objects.get()
    assert (kept.giver, kept.satisfaction, kept.way, kept.given_on) == ("customer", 2, "call", date(2026, 11, 19))
    assert (kept.service, kept.incident, kept.outcome, kept.recorded_by) == (scene.cards, None, "waiting", scene.responder)
    assert words_of(made) == CANARY
    assert types() == ["feedback.recorded"]


def test_about_an_incident_it_is_about_its_service(scene: Any) -> None:
    made = scene.heard(service=None, incident=scene.incident, given_on=NOW.date())
    assert made.service == scene.cards


def test_the_words_stand_in_no_event_and_no_history(scene: Any) -> None:
    made = scene.heard()
    made = correct(made, given(service=scene.cards, text=f"{CANARY} again"), actor=scene.manager, now=LATER, reason="A misprint.")
    withdraw(made, actor=scene.manager, now=LATER, reason="Told twice.")
    assert "Zyxwva" not in trail()
    assert "text" not in {field.name for field in Feedback.history.model._meta.fields}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"giver": "regulator"}, "giver"),
        ({"way": "pigeon"}, "way"),
        ({"satisfaction": 0}, "satisfaction"),
        ({"satisfaction": 6}, "satisfaction"),
        ({"satisfaction": 4.5}, "satisfaction"),
        ({"satisfaction": True}, "satisfaction"),
        ({"given_on": date(2026, 11, 22)}, "given_on"),
        ({"given_on": date(1999, 12, 31)}, "given_on"),
        ({"service": None}, "service"),
        ({"satisfaction": None, "text": "  \n "}, "text"),
        ({"text": "a\x00b"}, "text"),
        ({"text": "a\ud800"}, "text"),
        ({"text": "x" * (LONGEST + 1)}, "text"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_kept(scene: Any, wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        record(given(**{"service": scene.cards} | wrong), actor=scene.responder, now=NOW)
    assert set(refused.value.fields) == {field}
    assert not Feedback.objects.exists()
    assert types() == []


def test_it_fits_its_incident(scene: Any) -> None:
    before = given(incident=scene.incident, given_on=(NOW - timedelta(days=2)).date())
    elsewhere = given(incident=scene.incident, service=scene.loans, given_on=NOW.date())
    Incident.objects.filter(pk=scene.incident.pk).update(origin="drill")
    of_a_drill = given(incident=Incident.objects.get(), given_on=NOW.date())
    for wrong, words in ((before, "after this day"), (elsewhere, "is about Card payments"), (of_a_drill, "drill")):
        with pytest.raises(InvalidInput, match=words):
            record(wrong, actor=scene.responder, now=NOW)


def test_whoever_is_east_of_us_has_tomorrow_already(scene: Any) -> None:
    assert scene.heard(given_on=(NOW + timedelta(days=1)).date()).pk


def test_recording_takes_its_right_and_so_does_changing(scene: Any) -> None:
    with pytest.raises(NotAllowed):
        record(given(service=scene.cards), actor=person("Nobody"), now=NOW)
    made = scene.heard()
    for verb in (withdraw, leave, erase_words):
        with pytest.raises(NotAllowed):
            verb(made, actor=scene.responder, now=NOW, reason="Because.")
    with pytest.raises(NotAllowed):
        correct(made, given(service=scene.cards), actor=scene.responder, now=NOW, reason="Because.")
    with pytest.raises(NotAllowed):
        erase_words(made, actor=scene.manager, now=NOW, reason="Because.")


def test_a_correction_is_a_version_and_the_earlier_words_stay(scene: Any) -> None:
    made = scene.heard()
    other = given(service=scene.loans, satisfaction=1, text="Two hours.", way="mail")
    made = correct(made, other, actor=scene.manager, now=LATER, reason="It was about loans.")
    assert [(row.satisfaction, row.service_id) for row in made.history.order_by("history_id")] == [(4, scene.cards.pk), (1, scene.loans.pk)]
    assert made.history.order_by("history_id").last().history_change_reason == "It was about loans."
    assert words_of(made) == "Two hours."
    assert list(made.words.values_list("text", flat=True)) == [CANARY, "Two hours."]
    assert types() == ["feedback.recorded", "feedback.corrected"]


def test_a_correction_that_changes_nothing_or_says_nothing_is_refused(scene: Any) -> None:
    made = scene.heard()
    same = given(service=scene.cards, text=CANARY)
    with pytest.raises(InvalidInput, match="Nothing is different"):
        correct(made, same, actor=scene.manager, now=LATER, reason="Again.")
    with pytest.raises(InvalidInput):
        correct(made, given(service=scene.cards, text="Other."), actor=scene.manager, now=LATER, reason=" ")
    assert made.words.count() == 1


def test_words_can_be_corrected_away(scene: Any) -> None:
    made = scene.heard()
    correct(made, given(service=scene.cards), actor=scene.manager, now=LATER, reason="Of another customer.")
    assert words_of(made) == ""


def test_what_was_withdrawn_stays_as_it_is(scene: Any) -> None:
    made = withdraw(scene.heard(), actor=scene.manager, now=LATER, reason="Told twice.")
    assert (made.withdrawn_by, made.withdrawal) == (scene.manager, "Told twice.")
    for verb in (withdraw, leave):
        with pytest.raises(WrongState, match="withdrawn"):
            verb(made, actor=scene.manager, now=LATER, reason="Again.")
    with pytest.raises(WrongState, match="withdrawn"):
        take_up(made, "An action.", actor=scene.manager, now=LATER)
    with pytest.raises(DatabaseError, match="withdrawn"), transaction.atomic():
        Feedback.objects.update(satisfaction=5)


def test_nothing_to_do_needs_a_reason_and_is_said_once(scene: Any) -> None:
    made = scene.heard()
    with pytest.raises(InvalidInput):
        leave(made, actor=scene.manager, now=LATER, reason="")
    leave(made, actor=scene.manager, now=LATER, reason="Praise.")
    made.refresh_from_db()
    assert (made.outcome, made.settlement) == ("nothing", "Praise.")
    with pytest.raises(WrongState, match="nothing to do"):
        leave(made, actor=scene.manager, now=LATER, reason="Praise.")
    assert types() == ["feedback.recorded", "feedback.settled"]
    assert not waiting(Feedback.objects.all()).exists()


def test_erased_words_go_with_the_earlier_ones_and_the_number_stays(scene: Any) -> None:
    made = scene.heard()
    correct(made, given(service=scene.cards, text="Mrs Zyxwva."), actor=scene.manager, now=LATER, reason="Shorter.")
    assert erase_words(made, actor=scene.compliance, now=LATER, reason="Request 12.") == 2
    assert set(FeedbackWords.objects.values_list("text", "erased")) == {("", True)}
    assert Feedback.objects.get().satisfaction == 4
    assert feedback_for(scene.compliance).get().said_erased
    with pytest.raises(WrongState, match="no words"):
        erase_words(made, actor=scene.compliance, now=LATER, reason="Request 12.")
    assert types()[-1] == "feedback.words_erased"


@pytest.mark.parametrize("on", ["everything", "the feedback", "its incident"])
def test_a_hold_keeps_the_words_whoever_asks(scene: Any, on: str) -> None:
    made = scene.heard(service=None, incident=scene.incident, given_on=NOW.date())
    held = {
        "everything": {},
        "the feedback": {"object_model": "incidents.feedback", "object_pk": str(made.pk)},
        "its incident": {"object_model": "incidents.incident", "object_pk": str(scene.incident.pk)},
    }
    place_hold(actor=scene.compliance, now=NOW, reason="A dispute.", **held[on])
    with pytest.raises(WrongState, match="A dispute"):
        erase_words(made, actor=scene.compliance, now=LATER, reason="Request 12.")
    with pytest.raises(DatabaseError, match="legal hold"), transaction.atomic():
        FeedbackWords.objects.update(text="", erased=True)
    assert words_of(made) == CANARY


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("DELETE FROM incidents_feedback", "on record"),
        ("UPDATE incidents_feedback SET recorded_by_id = NULL", "by whom"),
        ("UPDATE incidents_feedback SET satisfaction = 9", "feedback_satisfaction_on_its_scale"),
        ("UPDATE incidents_feedback SET outcome = 'nothing'", "feedback_settled_says_why"),
        ("DELETE FROM incidents_feedbackwords", "never changed"),
        ("UPDATE incidents_feedbackwords SET text = 'Nicer.'", "never changed"),
        ("UPDATE incidents_feedbackwords SET text = ''", "never changed"),
        ("UPDATE incidents_feedbackwords SET text = '', erased = true, by_id = NULL", "never changed"),
    ],
)
def test_past_the_services_the_database_refuses_it(scene: Any, statement: str, words: str) -> None:
    scene.heard()
    with pytest.raises(DatabaseError, match=words), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_reach_follows_the_incident_and_the_service(scene: Any) -> None:
    of_incident = scene.heard(service=None, incident=scene.incident, given_on=NOW.date())
    of_service = scene.heard()
    scene.heard(service=scene.loans)
    sees_incident, sees_service = person("I"), person("S")
    grant("incidents.view_incident", sees_incident, scene.incident)
    grant("policies.see_service_incidents", sees_service, scene.cards)
    assert [row.pk for row in feedback_for(sees_incident)] == [of_incident.pk]
    assert {row.pk for row in feedback_for(sees_service)} == {of_incident.pk, of_service.pk}
    assert feedback_for(scene.responder).count() == 3
    assert feedback_for(person("Nobody")).count() == 0


def test_the_list_is_two_questions_however_long(scene: Any, django_assert_num_queries: Any) -> None:
    for _ in range(4):
        scene.heard()
    # Its author's rights, then the rows.
    list(feedback_for(scene.compliance))
    with django_assert_num_queries(1):
        assert {row.said for row in feedback_for(scene.compliance)} == {CANARY}
