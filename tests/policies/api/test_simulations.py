"""Simulating through the API."""

from datetime import datetime
from typing import Any

import pytest

from policies.models import PolicyVersion
from tests.factories import policies as make
from tests.factories.portal import contact, person
from tests.shared import shared

from .test_policies import api_of

pytestmark = pytest.mark.django_db
DOOR = "/api/v1/simulations/"


@shared
def version(now: datetime) -> PolicyVersion:
    ana = person("Ana Person", username="ana")
    contact(ana)
    return make.in_force(make.service("Card payments", key="card-payments"), [ana], now=now)


@pytest.fixture
def api() -> Any:
    return api_of(person("Ada", roles=("manager",)))


def asked(version: PolicyVersion, now: datetime, **more: Any) -> dict[str, Any]:
    return {"service": "card-payments", "policy": version.policy_id, "begins": now.isoformat(), "severity": "SEV2", **more}


def test_it_answers_step_by_step_and_keeps_nothing(version: PolicyVersion, now: datetime, api: Any) -> None:
    answer = api.post(DOOR, asked(version, now, script=["+7min acknowledge ana"], data_breach=True), format="json")
    told = answer.json()
    assert answer.status_code == 200
    assert told["version"] == {
        "policy": version.policy.name,
        "number": 1,
        "state": "approved",
        "content_sha256": version.content_sha256,
    }
    assert [(step["after_seconds"], step["track"], step["action"], step["person"]) for step in told["steps"][:3]] == [
        (0, "technical", "level", None),
        (0, "technical", "paged", "Ana Person"),
        (0, "compliance", "exhausted", None),
    ]
    assert told["steps"][1]["ways"] == [{"channel": "webhook", "label": "phone", "receipt_within_seconds": None, "problem": None}]
    assert "127.0.0.1" not in answer.content.decode()


def test_two_versions_are_compared(version: PolicyVersion, now: datetime, api: Any) -> None:
    told = api.post(DOOR, asked(version, now) | {"version": 1, "against": 1}, format="json").json()
    assert (told["only_here"], told["only_against"], told["against"]["steps"]) == ([], [], told["steps"])


def test_without_a_policy_whatever_is_in_force_counts(version: PolicyVersion, now: datetime, api: Any) -> None:
    told = api.post(DOOR, {"service": "card-payments", "begins": now.isoformat()}, format="json").json()
    assert (told["version"], told["tracks"][0]["version"]) == (None, str(version))


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"service": "nothing"}, "service"),
        ({"begins": "2026-03-02T09:00:00"}, "begins"),
        ({"begins": "2020-03-02T09:00:00Z"}, "version"),
        ({"severity": "SEV9"}, "severity"),
        ({"impact": 1}, "urgency"),
        ({"colour": "red"}, "colour"),
        ({"script": ["+1min raise", "dance"]}, "script.1"),
        ({"script": ["+1min acknowledge nobody"]}, "script.0"),
        ({"script": "raise"}, "script"),
        ({"segment": "VIPs"}, "segment"),
        ({"revenue_loss_per_hour": "5"}, "revenue_currency"),
        ({"title": "\x00"}, "title"),
    ],
)
def test_what_cannot_be_used_is_named(version: PolicyVersion, now: datetime, api: Any, more: dict[str, Any], field: str) -> None:
    answer = api.post(DOOR, asked(version, now, **more), format="json")
    assert answer.status_code in (400, 422)
    assert field in {error["field"] for error in answer.json()["errors"]}


def test_what_the_caller_may_not_see_is_not_simulated(version: PolicyVersion, now: datetime, api: Any) -> None:
    assert api_of(person("Sam", roles=("stakeholder",))).post(DOOR, asked(version, now), format="json").status_code == 404
    assert api.post(DOOR, asked(version, now) | {"version": 9}, format="json").status_code == 404
    assert api.post(DOOR, {"service": "card-payments", "against": 1}, format="json").status_code in (400, 422)
