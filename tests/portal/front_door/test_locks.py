"""After a few wrong tries the door stays closed for a while: for names that exist as for those that do not, and for nobody else."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from audit.events import accounts
from audit.models import LedgerEvent
from portal.foundation import clock
from portal.foundation.errors import NotAllowed, WrongState
from portal.foundation.front_door import locks
from portal.models import User, WrongTries
from tests.factories.portal import person
from tests.policies.admin.forms import undrawn

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough secret"


@pytest.fixture(autouse=True)
def _nobody_counted() -> None:
    accounts.refused_sign_ins.forget()


def tries(name: str, typed: str = "wrong", times: int = 1, **about: str) -> str:
    client, sent = Client(**about), {"username": name, "password": typed}
    for _ in range(times - 1):
        with undrawn():
            client.post("/admin/login/", sent)
    answer = client.post("/admin/login/", sent)
    return answer.content.decode() if answer.status_code == 200 else "in"


def said(page: str) -> str:
    return page.partition('role="alert">')[2].partition("<")[0]


def test_five_wrong_passwords_close_the_door_and_the_right_one_no_longer_opens_it() -> None:
    ana = person("Ana Ruiz", password=PASSWORD)
    tries(ana.username, times=5)
    assert said(tries(ana.username, PASSWORD)).startswith("Too many tries. Wait ")
    (event,) = LedgerEvent.objects.filter(type="account.locked_out", object_pk=str(ana.pk))
    assert '"closed_for_minutes":15' in event.payload


def test_a_name_that_nobody_has_is_answered_the_same() -> None:
    ana = person("Ana Ruiz", password=PASSWORD)
    closed = person("Tom Berg", password=PASSWORD, is_active=False)
    clerk = person("Eve", password=PASSWORD, is_staff=False)
    for name, password in ((ana.username, "wrong"), ("nobody", "wrong"), (closed.username, PASSWORD), (clerk.username, PASSWORD)):
        assert said(tries(name, password)).startswith("This user name and password do not open the portal.")
        assert said(tries(name, password, times=5)).startswith("Too many tries. Wait ")


def test_whoever_guesses_from_elsewhere_locks_nobody_out() -> None:
    ana = person("Ana Ruiz", password=PASSWORD)
    tries(ana.username, times=5, REMOTE_ADDR="10.9.9.9")
    assert tries(ana.username, PASSWORD, REMOTE_ADDR="10.0.0.1") == "in"


def test_the_right_password_forgets_the_wrong_ones() -> None:
    ana = person("Ana Ruiz", password=PASSWORD)
    for _ in range(2):
        tries(ana.username, times=4)
        assert tries(ana.username, PASSWORD) == "in"


def test_the_door_opens_by_itself_and_old_tries_do_not_count(now: Any) -> None:
    counters = locks.of_sign_in("ana", "10.0.0.1")
    for minutes in (0, 4, 8, 12, 16):
        assert not locks.count(counters, user=None, now=now + timedelta(minutes=minutes))
    later = now + timedelta(hours=1)
    assert [locks.count(counters, user=None, now=later) for _ in range(5)] == [False] * 4 + [True]
    assert locks.closed_until(counters, later) == later + timedelta(minutes=15)
    assert locks.closed_until(counters, later + timedelta(minutes=15)) is None


def test_one_password_on_many_names_closes_the_door_to_the_address(now: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(50):
        locks.count(locks.of_sign_in(f"name-{number}", "10.0.0.1"), user=None, now=now)
    assert locks.closed_until(locks.of_sign_in("ana", "10.0.0.1"), now)
    assert locks.closed_until(locks.of_sign_in("ana", "10.0.0.2"), now) is None


def test_nothing_that_was_typed_stands_in_the_table() -> None:
    tries("my password by mistake")
    assert not [row for row in WrongTries.objects.values() if "mistake" in repr(row)]


def test_an_administrator_lifts_it_with_words_and_nobody_else(now: Any) -> None:
    ana, ada = person("Ana Ruiz", password=PASSWORD), person("Ada", roles=("administrator",))
    tries(ana.username, times=5)
    assert locks.is_closed_for(ana, clock.now())
    with pytest.raises(NotAllowed):
        locks.lift(ana, actor=ana, now=now)
    client = Client()
    client.force_login(ada)
    client.post(f"/admin/portal/user/{ana.pk}/do/lift-lock/", {"reason": "She called, I know her voice"})
    assert tries(ana.username, PASSWORD) == "in"
    assert LedgerEvent.objects.filter(type="account.lock_lifted", object_pk=str(ana.pk), actor_id=str(ada.pk)).count() == 1
    with pytest.raises(WrongState):
        locks.lift(ana, actor=ada, now=now)


def test_wrong_tries_of_yesterday_are_forgotten(now: Any) -> None:
    locks.count(locks.of_codes(User(pk=1)), user=None, now=now)
    assert (locks.forget_old(now + timedelta(hours=23)), locks.forget_old(now + timedelta(hours=25))) == (0, 1)
