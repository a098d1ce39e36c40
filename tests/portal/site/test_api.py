"""The API's root: its description, its errors, services and versions in force."""

import warnings
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from rest_framework.test import APIClient

from portal.foundation import clock
from tests.factories import incidents as make
from tests.factories.portal import person

pytestmark = pytest.mark.django_db


def api_of(*roles: str) -> APIClient:
    api = APIClient(raise_request_exception=False)
    api.force_authenticate(person("Tom", roles=roles))
    return api


def test_the_root_leads_to_the_admin(client: Client) -> None:
    assert client.get("/").headers["Location"] == "/admin/"


def test_the_description_is_valid_and_complete(tmp_path: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "schema.yml"))
    described = (tmp_path / "schema.yml").read_text()
    parts = ("/api/v1/incidents/", "/acknowledge/", "/resolve/", "/notes/", "/api/v1/readings/", "version-in-force", "Idempotency-Key")
    for part in (*parts, "/api/v1/ledger/exports/", "/proof/"):
        assert part in described


def test_the_description_is_public(client: Client) -> None:
    assert client.get("/api/schema/").status_code == 200


@pytest.mark.parametrize("version", ["%00", "%0a", "%22x", "1"])
def test_the_description_reads_no_version_into_a_header(client: Client, version: str) -> None:
    answer = client.get(f"/api/schema/?version={version}")
    assert answer.status_code == 200
    assert answer["Content-Disposition"].count('"') == 2


@pytest.mark.parametrize("query", ["?format=zzz", "?lang=zz&format=xml"])
def test_the_description_s_own_errors_are_problem_documents(client: Client, query: str) -> None:
    answer = client.get(f"/api/schema/{query}")
    assert (answer.status_code, answer["Content-Type"], answer.json()["code"]) == (404, "application/problem+json", "not_found")


@pytest.mark.parametrize("address", ["/api/v1/", "/api/v1/nowhere/", "/api/nowhere"])
def test_unknown_addresses_are_problem_documents(client: Client, address: str) -> None:
    answer = client.get(address)
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.parametrize("address", ["incidents/", "incidents/INC-1/", "services/", "policies/1/version-in-force/"])
def test_nothing_is_read_without_signing_in(client: Client, address: str) -> None:
    assert client.get(f"/api/v1/{address}").status_code == 401


def test_the_version_in_force_is_answered_for_any_instant() -> None:
    service, now = make.service(), clock.now()
    version = make.policy_in_force(service, now - timedelta(days=1))
    address = f"/api/v1/policies/{version.policy_id}/version-in-force/"
    api = api_of("auditor")
    told = api.get(address).json()
    assert (told["number"], told["content_sha256"], told["content"]) == (1, version.content_sha256, version.content)
    assert api.get(f"{address}?at={(now - timedelta(hours=1)).isoformat()}").json()["id"] == version.pk
    before = api.get(address, {"at": (now - timedelta(days=2)).isoformat()})
    assert (before.status_code, before["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.parametrize("at", ["", "yesterday", "2026-03-02", "2026-03-02T09:00:00", "0001-01-01T00:00:00+14:00", "9" * 500, "\x00"])
def test_an_instant_that_means_nothing_is_refused(at: str) -> None:
    version = make.policy_in_force(make.service(), clock.now())
    answer = api_of("auditor").get(f"/api/v1/policies/{version.policy_id}/version-in-force/", {"at": at})
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")


def test_policies_out_of_reach_do_not_exist() -> None:
    version = make.policy_in_force(make.service(), clock.now())
    assert api_of("stakeholder").get(f"/api/v1/policies/{version.policy_id}/version-in-force/").status_code == 404
    assert api_of("auditor").get("/api/v1/policies/999999999999999/version-in-force/").status_code == 404


def test_services_are_listed_with_their_policy() -> None:
    version = make.policy_in_force(make.service("Card payments"), clock.now())
    (told,) = api_of("stakeholder").get("/api/v1/services/").json()["results"]
    assert (told["key"], told["policy"]) == ("card-payments", version.policy_id)
