"""An answer waits for locks of others as long as a person would, once; whoever has waited in vain for one waits for no other."""

import sqlite3
import threading
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from portal.foundation import patience, turns
from portal.foundation.patience import PatienceMiddleware
from portal.foundation.request_context import origin


def waits() -> int:
    """What the connection waits for a lock, in milliseconds."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA busy_timeout")
        else:
            cursor.execute("SELECT setting FROM pg_settings WHERE name = 'lock_timeout'")
        return int(cursor.fetchone()[0])


def answered(view: Callable[[], Any]) -> None:
    def answer(request: HttpRequest) -> HttpResponse:
        view()
        return HttpResponse()

    PatienceMiddleware(answer)(RequestFactory().post("/"))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("channel", "sqlite", "postgresql"),
    [("web", 1_700, 1_700), ("api", 1_700, 1_700), ("command", 20_000, 20_000), ("engine", 20_000, 0), ("job", 20_000, 0)],
)
def test_people_wait_less_than_two_seconds_and_what_tries_again_by_itself_longer(channel: str, sqlite: int, postgresql: int) -> None:
    connection.close()
    try:
        with origin(channel):
            assert waits() == (sqlite if connection.vendor == "sqlite" else postgresql)
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_an_answer_that_waited_in_vain_waits_no_second_time_and_the_next_one_does() -> None:
    before, seen = waits(), []
    answered(lambda: (patience.spend(), patience.spend(), seen.append(waits()), seen.append(patience.is_spent())))
    answered(lambda: (seen.append(waits()), seen.append(patience.is_spent())))
    # On PostgreSQL 0 would be for ever.
    assert seen == [0 if connection.vendor == "sqlite" else 1, True, before, False]
    assert waits() == before


@pytest.mark.django_db(transaction=True)
def test_a_view_that_fails_leaves_the_next_one_its_patience() -> None:
    before = waits()
    with pytest.raises(ZeroDivisionError):
        answered(lambda: (patience.spend(), 1 / 0))
    assert waits() == before


@pytest.mark.django_db(transaction=True)
def test_outside_an_answer_nothing_is_shortened() -> None:
    before = waits()
    patience.spend()
    assert (waits(), patience.is_spent()) == (before, False)


@pytest.mark.django_db(transaction=True)
def test_what_need_not_be_written_hardly_waits_for_the_only_lock_of_sqlite() -> None:
    before = waits()
    with patience.briefly():
        assert waits() == (patience.BRIEFLY_MS if connection.vendor == "sqlite" else before)
    assert waits() == before


def caused_by(cause: Exception) -> OperationalError:
    error = OperationalError("refused")
    error.__cause__ = cause
    return error


def busy(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("database is locked")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (caused_by(psycopg.errors.LockNotAvailable()), True),
        (caused_by(caused_by(psycopg.errors.LockNotAvailable())), True),
        (caused_by(busy(sqlite3.SQLITE_BUSY)), True),
        (caused_by(busy(sqlite3.SQLITE_BUSY_SNAPSHOT)), True),
        (caused_by(busy(sqlite3.SQLITE_FULL)), False),
        # Of two that wait for each other the database ends one, and that one may try again.
        (caused_by(psycopg.errors.DeadlockDetected()), False),
        (OperationalError("gone"), False),
        (None, False),
    ],
)
def test_a_wait_in_vain_is_known_by_what_the_database_says(error: Exception | None, said: bool) -> None:
    assert patience.in_vain(error) is said


class Clock:
    def __init__(self) -> None:
        self.at = 100.0

    def monotonic(self) -> float:
        return self.at


@pytest.fixture
def row(monkeypatch: Any) -> turns.Row:
    made = turns.Row()
    monkeypatch.setattr(turns, "row", made)
    monkeypatch.setattr(turns, "connection", type("Sqlite", (), {"vendor": "sqlite"}))
    return made


@pytest.mark.parametrize(("in_vain", "left"), [(True, [500]), (False, [])])
def test_who_stood_behind_one_that_waited_in_vain_has_waited_for_the_same_lock(
    in_vain: bool, left: list[int], row: turns.Row, monkeypatch: Any
) -> None:
    clock, shortened, inside, go_on = Clock(), [], threading.Event(), threading.Event()
    monkeypatch.setattr(turns, "time", clock)
    monkeypatch.setattr(patience, "shorten", shortened.append)
    monkeypatch.setattr(patience, "is_spent", lambda: in_vain)

    def answer(request: HttpRequest) -> HttpResponse:
        inside.set()
        assert go_on.wait(60)
        return HttpResponse()

    one, other = (threading.Thread(target=turns.TurnsMiddleware(answer), args=[RequestFactory().post("/")]) for _ in range(2))
    one.start()
    assert inside.wait(60)
    other.start()
    while not row._waiting:
        pass
    clock.at += 1.2
    go_on.set()
    one.join(60)
    other.join(60)
    assert shortened == left
