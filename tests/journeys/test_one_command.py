"""`manage.py up` on an empty folder: prepared, seeded, serving, stopped by Ctrl-C, and back with its data. It makes its own SQLite database."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core.management import CommandError, call_command

from portal.management.commands import up as prepared

PROJECT = Path(__file__).resolve().parents[2]
# How long a busy machine is waited for; nothing is said of how long it takes.
PREPARED_WITHIN_SECONDS = 600
PASSWORD = "for one test only"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def environment(folder: Path, port: int, phones: int) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "DJANGO_SETTINGS_MODULE"}}
    return {**own, "PORTAL_VAR": str(folder), "PORT": str(port), "PHONE_PORT": str(phones), "DEMO_PASSWORD": PASSWORD}


@contextmanager
def up(folder: Path, port: int, phones: int, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as out:
        running = subprocess.Popen(
            [sys.executable, "manage.py", "up"], cwd=PROJECT, env=environment(folder, port, phones), stdout=out, stderr=out
        )
        try:
            yield running
        finally:
            if running.poll() is None:
                running.kill()


def answers(url: str, log: Path) -> bytes:
    deadline = time.monotonic() + PREPARED_WITHIN_SECONDS
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return bytes(answer.read())
        except (OSError, urllib.error.URLError):
            time.sleep(0.5)
    raise AssertionError(f"{url} did not answer:\n{log.read_text()[-3000:]}")


def test_one_command_serves_stops_and_comes_back(tmp_path: Path) -> None:
    port, phones, log = free_port(), free_port(), tmp_path / "log"
    with up(tmp_path / "var", port, phones, log) as running:
        assert b"Escalation Governance" in answers(f"http://127.0.0.1:{port}/admin/login/", log)
        assert b'"status": "ok"' in answers(f"http://127.0.0.1:{port}/health/ready", log)
        answers(f"http://127.0.0.1:{port}/health/engine/cycle?wait=20", log)
        assert b"Demo phones" in answers(f"http://127.0.0.1:{phones}/", log)
        running.send_signal(signal.SIGINT)
        assert running.wait(timeout=120) == 0, log.read_text()[-3000:]
    first = log.read_text()
    assert "Sign in as" in first
    assert "Nobody reached" not in first.partition("Sign in as")[0], "an alarm of the demo's past"
    assert "SIGKILL" not in first
    assert "Traceback" not in first
    assert PASSWORD not in first
    the_demo_has_its_whole_past(tmp_path / "var" / "portal.sqlite3")

    with up(tmp_path / "var", port, phones, log) as running:
        answers(f"http://127.0.0.1:{port}/health/engine/cycle?wait=20", log)
        # To every process at once, as systemd does it. Outside Linux to the first, which is all that is known of them there.
        for pid in family(running.pid):
            # A worker whose jobs are done may have ended meanwhile.
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        assert running.wait(timeout=120) == 0
    second = log.read_text()
    assert "Sign in as" not in second
    assert "ended by force" not in first + second


def the_demo_has_its_whole_past(database: Path) -> None:
    with closing(sqlite3.connect(database)) as rows:

        def states(table: str) -> Counter[str]:
            return Counter(state for (state,) in rows.execute(f"SELECT state FROM {table}"))  # noqa: S608 (our own tables)

        incidents, runs, messages = (states(f) for f in ("incidents_incident", "incidents_escalationrun", "portal_outboxmessage"))
        (hashed,) = rows.execute("SELECT password FROM portal_user WHERE username = 'responder'").fetchone()
    assert incidents["resolved"] + incidents["closed"] >= 30
    # A few of its incidents found nobody in time; the others did, for their messages arrived.
    assert (runs["exhausted"] < 6, messages["delivered"] > 30) == (True, True)
    assert PBKDF2PasswordHasher().verify(PASSWORD, hashed)


def family(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task")
    children = [int(child) for task in tasks.glob("*") for child in (task / "children").read_text().split()]
    return [pid, *(deep for child in children for deep in family(child))]


def test_a_port_that_is_taken_is_said_before_anything_starts(settings: Any, before_anything_is_written: None) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        settings.LISTEN_HOST, settings.LISTEN_PORT, settings.PHONE_PORT = "127.0.0.1", str(port), str(free_port())
        with pytest.raises(CommandError) as refused:
            call_command("up")
    assert str(refused.value) == f"Port {port} is in use. Choose another: PORT={port + 1} make run"


@pytest.mark.parametrize(
    ("host", "port", "phones", "said"),
    [
        ("127.0.0.1", "8099", "8099", "PORT and PHONE_PORT are both 8099"),
        ("nowhere.invalid", "", "", "HOST is 'nowhere.invalid', which is not an address of this machine"),
        ("192.0.2.1", "", "", "192.0.2.1:"),
        ("127.0.0.1", "65536", "", "PORT is '65536', which is not a port number"),
    ],
)
def test_an_address_that_cannot_be_served_is_one_line_before_anything_is_written(
    settings: Any, before_anything_is_written: None, host: str, port: str, phones: str, said: str
) -> None:
    settings.LISTEN_HOST, settings.LISTEN_PORT, settings.PHONE_PORT = host, port or str(free_port()), phones or str(free_port())
    with pytest.raises(CommandError) as refused:
        call_command("up")
    assert said in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1


@pytest.fixture
def before_anything_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that `up` prepares, it prepares by a command."""

    def refuse(name: str, *args: Any, **options: Any) -> None:
        raise AssertionError(f"{name} was run")

    monkeypatch.setattr(prepared, "call_command", refuse)


def test_so_it_is_on_the_terminal(tmp_path: Path) -> None:
    env = {**environment(tmp_path, free_port(), free_port()), "PORT": "http"}
    run = subprocess.run([sys.executable, "manage.py", "up"], cwd=PROJECT, env=env, capture_output=True, text=True, timeout=300)
    assert (run.returncode, len(run.stderr.splitlines()), run.stdout) == (1, 1, "")
    assert "PORT is 'http', which is not a port number" in run.stderr
    assert not (tmp_path / "portal.sqlite3").exists()
