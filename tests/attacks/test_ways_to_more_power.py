"""Nobody gets more rights than they were given: not by fields that no form has, by lists, histories and files, by others' hands or their own."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from guardian.models import UserObjectPermission

from audit.models import Elevation
from incidents.models import Incident
from policies.governance.services import submit_version
from policies.models import BusinessUnit, DelegatedAuthority, Region, Service
from portal.foundation.access.checks import may
from portal.foundation.access.grants import grant
from portal.foundation.access.models import AuditAppointment, ObjectGrant
from portal.foundation.access.places import INCIDENT, SERVICE, UNIT, WORK
from portal.models import OutboxMessage, User
from tests.factories import policies as make
from tests.factories.portal import person
from tests.policies.admin.forms import as_, undrawn
from tests.untold import untold

from .promise import HIDDEN

pytestmark = [pytest.mark.django_db, pytest.mark.the_same_on_any_database]
PEOPLE = "/admin/portal/user/"
CRAFTED = {
    "is_superuser": "on",
    "is_staff": "on",
    "user_permissions": "1",
    "password": "pbkdf2_sha256$1$x$x",
    "last_login": "2020-01-01",
    "origin": "portal",
    "date_joined_0": "2000-01-01",
    "date_joined_1": "00:00",
}


def sent(client: Client, address: str, **data: Any) -> int:
    with undrawn():
        return client.post(address, data).status_code


def rights_of(user: User) -> tuple[Any, ...]:
    fresh = User.objects.get(pk=user.pk)
    groups = sorted(fresh.groups.values_list("name", flat=True))
    return (
        fresh.is_superuser,
        groups,
        fresh.user_permissions.count(),
        fresh.password,
        fresh.date_joined,
        UserObjectPermission.objects.count(),
    )


@pytest.mark.parametrize("asked", ["", "?_popup=1", "?_to_field=username", "?_popup=1&_to_field=password", "?_saveasnew=1"])
def test_fields_that_no_form_has_are_not_taken(asked: str) -> None:
    ada, eve = person("Ada", roles=("administrator",)), person("Eve")
    everybody = [group.pk for group in Group.objects.all()]
    for whom in (ada, eve):
        before = rights_of(whom)
        data = {
            **CRAFTED,
            "username": whom.username,
            "display_name": "x",
            "time_zone": "UTC",
            "is_active": "on",
            "groups": everybody,
            "why": "x",
        }
        sent(as_(ada), f"{PEOPLE}{whom.pk}/change/{asked}", **data)
        assert rights_of(whom) == before


def test_a_new_account_is_made_with_no_more_than_its_maker_may_give() -> None:
    ada = person("Ada", roles=("administrator",))
    groups = [group.pk for group in Group.objects.exclude(name__in=["Administrators", "Stakeholders"])]
    data = {**CRAFTED, "username": "new.one", "display_name": "New", "time_zone": "UTC", "is_active": "on", "why": "x"}
    sent(as_(ada), f"{PEOPLE}add/", **data, groups=groups)
    made = User.objects.filter(username="new.one").first()
    assert made is None or (made.is_superuser, made.groups.count(), made.user_permissions.count(), made.has_usable_password()) == (
        False,
        0,
        0,
        False,
    )


@pytest.mark.parametrize("root", [False, True])
def test_what_a_role_may_is_changed_by_nobody_on_a_page(root: bool) -> None:
    client = as_(person("Ada", roles=("administrator",), is_superuser=root))
    group = Group.objects.get(name="Stakeholders")
    before = set(group.permissions.values_list("pk", flat=True))
    everything = [right.pk for right in Permission.objects.all()]
    for address in (f"/admin/auth/group/{group.pk}/change/", "/admin/auth/group/add/", f"/admin/auth/group/{group.pk}/delete/"):
        assert sent(client, address, name="Stakeholders", permissions=everything, post="yes") == 403
    for model in ("permission", "userobjectpermission"):
        assert sent(client, f"/admin/auth/{model}/1/change/", codename="x") == 404
        assert sent(client, f"/admin/guardian/{model}/add/", codename="x") == 404
    assert set(group.permissions.values_list("pk", flat=True)) == before


@pytest.mark.parametrize("looked", ["password__startswith=md5", "groups__permissions__codename=x", "contact_points__address__startswith=h"])
def test_what_a_list_does_not_show_is_not_asked_by_its_address(looked: str) -> None:
    """Letter by letter the hash of a password, or a link in a message, could be read so."""
    client = as_(person("Ada", roles=("administrator",)))
    with undrawn():
        assert client.get(f"{PEOPLE}?{looked}").status_code in (302, 400)
        assert client.get(f"{PEOPLE}?_to_field=password").status_code == 400


def test_no_list_is_asked_for_what_no_page_shows() -> None:
    root: Any = type("Request", (), {"user": person("Root", is_superuser=True), "GET": {}})()
    for line in HIDDEN.strip().splitlines():
        label, *columns = line.split()
        page: Any = admin.site._registry[apps.get_model(label)]
        for column in columns:
            for asked in (column, f"{column}__startswith", f"{column}__gt", f"{column}__regex"):
                assert not page.lookup_allowed(asked, "x", root), (label, asked)
            assert column not in page.get_search_fields(root) or label == "portal.outboxmessage"


def test_a_search_does_not_find_a_message_by_words_that_are_hidden(now: datetime) -> None:
    told = {"kind": "x", "person": person("Eve"), "person_name": "Eve", "body": "x", "created_at": now, "next_attempt_at": now}
    for key, hidden in (("one", True), ("two", False)):
        OutboxMessage.objects.create(title="Merger talks", confidential=hidden, idempotency_key=key, **told)
    client = as_(person("Ada", roles=("administrator",)))
    found = {term: client.get(f"/admin/portal/outboxmessage/?q={term}").context_data["cl"].result_count for term in ("Merger", "Eve")}
    assert found == {"Merger": 1, "Eve": 2}


def test_no_list_deletes_or_runs_anything_for_all_that_is_chosen(now: datetime) -> None:
    """As a superuser, for whom no right is missing."""
    client, victim = as_(person("Root", is_superuser=True)), person("Eve")
    Service.objects.create(name="Search", key="search")
    before = (User.objects.count(), Service.objects.count(), Group.objects.count())
    offered = {}
    for model, page in admin.site._registry.items():
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
        row = model._default_manager.first()
        request: Any = type("Request", (), {"user": victim, "GET": {}, "method": "POST"})()
        offered[model._meta.label_lower] = sorted(page.get_actions(request))
        if row is not None:
            sent(client, reverse(name), action="delete_selected", _selected_action=row.pk, post="yes", select_across="1")
            sent(client, reverse(name), action="resubmit_task", _selected_action=row.pk)
    assert {label: actions for label, actions in offered.items() if actions and actions != ["delete_selected"]} == {}
    assert (User.objects.count(), Service.objects.count(), Group.objects.count()) == before


def test_a_past_state_is_written_back_by_nobody(now: datetime) -> None:
    root, eve = person("Root", is_superuser=True), person("Eve", roles=("manager",))
    was = eve.history.latest().pk
    eve.groups.clear()
    for address in (f"{PEOPLE}{eve.pk}/history/{was}/", f"{PEOPLE}{eve.pk}/history/{was}/?revert=1"):
        assert sent(as_(root), address, username="x", _change_history="1") == 403
    assert not eve.groups.exists()


def test_nobody_appoints_gives_or_delegates_to_themselves(now: datetime) -> None:
    unit, region = BusinessUnit.objects.create(name="Bank"), Region.objects.create(name="Iberia")
    cleo, mia = person("Cleo", roles=("compliance",)), person("Mia", roles=("manager",))
    last = (now + timedelta(days=36_500)).date().isoformat()
    sent(as_(cleo), "/admin/portal/auditappointment/add/", person=cleo.pk, everything="on", last_day=last, reason="x")
    for _ in range(2):
        sent(as_(mia), "/admin/portal/objectgrant/add/", person=mia.pk, level="see", unit=unit.pk, reason="x")
        sent(as_(mia), "/admin/portal/objectgrant/add/", group=mia.groups.get().pk, level="see", unit=unit.pk, reason="x")
    days = {"valid_from": "2026-01-01", "valid_until": last}
    sent(
        as_(mia), "/admin/policies/delegatedauthority/add/", person=mia.pk, region=region.pk, mandates="suspend_processes", why="x", **days
    )
    assert (AuditAppointment.objects.count(), ObjectGrant.objects.count(), DelegatedAuthority.objects.count()) == (0, 0, 0)


def test_nobody_gives_what_they_do_not_have_there_themselves(now: datetime) -> None:
    """A manager may give, and may not escalate; a page that was confirmed for one thing gives no other."""
    unit, eve = BusinessUnit.objects.create(name="Bank"), person("Eve")
    client, page = as_(person("Mia", roles=("manager",))), "/admin/portal/objectgrant/add/"
    for sure in ("", "0" * 64):
        sent(client, page, person=eve.pk, level="work", unit=unit.pk, reason="x", sure=sure)
        sent(client, page, person=eve.pk, level="audit", unit=unit.pk, reason="x", sure=sure)
    assert not ObjectGrant.objects.exists()


@pytest.mark.parametrize("role", ["approver", "compliance", "auditor", "root"])
def test_a_role_for_minutes_gives_nobody_a_second_pair_of_eyes(role: str, now: datetime) -> None:
    ada = person("Ada", roles=("administrator",))
    sent(as_(ada), "/admin/audit/elevation/add/", role=role, minutes=60, reason="x")
    assert not Elevation.objects.exists()
    assert not may(User.objects.get(pk=ada.pk), "policies.approve_policyversion")


@pytest.mark.parametrize("roles", [("manager", "approver"), ("commander", "approver")])
def test_the_author_decides_by_no_door(roles: tuple[str, ...], now: datetime) -> None:
    author = person("Ann", roles=roles, is_superuser=roles[0] == "manager")
    draft = make.draft(make.policy(), author=author, now=now)
    make.level(draft, 1, person("On call"))
    make.threshold(draft)
    submit_version(draft, actor=author, now=now, accepted=make.ACCEPTED)
    client, page = as_(author), f"/admin/policies/policyversion/{draft.pk}"
    api = f"/api/v1/policies/{draft.policy_id}/versions/{draft.number}"
    for address in (f"{page}/approve/", f"{page}/do/approve/", f"{page}/change/", f"{page}/do/publish-at-once/"):
        sent(client, address, decision="approve", verdict="approve", reason="x", state="approved", approved="on", why="x")
    for address in (f"{api}/approve/", f"{api}/", f"{api}/thresholds/"):
        for method in ("post", "put", "patch"):
            getattr(client, method)(address, {"reason": "x", "state": "approved"}, content_type="application/json")
    draft.refresh_from_db()
    assert (draft.state, draft.approvals.count()) == ("submitted", 0)


def test_a_grant_on_what_is_gone_opens_nothing_of_what_comes_after(now: datetime) -> None:
    """Nothing that grants are given on can be deleted; and where it was all the same, its key is not given out again."""
    root: Any = type("Request", (), {"user": person("Root", is_superuser=True), "method": "POST"})()
    for label in (UNIT, SERVICE, INCIDENT):
        assert not admin.site._registry[apps.get_model(label)].has_delete_permission(root)
    eve = person("Eve")
    first = Service.objects.create(name="First", key="first")
    grant(WORK.rights[SERVICE], eve, first)
    first.delete()
    second = Service.objects.create(name="Second", key="second")
    incident = Incident.objects.create(number="INC-1", title="x", service=second, opened_at=now)
    assert not may(User.objects.get(pk=eve.pk), "incidents.view_incident", incident)


def test_rows_that_are_loaded_past_the_portal_are_noted(tmp_path: Any, now: datetime) -> None:
    eve = person("Eve")
    untold()
    row = f'[{{"model": "portal.user", "pk": {eve.pk}, "fields": {{"username": "eve", "password": "x", "is_superuser": true}}}}]'
    (tmp_path / "more.json").write_text(row)
    call_command("loaddata", str(tmp_path / "more.json"), verbosity=0)
    assert "portal_user" in {table for table, *_ in untold()}
    assert ContentType.objects.exists()
