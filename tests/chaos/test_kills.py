"""SIGKILL at random to engine, sender, worker and web while escalations run."""

import os
import random
import time
from collections import Counter
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from portal.foundation import clock
from tests.journeys.test_engine_survives_a_kill import own_database
from tests.receiver import receiver

from .world import WHOLE_WAY, World, hold_to_the_promise, world

pytestmark = pytest.mark.database_of_its_own
ROUNDS = int(os.environ.get("CHAOS_ROUNDS", "200"))
VICTIMS = ("engine", "sender", "worker", "web")
# A process that is killed before it has done anything proves nothing; it takes some seconds to start.
BETWEEN_KILLS = (0.2, 6.0)

# So many waits come due one after the other in so many seconds, and in the middle of them everything is killed.
WAITS = int(os.environ.get("CHAOS_WAITS", "1000"))
SPREAD_SECONDS = 60
# Longer than it takes to open them all, so that all of them wait.
BACKUP_AFTER = SPREAD_SECONDS + 30.0
# What came due while nobody was there is in the outbox so soon after the engine is back. What comes due before and after is as late as ever,
# while web and workers start beside it, which the bound allows for.
SECONDS_AFTER_THE_RESTART = 2.0
USUAL_SECONDS = 3.0
# What the dead sender had in hand is taken by its successor only when its lease is over.
LEASE_SECONDS = 4.0

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
        for name in VICTIMS:
            installation.start(name)
        installation.wait_for_the_engine()
        open_evenly(installation)
        installation.wait_for_pages(WAITS, BACKUP_AFTER - SPREAD_SECONDS)
        # They wait now. Of each the moment in which the next person is due.
        due = sorted(step[5] + BACKUP_AFTER for _, step in alerts(installation.ask("report"), "Ana Ruiz"))
        written = Written(installation)
        written.watch_until(due[WAITS // 2])
        killed = clock.now().timestamp()
        for name in VICTIMS:
            installation.kill(name)
        for name in VICTIMS:
            installation.start(name)
        started = clock.now().timestamp()
        ready = installation.wait_for_the_engine()
        written.watch_until(due[-1] + 60, until=2 * WAITS)
        installation.wait_until_sent(120)
        found = installation.ask("report")
    hold_to_half_the_way(found, Counter(phone.keys))
    at = written.moments()
    assert len(at) == WAITS
    # Those too that came due a moment before, and were not written down yet.
    meanwhile = [moment - ready for moment, then in zip(at, due, strict=True) if moment > killed and then <= ready]
    others = [moment - then for moment, then in zip(at, due, strict=True) if moment <= killed or then > ready]
    wall = clock.now().timestamp() - time.monotonic()
    heard = max(moment + wall - then for moment, then in zip(sorted(phone.at)[WAITS:], due, strict=False))
    print(  # noqa: T201
        f"{WAITS} waits in {SPREAD_SECONDS} s: killed, started again after {started - killed:.1f} s, the engine ready after {ready - killed:.1f} s; "
        f"{len(meanwhile)} due meanwhile, in the outbox {max(meanwhile):.2f} s after that at the latest; "
        f"the others {median(others):.2f} s late, {max(others):.2f} s at most; the last heard of it {heard:.1f} s late"
    )
    assert max(meanwhile) <= SECONDS_AFTER_THE_RESTART
    assert max(others) <= USUAL_SECONDS
    assert heard <= ready - killed + LEASE_SECONDS + SECONDS_AFTER_THE_RESTART


def open_evenly(installation: World) -> None:
    """So many incidents one after the other that they spread over the time."""
    begun, opened = time.monotonic(), 0
    while opened < WAITS:
        now = min(WAITS, int((time.monotonic() - begun) / SPREAD_SECONDS * WAITS) + 1)
        if now > opened:
            opened = installation.ask("incidents", count=now - opened)
        time.sleep(0.02)


class Written:
    """When how many more people were alerted, as another process sees it: after the commit, to a twentieth of a second."""

    def __init__(self, installation: World) -> None:
        self._installation = installation
        self._seen: list[tuple[float, int]] = []

    def watch_until(self, moment: float, until: int | None = None) -> None:
        while clock.now().timestamp() < moment:
            pages = self._installation.ask("pages")
            self._seen.append((clock.now().timestamp(), pages - WAITS))
            if pages == until:
                return
            time.sleep(0.05)

    def moments(self) -> list[float]:
        """Of each wait, the one due first first, the moment in which it was seen to be over: the engine takes them in that order."""
        found: list[float] = []
        for moment, pages in self._seen:
            found += [moment] * (pages - len(found))
        return found


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
