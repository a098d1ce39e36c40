"""Hand-offs in the API: offered, answered and signed, once, and refused in words."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from incidents.escalation.services import acknowledge
from incidents.models import HandOff, Incident
from policies.models import Team
from portal.foundation import clock
from portal.models import User
from tests.factories import incidents as make
from tests.factories.portal import person
from tests.factories.tokens import token_of

pytestmark = pytest.mark.django_db
LIST = "/api/v1/hand-offs/"


def client_of(user: User) -> APIClient:
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Token {token_of(user)}")
    return client


@pytest.fixture
def ana() -> User:
    return person("Ana Ruiz", roles=("responder",), username="ana")


@pytest.fixture
def tom() -> User:
    return person("Tom Berg", roles=("responder",), username="tom")


def held(by: User) -> Incident:
    now = clock.now()
    incident = make.incident(now)
    acknowledge(incident, actor=by, now=now)
    return incident


def offer(client: APIClient, about: Incident, **data: Any) -> Any:
    body = {"incident": about.number, "to_person": "tom", "note": "Queue still grows", **data}
    return client.post(LIST, {name: value for name, value in body.items() if value is not None}, format="json")


def post(client: APIClient, answer: Any, verb: str, data: Any = None, **headers: str) -> Any:
    return client.post(f"{answer.json()['url']}{verb}/", data or {}, format="json", headers=headers)


def test_it_is_offered_and_accepted(ana: User, tom: User) -> None:
    made = offer(client_of(ana), held(ana))
    assert (made.status_code, made.headers["Location"], made.json()["missing"]) == (201, made.json()["url"], ["receiver"])
    taken = post(client_of(tom), made, "accept", {"reason": "On it"})
    assert taken.status_code == 200, taken.json()
    told = taken.json()
    assert (told["state"], told["giver"]["person"], told["receiver"]["person"], told["missing"]) == ("signed", "ana", "tom", [])
    assert told["receiver"]["signed_at"] is not None
    assert Incident.objects.get().assigned_to == tom


def test_the_same_key_acts_once(ana: User, tom: User) -> None:
    incident, client = held(ana), client_of(ana)
    body = {"incident": incident.number, "to_person": "tom", "note": "Queue still grows"}
    first, again = (client.post(LIST, body, format="json", headers={"Idempotency-Key": "k-1"}) for _ in range(2))
    assert (first.status_code, again.status_code, again.headers["Idempotency-Replayed"]) == (201, 201, "true")
    assert HandOff.objects.count() == 1


@pytest.mark.parametrize(("verb", "data", "state"), [("decline", {"reason": "Busy"}, "declined"), ("accept", {}, "signed")])
def test_whoever_is_asked_answers(verb: str, data: Any, state: str, ana: User, tom: User) -> None:
    made = offer(client_of(ana), held(ana))
    assert post(client_of(ana), made, verb, data).status_code == 403
    assert post(client_of(tom), made, verb, data).json()["state"] == state


def test_it_is_withdrawn_signed_and_waived(ana: User, tom: User) -> None:
    cara = person("Cara", roles=("commander",))
    made = offer(client_of(ana), held(ana))
    assert post(client_of(ana), made, "withdraw").json()["state"] == "withdrawn"
    assert post(client_of(tom), made, "accept").status_code == 409
    made = offer(client_of(cara), held(ana))
    post(client_of(tom), made, "accept")
    assert post(client_of(ana), made, "sign").json()["state"] == "signed"
    made = offer(client_of(cara), held(ana))
    assert post(client_of(tom), made, "waive", {"reason": "Left"}).status_code == 403
    assert post(client_of(cara), made, "waive").status_code == 400
    assert post(client_of(cara), made, "waive", {"reason": "Left"}).json()["state"] == "waived"


@pytest.mark.parametrize(
    ("data", "status", "words"),
    [
        ({"to_person": "nobody"}, 400, "Nobody has the user name"),
        ({"to_person": "ana"}, 400, "has it already"),
        ({"to_person": None}, 400, "Say to whom"),
        ({"to_team": "Nowhere"}, 400, "No team is called"),
        ({"note": ""}, 400, "note"),
        ({"track": "gossip"}, 400, "track"),
        ({"track": "compliance"}, 409, "Nobody has the legal and compliance track yet"),
        ({"kind": "gift"}, 400, "kind"),
        ({"incident": "INC-404"}, 404, ""),
        ({"state": "signed"}, 400, "state"),
    ],
)
def test_what_cannot_be_offered_is_refused_in_words(data: Any, status: int, words: str, ana: User, tom: User) -> None:
    answer = offer(client_of(ana), held(ana), **data)
    assert (answer.status_code, words in str(answer.json())) == (status, True), answer.json()
    assert not HandOff.objects.exists()


def test_the_list_is_filtered_and_unknown_filters_are_refused(ana: User, tom: User) -> None:
    incident = held(ana)
    offer(client_of(ana), incident)
    team = Team.objects.create(name="Databases")
    team.members.add(tom)
    offer(client_of(ana), held(ana), to_person=None, to_team="Databases")
    client = client_of(tom)
    found = {query: client.get(f"{LIST}?{query}").json() for query in ("waiting_for=me", f"incident={incident.number}", "state=signed")}
    assert [len(answer["results"]) for answer in found.values()] == [2, 1, 0]
    assert client.get(f"{LIST}?waiting_for=you").status_code == 400
    assert client.get(f"{LIST}?colour=red").status_code == 400


def test_strangers_find_nothing(ana: User, tom: User) -> None:
    made, client = offer(client_of(ana), held(ana)), client_of(person("Stranger"))
    assert client.get(LIST).json()["results"] == []
    assert client.get(made.json()["url"]).status_code == 404
    assert post(client, made, "accept").status_code == 404
    assert client.get(f"{LIST}{10**14}/").status_code == 404
    assert APIClient().get(LIST).status_code == 401


def test_the_list_costs_the_same_with_one_and_with_five(ana: User, tom: User) -> None:
    client = client_of(tom)
    counts = []
    for more in (1, 4):
        for _ in range(more):
            offer(client_of(ana), held(ana))
        with CaptureQueriesContext(connection) as captured:
            assert client.get(f"{LIST}?waiting_for=me").status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1]
