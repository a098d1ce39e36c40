"""The API of incidents: what it takes, what it gives, and what it refuses."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from rest_framework.test import APIClient

from audit.models import LedgerEvent
from incidents.models import ImpactReading, Incident
from policies.models import CustomerSegment, Team
from policies.severity.models import OwnMeasure
from portal.foundation import clock
from portal.foundation.access.grants import grant
from portal.foundation.apikit import repeats
from portal.models import RememberedRequest, User
from portal.tasks import forget_answers
from tests.factories import incidents as make
from tests.factories.portal import person
from tests.factories.tokens import token_of

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/incidents/"


def client_of(user: User) -> APIClient:
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Token {token_of(user)}")
    return client


def body(subject: Any, **fields: Any) -> dict[str, Any]:
    return {"title": "Card payments fail", "service": subject.key, "impact": 1, "urgency": "medium", "description": "Since noon", **fields}


@pytest.fixture
def tom() -> User:
    return person("Tom Berg", roles=("responder",))


@pytest.fixture
def api(tom: User) -> APIClient:
    return client_of(tom)


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


@pytest.mark.parametrize(("method", "status"), [("put", 405), ("patch", 400), ("delete", 405)])
def test_incidents_are_changed_by_verbs_only(api: APIClient, method: str, status: int, now: Any) -> None:
    address = f"{ADDRESS}{make.incident(now).number}/"
    assert getattr(api, method)(address, {"state": "closed"}).status_code == status
    assert Incident.objects.get().state == "new"


def test_without_a_token_there_is_no_way_in(now: Any) -> None:
    answer = APIClient().get(ADDRESS)
    assert (answer.status_code, answer["Content-Type"], answer["WWW-Authenticate"]) == (401, "application/problem+json", "Token")


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


def test_the_same_key_and_body_act_once(api: APIClient) -> None:
    content = body(make.service())
    first = api.post(ADDRESS, content, headers={"Idempotency-Key": "k-1"})
    second = api.post(ADDRESS, content, headers={"Idempotency-Key": "k-1"})
    assert (first.status_code, second.status_code, second["Idempotency-Replayed"]) == (201, 201, "true")
    assert first.json() == second.json()
    assert first["Location"] == second["Location"]
    assert "Idempotency-Replayed" not in first
    assert Incident.objects.count() == 1


def test_the_same_key_with_another_body_or_address_is_refused(api: APIClient, now: Any) -> None:
    content, key = body(make.service()), {"Idempotency-Key": "k-1"}
    number = api.post(ADDRESS, content, headers=key).json()["number"]
    other = api.post(ADDRESS, {**content, "title": "Another"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert api.post(f"{ADDRESS}{number}/acknowledge/", headers=key).status_code == 422


def test_a_failure_is_not_remembered(api: APIClient) -> None:
    content, key = body(make.service()), {"Idempotency-Key": "k-1"}
    assert api.post(ADDRESS, {**content, "title": "bell\x07"}, headers=key).status_code == 400
    assert not RememberedRequest.objects.exists()
    assert api.post(ADDRESS, content, headers=key).status_code == 201


@pytest.mark.parametrize(
    "readings", [[], [{"measure": "transaction_failure_percent", "value": "7.25"}, {"measure": "latency_ms", "value": 900}]]
)
def test_an_opening_answers_what_is_read_afterwards(api: APIClient, readings: list[dict[str, Any]]) -> None:
    service = make.service()
    service.team = Team.objects.create(name="Card team")
    service.save()
    opened = api.post(ADDRESS, body(service, readings=readings, confidential=True, labels=["VIP"])).json()
    assert opened["team"] == "Card team"
    assert len(opened["readings"]) == len(readings)
    assert opened == api.get(opened["url"]).json()


def test_a_key_may_be_used_again_after_a_day(api: APIClient) -> None:
    content, key = body(make.service()), {"Idempotency-Key": "k-1"}
    api.post(ADDRESS, content, headers=key)
    RememberedRequest.objects.update(created_at=clock.now() - repeats.KEPT_FOR - timedelta(seconds=1))
    assert "Idempotency-Replayed" not in api.post(ADDRESS, content, headers=key)
    assert "Idempotency-Replayed" in api.post(ADDRESS, content, headers=key)
    assert (Incident.objects.count(), RememberedRequest.objects.count()) == (2, 1)


def test_answers_are_forgotten_after_a_day(api: APIClient) -> None:
    content = body(make.service())
    for key in ("k-1", "k-2"):
        api.post(ADDRESS, content, headers={"Idempotency-Key": key})
    RememberedRequest.objects.filter(key="k-1").update(created_at=clock.now() - repeats.KEPT_FOR - timedelta(seconds=1))
    assert forget_answers() == 1
    assert RememberedRequest.objects.get().key == "k-2"


def test_keys_of_two_people_do_not_meet(api: APIClient) -> None:
    content, key = body(make.service()), {"Idempotency-Key": "k-1"}
    api.post(ADDRESS, content, headers=key)
    assert "Idempotency-Replayed" not in client_of(person("Ana", roles=("responder",))).post(ADDRESS, content, headers=key)
    assert Incident.objects.count() == 2


@pytest.mark.parametrize("key", ["", "two words", "x" * 256, "ümlaut"])
def test_unusable_keys_are_refused(api: APIClient, key: str) -> None:
    assert api.post(ADDRESS, body(make.service()), HTTP_IDEMPOTENCY_KEY=key).status_code == 400


@pytest.mark.django_db(transaction=True)
def test_a_concurrent_repeat_opens_one_incident(tom: User) -> None:
    content, answers = body(make.service()), []
    client_of(tom)

    def send() -> None:
        try:
            answers.append(client_of(tom).post(ADDRESS, content, headers={"Idempotency-Key": "same"}))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["number"] for answer in answers}) == 1
    assert Incident.objects.count() == 1


MARKERS = ("personal_data", "regulated", "data_breach")
FACTS = {
    "personal_data": True,
    "labels": ["VIP"],
    "revenue_loss_per_hour": "25000.50",
    "revenue_currency": "EUR",
    "regulatory_exposure": "likely",
    "segment": "Hospitals",
}


def test_markers_and_facts_are_taken_and_given_back(api: APIClient) -> None:
    CustomerSegment.objects.create(name="Hospitals", criticality=3)
    told = api.post(ADDRESS, body(make.service(), **FACTS)).json()
    given = {**FACTS, "labels": ["vip"], "revenue_loss_per_hour": "25000.5", "regulatory_exposure": 2}
    assert {name: told[name] for name in FACTS} == given
    assert (told["regulated"], told["data_breach"], told["rules"]) == (False, False, [])
    line = api.get(ADDRESS).json()["results"][0]
    assert {name: line[name] for name in FACTS} == given


def test_the_rules_are_named_part_by_part(api: APIClient) -> None:
    service = make.service()
    version = make.policy_in_force(service, clock.now(), (("SEV2", "transaction_failure_percent", "5", 1),))
    told = api.post(ADDRESS, body(service)).json()
    assert {(rule["part"], rule["version_id"]) for rule in told["rules"]} == {
        ("severity criteria", version.pk),
        ("technical track", version.pk),
    }
    assert all(rule["why"] for rule in told["rules"])


BAD_FACTS = [
    ("personal_data", "true"),
    ("personal_data", 1),
    ("personal_data", None),
    ("regulated", "no"),
    ("data_breach", []),
    ("labels", "vip"),
    ("labels", [5]),
    ("labels", ["a,b"]),
    ("labels", ["x" * 61]),
    ("labels", ["x"] * 21),
    ("labels", ["nul\x00"]),
    ("revenue_loss_per_hour", 5),
    ("revenue_loss_per_hour", "NaN"),
    ("revenue_loss_per_hour", -5),
    ("revenue_loss_per_hour", "1E+999999"),
    ("revenue_currency", "EUR"),
    ("revenue_currency", "EURO"),
    ("revenue_currency", 5),
    ("regulatory_exposure", 4),
    ("regulatory_exposure", "certainly"),
    ("regulatory_exposure", True),
    ("segment", "Nobody"),
    ("segment", "nul\x00"),
    ("segment", 5),
]


@pytest.mark.parametrize(("field", "value"), BAD_FACTS, ids=range(len(BAD_FACTS)))
def test_facts_that_cannot_be_are_refused_at_the_opening_and_later(api: APIClient, field: str, value: Any, now: Any) -> None:
    standing = make.incident(now)
    for answer in (
        api.post(ADDRESS, body(standing.service, **{field: value})),
        api.patch(f"{ADDRESS}{standing.number}/", {field: value, "reason": "x"}),
    ):
        assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json"), answer.json()
        named = {error["field"].split(".")[0] for error in answer.json()["errors"]}
        assert named & {field, "revenue_currency", "revenue_loss_per_hour"}
    assert Incident.objects.count() == 1


@pytest.mark.parametrize("marker", MARKERS)
def test_a_marker_is_set_and_never_unset(api: APIClient, marker: str, now: Any) -> None:
    address = f"{ADDRESS}{make.incident(now).number}/"
    set_ = api.patch(address, {marker: True, "reason": "The log shows it"})
    assert (set_.status_code, set_.json()[marker]) == (200, True)
    assert "The log shows it" in {entry["why"] for entry in set_.json()["timeline"]}
    unset = api.patch(address, {marker: False, "reason": "A mistake"})
    assert unset.status_code == 400
    assert [error["field"] for error in unset.json()["errors"]] == [marker]
    assert api.get(address).json()[marker] is True


def test_details_are_corrected_one_at_a_time(api: APIClient, now: Any) -> None:
    address = f"{ADDRESS}{make.incident(now).number}/"
    told = api.patch(address, {"urgency": "high", "reason": "Everybody waits"}).json()
    assert (told["impact"], told["urgency"], told["priority"]) == (1, 1, 1)
    assert api.patch(address, {"reason": "Only words"}).status_code == 400
    assert api.patch(address, {"title": "No reason"}).status_code == 400
    assert api.patch(address, {"title": "x", "number": "INC-9", "reason": "x"}).status_code == 400


def test_changing_needs_the_right_and_reaches_no_further_than_sight(now: Any) -> None:
    incident = make.incident(now)
    auditor, eve = client_of(person("Rae", roles=("auditor",))), client_of(person("Eve"))
    address = f"{ADDRESS}{incident.number}/"
    assert auditor.patch(address, {"personal_data": True, "reason": "x"}).status_code == 403
    assert eve.patch(address, {"personal_data": True, "reason": "x"}).status_code == 404


def test_the_list_is_filtered_by_marker(api: APIClient, now: Any) -> None:
    marked, _ = make.incident(now, data_breach=True), make.incident(now)
    assert [line["number"] for line in api.get(ADDRESS, {"data_breach": "true"}).json()["results"]] == [marked.number]
    assert len(api.get(ADDRESS, {"data_breach": "false"}).json()["results"]) == 1
    assert api.get(ADDRESS, {"data_breach": "maybe"}).status_code == 400


def test_measures_of_our_own_are_taken(api: APIClient) -> None:
    OwnMeasure.objects.create(key="orders_waiting", name="Orders waiting", unit="orders", highest=100)
    service = make.service()
    sent = {"service": service.key, "measure": "orders_waiting"}
    assert api.post("/api/v1/readings/", {**sent, "value": 50}).status_code == 201
    refused = api.post("/api/v1/readings/", {**sent, "value": 101})
    assert [error["field"] for error in refused.json()["errors"]] == ["value"]
    unknown = api.post("/api/v1/readings/", {**sent, "measure": "nothing", "value": 1})
    assert "orders_waiting" in unknown.json()["errors"][0]["problem"]
