"""Killing the engine in the middle and starting it again loses no step and repeats none; every message arrives.

Real processes: `manage.py engine` and `manage.py sender` on a database of their own, and a real receiver.
"""

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.receiver import Receiver, receiver

from .kill_scene import BACKUP_AFTER, INCIDENTS, WINDOW

pytestmark = pytest.mark.database_of_its_own
PROJECT = Path(__file__).resolve().parents[2]
# Seconds of looking that the engine is given before each kill: in its first pass, in and between later ones.
LIVES = (0.05, 1.2)
SLACK = 6.0
# How often as long as the slowest start of an engine a step may be late: on a busy machine everything else is as slow as that.
STARTS = 3
PATIENCE = 25


@contextmanager
def own_database(folder: Path) -> Iterator[str]:
    """A database that the processes share: a file, or a new database on the PostgreSQL under test."""
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith("postgres"):
        yield f"sqlite:///{folder / 'kill.sqlite3'}"
        return
    name = f"kill_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"'.encode())
    try:
        yield urlsplit(url)._replace(path=f"/{name}").geturl()
    finally:
        with psycopg.connect(url, autocommit=True) as server:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


@contextmanager
def running(*command: str, env: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, *command], cwd=PROJECT, env=env, start_new_session=True, stderr=subprocess.PIPE)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_until_it_looks(engine: subprocess.Popen[bytes]) -> float:
    """How many seconds it took to start."""
    begun = time.monotonic()
    assert engine.stderr is not None
    while b"The engine looks" not in (line := engine.stderr.readline()):
        assert line, "the engine ended before its first pass"
    return time.monotonic() - begun


def run(*command: str, env: dict[str, str]) -> str:
    return subprocess.run([sys.executable, *command], cwd=PROJECT, env=env, check=True, stdout=subprocess.PIPE).stdout.decode()


@pytest.fixture
def aftermath(tmp_path: Path) -> Iterator[tuple[dict[str, Any], Receiver]]:
    """What the database holds after an escalation through two kills and two engines at once, and what the phones heard."""
    with own_database(tmp_path) as database, receiver() as phone:
        env = {
            **os.environ,
            "DATABASE_URL": database,
            "DJANGO_SETTINGS_MODULE": "portal.settings.development",
            "PORTAL_VAR": str(tmp_path),
            "OUTBOUND_ALLOWED_HOSTS": f"127.0.0.1:{phone.port}",
        }
        run("-m", "tests.journeys.kill_scene", "prepare", phone.url, env=env)
        slack = SLACK
        with running("manage.py", "sender", env=env):
            for seconds in LIVES:
                with running("manage.py", "engine", env=env) as engine:
                    slack = max(slack, STARTS * wait_until_it_looks(engine))
                    time.sleep(seconds)
                    engine.send_signal(signal.SIGKILL)
            with running("manage.py", "engine", env=env), running("manage.py", "engine", env=env):
                report = run("-m", "tests.journeys.kill_scene", "report", str(round(PATIENCE + 2 * slack)), env=env)
                yield {**json.loads(report), "slack": slack}, phone


def test_no_step_is_lost_none_repeated_and_every_message_arrives(aftermath: tuple[dict[str, Any], Receiver]) -> None:
    found, phone = aftermath
    assert found["states"] == ["exhausted"] * INCIDENTS
    assert len(found["runs"]) == INCIDENTS
    for steps in found["runs"].values():
        pages = [(level, position, name) for _, action, level, position, name, _ in steps if action == "paged"]
        assert pages == [(1, 1, "Ana Ruiz"), (1, 2, "Tom Berg"), (2, 1, "Kim Park"), (2, 2, "Eva Lind")]
        sequences = sorted({sequence for sequence, *_ in steps})
        assert sequences == list(range(len(sequences)))
        assert [action for _, action, *_ in steps].count("exhausted") == 1
        times = [at for _, action, *_, at in steps if action in {"paged", "exhausted"}]
        gaps = [later - earlier for earlier, later in pairwise(times)]
        assert all(BACKUP_AFTER.total_seconds() - 0.1 <= gap <= WINDOW.total_seconds() + found["slack"] for gap in gaps), gaps
    assert Counter(state for _, state in found["messages"]) == {"delivered": INCIDENTS * 5}
    assert Counter(phone.keys) == Counter(key for key, _ in found["messages"])
