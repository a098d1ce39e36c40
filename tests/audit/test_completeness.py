"""No door changes a governed row without an event: every page with a form, every address of the API, every job."""

import importlib
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from audit.events.services import act
from audit.models import LedgerEvent, RawChange
from incidents.models import Incident
from policies.models import Runbook, Service
from portal.foundation.jobs import jobs
from portal.models import User
from tests.factories.portal import contact, person
from tests.policies.admin.forms import undrawn
from tests.untold import untold

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def root(client: Client, now: Any) -> User:
    """Somebody who may do nearly everything, beside one of several things."""
    service = Service.objects.create(name="Card payments", key="card-payments")
    Incident.objects.create(number="INC-1", title="Slow", service=service, opened_at=now)
    Runbook.objects.create(title="Restart", steps="Off and on.")
    contact(person("Ana Ruiz", roles=("responder",)))
    made = User.objects.create_superuser("root", display_name="Root", password="a long enough secret")
    client.force_login(made)
    client.raise_request_exception = False
    assert untold() == []
    return made


def pages() -> Iterator[str]:
    """Every page of the admin that takes a form: of adding, of one row, of its verbs."""
    for model, page in admin.site._registry.items():
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        row = model._default_manager.order_by("pk").first()
        yield reverse(f"{name}_changelist")
        yield reverse(f"{name}_add")
        if row is not None:
            yield reverse(f"{name}_change", args=[row.pk])
            yield reverse(f"{name}_delete", args=[row.pk])
            yield from (page.verb_address(row, verb) for verb in getattr(page, "verbs", ()))


def addresses(resolver: Any, before: str = "/") -> Iterator[str]:
    """Every address under `resolver`, with something in the place of its arguments."""
    for each in resolver.url_patterns:
        route = before + str(each.pattern).lstrip("^").rstrip("$").replace("\\Z", "")
        if isinstance(each, URLResolver):
            yield from addresses(each, route)
        elif isinstance(each, URLPattern) and "(?P<format>" not in route:
            yield route


def test_no_form_of_the_admin_changes_anything_untold(root: User, client: Client) -> None:
    values = {"reason": "Because", "why": "Because", "title": "Name", "name": "Name", "display_name": "Name", "key": "name", "text": "x"}
    for page in pages():
        for sent in ({}, values):
            with undrawn():
                answer = client.post(page, sent)
            assert answer.status_code < 500, (page, answer.status_code)
        if RawChange.objects.exists():
            assert untold() == [], page


def test_no_address_of_the_api_changes_anything_untold(root: User, client: Client) -> None:
    tried = 0
    for route in addresses(get_resolver()):
        if not route.startswith("/api/v1/"):
            continue
        address = _filled(route)
        for method in ("post", "put", "patch", "delete"):
            answer = getattr(client, method)(address, {"reason": "Because", "text": "x"}, content_type="application/json")
            assert answer.status_code < 500, (method, address, answer.content)
            tried += 1
        if RawChange.objects.exists():
            assert untold() == [], address
    assert tried > 100


def test_no_job_changes_anything_untold(root: User, now: Any) -> None:
    for _, job in jobs:
        module, _, name = job.function.rpartition(".")
        getattr(importlib.import_module(module), name)()
        if RawChange.objects.exists():
            assert untold() == [], job.name


def test_renaming_and_deleting_an_account_changes_no_event(now: Any) -> None:
    ana = person("Ana Ruiz")
    with act("runbook.looked_at", actor=ana, now=now, subject=ana, why="Ana Ruiz asked"):
        pass
    before = dict(LedgerEvent.objects.values_list("id", "payload"))
    ana.display_name, ana.username = "Ana Berg", "berg"
    ana.save()
    ana.delete()
    after = dict(LedgerEvent.objects.filter(pk__in=before).values_list("id", "payload"))
    assert after == before
    assert not any("Ana" in payload or "berg" in payload for payload in LedgerEvent.objects.values_list("payload", flat=True))


def _filled(route: str) -> str:
    """'/api/v1/incidents/(?P<number>[^/.]+)/acknowledge/' with values in the place of its arguments."""
    address = re.sub(r"\(\?P<(\w+)>(?:\[[^\]]*\]|[^()])*\)", lambda found: "INC-1" if found.group(1) == "number" else "1", route)
    return re.sub(r"<[^>]*>", "1", address).replace("^", "").replace("$", "")
