"""Markers, business facts and measures of our own, through the API."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from incidents.models import Incident
from policies.models import CustomerSegment
from policies.severity.models import OwnMeasure
from portal.foundation import clock
from tests.factories import incidents as make
from tests.factories.portal import person

from .clients import ADDRESS, body, client_of

pytestmark = pytest.mark.django_db


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
