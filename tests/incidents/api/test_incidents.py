"""The API of incidents: what it takes, what it gives, and what it refuses."""

from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from audit.models import LedgerEvent
from incidents.models import ImpactReading, Incident
from portal.foundation import clock
from portal.foundation.access.grants import grant
from portal.models import User
from tests.factories import incidents as make
from tests.factories.portal import person

from .clients import ADDRESS, body, client_of

pytestmark = pytest.mark.django_db


def test_opening_answers_with_the_graded_incident_and_its_story(api: APIClient, tom: User) -> None:
    service = make.service("Card payments")
    make.policy_in_force(service, clock.now(), (("SEV2", "transaction_failure_percent", "5", 1),))
    answer = api.post(ADDRESS, body(service, readings=[{"measure": "transaction_failure_percent", "value": 7.2}]))
    assert answer.status_code == 201, answer.json()
    told = answer.json()
    assert (told["priority"], told["severity"], told["state"], told["service"]) == (2, "SEV2", "new", "card-payments")
    assert answer["Location"] == told["url"] == f"{ADDRESS}{told['number']}/"
    assert [entry["kind"] for entry in told["timeline"]] == ["opened", "reading", "graded"]
    assert told["readings"][0]["value"] == "7.2"
    assert told["opened_at"].endswith("Z")
    incident = Incident.objects.get(number=told["number"])
    assert (incident.opened_by, incident.caller, incident.origin) == (tom, tom, "api")
    assert incident.history.get().history_user == tom
    event = LedgerEvent.objects.get(type="incident.opened")
    assert event.actor_id == str(tom.pk)
    assert '"channel":"api"' in event.payload


@pytest.mark.parametrize("fields", [{"impact": "high", "urgency": "LOW"}, {"impact": 1, "urgency": 3}])
def test_scales_are_taken_as_numbers_or_words(api: APIClient, fields: dict[str, Any]) -> None:
    told = api.post(ADDRESS, body(make.service(), **fields)).json()
    assert (told["impact"], told["urgency"], told["priority"]) == (1, 3, 3)


DEEP = "[" * 100_000 + "]" * 100_000
BAD_BODIES = [
    b"",
    b"not json",
    b"[]",
    b"null",
    b'"text"',
    b"\xff\xfe",
    b'{"title": NaN}',
    b'{"title": "\\ud800"}',
    b'{"title": "a", "title": "b"}',
    DEEP.encode(),
    b'{"impact": ' + b"9" * 5000 + b"}",
]


@pytest.mark.parametrize("raw", BAD_BODIES, ids=range(len(BAD_BODIES)))
def test_what_is_not_a_json_object_is_a_problem_document(api: APIClient, raw: bytes) -> None:
    answer = api.post(ADDRESS, raw, content_type="application/json")
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert answer.json()["title"] == "Bad Request"


BAD_FIELDS = [
    ("title", value) for value in ("", "  ", None, 5, ["x"], {"a": 1}, True, "x" * 201, "nul\x00", "bell\x07", "a\nb", "\x1b[31mred")
] + [
    ("service", "no-such-service"),
    ("service", 7),
    ("service", "nul\x00"),
    ("service", "x" * 5_000),
    ("impact", 0),
    ("impact", 4),
    ("impact", 1.5),
    ("impact", True),
    ("impact", "huge"),
    ("impact", None),
    ("impact", 10**30),
    ("urgency", []),
    ("description", 5),
    ("description", "x" * 20_001),
    ("description", "nul\x00"),
    ("readings", "many"),
    ("readings", [5]),
    ("readings", [{"measure": "temperature", "value": 5}]),
    ("readings", [{"measure": "latency_ms", "value": "NaN"}]),
    ("readings", [{"measure": "latency_ms", "value": "1E+999999"}]),
    ("readings", [{"measure": "latency_ms", "value": -5}]),
    ("readings", [{"measure": "latency_ms", "value": True}]),
    ("readings", [{"measure": "latency_ms", "value": 5, "observed_at": "2026-03-02T09:00:00"}]),
    ("readings", [{"measure": "latency_ms", "value": 5, "observed_at": "2999-01-01T00:00:00Z"}]),
    ("readings", [{"measure": "latency_ms", "value": 5, "observed_at": "0001-01-01T00:00:00+14:00"}]),
    ("readings", [{"measure": "latency_ms", "value": 5, "observed_at": 5}]),
    ("readings", [{"measure": "latency_ms", "value": 5, "note": "x"}]),
    ("readings", [{"measure": "latency_ms", "value": 5}] * 101),
    ("severity", "SEV1"),
    ("state", "closed"),
    ("opened_by", 1),
    ("number", "INC-1"),
    ("__proto__", {}),
    ("bad\x00name", 1),
]


