"""Passwords are set by their owners only: with the old one, or by a link that reaches nobody else."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from audit.models import LedgerEvent
from portal.foundation.errors import NotAllowed, WrongState
from portal.foundation.front_door import passwords
from portal.models import OutboxMessage, User
from tests.factories.portal import contact, person
from tests.policies.admin.forms import undrawn

pytestmark = pytest.mark.django_db
OLD, NEW = "a long enough secret", "another rare passphrase"


@pytest.fixture
def ana(settings: Any) -> User:
    settings.EMAIL_HOST = "mail.example"
    settings.PORTAL_URL = "http://testserver"
    user = person("Ana Ruiz", password=OLD)
    contact(user, "ana@example.org", channel="email", label="work mail")
    return user


def link_in(message: OutboxMessage) -> str:
    found = re.search(r"http://testserver(/\S+)", message.text)
    assert found
    return found.group(1)


def test_a_link_that_was_asked_for_sets_the_password_once(client: Client, ana: User) -> None:
    client.post("/account/password/forgotten/", {"username": ana.username})
    message = OutboxMessage.objects.get()
    assert (message.person, message.secret, message.contact.label, message.link) == (ana, True, "work mail", "")
    link = link_in(message)
    there = client.get(link)["Location"]
    assert there.endswith("/set/")
    assert "too short" in client.post(there, {"new_password": "short", "again": "short"}).content.decode()
    assert "not the same" in client.post(there, {"new_password": NEW, "again": NEW + "x"}).content.decode()
    assert client.post(there, {"new_password": NEW, "again": NEW}).status_code == 200
    ana.refresh_from_db()
    assert ana.check_password(NEW)
    assert LedgerEvent.objects.filter(type="account.password_set_by_link", object_pk=str(ana.pk)).count() == 1
    assert "_auth_user_id" not in client.session
    assert client.get(link).status_code == client.get(there).status_code == 410
    assert not LedgerEvent.objects.filter(payload__contains=link).exists()


def test_asking_for_anybody_is_answered_the_same_and_reaches_only_who_can_be_reached(client: Client, ana: User) -> None:
    away, unreachable = person("Tom", is_active=False), person("Eve")
    contact(away)
    answers = {
        re.sub(r'value="[^"]*"', "", client.post("/account/password/forgotten/", {"username": name}).content.decode())
        for name in (ana.username, away.username, unreachable.username, "nobody")
    }
    assert len(answers) == 1
    assert [message.person for message in OutboxMessage.objects.all()] == [ana]
    assert LedgerEvent.objects.filter(type="account.password_link_asked").count() == 4


def test_asking_without_end_is_stopped(client: Client, ana: User) -> None:
    for _ in range(10):
        with undrawn():
            client.post("/account/password/forgotten/", {"username": ana.username})
    page = client.post("/account/password/forgotten/", {"username": ana.username}).content.decode()
    assert "Too many tries" in page
    assert OutboxMessage.objects.count() == 1


@pytest.mark.parametrize(
    "link", ["/account/password/MQ/x-y/", "/account/password/__/x/", "/account/password/MQ/set/", f"/account/password/{'M' * 400}/x/"]
)
def test_what_is_no_link_opens_nothing(client: Client, ana: User, link: str) -> None:
    assert client.get(link).status_code == 410
    assert client.post(link, {"new_password": NEW, "again": NEW}).status_code == 410


def test_a_link_is_good_for_an_hour_and_not_after_a_sign_in(client: Client, ana: User, monkeypatch: pytest.MonkeyPatch) -> None:
    link = passwords.link_for(ana).removeprefix("http://testserver")
    now = passwords.default_token_generator._now()
    monkeypatch.setattr(passwords.default_token_generator, "_now", lambda: now + timedelta(minutes=61))
    assert client.get(link).status_code == 410
    monkeypatch.undo()
    client.post("/admin/login/", {"username": ana.username, "password": OLD})
    assert Client().get(link).status_code == 410


def test_an_administrator_sends_a_link_and_never_chooses_the_password(ana: User) -> None:
    ada, client = person("Ada", roles=("administrator",)), Client()
    client.force_login(ada)
    page = f"/admin/portal/user/{ana.pk}/do/"
    assert client.post(f"{page}password/", {"password": NEW, "reason": "x"}).status_code == 404
    assert client.post(f"{page}password-link/", {"reason": "first day"}).status_code == 302
    ana.refresh_from_db()
    assert ana.check_password(OLD)
    assert OutboxMessage.objects.get(kind=passwords.KIND).contact.label == "work mail"
    assert OutboxMessage.objects.get(kind="account.notice").title == "An administrator had a link to set your password sent to 'work mail'."
    assert LedgerEvent.objects.filter(type="account.password_link_sent", object_pk=str(ana.pk), actor_id=str(ada.pk)).count() == 1


def test_no_link_goes_to_an_account_above_or_one_that_cannot_be_reached(ana: User, now: Any) -> None:
    ada, boss = person("Ada", roles=("administrator",)), person("Boss", roles=("manager",))
    contact(boss)
    with pytest.raises(NotAllowed):
        passwords.send_link(boss, actor=ada, now=now)
    with pytest.raises(NotAllowed):
        passwords.send_link(ana, actor=boss, now=now)
    with pytest.raises(WrongState, match="add an e-mail address"):
        passwords.send_link(person("Eve"), actor=ada, now=now)


def test_somebody_changes_their_own_with_the_old_one_and_stays_signed_in(ana: User, now: Any) -> None:
    here, there = Client(), Client()
    here.force_login(ana)
    there.force_login(ana)
    sent = {"password": "wrong", "new_password": NEW, "again": NEW}
    assert "This is not your password." in here.post("/account/password/", sent).content.decode()
    assert here.post("/account/password/", {**sent, "password": OLD})["Location"] == "/account/"
    assert (here.get("/account/").status_code, there.get("/account/").status_code) == (200, 302)
    (event,) = LedgerEvent.objects.filter(type="account.password_changed", object_pk=str(ana.pk))
    assert (event.actor_id, NEW in event.payload) == (str(ana.pk), False)
    with pytest.raises(NotAllowed):
        passwords.change_password(ana, NEW, actor=person("Ada", roles=("administrator",)), now=now)


def test_the_first_account_gets_its_link_on_the_server(ana: User, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("password_link", ana.username)
    assert Client().get(capsys.readouterr().out.strip().removeprefix("http://testserver")).status_code == 302
    assert LedgerEvent.objects.filter(type="account.password_link_made").count() == 1
    with pytest.raises(CommandError):
        call_command("password_link", "nobody")
