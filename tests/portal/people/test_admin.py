"""Accounts in the admin: no road leads above one's own rights, and what is secret does not come out."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client

from audit.models import LedgerEvent
from portal.foundation.directory.on_duty import duties
from portal.models import ApiToken, ContactPoint, OutboxMessage, User
from tests.factories.portal import contact, person
from tests.factories.tokens import token_of

pytestmark = pytest.mark.django_db
PEOPLE, TOKENS = "/admin/portal/user/", "/admin/portal/apitoken/"
PASSWORD = "a long and rare passphrase"


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def administrator() -> User:
    return person("Ada", roles=("administrator",))


def save(client: Client, user: User, **changed: Any) -> Any:
    data = {
        "username": user.username,
        "display_name": user.display_name,
        "email": "",
        "time_zone": "UTC",
        "is_active": "on",
        "groups": [group.pk for group in user.groups.all()],
        "why": "because",
        **changed,
    }
    return client.post(f"{PEOPLE}{user.pk}/change/", {name: value for name, value in data.items() if value is not None})


def role(title: str) -> int:
    return Group.objects.get(name=title).pk


def state(user: User) -> Any:
    fresh = User.objects.get(pk=user.pk)
    return (
        fresh.is_superuser,
        fresh.is_staff,
        fresh.is_active,
        sorted(fresh.groups.values_list("name", flat=True)),
        fresh.username,
        fresh.email,
    )


def test_an_administrator_corrects_an_account_and_the_trail_says_so(administrator: User) -> None:
    eve = person("Eve", roles=("stakeholder",))
    assert save(signed_in(administrator), eve, display_name="Eve Adams", is_staff="on").status_code == 302
    eve.refresh_from_db()
    assert eve.display_name == "Eve Adams"
    assert LedgerEvent.objects.filter(type="user.changed", object_pk=str(eve.pk), actor_id=str(administrator.pk)).exists()


def test_nobody_lifts_themselves(administrator: User) -> None:
    before = state(administrator)
    save(signed_in(administrator), administrator, is_superuser="on", groups=[role("Approvers"), role("Managers")], username="root")
    assert state(administrator) == before


def test_not_even_a_superuser_changes_their_own_rights() -> None:
    root = person("Root", is_superuser=True)
    before = state(root)
    save(signed_in(root), root, groups=[role("Approvers")], is_superuser=None, is_active=None)
    assert state(root) == before


@pytest.mark.parametrize("title", ["Approvers", "Managers", "Compliance", "Responders"])
def test_nobody_gives_a_role_with_rights_they_lack(administrator: User, title: str) -> None:
    eve = person("Eve")
    save(signed_in(administrator), eve, groups=[role(title)], is_superuser="on", is_staff="on")
    assert state(eve)[0] is False
    assert state(eve)[3] == []


def test_an_account_above_cannot_be_taken_over(administrator: User) -> None:
    root, boss = person("Root", is_superuser=True, password=PASSWORD), person("Boss", roles=("manager",), password=PASSWORD)
    client = signed_in(administrator)
    for target in (root, boss):
        before = state(target)
        save(client, target, username="mine", email="me@example.org", groups=[], is_superuser=None, is_staff=None)
        assert state(target)[:2] + state(target)[3:] == before[:2] + before[3:]
        for verb in ("password-link", "end-sessions", "second-factors"):
            client.post(f"{PEOPLE}{target.pk}/do/{verb}/", {"reason": "x"})
        assert not OutboxMessage.objects.exists()
        target.refresh_from_db()
        assert target.check_password(PASSWORD)


def test_somebody_who_leaves_is_deactivated_but_a_superuser_only_by_their_like(administrator: User) -> None:
    root, boss = person("Root", is_superuser=True), person("Boss", roles=("manager",))
    client = signed_in(administrator)
    save(client, boss, is_active=None)
    save(client, root, is_active=None)
    assert (state(boss)[2], state(root)[2]) == (False, True)


def test_a_grant_by_hand_counts_as_a_right(administrator: User) -> None:
    eve = person("Eve")
    contact(eve)
    eve.user_permissions.add(Permission.objects.get(codename="approve_policyversion"))
    signed_in(administrator).post(f"{PEOPLE}{eve.pk}/do/password-link/", {"reason": "x"})
    assert not OutboxMessage.objects.exists()


@pytest.mark.parametrize("superuser", [True, False])
def test_accounts_are_not_deleted(superuser: bool) -> None:
    eve = person("Eve")
    client = signed_in(person("Ada", roles=("administrator",), is_superuser=superuser))
    assert client.post(f"{PEOPLE}{eve.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.get("/admin/auth/group/add/").status_code == 403
    assert User.objects.filter(pk=eve.pk).exists()


@pytest.mark.parametrize("key", ["responder", "manager", "approver", "compliance", "auditor", "commander", "stakeholder"])
def test_accounts_are_managed_by_administrators_only(key: str) -> None:
    eve, client = person("Eve"), signed_in(person("Rae", roles=(key,)))
    before = state(eve)
    assert save(client, eve, is_superuser="on").status_code == 403
    assert client.get(f"{PEOPLE}add/").status_code == 403
    assert state(eve) == before


def test_a_new_account_cannot_sign_in_until_its_password_is_set(administrator: User) -> None:
    data = {
        "username": "new.one",
        "display_name": "New One",
        "time_zone": "Europe/Madrid",
        "is_active": "on",
        "is_staff": "on",
        "why": "joined",
    }
    assert signed_in(administrator).post(f"{PEOPLE}add/", {**data, "is_superuser": "on"}).status_code == 302
    created = User.objects.get(username="new.one")
    assert (created.has_usable_password(), created.is_superuser) == (False, False)


def test_tokens_are_revoked_by_administrators_and_shown_nowhere(administrator: User) -> None:
    eve = person("Eve", roles=("stakeholder",))
    text = token_of(eve)
    token, client = ApiToken.objects.get(), signed_in(administrator)
    for page in (f"{PEOPLE}{eve.pk}/change/", TOKENS, f"{TOKENS}{token.pk}/change/"):
        answer = client.get(page)
        assert answer.status_code == 200
        assert not {text, token.digest} & set(answer.content.decode().replace('"', " ").replace("<", " ").split())
    assert signed_in(person("Tom", roles=("responder",))).get(TOKENS).status_code in (403, 404)
    client.post(f"{TOKENS}{token.pk}/do/revoke/", {"reason": "left"})
    token.refresh_from_db()
    assert token.revoked_by == administrator
    assert signed_in(administrator).get(f"{TOKENS}add/").status_code == 403


SECRET = "https://hooks.example.org/T0KEN/s3cret"


def test_a_contact_address_goes_in_and_does_not_come_out(administrator: User) -> None:
    eve, client = person("Eve"), signed_in(administrator)
    data = {"person": eve.pk, "label": "phone", "channel": "webhook", "order": 1, "active": "on", "why": "first"}
    assert client.post("/admin/portal/contactpoint/add/", {**data, "address": SECRET}).status_code == 302
    stored = ContactPoint.objects.get()
    assert stored.address == SECRET
    page = f"/admin/portal/contactpoint/{stored.pk}/change/"
    for address in (page, "/admin/portal/contactpoint/", f"/admin/portal/contactpoint/{stored.pk}/history/"):
        assert "s3cret" not in client.get(address).content.decode()
    assert client.post(page, {**data, "label": "chat", "address": ""}).status_code == 302
    stored.refresh_from_db()
    assert (stored.label, stored.address) == ("chat", SECRET)
    assert not LedgerEvent.objects.filter(payload__contains="s3cret").exists()


def test_replacing_only_the_address_is_traced_without_it(administrator: User) -> None:
    stored = contact(person("Eve"), SECRET)
    data = {"person": stored.person_id, "label": "phone", "channel": "webhook", "order": stored.order, "active": "on", "why": "new phone"}
    page = f"/admin/portal/contactpoint/{stored.pk}/change/"
    assert signed_in(administrator).post(page, {**data, "address": "https://hooks.example.org/n3w"}).status_code == 302
    event = LedgerEvent.objects.get(type="contactpoint.changed")
    assert '"address":"replaced"' in event.payload
    assert "n3w" not in event.payload


def test_the_last_verified_way_to_somebody_on_duty_goes_only_when_it_is_meant(administrator: User, monkeypatch: pytest.MonkeyPatch) -> None:
    point, client = contact(person("Eve")), signed_in(administrator)
    monkeypatch.setitem(duties._entries, "policies", lambda at: {point.person_id: "On call for Payments"})
    data = {"person": point.person_id, "label": "phone", "channel": "webhook", "address": "", "order": point.order, "why": "lost"}
    page = f"/admin/portal/contactpoint/{point.pk}/change/"
    refused = client.post(page, data).content.decode()
    assert "confirm that you mean it" in refused
    assert 'name="anyway"' in refused
    assert ContactPoint.objects.get().active
    client.post(page, {**data, "anyway": "on"})
    assert not ContactPoint.objects.get().active


@pytest.mark.parametrize("address", ["", "mailto://a@b.c", "not a url", "nul\x00", "ftp://x"])
def test_addresses_that_carry_no_alert_are_refused(administrator: User, address: str) -> None:
    data = {"person": person("Eve").pk, "label": "phone", "channel": "webhook", "order": 1, "active": "on", "why": "first"}
    assert signed_in(administrator).post("/admin/portal/contactpoint/add/", {**data, "address": address}).status_code == 200
    assert not ContactPoint.objects.exists()


@pytest.mark.parametrize("model", ["user", "contactpoint", "outboxmessage"])
def test_the_lists_open(administrator: User, model: str) -> None:
    assert signed_in(administrator).get(f"/admin/portal/{model}/").status_code == 200
