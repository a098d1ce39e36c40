"""Feedback over the API: recorded by another program, read by whoever may."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from rest_framework.test import APIClient

from incidents.feedback.queries import words_of
from incidents.feedback.services import withdraw
from incidents.models import Feedback
from portal.foundation.access.grants import grant
from tests.factories.feedback import feedback
from tests.factories.incidents import incident, service
from tests.factories.portal import person
from tests.shared import shared

pytestmark = pytest.mark.django_db
# The doors read the clock, wherever it stands.
NOW = datetime(2020, 11, 20, 9, 0, tzinfo=UTC)
DAY = date(2020, 11, 19)
DOOR = "/api/v1/feedback/"
BODY = {"giver": "customer", "given_on": str(DAY), "way": "survey", "satisfaction": 2, "text": "Two hours =1+1 عربي 🔥"}


@shared
def scene() -> Any:
    class Scene:
        def __init__(self) -> None:
            self.responder = person("Rolf", roles=("responder",))
            self.cards, self.loans = service("Card payments"), service("Loans")
            self.incident = incident(NOW, service=self.cards)

    return Scene()


@pytest.fixture
def api(scene: Any) -> APIClient:
    client = APIClient()
    client.force_authenticate(scene.responder)
    return client


def test_it_is_recorded_with_its_address_and_read_back(api: APIClient, scene: Any) -> None:
    answer = api.post(DOOR, {**BODY, "service": "card-payments"}, format="json")
    assert answer.status_code == 201, answer.content
    made = Feedback.objects.get()
    assert answer["Location"] == f"{DOOR}{made.pk}/"
    assert words_of(made) == BODY["text"]
    read = api.get(answer["Location"]).json()
    assert read == answer.json()
    assert (read["satisfaction"], read["service"], read["incident"], read["outcome"]) == (2, "card-payments", None, "waiting")


def test_about_an_incident_it_needs_no_service(api: APIClient, scene: Any) -> None:
    answer = api.post(DOOR, {**BODY, "incident": scene.incident.number}, format="json")
    assert (answer.json()["incident"], answer.json()["service"]) == (scene.incident.number, "card-payments")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"satisfaction": "4"}, "satisfaction"),
        ({"satisfaction": 4.0}, "satisfaction"),
        ({"satisfaction": True}, "satisfaction"),
        ({"satisfaction": 10**40}, "satisfaction"),
        ({"satisfaction": None, "text": ""}, "text"),
        ({"giver": "king"}, "giver"),
        ({"given_on": "yesterday"}, "given_on"),
        ({"text": "a\x00"}, "text"),
        ({"service": "nowhere"}, "service"),
        ({"name": "Mrs Zyxwva"}, "name"),
        ({"service": None}, "service"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(api: APIClient, wrong: dict[str, Any], field: str) -> None:
    answer = api.post(DOOR, {**BODY, "service": "card-payments"} | wrong, format="json")
    assert answer.status_code == 400
    assert {each["field"] for each in answer.json()["errors"]} == {field}
    assert not Feedback.objects.exists()


def test_an_incident_that_is_not_there_is_not_found(api: APIClient) -> None:
    assert api.post(DOOR, {**BODY, "incident": "INC9999999"}, format="json").status_code == 404


def test_a_repeat_records_once(api: APIClient) -> None:
    for _ in range(2):
        answer = api.post(DOOR, {**BODY, "service": "card-payments"}, format="json", headers={"Idempotency-Key": "abc"})
        assert answer.status_code == 201
    assert Feedback.objects.count() == 1


def test_the_list_is_filtered_and_refuses_what_it_does_not_know(api: APIClient, scene: Any, django_assert_num_queries: Any) -> None:
    kept = feedback(NOW, service=scene.cards, given_on=date(2020, 11, 1), text="A")
    withdraw(
        feedback(NOW, service=scene.loans, giver="team", given_on=DAY, text="B"),
        actor=person("Mia", roles=("manager",)),
        now=NOW,
        reason="Twice.",
    )

    def found(**asked: Any) -> list[int]:
        return [row["id"] for row in api.get(DOOR, asked).json()["results"]]

    assert len(found()) == 2
    assert found(counting="true") == [kept.pk]
    assert found(given_before="2020-11-02") == [kept.pk]
    assert found(given_from="2020-11-02") != [kept.pk]
    assert found(giver="team", service="loans") != []
    assert found(outcome="nothing") == []
    assert api.get(DOOR, {"text": "A"}).status_code == 400
    with django_assert_num_queries(2):
        api.get(DOOR)


def test_reach_follows_the_service_and_nobody_else_finds_any(scene: Any) -> None:
    made = feedback(NOW, service=scene.cards, given_on=DAY)
    feedback(NOW, service=scene.loans, given_on=DAY)
    sees, nobody = person("S"), person("Nobody")
    grant("policies.see_service_incidents", sees, scene.cards)
    client = APIClient()
    client.force_authenticate(sees)
    assert [row["id"] for row in client.get(DOOR).json()["results"]] == [made.pk]
    assert client.post(DOOR, {**BODY, "service": "card-payments"}, format="json").status_code == 403
    client.force_authenticate(nobody)
    assert client.get(DOOR).json()["results"] == []
    assert client.get(f"{DOOR}{made.pk}/").status_code == 404
