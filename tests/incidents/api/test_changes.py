"""Changes and freezes in the API: what change tools record, what they are told when they ask, and what only people may."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from incidents.changes.freezing import lift_freeze
from incidents.models import ChangeRequest
from policies.models import Service
from portal.foundation import clock
from portal.models import User
from tests.factories.changes import change, freeze
from tests.factories.incidents import service
from tests.factories.portal import person
from tests.factories.tokens import token_of

pytestmark = pytest.mark.django_db
LIST, ASK = "/api/v1/changes/", "/api/v1/change-freezes/"
HOUR = timedelta(hours=1)


def client_of(user: User, *scopes: str) -> APIClient:
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Token {token_of(user, *scopes)}")
    return client


@pytest.fixture
def manager() -> User:
    return person("Mara Manager", roles=("manager",))


@pytest.fixture
def commander() -> User:
    return person("Cora Commander", roles=("commander",))


@pytest.fixture
def payments() -> Service:
    return service("Card payments", key="card-payments")


def sent(client: Any, address: str, content: Any = None, status: int = 200, *, method: str = "post", **headers: str) -> Any:
    answer = getattr(client, method)(address, content or {}, format="json", headers=headers)
    assert answer.status_code == status, answer.content
    return answer.json()


def body(**fields: Any) -> dict[str, Any]:
    return {"number": "CHG-7", "title": "New release", "kind": "normal", "services": ["card-payments"], "source": "a tool", **fields}


def problems(answer: dict[str, Any]) -> dict[str, str]:
    return {each["field"]: each["problem"] for each in answer["errors"]}


def test_a_tool_records_a_change_and_its_times(manager: User, payments: Service) -> None:
    tool = client_of(manager, "changes.read", "changes.record")
    told = sent(tool, LIST, body(planned_start="2030-01-01T10:00:00Z", planned_end="2030-01-01T12:00:00+01:00"), 201)
    assert (told["url"], told["services"], told["planned_end"]) == (f"{LIST}CHG-7/", ["card-payments"], "2030-01-01T11:00:00Z")
    assert ChangeRequest.objects.get().requested_by == manager
    told = sent(tool, told["url"], {"title": "Smaller release", "reason": "Less to do."}, method="patch")
    assert (told["title"], told["services"], told["planned_start"]) == ("Smaller release", ["card-payments"], "2030-01-01T10:00:00Z")
    at = (clock.now() - HOUR).replace(microsecond=0)
    told = sent(tool, f"{LIST}CHG-7/begin/", {"at": at.isoformat(), "reason": "Now."})
    assert (told["began_at"], told["began_reason"]) == (f"{at:%Y-%m-%dT%H:%M:%SZ}", "Now.")
    assert sent(tool, f"{LIST}CHG-7/begin/", {"at": at.isoformat()})["began_reason"] == "Now."
    sent(tool, f"{LIST}CHG-7/begin/", {}, 409)
    sent(tool, f"{LIST}CHG-7/", {"title": "Another", "reason": "Why not."}, 409, method="patch")
    assert sent(tool, f"{LIST}CHG-7/end/", {})["ended_at"] is not None


def test_a_repeat_with_the_same_key_records_once(manager: User, payments: Service) -> None:
    tool = client_of(manager)
    first = sent(tool, LIST, body(), 201, **{"Idempotency-Key": "k-1"})
    assert sent(tool, LIST, body(), 201, **{"Idempotency-Key": "k-1"}) == first
    sent(tool, LIST, body(), 409)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"number": "a b"}, "number"),
        ({"number": ""}, "number"),
        ({"number": 7}, "number"),
        ({"title": " "}, "title"),
        ({"kind": "urgent"}, "kind"),
        ({"services": ["nowhere"]}, "services"),
        ({"services": "card-payments"}, "services"),
        ({"planned_start": "2030-01-01T10:00:00"}, "planned_start"),
        ({"planned_end": "2030-01-01T10:00:00Z"}, "planned_end"),
        ({"started_at": "2030-01-01T10:00:00Z"}, "started_at"),
        ({"approved_by": "me"}, "approved_by"),
    ],
)
def test_what_cannot_be_is_said_field_by_field(manager: User, payments: Service, fields: dict[str, Any], field: str) -> None:
    answer = APIClient(raise_request_exception=False)
    answer.credentials(HTTP_AUTHORIZATION=f"Token {token_of(manager)}")
    told = answer.post(LIST, body(**fields), format="json")
    assert told.status_code in (400, 422), told.content
    assert [name for name in problems(told.json()) if name.startswith(field)]
    assert not ChangeRequest.objects.exists()


def test_whoever_asks_is_told_whether_it_may_begin_and_why(manager: User, commander: User, payments: Service) -> None:
    tool, now = client_of(manager, "changes.read"), clock.now()
    service("Ledger", key="ledger")
    free = tool.get(ASK, {"service": "card-payments"}).json()
    assert (free["may_begin"], free["freezes"]) == (True, [])
    made = freeze(payments, now=now, ends_at=now + HOUR, actor=commander)
    told = tool.get(ASK, {"service": ["ledger", "card-payments"]}).json()
    assert (told["may_begin"], [each["id"] for each in told["freezes"]]) == (False, [made.pk])
    assert "The core is unstable." in told["reasons"][0]
    assert "approved it as an emergency" in told["reasons"][-1]
    assert tool.get(ASK, {"service": "ledger"}).json()["may_begin"]
    assert tool.get(ASK, {"service": "card-payments", "at": (now + HOUR).isoformat()}).json()["may_begin"]
    all_of_them = tool.get(ASK).json()
    assert (all_of_them["may_begin"], len(all_of_them["freezes"])) == (None, 1)
    lift_freeze(made, actor=commander, now=now + timedelta(minutes=1), reason="It is calm.")
    assert tool.get(ASK, {"service": "card-payments", "at": (now + timedelta(minutes=1)).isoformat()}).json()["may_begin"]


def test_of_a_change_on_record_its_approval_counts(manager: User, commander: User, payments: Service) -> None:
    now = clock.now()
    change(payments, now=now - HOUR, actor=manager, number="CHG-7")
    freeze(payments, now=now - HOUR, ends_at=now + HOUR, actor=commander)
    tool = client_of(manager, "changes.read")
    assert tool.get(ASK, {"change": "CHG-7"}).json()["may_begin"] is False
    person_there = APIClient()
    person_there.force_login(commander)
    told = sent(person_there, f"{LIST}CHG-7/approve/", {"reason": "It is the fix."})
    assert (told["kind"], told["approved_by"]) == ("emergency", "Cora Commander")
    assert tool.get(ASK, {"change": "CHG-7"}).json()["may_begin"] is True


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"service": "nowhere"}, "services"),
        ({"change": "CHG-404"}, "change"),
        ({"change": "CHG-7", "service": "card-payments"}, "change"),
        ({"at": "soon"}, ""),
        ({"at": "2030-01-01T10:00:00"}, ""),
        ({"when": "now"}, "when"),
    ],
)
def test_a_question_that_cannot_be_is_refused_in_words(manager: User, payments: Service, asked: dict[str, str], field: str) -> None:
    answer = client_of(manager).get(ASK, asked)
    assert answer.status_code in (400, 422), answer.content
    assert not field or field in problems(answer.json())


def test_approving_is_for_people_and_never_for_the_requester(manager: User, commander: User, payments: Service) -> None:
    change(payments, now=clock.now(), actor=manager, number="CHG-7")
    sent(client_of(commander), f"{LIST}CHG-7/approve/", {"reason": "It is the fix."}, 403)
    own = APIClient()
    own.force_login(manager)
    assert "Somebody else" in sent(own, f"{LIST}CHG-7/approve/", {"reason": "It is the fix."}, 403)["detail"]
    assert ChangeRequest.objects.get().approved_at is None


def test_a_scope_opens_its_doors_and_no_others(manager: User, payments: Service) -> None:
    sent(client_of(manager, "changes.read"), LIST, body(), 403)
    assert client_of(manager, "changes.record").get(LIST).status_code == 403
    assert client_of(manager, "incidents.read").get(ASK).status_code == 403


def test_without_the_right_nothing_is_told_or_recorded(payments: Service) -> None:
    change(payments, now=clock.now(), number="CHG-7")
    nobody, responder = client_of(person("Nemo")), client_of(person("Rolf", roles=("responder",)))
    assert nobody.get(ASK).status_code == 403
    assert nobody.get(LIST).json()["results"] == []
    assert nobody.get(f"{LIST}CHG-7/").status_code == 404
    assert responder.get(f"{LIST}CHG-7/").status_code == 200
    for address in (LIST, f"{LIST}CHG-7/begin/"):
        sent(responder, address, body() if address == LIST else {}, 403)
    assert Client().get(ASK).status_code == 401


def test_lists_are_narrowed_by_what_is_known_and_take_as_many_questions_for_many(manager: User, payments: Service) -> None:
    reader = client_of(manager)
    for number in range(3):
        change(payments, now=clock.now(), actor=manager, number=f"CHG-{number}")
    sent(reader, f"{LIST}CHG-1/begin/")
    numbers = [each["number"] for each in reader.get(LIST, {"state": "planned", "service": "card-payments"}).json()["results"]]
    assert numbers == ["CHG-2", "CHG-0"]
    assert reader.get(LIST, {"state": "running"}).json()["count"] == 1
    assert reader.get(LIST, {"color": "red"}).status_code == 400
    with CaptureQueriesContext(connection) as few:
        reader.get(LIST)
    for number in range(3, 9):
        change(payments, service(), now=clock.now(), actor=manager, number=f"CHG-{number}")
    with CaptureQueriesContext(connection) as many:
        reader.get(LIST)
    assert len(many) == len(few)


def test_a_number_that_no_address_holds_is_listed_without_one(manager: User) -> None:
    ChangeRequest.objects.create(number="=CHG 1/2", title="Brought in")
    (told,) = client_of(manager).get(LIST).json()["results"]
    assert (told["number"], told["url"]) == ("=CHG 1/2", None)
