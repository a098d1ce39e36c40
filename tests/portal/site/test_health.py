"""What monitors ask, without signing in."""

import threading
import time
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client

from incidents.escalation.engine import run_cycle
from portal.foundation import clock
from portal.foundation.signs.beats import SENDER, beat
from portal.models import OutboxMessage
from portal.site import health

pytestmark = pytest.mark.django_db


def test_live_answers(client: Client) -> None:
    answer = client.get("/health/live")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert "no-store" in answer["Cache-Control"]


def test_ready_names_what_is_well(client: Client) -> None:
    assert client.get("/health/ready").json() == {"status": "ok", "database": "ok", "migrations": "ok", "guards": "ok", "secrets": "ok"}


@pytest.mark.skipif("connection.vendor != 'sqlite'")
def test_a_missing_guard_is_not_ready(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER audit_event_no_update")
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()["guards"]) == (503, "failing")


def test_the_engine_is_unwell_until_it_passes(client: Client) -> None:
    assert client.get("/health/engine").status_code == 503
    run_cycle(now=clock.now())
    answer = client.get("/health/engine")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")


def test_the_sender_is_unwell_until_it_gives_a_sign_and_while_a_message_waits(client: Client) -> None:
    assert client.get("/health/sender").status_code == 503
    now = clock.now()
    beat(SENDER, now=now)
    assert client.get("/health/sender").json()["status"] == "ok"
    waits = now - timedelta(seconds=61)
    OutboxMessage.objects.create(title="Waits", idempotency_key="one", created_at=waits, next_attempt_at=waits)
    answer = client.get("/health/sender")
    assert (answer.status_code, "Waits" in answer.content.decode()) == (503, False)


def test_a_stranger_learns_no_numbers(client: Client) -> None:
    assert set(client.get("/health/engine").json()) == {"status", "detail", "last_finished_at"}


@pytest.mark.parametrize("wait", ["abc", "-1", "31", "nan", "inf", "1e400", ""])
def test_a_wait_that_means_nothing_is_refused(client: Client, wait: str) -> None:
    assert client.get("/health/engine/cycle", {"wait": wait}).status_code == 400


def test_a_wait_without_a_pass_ends(client: Client) -> None:
    started = time.monotonic()
    assert client.get("/health/engine/cycle?wait=0.3").status_code == 503
    assert time.monotonic() - started < 30


@pytest.mark.django_db(transaction=True)
def test_a_wait_ends_with_the_next_pass(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    waits, pass_after = threading.Event(), health._pass_after

    def later() -> None:
        try:
            assert waits.wait(60)
            run_cycle(now=clock.now())
        finally:
            connections.close_all()

    def waiting(asked_at: datetime, wait: float) -> datetime | None:
        waits.set()
        return pass_after(asked_at, wait)

    monkeypatch.setattr(health, "_pass_after", waiting)
    thread = threading.Thread(target=later)
    thread.start()
    answer = client.get("/health/engine/cycle?wait=30")
    thread.join()
    assert answer.status_code == 200


def test_only_so_many_wait_at_once(client: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr(health, "_waiting", threading.BoundedSemaphore(1))
    health._waiting.acquire()
    assert client.get("/health/engine/cycle?wait=5").json()["status"] == "busy"


@pytest.mark.parametrize("path", ["live", "ready", "engine", "engine/cycle", "sender"])
def test_health_is_only_read(client: Client, path: str) -> None:
    assert client.post(f"/health/{path}").status_code == 405
