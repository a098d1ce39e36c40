"""Second factors: set up by their owner, asked for at the door, used once, and taken away only in the open."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client

from audit.models import LedgerEvent, RawChange
from portal.foundation import clock
from portal.foundation.errors import InvalidInput, NotAllowed, NotFound, WrongState
from portal.foundation.front_door import factors
from portal.foundation.front_door.factor_pages import NEW_SEED
from portal.foundation.secrecy import unseal
from portal.models import BrowserSession, OutboxMessage, User
from tests.factories.portal import contact, person
from tests.untold import untold

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough secret"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def code_at(moment: datetime, by: int = 0) -> str:
    """What an authenticator app that holds SECRET shows."""
    return str(format_hotp_value(hotp_value(SECRET, int(moment.timestamp()) // 30 + by)))


@pytest.fixture
def ana() -> User:
    return person("Ana Ruiz", password=PASSWORD)


def with_app(user: User, now: datetime) -> list[str]:
    """Ana's telephone; her recovery codes."""
    return list(factors.add_app(user, secret=SECRET, code=code_at(now, -1), actor=user, now=now))


def at_the_second_step(user: User) -> Client:
    client = Client()
    answer = client.post("/admin/login/", {"username": user.username, "password": PASSWORD, "next": "/account/"})
    assert answer["Location"] == "/account/second-step/"
    return client


def test_an_app_is_added_with_its_first_code_and_ten_recovery_codes(ana: User, now: datetime) -> None:
    with pytest.raises(InvalidInput):
        factors.add_app(ana, secret=SECRET, code="000000", actor=ana, now=now)
    codes = with_app(ana, now)
    assert (len(codes), len(set(codes)), factors.codes_left(ana)) == (10, 10, 10)
    assert [one.kind for one in factors.factors_of(ana)] == ["Authenticator app"]
    with pytest.raises(WrongState):
        with_app(ana, now)


def test_its_secret_stands_nowhere_in_clear(ana: User, now: datetime) -> None:
    codes = with_app(ana, now)
    kept = repr(list(Authenticator.objects.values())) + "".join(LedgerEvent.objects.values_list("payload", flat=True))
    assert SECRET not in kept
    assert not [code for code in codes if code in kept]


def test_whoever_has_one_is_asked_for_it_before_there_is_a_session(ana: User) -> None:
    with_app(ana, clock.now())
    client = at_the_second_step(ana)
    assert client.get("/account/")["Location"].startswith("/admin/login/")
    assert client.get("/account/second-step/").status_code == 200
    answer = client.post("/account/second-step/", {"code": code_at(clock.now())})
    assert answer["Location"] == "/account/"
    assert client.get("/account/").status_code == 200


def test_the_page_of_the_second_step_is_for_those_who_showed_the_first(client: Client, ana: User) -> None:
    with_app(ana, clock.now())
    assert client.post("/account/second-step/", {"code": code_at(clock.now())})["Location"] == "/admin/login/"


def test_a_proof_of_somebody_else_in_the_same_browser_proves_nothing(client: Client, ana: User) -> None:
    with_app(ana, clock.now())
    client.get("/account/passkey/")
    session = client.session
    session["account_authentication_methods"] = [{"method": "mfa", "at": clock.now().timestamp(), "passwordless": True}]
    session.save()
    answer = client.post("/admin/login/", {"username": ana.username, "password": PASSWORD})
    assert answer["Location"] == "/account/second-step/"


def test_a_code_counts_once_and_none_before_it(ana: User, now: datetime) -> None:
    with_app(ana, now)
    factors.prove(ana, code=code_at(now), now=now)
    for used in (code_at(now), code_at(now, -1)):
        with pytest.raises(InvalidInput):
            factors.prove(ana, code=used, now=now)
    factors.prove(ana, code=code_at(now, 1), now=now + timedelta(seconds=20))


@pytest.mark.parametrize("by", [-2, 2])
def test_a_code_of_another_time_is_wrong(ana: User, now: datetime, by: int) -> None:
    with_app(ana, now - timedelta(minutes=5))
    with pytest.raises(InvalidInput):
        factors.prove(ana, code=code_at(now, by), now=now)


def test_a_recovery_code_opens_once(ana: User, now: datetime) -> None:
    code = with_app(ana, now)[0]
    assert factors.prove(ana, code=f" {code[:4]} {code[4:]} ", now=now).type == "recovery_codes"
    with pytest.raises(InvalidInput):
        factors.prove(ana, code=code, now=now)
    assert factors.codes_left(ana) == 9


@pytest.mark.parametrize("typed", ["", "۱۲۳۴۵۶", "1" * 5000, "\x00", "{{7*7}}"])
def test_what_is_no_code_is_wrong_and_no_more(ana: User, now: datetime, typed: str) -> None:
    with_app(ana, now)
    with pytest.raises(InvalidInput):
        factors.prove(ana, code=typed, now=now)


def test_five_wrong_codes_close_the_door_and_are_told(ana: User, now: datetime) -> None:
    with_app(ana, now)
    for _ in range(5):
        with pytest.raises(InvalidInput):
            factors.prove(ana, code="000000", now=now)
    with pytest.raises(WrongState, match="Too many tries"):
        factors.prove(ana, code=code_at(now), now=now)
    assert LedgerEvent.objects.filter(type="account.factor_refused", object_pk=str(ana.pk)).count() == 5
    assert LedgerEvent.objects.filter(type="account.locked_out", object_pk=str(ana.pk)).count() == 1


