"""The rules that count for a service: which policy supplies which part, at any instant, for those who may see it."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from policies.models import PolicyVersion, PriorityCell, Service
from tests.factories import policies as make
from tests.factories.portal import person
from tests.shared import shared

from .forms import as_

pytestmark = pytest.mark.django_db


def rules(service: Service) -> str:
    return reverse("admin:policies_service_rules", args=[service.pk])


@pytest.fixture
def reader() -> Client:
    return as_(person("Ada", roles=("auditor",)))


@shared
def both(now: Any) -> PolicyVersion:
    """A service's own policy with levels, and the organisation's with levels and a matrix; both in force from `now`."""
    broad = make.draft(make.policy(scope="global", name="Everywhere"), now=now)
    make.level(broad, 1, person("Duty manager"))
    for impact in (1, 2, 3):
        for urgency in (1, 2, 3):
            PriorityCell.objects.create(version=broad, impact=impact, urgency=urgency, priority=5)
    make.approve(broad, now=now)
    return make.in_force(make.service("Card payments"), [person("Ana Ruiz")], now=now)


def test_each_part_says_where_it_comes_from_and_why(reader: Client, both: PolicyVersion) -> None:
    shown = reader.get(rules(both.policy.service)).content.decode()
    assert "What counts for Card payments now, from 2 policies." in shown
    assert "the narrowest that says something: one service before the whole organisation" in shown
    assert "Everywhere v1</a>" in shown
    assert "the only one that says something (for the whole organisation)" in shown
    assert "Nobody says anything: nobody is kept informed." in shown
    assert "Ana Ruiz" in shown
    assert "Duty manager" not in shown
    assert "<td>P5</td>" in shown


def test_a_past_instant_shows_what_counted_then(reader: Client, both: PolicyVersion, now: Any) -> None:
    address = rules(both.policy.service)
    before = reader.get(address, {"at": (now - timedelta(days=1)).isoformat()}).content.decode()
    assert "No policy speaks for Card payments at" in before
    for asked in ({"at": now.isoformat()}, {"at": "2026-03-02T09:00Z"}, {"at_0": "2026-03-03", "at_1": ""}, {"at": "2999-01-01"}):
        shown = reader.get(address, asked)
        assert (shown.status_code, "Ana Ruiz" in shown.content.decode()) == (200, True)


@pytest.mark.parametrize(
    "asked",
    [
        {"at": "soon"},
        {"at": "<script>"},
        {"at": "9" * 50},
        {"at": "0001-01-01T00:00+14:00"},
        {"at": "9999-12-31T23:59Z"},
        {"at": "0001-01-01T00:00Z"},
        {"at_0": "x"},
    ],
)
def test_an_instant_that_is_none_is_said_and_now_is_shown(reader: Client, both: PolicyVersion, asked: dict[str, str]) -> None:
    answer = reader.get(rules(both.policy.service), asked)
    assert answer.status_code == 400
    assert "<script>'" not in answer.content.decode()
    assert "Ana Ruiz" in answer.content.decode()


def test_the_service_s_page_and_the_policy_s_lead_there(both: PolicyVersion) -> None:
    manager, service = as_(person("Mia", roles=("manager",))), both.policy.service
    assert service is not None
    shown = manager.get(reverse("admin:policies_service_change", args=[service.pk])).content.decode()
    assert "The rules that count now" in shown
    assert rules(service) in shown
    assert rules(service) in manager.get(reverse("admin:policies_escalationpolicy_change", args=[both.policy_id])).content.decode()


def test_who_sees_services_only_sees_no_rules(both: PolicyVersion) -> None:
    client, service = as_(person("Grace", roles=("stakeholder",))), both.policy.service
    assert service is not None
    assert client.get(rules(service)).status_code == 403
    shown = client.get(reverse("admin:policies_service_change", args=[service.pk]))
    assert "The rules that count" not in shown.content.decode()
    assert client.get("/admin/policies/service/999999/rules/").status_code == 404


def test_the_list_of_services_names_the_narrowest_policy(both: PolicyVersion) -> None:
    make.service("Ledger")
    shown = as_(person("Mia", roles=("manager",))).get(reverse("admin:policies_service_changelist")).content.decode()
    assert "Escalation of Card payments" in shown
    assert "Everywhere" in shown
