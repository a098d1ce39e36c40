"""When the trail cannot be written, nothing is changed and everybody hears so soon; reading goes on."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection, connections
from django.db.models import F
from django.test import Client

import manage
from audit.events import accounts
from audit.events.alone import tell
from audit.events.services import act
from audit.events.unwritable import TrailUnavailable
from audit.models import LedgerEvent
from incidents.models import Incident
from policies.models import Runbook, Service
from portal.foundation import clock, patience
from portal.foundation.front_door.models import BrowserSession
from portal.foundation.people.models import User

RUNBOOK = {"title": "Restart", "steps": "Off and on.", "url": "", "why": "needed"}
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def refusing() -> Iterator[None]:
    """The table of events takes nothing."""
    if connection.vendor == "sqlite":
        make = ["CREATE TRIGGER full_disk BEFORE INSERT ON audit_ledgerevent BEGIN SELECT RAISE(ABORT, 'disk full'); END"]
        end = ["DROP TRIGGER full_disk"]
    else:
        make = [
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $x$ BEGIN RAISE EXCEPTION 'disk full'; END $x$",
            "CREATE TRIGGER full_disk BEFORE INSERT ON audit_ledgerevent FOR EACH ROW EXECUTE FUNCTION full_disk()",
        ]
        end = ["DROP TRIGGER full_disk ON audit_ledgerevent", "DROP FUNCTION full_disk()"]
    with connection.cursor() as cursor:
        for statement in make:
            cursor.execute(statement)
    yield
    with connection.cursor() as cursor:
        for statement in end:
            cursor.execute(statement)


@pytest.fixture
def root(client: Client) -> User:
    made = User.objects.create_superuser("root", display_name="Root")
    client.force_login(made)
    return made


@pytest.fixture
def incident(now: Any) -> Incident:
    service = Service.objects.create(name="Card payments", key="card-payments")
    return Incident.objects.create(number="INC-1", title="Slow", service=service, opened_at=now)


@contextmanager
def locked() -> Iterator[None]:
    """Somebody else holds the table of events; on SQLite the whole file."""
    holding, over = threading.Event(), threading.Event()
    settings = connection.settings_dict

    def hold() -> None:
        if connection.vendor == "sqlite":
            with sqlite3.connect(settings["NAME"], isolation_level=None) as other:
                other.execute("BEGIN IMMEDIATE")
                holding.set()
                over.wait(60)
                other.execute("ROLLBACK")
        else:
            with psycopg.connect(
                host=settings["HOST"],
                port=settings["PORT"],
                user=settings["USER"],
                password=settings["PASSWORD"] or None,
                dbname=settings["NAME"],
            ) as other:
                other.execute("LOCK TABLE audit_ledgerevent IN ACCESS EXCLUSIVE MODE")
                holding.set()
                over.wait(60)

    holder = threading.Thread(target=hold)
    holder.start()
    assert holding.wait(10)
    try:
        yield
    finally:
        over.set()
        holder.join()


def test_an_act_whose_event_is_refused_changes_nothing(refusing: None, now: Any) -> None:
    before = (User.objects.count(), LedgerEvent.objects.count())
    with pytest.raises(TrailUnavailable, match="Nothing was changed"), act("person.added", actor=None, now=now):
        User.objects.create(username="new")
    assert (User.objects.count(), LedgerEvent.objects.count()) == before


def test_a_page_says_that_nothing_was_changed_and_reading_goes_on(root: User, client: Client, refusing: None) -> None:
    answer = client.post("/admin/policies/runbook/add/", RUNBOOK)
    assert answer.status_code == 503
    assert "The audit trail cannot be written now" in answer.content.decode()
    assert not Runbook.objects.exists()
    assert client.get("/admin/policies/runbook/").status_code == 200


def test_the_api_says_it_in_a_problem_document(root: User, client: Client, incident: Incident, refusing: None) -> None:
    answer = client.post(f"/api/v1/incidents/{incident.number}/acknowledge/", {"reason": "mine"}, content_type="application/json")
    assert (answer.status_code, answer["Content-Type"], answer["Retry-After"]) == (503, "application/problem+json", "2")
    assert answer.json()["code"] == "trail_unavailable"
    incident.refresh_from_db()
    assert incident.acknowledged_at is None
    assert client.get(f"/api/v1/incidents/{incident.number}/").status_code == 200


def test_nobody_signs_in_whose_sign_in_cannot_be_told(client: Client, refusing: None) -> None:
    accounts.refused_sign_ins.forget()
    assert client.post("/admin/login/", {"username": "nobody", "password": "x"}).status_code == 503


@pytest.fixture
def answering() -> Iterator[None]:
    """Connections that are opened to answer a request have a person's patience."""
    connection.close()
    yield
    connection.close()


