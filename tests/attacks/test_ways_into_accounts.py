"""Nobody gets into the account of somebody with more rights: not by its contact points, its sessions, its second factors or its link."""

import re

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from portal.foundation.front_door.models import BrowserSession
from portal.models import ContactPoint, OutboxMessage, User
from tests.factories.portal import contact, person
from tests.policies.admin.forms import as_, undrawn

pytestmark = [pytest.mark.django_db, pytest.mark.the_same_on_any_database]
OLD = "a long enough secret"
MINE = "https://127.0.0.1/of-the-attacker"
POINTS = "/admin/portal/contactpoint/"


@pytest.fixture
def root() -> User:
    return person("Root", is_superuser=True, password=OLD)


@pytest.fixture
def ada() -> User:
    return person("Ada", roles=("administrator",), password=OLD)


def code_in(message: OutboxMessage) -> str:
    return str(re.findall(r"\d{6}", message.text)[0])


def asked_at_the_door(user: User) -> list[OutboxMessage]:
    """What is sent when somebody at the door says to be `user` and to have forgotten the password."""
    with undrawn():
        Client().post("/account/password/forgotten/", {"username": user.username})
    return list(OutboxMessage.objects.filter(kind="account.password_link"))


def test_a_contact_point_that_an_administrator_verified_gets_no_link_to_the_account(root: User, ada: User) -> None:
    page = f"{POINTS}of/{root.pk}/"
    client = as_(ada)
    with undrawn():
        client.post(page, {"do": "add", "channel": "webhook", "address": MINE, "label": "phone", "reason": "new"})
    point = ContactPoint.objects.get(person=root)
    with undrawn():
        client.post(page, {"do": "send", "contact": point.pk})
        client.post(page, {"do": "confirm", "contact": point.pk, "code": code_in(OutboxMessage.objects.get())})
    assert asked_at_the_door(root) == []


def test_a_contact_point_that_changes_hands_is_not_verified_any_more(root: User, ada: User) -> None:
    point = contact(ada, MINE)
    data = {"person": root.pk, "label": "phone", "channel": "webhook", "order": 1, "active": "on", "address": "", "why": "moved"}
    assert as_(ada).post(f"{POINTS}{point.pk}/change/", data).status_code == 302
    point.refresh_from_db()
    assert (point.person, point.verified_at) == (root, None)
    assert asked_at_the_door(root) == []


def test_whoever_verified_it_themselves_still_gets_one(root: User) -> None:
    point = contact(root, MINE, verified=False)
    client, page = as_(root), f"{POINTS}mine/"
    with undrawn():
        client.post(page, {"do": "send", "contact": point.pk})
        client.post(page, {"do": "confirm", "contact": point.pk, "code": code_in(OutboxMessage.objects.get())})
    assert [message.contact for message in asked_at_the_door(root)] == [point]


@pytest.mark.parametrize("verb", ["password-link", "end-sessions", "second-factors"])
def test_the_buttons_for_equals_do_nothing_to_an_account_above_or_ones_own(root: User, ada: User, verb: str) -> None:
    boss = person("Boss", roles=("manager",), password=OLD)
    for target in (root, boss):
        contact(target, MINE)
        Authenticator.objects.create(user=target, type=Authenticator.Type.TOTP, data={"secret": "x"})
        as_(target)
    before = (BrowserSession.objects.count(), Authenticator.objects.count())
    client = as_(ada)
    for target in (root, boss):
        with undrawn():
            client.post(f"/admin/portal/user/{target.pk}/do/{verb}/", {"reason": "x"})
    assert (BrowserSession.objects.count() - 1, Authenticator.objects.count()) == before
    assert not OutboxMessage.objects.exists()


def test_second_factors_and_sessions_of_others_are_out_of_reach_by_their_keys(root: User, ada: User) -> None:
    factor = Authenticator.objects.create(user=root, type=Authenticator.Type.TOTP, data={"secret": "x"})
    as_(root)
    session = BrowserSession.objects.get(user=root)
    client = as_(ada)
    with undrawn():
        client.post(f"/account/factors/{factor.pk}/remove/")
        client.post(f"/account/sessions/{session.pk}/end/")
        client.post("/account/sessions/end/")
    assert Authenticator.objects.filter(pk=factor.pk).exists()
    assert BrowserSession.objects.filter(pk=session.pk).exists()


def test_a_link_opens_the_account_that_it_was_made_for_only(root: User, ada: User) -> None:
    """The key of the account in the address is exchanged for another's; the token is taken along."""
    from portal.foundation.front_door.passwords import link_for

    mine, others = (link_for(user).split("/")[-3:-1] for user in (ada, root))
    assert Client().get(f"/account/password/{others[0]}/{mine[1]}/").status_code == 410
    client = Client()
    assert client.get(f"/account/password/{mine[0]}/{mine[1]}/").status_code == 302
    with undrawn():
        client.post(f"/account/password/{others[0]}/set/", {"new_password": "another rare passphrase", "again": "another rare passphrase"})
    root.refresh_from_db()
    assert root.check_password(OLD)


def test_whoever_is_deactivated_is_out_with_the_next_request(ada: User) -> None:
    client = as_(ada)
    assert client.get("/api/v1/channels/").status_code == 200
    ada.is_active = False
    ada.save()
    assert client.get("/api/v1/channels/").status_code == 401
    assert client.get("/admin/")["Location"].startswith("/admin/login/")
