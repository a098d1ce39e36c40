"""Feedback as pages: recording, finding, correcting, withdrawing; and what a reader without the right sees."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from audit.ledger.models import LedgerEvent
from incidents.feedback.queries import words_of
from incidents.models import Feedback, Incident
from portal.foundation import clock
from tests.factories.feedback import feedback
from tests.factories.incidents import incident, service
from tests.factories.portal import person
from tests.shared import shared

pytestmark = pytest.mark.django_db
LIST, ADD = reverse("admin:incidents_feedback_changelist"), reverse("admin:incidents_feedback_add")
WORDS = "<b>Two hours</b> =1+1 عربي 🔥"


@shared
def scene() -> Any:
    class Scene:
        def __init__(self) -> None:
            self.now: datetime = clock.now()
            self.manager = person("Mia Manager", roles=("manager",))
            self.responder = person("Rolf Responder", roles=("responder",))
            self.cards, self.loans = service("Card payments"), service("Loans")
            self.incident: Incident = incident(self.now - timedelta(hours=3), service=self.cards)

        def heard(self, **fields: Any) -> Feedback:
            return feedback(self.now, **{"service": self.cards, "given_on": self.now.date(), "text": WORDS} | fields)

    return Scene()


@pytest.fixture
def manager(client: Client, scene: Any) -> Client:
    client.force_login(scene.manager)
    return client


def form(scene: Any, **fields: Any) -> dict[str, Any]:
    given = {"giver": "customer", "given_on": scene.now.date().isoformat(), "satisfaction": "2", "way": "call", "text": WORDS}
    return {**given, "incident": "", "service": scene.cards.pk} | fields


def page(made: Feedback) -> str:
    return reverse("admin:incidents_feedback_change", args=[made.pk])


def verb(made: Feedback, key: str) -> str:
    return reverse("admin:incidents_feedback_do", args=[made.pk, key])


def test_it_is_recorded_and_shown_as_it_was_said(manager: Client, scene: Any) -> None:
    answer = manager.post(ADD, form(scene, incident=scene.incident.number, service=""))
    made = Feedback.objects.get()
    assert answer.url == page(made)  # type: ignore[attr-defined]
    assert (made.incident, made.service, made.satisfaction, made.recorded_by) == (scene.incident, scene.cards, 2, scene.manager)
    shown = manager.get(page(made)).content.decode()
    assert "&lt;b&gt;Two hours&lt;/b&gt; =1+1 عربي 🔥" in shown
    assert "A customer about INC" in shown
    assert "2 of 5" in shown
    assert 'name="satisfaction"' not in shown
    assert [*LedgerEvent.objects.filter(type__startswith="feedback.").values_list("type", flat=True)] == ["feedback.recorded"]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"incident": "INC9999999"}, "No incident has this number"),
        ({"incident": "", "service": ""}, "Say what it is about"),
        ({"satisfaction": "", "text": " "}, "Give a number from 1 to 5, words, or both"),
        ({"given_on": "2999-01-01"}, "lies in the future"),
        ({"satisfaction": "6"}, "Select a valid choice"),
    ],
)
def test_what_is_wrong_is_said_beside_what_was_typed(manager: Client, scene: Any, wrong: dict[str, Any], words: str) -> None:
    answer = manager.post(ADD, form(scene, way="mail", **wrong))
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert not Feedback.objects.exists()


def test_the_page_of_an_incident_leads_to_its_feedback_and_to_recording_it(manager: Client, scene: Any) -> None:
    address = reverse("admin:incidents_incident_change", args=[scene.incident.pk])
    assert "None recorded." in manager.get(address).content.decode()
    scene.heard(service=None, incident=scene.incident)
    shown = manager.get(address).content.decode()
    assert "1 answer, 1 with a number from 1 to 5 (4), 1 to be looked at" in shown
    assert f"{LIST}?incident__id__exact={scene.incident.pk}" in shown
    asked = manager.get(ADD, {"incident": scene.incident.number}).content.decode()
    assert f'value="{scene.incident.number}"' in asked


def test_a_correction_begins_with_what_stands_there(manager: Client, scene: Any) -> None:
    made = scene.heard(service=None, incident=scene.incident)
    asked = manager.get(verb(made, "correct")).content.decode()
    assert "&lt;b&gt;Two hours" in asked
    assert f'value="{scene.incident.number}"' in asked
    data = form(scene, satisfaction="5", text="Fast.", incident=scene.incident.number, reason="Misread.")
    answer = manager.post(verb(made, "correct"), data)
    assert answer.status_code == 302, answer.content.decode()
    made.refresh_from_db()
    assert (made.satisfaction, words_of(made), made.incident) == (5, "Fast.", scene.incident)
    shown = manager.get(page(made)).content.decode()
    assert "Earlier words" in shown
    assert "&lt;b&gt;Two hours" in shown


def test_verbs_end_what_they_end(manager: Client, scene: Any) -> None:
    made = scene.heard()
    assert manager.post(verb(made, "nothing"), {"reason": "Praise."}).status_code == 302
    assert (
        "Nothing to do: Praise." in manager.get(page(made)).content.decode()
        or "nothing to do: Praise." in manager.get(page(made)).content.decode()
    )
    assert manager.post(verb(made, "withdraw"), {"reason": "Told twice."}).status_code == 302
    shown = manager.get(page(made)).content.decode()
    assert "Withdrawn: it does not count." in shown
    assert "Told twice." in shown
    assert manager.post(verb(made, "erase-words"), {"reason": "Request 12."}).status_code == 403


def test_compliance_erases_the_words(client: Client, scene: Any) -> None:
    made = scene.heard()
    client.force_login(person("Carla", roles=("compliance",)))
    assert client.post(verb(made, "erase-words"), {"reason": "Request 12."}).status_code == 302
    shown = client.get(page(made)).content.decode()
    assert "Two hours" not in shown
    assert "erased on request" in shown
    assert "4 of 5" in shown


def test_the_list_is_filtered_and_searched(manager: Client, scene: Any) -> None:
    scene.heard(text="Slow terminals at the counter")
    scene.heard(service=scene.loans, giver="team", satisfaction=None, text="The runbook is old")
    manager.post(verb(scene.heard(giver="stakeholder", text="Withdrawn words"), "withdraw"), {"reason": "Twice."})

    def seen(**asked: Any) -> set[int]:
        answer = manager.get(LIST, asked)
        assert answer.status_code == 200
        return {row.pk for row in answer.context["cl"].result_list}

    first, second, third = Feedback.objects.order_by("pk").values_list("pk", flat=True)
    assert seen() == {first, second, third}
    assert seen(q="terminals counter") == {first}
    assert seen(q="loans") == {second}
    assert seen(q="nowhere") == set()
    assert seen(**{"is": "withdrawn"}) == {third}
    assert seen(**{"is": "waiting"}) == {first, second}
    assert seen(**{"is": "counting", "giver__exact": "team"}) == {second}
    assert seen(satisfaction__exact=4) == {first, third}
    assert seen(given_on__gte=(scene.now.date() + timedelta(days=1)).isoformat()) == set()
    assert seen(given_on__gte="1999-01-01", given_on__lt=date(2999, 1, 1).isoformat()) == {first, second, third}


def test_a_responder_records_and_changes_nothing(client: Client, scene: Any) -> None:
    made = scene.heard()
    client.force_login(scene.responder)
    assert client.post(ADD, form(scene)).status_code == 302
    assert client.post(verb(made, "withdraw"), {"reason": "Mine."}).status_code == 403
    assert "Withdraw" not in client.get(page(made)).content.decode()


def test_who_may_see_nothing_sees_none_and_no_words_in_a_history(manager: Client, client: Client, scene: Any) -> None:
    made = scene.heard()
    history = manager.get(reverse("admin:incidents_feedback_history", args=[made.pk]))
    assert "Two hours" not in history.content.decode()
    client.force_login(person("Stan", roles=("stakeholder",)))
    assert client.get(LIST).status_code == 403
    assert client.get(page(made)).status_code == 403
