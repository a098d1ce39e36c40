"""SIGKILL at random to engine, sender, worker and web while escalations run."""

import os
import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from portal.foundation import clock
from tests.journeys.test_engine_survives_a_kill import own_database
from tests.receiver import receiver

from .world import WHOLE_WAY, hold_to_the_promise, wait_until, world

pytestmark = pytest.mark.database_of_its_own
ROUNDS = int(os.environ.get("CHAOS_ROUNDS", "200"))
VICTIMS = ("engine", "sender", "worker", "web")
# A process that is killed before it has done anything proves nothing; it takes some seconds to start.
BETWEEN_KILLS = (0.2, 6.0)

# Each wait; long enough for all of them to be taken up before the first is over.
WAITS = int(os.environ.get("CHAOS_WAITS", "1000"))
BACKUP_AFTER = max(40.0, WAITS * 0.12)

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


def test_after_everything_is_killed_during_many_waits_each_step_is_late_by_the_restart_and_two_seconds_at_most(tmp_path: Path) -> None:
    with own_database(tmp_path) as database, receiver() as phone, world(tmp_path, database, phone) as installation:
        installation.ask("prepare", phones={"*": [phone.url]}, window=BACKUP_AFTER * 10, backup_after=BACKUP_AFTER)
        installation.ask("incidents", count=WAITS)
        for name in VICTIMS:
            installation.start(name)
        begun = installation.wait_for_the_engine()
        wait_until(lambda: len(phone.keys) >= WAITS, BACKUP_AFTER)
        took = clock.now().timestamp() - begun
        # They wait now. Of each the moment in which the next person is due.
        due = {number: step[5] + BACKUP_AFTER for number, step in alerts(installation.ask("report"), "Ana Ruiz")}
        time.sleep(max(0.0, min(due.values()) + 0.1 - clock.now().timestamp()))
        killed = clock.now().timestamp()
        for name in VICTIMS:
            installation.kill(name)
        before = len(phone.keys)
        for name in VICTIMS:
            installation.start(name)
        restart = installation.wait_for_the_engine() - killed
        installation.wait_for_pages(2 * WAITS, 120)
        installation.wait_until_sent(120)
        found, subjects = installation.ask("report"), installation.ask("subjects")
    hold_to_half_the_way(found, Counter(phone.keys))
    wall = clock.now().timestamp() - time.monotonic()
    late = max(at + wall - due[subjects[key]] for key, at in list(zip(phone.keys, phone.at, strict=True))[before:])
    # What came due while nobody was there is done one after the other, at half the speed of before the kill: web and workers start meanwhile.
    overdue = sum(at <= killed + restart for at in due.values()) - (before - WAITS)
    assert overdue > 0, "Nothing came due while nobody was there, so nothing was shown."
    catching_up = 2 * overdue * took / WAITS
    print(f"{WAITS} waits: restart {restart:.1f} s, {overdue} due meanwhile ({catching_up:.1f} s), the last heard of it {late:.1f} s late")  # noqa: T201
    assert late <= restart + 2 + catching_up


def alerts(found: dict[str, Any], name: str) -> list[tuple[str, list[Any]]]:
    """Each run's incident with the step that alerted this person."""
    return [(number, step) for number, steps in found["runs"].items() for step in steps if step[1] == "paged" and step[4] == name]


def hold_to_half_the_way(found: dict[str, Any], heard: Counter[str]) -> None:
    """Of every run both people of the first level were alerted, once each, and heard it; one kill makes one copy at most."""
    assert len(found["runs"]) == WAITS
    for number, steps in found["runs"].items():
        assert [(level, position, name) for _, action, level, position, name, *_ in steps if action == "paged"] == WHOLE_WAY[:2], number
    assert Counter(state for _, state, *_ in found["messages"]) == {"delivered": 2 * WAITS}
    assert set(heard) == {key for key, *_ in found["messages"]}
    assert max(heard.values()) <= 2