@pytest.mark.parametrize(("field", "value"), BAD_FIELDS, ids=range(len(BAD_FIELDS)))
def test_unusable_fields_are_named_and_nothing_is_stored(api: APIClient, field: str, value: Any) -> None:
    answer = api.post(ADDRESS, body(make.service(), **{field: value}))
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert any(error["field"].split(".")[0] == field for error in answer.json()["errors"]), answer.json()
    assert not Incident.objects.exists()
    assert not ImpactReading.objects.exists()


def test_a_ten_megabyte_body_is_too_large(api: APIClient) -> None:
    answer = api.post(ADDRESS, body(make.service(), description="x" * 10_000_000))
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_only_json_is_read(api: APIClient) -> None:
    answer = api.post(ADDRESS, "title=x", content_type="application/x-www-form-urlencoded")
    assert (answer.status_code, answer["Content-Type"]) == (415, "application/problem+json")


@pytest.mark.parametrize(("method", "status"), [("put", 403), ("patch", 400), ("delete", 403)])
def test_incidents_are_changed_by_verbs_only(api: APIClient, method: str, status: int, now: Any) -> None:
    address = f"{ADDRESS}{make.incident(now).number}/"
    assert getattr(api, method)(address, {"state": "closed"}).status_code == status
    assert Incident.objects.get().state == "new"


def test_without_a_token_there_is_no_way_in(now: Any) -> None:
    answer = APIClient().get(ADDRESS)
    assert (answer.status_code, answer["Content-Type"], answer["WWW-Authenticate"]) == (
        401,
        "application/problem+json",
        'Bearer realm="portal"',
    )


def test_the_token_of_somebody_who_left_opens_nothing(api: APIClient, tom: User) -> None:
    tom.is_active = False
    tom.save()
    assert api.get(ADDRESS).status_code == 401


ROLE_RIGHTS = {
    "responder": (200, 201, 200, 200, 201, 201),
    "commander": (200, 201, 200, 200, 201, 201),
    "manager": (200, 403, 200, 403, 201, 403),
    "approver": (200, 403, 403, 403, 403, 403),
    "compliance": (200, 403, 403, 403, 403, 403),
    "auditor": (200, 403, 403, 403, 403, 403),
    "stakeholder": (404, 403, 404, 404, 404, 403),
    "administrator": (404, 403, 404, 404, 404, 403),
}


@pytest.mark.parametrize("role", ROLE_RIGHTS)
def test_every_role_gets_exactly_its_rights(role: str, now: Any) -> None:
    incident = make.incident(now)
    api, at = client_of(person(role, roles=(role,))), f"{ADDRESS}{incident.number}/"
    answers = (
        api.get(at),
        api.post(ADDRESS, body(incident.service)),
        api.post(f"{at}acknowledge/", {}),
        api.post(f"{at}resolve/", {"reason": "Restarted"}),
        api.post(f"{at}notes/", {"text": "Looked"}),
        api.post("/api/v1/readings/", {"service": incident.service.key, "measure": "latency_ms", "value": 5}),
    )
    assert tuple(answer.status_code for answer in answers) == ROLE_RIGHTS[role]


def test_a_superuser_without_roles_can_work_incidents(now: Any) -> None:
    assert client_of(person("Root", is_superuser=True)).post(ADDRESS, body(make.service())).status_code == 201


