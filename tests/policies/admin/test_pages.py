"""Lists and pages of the rules: who sees what, in how many queries, and what a save leaves behind."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.models import LedgerEvent
from policies.models import EscalationPolicy, OnCallSchedule, Service
from tests.factories import policies as make
from tests.factories.portal import person
from tests.trail import who

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    signed_in = Client()
    signed_in.force_login(person("Mia Manager", roles=("manager",)))
    return signed_in


LISTS = ["businessunit", "team", "service", "component", "oncallschedule", "escalationpolicy", "policyversion", "threshold"]


@pytest.mark.parametrize("model", LISTS)
def test_an_empty_list_teaches(client: Client, model: str) -> None:
    answer = client.get(reverse(f"admin:policies_{model}_changelist"))
    assert answer.status_code == 200
    assert 'class="ak-empty"' in answer.content.decode()


def test_lists_take_the_same_queries_for_two_rows_and_for_five(client: Client) -> None:
    def queries() -> dict[str, int]:
        counted = {}
        for model in ("service", "oncallschedule", "escalationpolicy", "policyversion", "threshold"):
            with CaptureQueriesContext(connection) as captured:
                assert client.get(reverse(f"admin:policies_{model}_changelist")).status_code == 200
            counted[model] = len(captured)
        return counted

    def add(count: int) -> None:
        for _ in range(count):
            make.in_force(None, [make.schedule(person("Ana"))])

    add(2)
    queries()
    few = queries()
    add(3)
    assert queries() == few


def test_search_and_filters_of_every_list_answer(client: Client) -> None:
    make.in_force()
    for model in LISTS:
        address = reverse(f"admin:policies_{model}_changelist")
        assert client.get(address, {"q": "' OR 1=1 --"}).status_code == 200
    assert client.get(reverse("admin:policies_escalationpolicy_changelist"), {"change": "none"}).status_code == 200
    for value in ("pending", "all", "nonsense"):
        assert client.get(reverse("admin:policies_threshold_changelist"), {"version_is": value}).status_code == 200


def test_a_service_is_added_with_its_reason_in_history_and_trail(client: Client) -> None:
    address = reverse("admin:policies_service_add")
    data = {"name": "Card payments", "key": "card-payments", "components-TOTAL_FORMS": 1, "components-INITIAL_FORMS": 0}
    data |= {"components-0-name": "Gateway", "tier": 1, "regulated": "on"}
    refused = client.post(address, data)
    assert refused.status_code == 200
    assert "This field is required" in refused.content.decode()
    assert not Service.objects.exists()
    assert client.post(address, data | {"why": "New product line"}).status_code == 302
    service = Service.objects.get()
    assert service.history.get().history_change_reason == "New product line"
    assert service.components.get().history.get().history_change_reason == "New product line"
    event = LedgerEvent.objects.latest("id")
    assert (event.type, event.object_model, who(event)) == ("service.created", "policies.service", "Mia Manager")
    assert '"why":"New product line"' in event.payload
    assert "alert nobody" in client.get(reverse("admin:policies_service_change", args=[service.pk])).content.decode()


def test_a_service_in_use_has_no_delete(client: Client) -> None:
    version = make.in_force()
    address = reverse("admin:policies_service_delete", args=[version.policy.service_id])
    assert client.post(address, {"post": "yes"}).status_code == 403


def test_a_schedule_says_who_is_on_call_and_who_is_next(client: Client) -> None:
    rota = make.schedule(person("Ana Ruiz"), person("Tom Berg"), zone="Europe/Madrid")
    shown = client.get(reverse("admin:policies_oncallschedule_change", args=[rota.pk])).content.decode()
    assert "is on call until" in shown
    assert "Ana Ruiz" in shown
    assert "Tom Berg" in shown


def test_a_schedule_with_nobody_says_so(client: Client) -> None:
    rota = make.schedule()
    assert "Nobody is on call" in client.get(reverse("admin:policies_oncallschedule_change", args=[rota.pk])).content.decode()


@pytest.mark.parametrize("wrong", [{"name": ""}, {"order": -1}, {"order": ""}, {"team": "999999"}, {"name": "x" * 121}])
def test_a_schedule_that_cannot_be_is_refused(client: Client, wrong: dict[str, Any]) -> None:
    address, data = reverse("admin:policies_oncallschedule_add"), {"name": "Rota", "order": 1, "why": "First"}
    assert client.post(address, data | wrong).status_code == 200
    assert not OnCallSchedule.objects.exists()
    assert client.post(address, data).status_code == 302


def test_a_draft_is_started_from_the_policy(client: Client) -> None:
    policy = make.policy()
    address = reverse("admin:policies_escalationpolicy_do", args=[policy.pk, "draft"])
    assert client.post(address, {"reason": ""}).status_code == 400
    answer = client.post(address, {"reason": "First version"})
    version = policy.versions.get()
    assert answer.headers["Location"] == reverse("admin:policies_policyversion_change", args=[version.pk])
    again = client.post(address, {"reason": "Another"})
    assert again.status_code == 400
    assert "Finish or discard it" in again.content.decode()


def test_pages_of_a_policy_show_what_is_in_force_and_what_is_pending(client: Client) -> None:
    version = make.in_force()
    make.draft(version.policy)
    shown = client.get(reverse("admin:policies_escalationpolicy_change", args=[version.policy_id])).content.decode()
    assert "Version 1 is in force since" in shown
    assert "Version 2</a> by Author" in shown
    assert "Failed transactions is at least 5 %" in shown
    listed = client.get(reverse("admin:policies_escalationpolicy_changelist")).content.decode()
    assert "v2 draft" in listed
    assert EscalationPolicy.objects.count() == 1


def test_pages_carry_no_script_of_their_own(client: Client) -> None:
    version = make.in_force()
    for address in (
        reverse("admin:policies_escalationpolicy_change", args=[version.policy_id]),
        reverse("admin:policies_policyversion_approve", args=[version.pk]),
        reverse("admin:policies_policyversion_change", args=[version.pk]),
    ):
        shown = client.get(address).content.decode()
        bare = [tag for tag in shown.split("<script")[1:] if "src=" not in tag.split(">")[0] and "nonce" not in tag.split(">")[0]]
        assert not [tag for tag in bare if "application/json" not in tag.split(">")[0]]
        assert " onclick=" not in shown
