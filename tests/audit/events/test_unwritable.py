"""When the trail cannot be written, nothing is changed and everybody hears so soon; reading goes on."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import Client

from audit.events import accounts, unwritable
from audit.events.services import act
from audit.events.unwritable import TrailUnavailable
from audit.models import LedgerEvent
from incidents.models import Incident
from policies.models import Runbook, Service
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


def test_a_trail_that_is_locked_is_given_up_within_two_seconds(root: User, client: Client) -> None:
    # Connections that are opened to answer a request have a person's patience.
    connection.close()
    try:
        with locked():
            began = time.monotonic()
            answer = client.post("/admin/policies/runbook/add/", RUNBOOK)
            took = time.monotonic() - began
        # Two seconds at most are for the lock; the rest is what a busy machine needs for a page. Others than people wait 20 s or for ever.
        assert (answer.status_code, unwritable.PATIENCE_MS < 2_000, took < 12) == (503, True, True), took
        assert not Runbook.objects.exists()
    finally:
        connection.close()
