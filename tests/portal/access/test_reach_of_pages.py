"""What is out of reach does not exist, by whatever way in: every list of the admin, every list of the API, every page of one thing."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from incidents.models import Incident
from policies.models import Service
from portal.foundation import clock
from portal.foundation.access.checks import may
from portal.foundation.access.grants import grant
from portal.foundation.access.places import PLACES, SEE, WORK, view_right
from portal.foundation.granting.appointments import appoint
from portal.models import User
from tests.factories.portal import person
from tests.shared import shared

from .organisation import Organisation, organisation

pytestmark = pytest.mark.django_db


@shared
def bank(now: datetime) -> Organisation:
    return organisation(now)


def readers(bank: Organisation) -> Iterator[tuple[str, User]]:
    """Somebody with one service, one unit, one incident; an auditor of a unit; and somebody with nothing."""
    for name, level, thing in (
        ("service", SEE, bank.services["paying"]),
        ("unit", WORK, bank.cards),
        ("incident", SEE, bank.incidents["paying"]),
    ):
        found = person(name)
        grant(level.rights[thing._meta.label_lower], found, thing)
        yield name, found
    auditor, now = person("auditor"), clock.now()
    appoint(auditor, actor=None, now=now, until=now + timedelta(days=300), reason="Audit", scope=[bank.cards])
    yield "auditor", auditor
    yield "nobody", person("nobody")


@pytest.mark.the_same_on_any_database
def test_no_list_of_the_admin_shows_what_is_out_of_reach(bank: Organisation, client: Client) -> None:
    shown: dict[str, set[str]] = {}
    for name, reader in readers(bank):
        client.force_login(reader)
        for model in admin.site._registry:
            answer: Any = client.get(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"))
            text = answer.content.decode()
            assert answer.status_code in {200, 302, 403}, (name, model)
            assert "lending" not in text, (name, model)
            assert "Beside" not in text, (name, model)
            if answer.status_code == 200 and "paying" in text:
                shown.setdefault(name, set()).add(model._meta.model_name)
    seen = {"incident", "handoff", "impactreading", "service", "component"}
    assert shown["service"] == shown["unit"] == seen
    assert shown["incident"] == seen - {"impactreading", "service", "component"}
    assert shown["auditor"] == seen | {"escalationpolicy"}
    assert "nobody" not in shown


@pytest.mark.the_same_on_any_database
def test_no_page_of_one_thing_opens_out_of_reach(bank: Organisation, client: Client) -> None:
    for name, reader in readers(bank):
        client.force_login(reader)
        for thing in bank.everything():
            if type(thing) not in admin.site._registry or may(reader, view_right(thing), thing):
                continue
            base = f"admin:{thing._meta.app_label}_{thing._meta.model_name}"
            for page in ("change", "history"):
                answer = client.get(reverse(f"{base}_{page}", args=[thing.pk]))
                # As for a thing that never was: back to the start, or 'not found'; 403 where the whole kind is closed.
                assert answer.status_code in {302, 404, 403}, (name, thing, page)
                never = client.get(reverse(f"{base}_{page}", args=[999_999]))
                assert answer.status_code == never.status_code, (name, thing, page)


def test_no_answer_of_the_api_tells_what_is_out_of_reach(bank: Organisation) -> None:
    lists = ("incidents", "hand-offs", "services", "policies", "on-call/services", "on-call/teams", "on-call/schedules")
    for name, reader in readers(bank):
        api = APIClient()
        api.force_authenticate(reader)
        for each in lists:
            answer = api.get(f"/api/v1/{each}/")
            if answer.status_code == 404 and name == "nobody":
                continue
            assert answer.status_code == 200, (name, each)
            assert "lending" not in answer.content.decode(), (name, each)
        found = {row["number"] for row in api.get("/api/v1/incidents/").json()["results"]}
        assert found == (set() if name == "nobody" else {"INC-paying"}), name
        for address in ("incidents/INC-lending", "services/lending", "services/lending/rules", "on-call/services/lending"):
            assert api.get(f"/api/v1/{address}/").status_code == 404, (name, address)
        assert api.get("/api/v1/incidents/", {"service": "lending"}).json()["results"] == []
        assert api.post("/api/v1/incidents/INC-lending/acknowledge/", {"reason": "x"}, format="json").status_code == 404


def test_choices_and_filters_name_nothing_out_of_reach(bank: Organisation, client: Client) -> None:
    unit = dict(readers(bank))["unit"]
    client.force_login(unit)
    page = client.get(reverse("admin:incidents_incident_add")).content.decode()
    assert "Service paying" in page
    assert "Service lending" not in page
    asked = {"app_label": "incidents", "model_name": "knownerror", "field_name": "services", "term": "Service"}
    assert "lending" not in client.get(reverse("admin:autocomplete"), asked).content.decode()
    assert Incident.objects.count() == Service.objects.count() == 3


def test_every_model_that_stands_somewhere_is_one(bank: Organisation) -> None:
    """The lookups of places.py lead somewhere."""
    from django.apps import apps

    from portal.foundation.access.reach import Reach

    one = frozenset({1})
    for label in PLACES:
        condition = Reach("", one, one, one, one).condition(label)
        assert condition is not None
        assert apps.get_model(label)._default_manager.filter(condition).count() >= 0