@pytest.mark.parametrize(
    "answer", ["{}", "[]", "null", "x", '{"id": 1}', '{"id": "x", "rawId": "x", "response": {}, "type": "public-key"}']
)
def test_a_key_that_answers_nonsense_is_refused_in_words(ana: User, answer: str) -> None:
    with_app(ana, clock.now())
    client = at_the_second_step(ana)
    for address in ("/account/second-step/", "/account/passkey/"):
        page = client.post(address, {"credential": answer})
        assert page.status_code in (200, 302, 400)
    assert not BrowserSession.objects.filter(user=ana).exists()


def test_who_has_to_have_one_comes_no_further_without(ana: User, settings: Any) -> None:
    settings.MFA_REQUIRED_FOR = ["all"]
    client = Client()
    client.post("/admin/login/", {"username": ana.username, "password": PASSWORD})
    assert client.get("/admin/")["Location"] == "/account/factors/"
    assert client.get("/account/factors/").status_code == 200
    answer = client.get("/api/v1/incidents/")
    assert (answer.status_code, answer.json()["code"]) == (403, "second_factor_needed")

    client.get("/account/factors/app/")
    secret = unseal(client.session[NEW_SEED], purpose=NEW_SEED)
    code = format_hotp_value(hotp_value(secret, int(clock.now().timestamp()) // 30))
    assert client.post("/account/factors/app/", {"code": code})["Location"] == "/account/factors/codes/"
    shown = client.get("/account/factors/codes/").content.decode()
    assert shown.count("<li><code>") == 10
    assert client.get("/account/factors/codes/").status_code == 302
    assert client.get("/admin/").status_code == 200


def test_it_can_be_asked_of_some_roles_only(ana: User, settings: Any) -> None:
    settings.MFA_REQUIRED_FOR = ["approver"]
    assert not factors.needs_factor(ana)
    assert factors.needs_factor(person("Anton", roles=("approver",)))
    assert factors.needs_factor(person("Root", is_superuser=True))


def test_the_last_one_stays_where_one_is_needed_and_goes_elsewhere_with_its_codes(ana: User, now: datetime, settings: Any) -> None:
    with_app(ana, now)
    (app,) = factors.factors_of(ana)
    settings.MFA_REQUIRED_FOR = ["all"]
    with pytest.raises(WrongState, match="Add another first"):
        factors.remove(ana, app.pk, actor=ana, now=now)
    settings.MFA_REQUIRED_FOR = []
    factors.remove(ana, app.pk, actor=ana, now=now)
    assert not Authenticator.objects.filter(user=ana).exists()
    with pytest.raises(NotFound):
        factors.remove(ana, app.pk, actor=ana, now=now)


def test_a_change_ends_every_other_session(ana: User) -> None:
    here, there = Client(), Client()
    here.force_login(ana)
    there.force_login(ana)
    here.get("/account/factors/app/")
    code = format_hotp_value(hotp_value(unseal(here.session[NEW_SEED], purpose=NEW_SEED), int(clock.now().timestamp()) // 30))
    here.post("/account/factors/app/", {"code": code})
    assert (here.get("/account/").status_code, there.get("/account/").status_code) == (200, 302)


def test_new_recovery_codes_take_the_place_of_the_old(ana: User, now: datetime) -> None:
    with pytest.raises(WrongState):
        factors.new_codes(ana, actor=ana, now=now)
    old = with_app(ana, now)
    new = factors.new_codes(ana, actor=ana, now=now)
    assert not set(old) & set(new)
    with pytest.raises(InvalidInput):
        factors.prove(ana, code=old[0], now=now)


def test_somebody_hears_of_every_change_by_their_own_ways(ana: User, now: datetime) -> None:
    contact(ana)
    with_app(ana, now)
    factors.take_away(ana, actor=person("Ada", roles=("administrator",)), now=now)
    assert set(OutboxMessage.objects.values_list("person", "title")) == {
        (ana.pk, "A second factor was added to your account (authenticator app)."),
        (ana.pk, "An administrator took the second factors of your account away."),
    }


def test_nobody_touches_those_of_others_but_an_administrator_takes_lost_ones_away(ana: User, now: datetime) -> None:
    ada, boss = person("Ada", roles=("administrator",)), person("Boss", roles=("manager",))
    for user in (ana, boss):
        factors.add_app(user, secret=SECRET, code=code_at(now), actor=user, now=now)
    with pytest.raises(NotAllowed):
        factors.remove(ana, factors.factors_of(ana)[0].pk, actor=ada, now=now)
    client = Client()
    client.force_login(ada)
    for user in (ana, boss):
        client.post(f"/admin/portal/user/{user.pk}/do/second-factors/", {"reason": "Lost the telephone"})
    assert (factors.has_factor(ana), factors.has_factor(boss)) == (False, True)
    for actor in (ada, ana):
        with pytest.raises((NotAllowed, WrongState)):
            factors.take_away(ana, actor=actor, now=now)


@pytest.mark.django_db(transaction=True)
def test_every_change_is_told_and_one_past_the_portal_is_noted(ana: User, now: datetime) -> None:
    code = with_app(ana, now)[0]
    factors.prove(ana, code=code_at(now), now=now)
    factors.prove(ana, code=code, now=now)
    factors.new_codes(ana, actor=ana, now=now)
    (app,) = factors.factors_of(ana)
    factors.remove(ana, app.pk, actor=ana, now=now)
    assert untold() == []
    kinds = LedgerEvent.objects.filter(type__startswith="account.", object_pk=str(ana.pk)).order_by("id").values_list("type", flat=True)
    assert list(kinds) == [
        "account.factor_added",
        "account.factor_used",
        "account.factor_used",
        "account.recovery_codes_made",
        "account.factor_removed",
    ]
    Authenticator.objects.create(user=ana, type="totp", data={})
    assert RawChange.objects.filter(table="mfa_authenticator").exists()
