"""The engine as a process: one pass on demand, a clean stop, and patience with a database that is away."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from portal.foundation.channels import dead_man
from portal.foundation.channels.dead_man import DeadMan
from tests.receiver import held, receiver

PROJECT = Path(__file__).resolve().parents[3]


@pytest.mark.django_db
def test_once_makes_one_pass_and_says_what_it_did(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        call_command("engine", "--once")
    assert (stopped.value.code, capsys.readouterr().out) == (0, "0 started, 0 advanced, 0 failed\n")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """An engine whose database does not answer."""
    env = {
        **os.environ,
        "DATABASE_URL": "postgres://somebody:s3cret@127.0.0.1:1/nothing",
        "DJANGO_SETTINGS_MODULE": "portal.settings.development",
        "PORTAL_VAR": str(tmp_path),
    }
    process = subprocess.Popen([sys.executable, "manage.py", "engine"], cwd=PROJECT, env=env, stderr=subprocess.PIPE, text=True)
    yield process
    process.kill()
    process.wait()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_database_that_is_away_costs_one_line_and_a_signal_stops_it_cleanly(engine: subprocess.Popen[str], number: int) -> None:
    assert engine.stderr is not None
    said = [engine.stderr.readline(), engine.stderr.readline()]
    time.sleep(0.5)
    engine.send_signal(number)
    rest = engine.stderr.read().splitlines()
    assert engine.wait(60) == 0
    assert "The engine looks every 1 s" in said[0]
    assert "The database cannot be reached (OperationalError)" in said[1]
    assert [line.split(": ", 1)[1] for line in rest] == ["The engine has stopped."]
    assert "s3cret" not in "".join(said + rest)


def test_the_dead_man_address_is_called_at_most_once_in_a_while_and_never_waited_for(settings: Any) -> None:
    settings.OUTBOUND_TIMEOUT_SECONDS = 60
    with held() as (waits, let_go), receiver(waits) as watcher:
        settings.DEAD_MAN_URL = f"http://127.0.0.1:{watcher.port}/"
        dead = DeadMan()
        for _ in range(5):
            dead.alive(lambda: True)
        # It has not answered yet, and here we are.
        assert dead._calling is not None
        assert dead._calling.is_alive()
        let_go()
        dead._calling.join(60)
    assert len(watcher.paths) == 1


def test_without_an_address_nobody_is_called(settings: Any) -> None:
    settings.DEAD_MAN_URL = ""
    dead = DeadMan()
    dead.alive(lambda: True)
    assert dead._calling is None


def test_a_dead_man_address_that_fails_is_one_warning_without_the_address(settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    settings.DEAD_MAN_URL = "http://127.0.0.1:1/s3cret"
    dead_man._call()
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "s3cret" not in caplog.text


def test_while_messages_do_not_leave_the_dead_man_address_hears_nothing(settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    settings.DEAD_MAN_URL = "http://127.0.0.1:1/"
    dead = DeadMan()
    dead.alive(lambda: False)
    assert dead._calling is None
    assert "messages do not leave" in caplog.text


def test_whatever_goes_wrong_at_the_dead_man_address_stays_there(monkeypatch: Any, caplog: pytest.LogCaptureFixture) -> None:
    def broken(url: str) -> None:
        raise ValueError("http://s3cret/")

    monkeypatch.setattr(dead_man, "get_ok", broken)
    dead_man._call()
    assert [record.message for record in caplog.records] == ["The dead-man address could not be called: ValueError"]