def test_incidents_out_of_reach_do_not_exist(now: Any) -> None:
    mine, other, eve = make.service(), make.service(), person("Eve")
    grant("policies.see_service_incidents", eve, mine)
    seen, hidden = make.incident(now, service=mine), make.incident(now, service=other)
    api = client_of(eve)
    assert [row["number"] for row in api.get(ADDRESS).json()["results"]] == [seen.number]
    assert api.get(f"{ADDRESS}{hidden.number}/").status_code == 404
    for verb, content in (("acknowledge", {}), ("resolve", {"reason": "x"}), ("notes", {"text": "x"})):
        assert api.post(f"{ADDRESS}{hidden.number}/{verb}/", content).status_code == 404
        assert api.post(f"{ADDRESS}{seen.number}/{verb}/", content).status_code == 403
    assert [row["key"] for row in api.get("/api/v1/services/").json()["results"]] == [mine.key]
    assert api.get(f"/api/v1/services/{other.key}/").status_code == 404
    assert api.post(ADDRESS, body(other)).status_code == 400


def test_the_list_filters_and_pages_in_a_constant_number_of_queries(api: APIClient, now: Any, django_assert_max_num_queries: Any) -> None:
    service = make.service()
    make.many_incidents(60, now, service)
    make.many_incidents(1, now + timedelta(hours=1), make.service(), acknowledged_at=now + timedelta(hours=2))
    with django_assert_max_num_queries(8):
        page = api.get(ADDRESS, {"service": service.key, "page_size": 55}).json()
    assert (page["count"], len(page["results"])) == (60, 55)
    assert api.get(ADDRESS, {"opened_after": (now + timedelta(minutes=1)).isoformat()}).json()["count"] == 1
    assert api.get(f"{ADDRESS}?opened_after={(now + timedelta(minutes=1)).isoformat()}").json()["count"] == 1
    assert api.get(ADDRESS, {"state": "closed"}).json()["count"] == 0


@pytest.mark.parametrize(
    "query",
    ["state=asleep", "priority=99999999999999999999", "opened_after=yesterday", "servise=x", "severity=%00", "impact=x"]
    # The first and the last hours of the calendar lie outside of it in UTC; a time without its zone could mean any of a day's.
    + ["opened_after=0001-01-01T00:00:00%2B14:00", "opened_before=9999-12-31T23:59:59-14:00", "opened_after=2026-03-02T09:00:00"],
)
def test_filters_that_mean_nothing_are_refused(api: APIClient, query: str) -> None:
    assert api.get(f"{ADDRESS}?{query}").status_code == 400


@pytest.mark.parametrize(
    "path", ["incidents/INC-999999/", "incidents/%00/", "incidents/..%2f..%2fetc/", "nowhere/", "incidents/?page=999", "incidents/?page=x"]
)
def test_what_is_not_there_is_a_problem_document(api: APIClient, path: str) -> None:
    answer = api.get(f"/api/v1/{path}")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


def test_acknowledge_note_resolve_and_the_conflict_of_resolving_again(api: APIClient, now: Any) -> None:
    at = f"{ADDRESS}{make.incident(now).number}/"
    assert api.post(f"{at}acknowledge/").json()["assigned_to"] == "Tom Berg"
    assert api.post(f"{at}notes/", {"text": "Restarting"}).json()["timeline"][-1]["text"] == "Restarting"
    assert api.post(f"{at}resolve/", {}).status_code == 400
    assert api.post(f"{at}resolve/", {"reason": "Restarted"}).json()["state"] == "resolved"
    again = api.post(f"{at}resolve/", {"reason": "Restarted"})
    assert (again.status_code, again.json()["code"]) == (409, "wrong_state")


def test_a_reading_declares_an_incident(api: APIClient) -> None:
    service = make.service()
    make.policy_in_force(service, clock.now(), (("SEV1", "downtime_minutes", "10", 1),))
    given = {"service": service.key, "measure": "downtime_minutes"}
    assert api.post("/api/v1/readings/", {**given, "value": 2}).json()["incident"] is None
    declared = api.post("/api/v1/readings/", {**given, "value": "12"}).json()["incident"]
    assert (declared["severity"], declared["origin"]) == ("SEV1", "reading")