class Waited:
    """What the connection was allowed to wait for each lock that it did not get: by the setting that acts, however busy the machine is."""

    SETTING = {"sqlite": "PRAGMA busy_timeout", "postgresql": "SELECT setting FROM pg_settings WHERE name = 'lock_timeout'"}

    def __init__(self) -> None:
        self.allowed: list[int] = []

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("ROLLBACK"):
            return execute(sql, params, many, context)
        allowed = int(connection.connection.execute(self.SETTING[connection.vendor]).fetchone()[0])
        try:
            return execute(sql, params, many, context)
        except OperationalError:
            self.allowed.append(allowed)
            raise


def not_used_for_a_while() -> None:
    BrowserSession.objects.update(seen_at=F("seen_at") - timedelta(hours=1))


@pytest.mark.parametrize("opened", [False, True])
def test_a_trail_that_is_locked_is_given_up_within_two_seconds(
    opened: bool, root: User, client: Client, incident: Incident, answering: None, monkeypatch: Any
) -> None:
    asked = [
        lambda: client.post("/admin/policies/runbook/add/", RUNBOOK),
        lambda: client.post(f"/api/v1/incidents/{incident.number}/acknowledge/", {"reason": "mine"}, content_type="application/json"),
    ]
    # What is shown of an elevation is told, too; that must not be waited for once more.
    monkeypatch.setattr(
        "audit.web.looking.tell_look", lambda *about: tell("elevation.looked", actor=root, now=about[-1]) if opened else None
    )
    for ask in asked:
        not_used_for_a_while()
        connection.close()
        with locked():
            waited = Waited()
            with connection.execute_wrapper(waited):
                answer = ask()
        assert (answer.status_code, answer["Retry-After"], answer["Cache-Control"]) == (503, "2", "no-store")
        assert "Nothing was changed." in answer.content.decode()
        assert patience.ANSWER_MS in waited.allowed
        assert sum(waited.allowed) <= patience.ANSWER_MS + patience.BRIEFLY_MS + opened < 1_800, waited.allowed
    assert not Runbook.objects.exists()
    incident.refresh_from_db()
    assert incident.acknowledged_at is None
    # What was kept from somebody is done when it is asked for again.
    assert [ask().status_code for ask in asked] == [302, 200]


def test_pages_are_read_while_the_database_is_locked_without_waiting_for_what_need_not_be_written(
    root: User, client: Client, answering: None
) -> None:
    not_used_for_a_while()
    connection.close()
    waited = Waited()
    with locked(), connection.execute_wrapper(waited):
        answer = client.get("/admin/policies/runbook/")
    # A table that is locked on PostgreSQL keeps nobody from another.
    assert (answer.status_code, waited.allowed) == (200, [patience.BRIEFLY_MS] if connection.vendor == "sqlite" else [])


def test_several_at_once_are_answered_and_none_of_it_is_done(root: User, client: Client, answering: None) -> None:
    """On SQLite they stand in a row, and one by one their waits would add up."""
    others = [Client() for _ in range(4)]
    for one in others:
        one.force_login(root)
    said: list[tuple[int, int]] = []

    def ask(one: Client) -> None:
        waited = Waited()
        with connection.execute_wrapper(waited):
            status = one.post("/admin/policies/runbook/add/", RUNBOOK | {"title": f"Restart {id(one)}"}).status_code
        said.append((status, sum(waited.allowed)))
        connections.close_all()

    with locked():
        asking = [threading.Thread(target=ask, args=[one]) for one in others]
        for each in asking:
            each.start()
        for each in asking:
            each.join(60)
    assert [status for status, _ in said] == [503] * 4
    assert max(waited for _, waited in said) <= patience.ANSWER_MS
    assert not Runbook.objects.exists()


def test_a_command_says_what_keeps_it_and_that_nothing_was_changed(monkeypatch: Any) -> None:
    monkeypatch.setattr(patience, "COMMAND_MS", 200)
    connection.close()
    if connection.vendor == "sqlite":
        connection.cursor().execute("PRAGMA busy_timeout = 200")
    try:
        with locked(), pytest.raises(OperationalError) as refused, act("thing.done", actor=None, now=clock.now()):
            pass
    finally:
        connection.close()
    words = manage._in_words(refused.value)
    assert words is not None
    assert words.startswith("Nothing was changed. ")
    assert words.endswith("locked.")
    assert "DATABASE_URL" not in words
    assert not LedgerEvent.objects.filter(type="thing.done").exists()
