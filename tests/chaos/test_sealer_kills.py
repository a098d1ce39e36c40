"""SIGKILL at random to sealers and writers, and PostgreSQL stopped at once: no acknowledged event is lost or doubled, no root is wrong."""

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests import postgres
from tests.journeys.test_engine_survives_a_kill import own_database

PROJECT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.database_of_its_own
ROUNDS = int(os.environ.get("CHAOS_ROUNDS", "200"))
FAMILY = ("sealer-1", "sealer-2", "writer-1", "writer-2")
# From the middle of a start to the middle of the second checkpoint.
BETWEEN_KILLS = (0.02, 1.6)
DATABASE_STOPS = 3
PATIENCE = 120.0


def settings_for(folder: Path, database: str) -> dict[str, str]:
    """The environment of an installation of its own."""
    return {
        **os.environ,
        "DATABASE_URL": database,
        "DJANGO_SETTINGS_MODULE": "portal.settings.development",
        "PORTAL_VAR": str(folder),
        "LEDGER_KEYS": str(folder / "keys"),
    }


@contextmanager
def nursery(folder: Path, database: str) -> Iterator[Any]:
    """What asks the nursery: ask(verb, **given). Raises RuntimeError with its error."""
    env = settings_for(folder, database)
    with (folder / "nursery.log").open("ab") as log:
        running = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.nursery", str(folder)],
            cwd=PROJECT,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
        )

    def ask(verb: str, **given: Any) -> Any:
        assert running.stdin
        assert running.stdout
        running.stdin.write(json.dumps([verb, given]).encode() + b"\n")
        running.stdin.flush()
        how, answer = json.loads(running.stdout.readline())
        if how == "failed":
            raise RuntimeError(answer)
        return answer

    try:
        yield ask
    finally:
        assert running.stdin
        running.stdin.close()
        running.wait(30)


def test_no_acknowledged_event_is_lost_or_doubled_over_many_kills(tmp_path: Path) -> None:
    with own_database(tmp_path) as database, nursery(tmp_path, database) as ask:
        ask("prepare")
        killed = kill_many(ask, ROUNDS)
        found = finish(ask, tmp_path)
    print(f"{killed.total()} kills {dict(killed)}: {found}")  # noqa: T201
    assert found["wrong"] == []
    assert found["acknowledged"] >= ROUNDS


@pytest.mark.skipif(postgres.binaries() is None, reason="needs PostgreSQL's server binaries")
def test_nothing_is_lost_when_the_database_itself_is_stopped_at_once(tmp_path: Path) -> None:
    with postgres.cluster(outlives_a_crash=True) as cluster, nursery(tmp_path, cluster.url) as ask:
        ask("prepare")
        killed = Counter[str]()
        for _ in range(DATABASE_STOPS):
            killed += kill_many(ask, ROUNDS // 10 // DATABASE_STOPS + 2)
            for name in FAMILY:
                ask("start", name=name)
            time.sleep(2)
            cluster.stop_at_once()
            time.sleep(0.5)
            cluster.start()
            time.sleep(4)
            for name in FAMILY:
                ask("kill", name=name)
        found = finish(ask, tmp_path)
    print(f"{DATABASE_STOPS} stops of the database, {killed.total()} kills: {found}")  # noqa: T201
    assert found["wrong"] == []


def kill_many(ask: Any, rounds: int) -> Counter[str]:
    """All of the family run, one of them is killed each round; none is left running."""
    chance, killed = random.Random(rounds), Counter[str]()
    for name in FAMILY:
        ask("start", name=name)
    for _ in range(rounds):
        time.sleep(chance.uniform(*BETWEEN_KILLS))
        victim = chance.choice(FAMILY)
        ask("kill", name=victim)
        killed[victim.split("-")[0]] += 1
        ask("start", name=victim)
    for name in FAMILY:
        ask("kill", name=name)
    return killed


def finish(ask: Any, folder: Path) -> Any:
    """A sealer that nobody kills puts everything right; then it is asked to stop, and what it leaves is looked at."""
    ask("start", name="sealer-1")
    deadline = time.monotonic() + PATIENCE
    while ask("waiting"):
        assert time.monotonic() < deadline, "\n".join(path.read_text()[-1500:] for path in folder.glob("*.log"))
        time.sleep(0.3)
    assert ask("kill", name="sealer-1", number=15) == 0
    return ask("report")
