"""Regions, roles, segments, runbooks and measures: kept by managers, seen by everybody who sees rules, and never taken from under a version."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from audit.models import LedgerEvent
from policies.models import CustomerSegment, OwnMeasure, Region, Role, Runbook
from tests.factories import policies as make
from tests.factories.portal import person

from .forms import as_

pytestmark = pytest.mark.django_db
NAMED = ("region", "role", "customersegment", "runbook", "ownmeasure")


@pytest.fixture
def client() -> Client:
    return as_(person("Mia Manager", roles=("manager",)))


def remove(thing: Any) -> str:
    return reverse(f"admin:policies_{thing._meta.model_name}_do", args=[thing.pk, "remove"])


@pytest.mark.parametrize("model", NAMED)
def test_an_empty_list_teaches_and_searches(client: Client, model: str) -> None:
    address = reverse(f"admin:policies_{model}_changelist")
    assert 'class="ak-empty"' in client.get(address).content.decode()
    assert client.get(address, {"q": "' OR 1=1 --"}).status_code == 200


@pytest.mark.parametrize(
    ("model", "values", "kind"),
    [
        ("region", {"name": "EU"}, Region),
        ("role", {"name": "Head of payments"}, Role),
        ("customersegment", {"name": "Banks", "criticality": 3}, CustomerSegment),
        ("runbook", {"title": "Cards", "steps": "1. Look"}, Runbook),
        ("ownmeasure", {"name": "Orders", "key": "orders", "unit": "orders"}, OwnMeasure),
    ],
)
def test_a_thing_is_added_with_its_reason_and_taken_away_with_another(
    client: Client, model: str, values: dict[str, Any], kind: Any
) -> None:
    address = reverse(f"admin:policies_{model}_add")
    assert client.post(address, values).status_code == 200
    assert client.post(address, {**values, "why": "First"}).status_code == 302
    thing = kind.objects.get()
    assert thing.history.get().history_change_reason == "First"
    assert client.post(remove(thing), {"reason": " "}).status_code == 400
    assert client.post(remove(thing), {"reason": "Not used"}).status_code == 302
    assert not kind.objects.exists()
    event = LedgerEvent.objects.latest("id")
    assert (event.type, event.object_pk) == (f"{model}.removed", str(thing.pk))
    assert kind.history.filter(history_type="-", history_change_reason="Not used").exists()


def test_what_a_version_names_cannot_go_and_says_where_it_is_named(client: Client) -> None:
    role, runbook = Role.objects.create(name="Head"), Runbook.objects.create(title="Cards", steps="1. Look")
    measure = OwnMeasure.objects.create(key="orders", name="Orders")
    version = make.draft()
    make.level(version, 1, role, runbook=runbook)
    make.threshold(version, "Orders pile up", criteria=[{"measure": "orders", "value": Decimal(5)}])
    for thing, place in (
        (role, "target"),
        (runbook, f"Level 1: Line 1&#x27; of {version}"),
        (measure, f"Orders pile up&#x27; of {version}"),
    ):
        answer = client.post(remove(thing), {"reason": "Away with it"})
        assert answer.status_code == 400
        assert "is still used by" in answer.content.decode()
        assert place in answer.content.decode()
        assert ">Away with it</textarea>" in answer.content.decode()
        assert type(thing).objects.filter(pk=thing.pk).exists()


@pytest.mark.parametrize("role", ["responder", "approver", "auditor", "compliance"])
def test_others_read_and_change_nothing(role: str) -> None:
    region, reader = Region.objects.create(name="EU"), as_(person("Reader", roles=(role,)))
    address = reverse("admin:policies_region_change", args=[region.pk])
    assert reader.get(address).status_code == 200
    assert reader.post(address, {"name": "x", "why": "x"}).status_code == 403
    assert reader.post(remove(region), {"reason": "x"}).status_code == 403
    assert "Delete" not in reader.get(address).content.decode()


def test_a_measure_keeps_its_key_and_takes_none_that_is_built_in(client: Client) -> None:
    add = reverse("admin:policies_ownmeasure_add")
    taken = client.post(add, {"name": "Mine", "key": "downtime_minutes", "why": "x"})
    assert "is built in" in taken.content.decode()
    measure = OwnMeasure.objects.create(key="orders", name="Orders")
    address = reverse("admin:policies_ownmeasure_change", args=[measure.pk])
    assert client.post(address, {"name": "Orders waiting", "key": "other", "why": "Clearer"}).status_code == 302
    measure.refresh_from_db()
    assert (measure.name, measure.key) == ("Orders waiting", "orders")


def test_a_runbook_is_read_as_text_and_its_link_is_a_web_address(client: Client) -> None:
    runbook = Runbook.objects.create(title="Cards", steps="1. Look\n<script>alert(1)</script>")
    shown = client.get(reverse("admin:policies_runbook_change", args=[runbook.pk])).content.decode()
    assert "<script>alert(1)" not in shown
    add = reverse("admin:policies_runbook_add")
    assert client.post(add, {"title": "Bad", "url": "javascript:alert(1)", "why": "x"}).status_code == 200
    assert "Give a link or the steps." in client.post(add, {"title": "Empty", "why": "x"}).content.decode()


def test_a_role_s_deputy_is_somebody_else(client: Client) -> None:
    ana = person("Ana")
    answer = client.post(reverse("admin:policies_role_add"), {"name": "Head", "holder": ana.pk, "deputy": ana.pk, "why": "x"})
    assert "The deputy must be somebody else" in answer.content.decode()
    role = Role.objects.create(name="Head")
    shown = client.get(reverse("admin:policies_role_change", args=[role.pk])).content.decode()
    assert "Nobody holds this role" in shown
