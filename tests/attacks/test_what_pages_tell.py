"""Pages that open tell nothing of what is out of reach: lists, rows, histories, searches, choices and the work list are looked through for its marks."""

import os
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from tests.shared import Write

from .expected import changes, opens, sees
from .planting import mark
from .test_matrix_of_the_api import LABELS, MARK
from .world import HOUSE, PLACES, World, built

pytestmark = [pytest.mark.django_db, pytest.mark.the_same_on_any_database]
READERS = ("works the unit", "sees the incident", "audits the unit", "stakeholder", "administrator", "nobody")
WITH_A_LIST = ("policies.calendarfeed", "policies.calendarsource")


@pytest.fixture(scope="module")
def world(written_once: Write, now: datetime) -> World:
    made: World = written_once(lambda: built(now))
    return made


def readers(world: World) -> tuple[str, ...]:
    return tuple(actor for actor in world.actors if not actor.startswith("gone")) if os.environ.get("MATRIX") == "all" else READERS


def pages_of(world: World, actor: str) -> Iterator[str]:
    yield from (
        "/admin/",
        f"/admin/search/?{urlencode({'s': 'zq'})}",
        "/admin/policies/acceptance/mine/",
        "/admin/policies/dutyabsence/mine/",
    )
    for model, page in admin.site._registry.items():
        label, name = model._meta.label_lower, f"admin:{model._meta.app_label}_{model._meta.model_name}"
        for field in getattr(page, "autocomplete_fields", ()):
            asked = {"app_label": model._meta.app_label, "model_name": model._meta.model_name, "field_name": field, "term": "zq"}
            yield f"{reverse('admin:autocomplete')}?{urlencode(asked)}"
        if opens(actor, label):
            yield reverse(f"{name}_changelist")
            if page.search_fields:
                yield f"{reverse(f'{name}_changelist')}?q=zq"
        for place, row in world.things.get(label, {}).items():
            # A row whose key is empty has no page of its own.
            if row.pk and sees(actor, label, place) and label not in WITH_A_LIST:
                yield reverse(f"{name}_change", args=[row.pk])
                yield reverse(f"{name}_history", args=[row.pk])


def test_no_page_that_opens_tells_what_is_out_of_reach(world: World) -> None:
    wrong, asked = [], 0
    for actor in readers(world):
        client = Client(raise_request_exception=False)
        client.force_login(world.actors[actor])
        for address in pages_of(world, actor):
            answer: Any = client.get(address)
            asked += 1
            told = {(LABELS[label], place) for label, place in MARK.findall(answer.content.decode())}
            wrong += [f"{address} tells {actor} of {label} at {place}" for label, place in sorted(told) if not _told(actor, label, place)]
            if answer.status_code >= 500:
                wrong.append(f"{address} answers {actor} with {answer.status_code}")
    assert wrong == []
    assert asked > 150


def test_secrets_that_are_kept_stand_on_no_page_for_whoever_may_see_the_rest(world: World) -> None:
    """Addresses of contact points and of calendars go in and do not come out, not even to a superuser."""
    client = Client()
    client.force_login(world.actors["root"])
    secret = f"127.0.0.1/{mark('portal.contactpoint', 'house')}"
    for row in world.actors["root"].__class__.objects.get(display_name="Owner").contact_points.all():
        for kind in ("change", "history"):
            assert secret not in client.get(reverse(f"admin:portal_contactpoint_{kind}", args=[row.pk])).content.decode()
    for address in ("/admin/portal/contactpoint/", "/admin/portal/contactpoint/?q=zq", "/api/v1/directory/export/"):
        assert secret not in client.get(address).content.decode()


def _told(actor: str, label: str, place: str) -> bool:
    """Beside rows in reach: a thing tells the names of what it hangs on, a service those of its policy and team, and a form what can be chosen."""
    if label == "policies.businessunit" and place == HOUSE:
        return any(sees(actor, under, each) for each in PLACES for under in (label, "policies.service"))
    if label == "portal.contactpoint" and changes(actor, "incidents.drill", "change"):
        return True
    if label == "policies.runbook":
        return changes(actor, "policies.service", "change") or sees(actor, label, place)
    return sees(actor, label, place) or any(sees(actor, below, place) for below in NAMED_BY.get(label, ()))


NAMED_BY = {
    "audit.savedview": ("audit.reviewplan",),
    "policies.service": ("incidents.incident", "policies.component"),
    "policies.businessunit": ("policies.service",),
    "policies.team": ("policies.service",),
    "policies.escalationpolicy": ("policies.service",),
}
