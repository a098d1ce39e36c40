"""`manage.py up` on an empty folder: prepared, seeded, serving, stopped by Ctrl-C, and back with its data. It makes its own SQLite database."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
PREPARED_WITHIN_SECONDS = 180


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def environment(folder: Path, port: int, phones: int) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "DJANGO_SETTINGS_MODULE"}}
    return {**own, "PORTAL_VAR": str(folder), "PORT": str(port), "PHONE_PORT": str(phones), "DEMO_PASSWORD": "for one test only"}


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
        assert running.wait(timeout=30) == 0, log.read_text()[-3000:]
    first = log.read_text()
    assert "Sign in as" in first
    assert "SIGKILL" not in first
    assert "Traceback" not in first

    with up(tmp_path / "var", port, phones, log) as running:
        answers(f"http://127.0.0.1:{port}/health/live", log)
        running.send_signal(signal.SIGINT)
        assert running.wait(timeout=30) == 0
    assert "Sign in as" not in log.read_text()


def test_a_port_that_is_taken_is_said_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        run = subprocess.run(
            [sys.executable, "manage.py", "up"], cwd=PROJECT, env=environment(tmp_path, port, free_port()), capture_output=True, text=True
        )
    assert run.returncode == 1
    assert f"Port {port} is in use. Choose another: PORT={port + 1} make run" in run.stderr


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"PORT": "8099", "PHONE_PORT": "8099"}, "PORT and PHONE_PORT are both 8099"),
        ({"HOST": "nowhere.invalid"}, "HOST is 'nowhere.invalid', which is not an address of this machine"),
        ({"HOST": "192.0.2.1"}, "192.0.2.1:"),
        ({"PORT": "http"}, "PORT is 'http', which is not a port number"),
        ({"PORT": "65536"}, "PORT is '65536', which is not a port number"),
    ],
)
def test_an_address_that_cannot_be_served_is_one_line_before_anything_is_written(
    tmp_path: Path, setting: dict[str, str], said: str
) -> None:
    env = {**environment(tmp_path, free_port(), free_port()), **setting}
    run = subprocess.run([sys.executable, "manage.py", "up"], cwd=PROJECT, env=env, capture_output=True, text=True, timeout=60)
    assert (run.returncode, len(run.stderr.splitlines()), run.stdout) == (1, 1, "")
    assert said in run.stderr
    assert not (tmp_path / "portal.sqlite3").exists()
