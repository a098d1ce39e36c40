"""PostgreSQL stopped at once, as in a crash, and back: every process waits for it and goes on."""

import time
from collections import Counter
from pathlib import Path

import pytest

from tests import postgres
from tests.receiver import receiver

from .world import hold_to_the_promise, world

INCIDENTS = 6
PROCESSES = ("engine", "sender", "worker")


@pytest.mark.skipif(postgres.binaries() is None, reason="needs PostgreSQL's server binaries")
@pytest.mark.parametrize("away", [1.0, 20.0], ids=["a moment", "a while"])
def test_a_database_that_crashes_and_comes_back_costs_time_only(tmp_path: Path, away: float) -> None:
    with (
        postgres.cluster(outlives_a_crash=True) as cluster,
        receiver() as phone,
        world(tmp_path, cluster.url, phone) as installation,
    ):
        installation.ask("prepare", phones={"*": [phone.url]})
        for name in PROCESSES:
            installation.start(name)
        installation.ask("incidents", count=INCIDENTS)
        time.sleep(8)
        cluster.stop_at_once()
        time.sleep(away)
        cluster.start()
        installation.wait_until_over(INCIDENTS, 120)
        assert all(installation.running[name].poll() is None for name in PROCESSES)
        # What was on its way when the database went was handed over, and could not be written down.
        hold_to_the_promise(installation.ask("report"), Counter(phone.keys), INCIDENTS, 1)
    said = (tmp_path / "engine.log").read_text()
    assert said.count("The database cannot be reached") == said.count("The database is back") == 1
