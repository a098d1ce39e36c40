"""Sessions end on time, when the account or its password changes, and when somebody ends them; nobody takes one over."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone

from audit.models import LedgerEvent
from portal.foundation.front_door import ending, sessions
from portal.models import BrowserSession, User
from tests.factories.portal import person

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough secret"
PAGE = "/account/"


@pytest.fixture
def ana() -> User:
    return person("Ana Ruiz", password=PASSWORD)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> dict[str, datetime]:
    """The machine's clock, as sessions read it."""
    told = {"now": timezone.now()}  # noqa: TID251 - the machine's own clock is what this is about
    monkeypatch.setattr(timezone, "now", lambda: told["now"])
    return told


def browser(user: User | None = None, **about: str) -> Client:
    client = Client(**about)
    if user is not None:
        client.force_login(user)
    return client


def is_in(client: Client) -> bool:
    return client.get(PAGE).status_code == 200


def test_a_session_ends_half_an_hour_after_its_last_use(ana: User, clock: dict[str, datetime]) -> None:
    client = browser(ana)
    for _ in range(3):
        clock["now"] += timedelta(minutes=29)
        assert is_in(client)
    clock["now"] += timedelta(minutes=31)
    assert not is_in(client)


def test_and_half_a_day_after_the_sign_in_however_much_it_is_used(ana: User, clock: dict[str, datetime]) -> None:
    key, since = browser(ana).cookies["sessionid"].value, clock["now"]
    while opened(key):
        clock["now"] += timedelta(minutes=25)
    assert timedelta(hours=11, minutes=30) < clock["now"] - since <= timedelta(hours=12, minutes=25)


def opened(key: str) -> bool:
    """As a request opens it, and says that it is in use."""
    session = sessions.SessionStore(key)
    there = "_auth_user_id" in session
    session.touch()
    return there


def test_use_is_noted_once_a_minute_and_reading_goes_on_when_it_cannot_be(
    ana: User, clock: dict[str, datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = browser(ana)
    before = BrowserSession.objects.get().seen_at
    clock["now"] += timedelta(seconds=59)
    client.get(PAGE)
    assert BrowserSession.objects.get().seen_at == before
    clock["now"] += timedelta(seconds=2)
    client.get(PAGE)
    assert BrowserSession.objects.get().seen_at == clock["now"]

    def refuses(*args: Any, **kwargs: Any) -> None:
        raise DatabaseError("full")

    clock["now"] += timedelta(minutes=2)
    monkeypatch.setattr("django.db.models.query.QuerySet.update", refuses)
    assert is_in(client)


def test_the_table_lets_nobody_in(ana: User) -> None:
    client = browser(ana)
    row = BrowserSession.objects.get()
    assert client.cookies["sessionid"].value not in (row.pk, row.session_data)
    thief = Client()
    thief.cookies["sessionid"] = row.pk
    assert not is_in(thief)


def test_the_key_is_another_after_the_sign_in(client: Client, ana: User) -> None:
    client.post("/account/password/forgotten/", {"username": "x"})
    session = client.session
    session["planted"] = True
    session.save()
    planted = client.cookies["sessionid"].value
    client.post("/admin/login/", {"username": ana.username, "password": PASSWORD})
    assert client.cookies["sessionid"].value != planted
    thief = Client()
    thief.cookies["sessionid"] = planted
    assert (is_in(client), is_in(thief)) == (True, False)


def test_somebody_sees_where_they_are_signed_in_and_ends_one_or_all_others(ana: User) -> None:
    here = browser(ana, HTTP_USER_AGENT="Firefox/144.0 Linux", REMOTE_ADDR="10.0.0.1")
    there = browser(HTTP_USER_AGENT="Safari/604.1 iPhone", REMOTE_ADDR="10.0.0.2")
    there.post("/admin/login/", {"username": ana.username, "password": PASSWORD})
    shown = here.get(PAGE).content.decode()
    assert "You are signed in on 2 devices" in shown
    assert "Safari on an iPhone" in shown
    assert "From 10.0.0.2." in shown
    key = BrowserSession.objects.get(address="10.0.0.2").pk
    assert here.post(f"/account/sessions/{key}/end/").status_code == 302
    assert (is_in(here), is_in(there)) == (True, False)
    assert LedgerEvent.objects.filter(type="account.session_ended", object_pk=str(ana.pk)).count() == 1

    another = browser(ana)
    here.post("/account/sessions/end/")
    assert (is_in(here), is_in(another)) == (True, False)
    assert LedgerEvent.objects.filter(type="account.sessions_ended").count() == 1


def test_nobody_ends_or_sees_the_sessions_of_others(ana: User, now: Any) -> None:
    mine, tom = browser(ana), browser(person("Tom Berg"))
    key = BrowserSession.objects.get(user=ana).pk
    tom.post(f"/account/sessions/{key}/end/")
    assert is_in(mine)
    assert key not in tom.get(PAGE).content.decode()


@pytest.mark.parametrize("change", [{"is_active": False}, {"password": "another long secret"}])
def test_who_is_deactivated_or_has_another_password_is_out_at_the_next_request(ana: User, change: dict[str, Any]) -> None:
    client = browser(ana)
    if "password" in change:
        ana.set_password(change["password"])
    else:
        ana.is_active = False
    ana.save()
    assert not is_in(client)
    assert not BrowserSession.objects.filter(user=ana).exists()
    ana.is_active = True
    ana.save()
    assert not is_in(client)


def test_an_administrator_ends_all_sessions_of_somebody_and_of_nobody_above(ana: User, now: Any) -> None:
    client, boss = browser(ana), person("Boss", roles=("manager",))
    at_boss = browser(boss)
    ada = browser(person("Ada", roles=("administrator",)))
    for target in (ana, boss):
        ada.post(f"/admin/portal/user/{target.pk}/do/end-sessions/", {"reason": "lost laptop"})
    assert (is_in(client), is_in(at_boss)) == (False, True)


def test_a_list_of_sessions_costs_the_same_however_many_there_are(ana: User, django_assert_max_num_queries: Any) -> None:
    client = browser(ana)
    client.get(PAGE)
    for number in range(4):
        browser(ana, HTTP_USER_AGENT=f"{number}")
    with django_assert_max_num_queries(12):
        assert is_in(client)


def test_what_has_ended_is_forgotten(ana: User, clock: dict[str, datetime]) -> None:
    browser(ana)
    clock["now"] += timedelta(days=1)
    sessions.SessionStore.clear_expired()
    assert not BrowserSession.objects.exists()


def test_ending_all_of_nobody_is_no_harm(ana: User) -> None:
    assert ending.end_all(ana) == 0
    assert ending.sessions_of(ana, datetime.now(UTC)) == []
