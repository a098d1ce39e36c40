"""SIGKILL at random to engine, sender, worker and web while escalations run."""

import os
import random
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.journeys.test_engine_survives_a_kill import own_database
from tests.receiver import receiver

from .world import hold_to_the_promise, world

pytestmark = pytest.mark.database_of_its_own
ROUNDS = int(os.environ.get("CHAOS_ROUNDS", "200"))
VICTIMS = ("engine", "sender", "worker", "web")
# A process that is killed before it has done anything proves nothing; it takes some seconds to start.
BETWEEN_KILLS = (0.2, 6.0)

# The job queue and its schedules are deleted by hand in between.
EMPTIED_EVERY = 10


def test_nothing_is_lost_skipped_or_doubled_over_many_kills(tmp_path: Path) -> None:
    chance = random.Random(ROUNDS)
    with own_database(tmp_path) as database, receiver() as phone, world(tmp_path, database, phone) as installation:
        token = installation.ask("prepare", phones={"*": [phone.url]})
        for name in VICTIMS:
            installation.start(name)
        for number in range(ROUNDS):
            installation.open_through_the_web(token, f"round-{number}")
            time.sleep(chance.uniform(*BETWEEN_KILLS))
            victim = chance.choice(VICTIMS)
            installation.kill(victim)
            if number % EMPTIED_EVERY == 0:
                installation.ask("empty_queue")
            installation.start(victim)
        installation.wait_until_over(ROUNDS, 180)
        extra = hold_to_the_promise(installation.ask("report"), Counter(phone.keys), ROUNDS, installation.killed["sender"])
        said = f"{ROUNDS} kills {dict(installation.killed)}: {len(phone.keys)} requests, {extra} of them copies"
    print(said)  # noqa: T201


def test_after_everything_is_killed_at_once_each_step_is_late_by_the_restart_at_most(tmp_path: Path) -> None:
    count = 50
    with own_database(tmp_path) as database, receiver() as phone, world(tmp_path, database, phone) as installation:
        installation.ask("prepare", phones={"*": [phone.url]}, window=20, backup_after=10)
        for name in ("engine", "sender", "worker"):
            installation.start(name)
        installation.ask("incidents", count=count)
        deadline = time.monotonic() + 60
        while installation.ask("standing")["runs"] < count and time.monotonic() < deadline:
            time.sleep(0.2)
        for name in ("engine", "sender", "worker"):
            installation.kill(name)
        time.sleep(12)
        for name in ("engine", "sender", "worker"):
            installation.start(name)
        installation.wait_until_over(count, 180)
        found = installation.ask("report")
        hold_to_the_promise(found, Counter(phone.keys), count, 1)
    late = [step[-1] for steps in found["runs"].values() for step in steps if step[1] == "paged"]
    assert max(late) <= 45, max(late)
