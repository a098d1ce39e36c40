"""The clock of the machine jumps under running processes, by libfaketime; the processes of the database keep theirs."""

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.test_engine_survives_a_kill import own_database
from tests.receiver import Receiver, receiver

from .world import WHOLE_WAY, World, hold_to_the_promise, world

LIBRARY = next((path for place in ("/usr/lib", "/usr/local/lib") for path in Path(place).glob("**/libfaketimeMT.so.1")), None)
pytestmark = [
    pytest.mark.database_of_its_own,
    pytest.mark.skipif(LIBRARY is None, reason="needs libfaketime (Debian: apt install libfaketime)"),
]
HOUR = 3600
MANY = 500


def faked(folder: Path) -> dict[str, str]:
    """The environment of a process whose clock is off by what stands in `folder`/offset, asked anew each time."""
    (folder / "offset").write_text("+0")
    return {
        "LD_PRELOAD": str(LIBRARY),
        "FAKETIME_TIMESTAMP_FILE": str(folder / "offset"),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }


def pages_in(steps: list[Any]) -> list[tuple[int, int, str]]:
    return [(level, position, name) for _, action, level, position, name, *_ in steps if action == "paged"]


def wait(what: Callable[[], bool], seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.3)


def pages(installation: World) -> int:
    return sum(len(pages_in(steps)) for steps in installation.ask("report")["runs"].values())


def test_an_hour_forward_and_back_skips_nobody_and_alerts_nobody_twice(tmp_path: Path) -> None:
    phone: Receiver
    with own_database(tmp_path) as database, receiver() as phone, world(tmp_path, database, phone) as installation:
        clock = faked(tmp_path)
        installation.ask("prepare", phones={"*": [phone.url]}, window=600, backup_after=300)
        for name in ("engine", "sender"):
            installation.start(name, **clock)
        installation.ask("incidents", count=1)
        wait(lambda: len(phone.keys) == 1)
        (tmp_path / "offset").write_text(f"+{HOUR}")
        wait(lambda: len(phone.keys) == 2)
        (tmp_path / "offset").write_text("+0")
        # A whole minute of looks: what was decided in the hour ahead is neither undone nor done again.
        time.sleep(15)
        assert pages(installation) == 2
        # A new incident is nobody's past: it is taken up at once.
        installation.ask("incidents", count=1)
        wait(lambda: len(phone.keys) == 3)
        for hours in range(2, 7):
            (tmp_path / "offset").write_text(f"+{hours * HOUR}")
            time.sleep(4)
        installation.wait_until_over(2, 60)
        hold_to_the_promise(installation.ask("report"), Counter(phone.keys), 2, 0)
        assert installation.ask("outages") == []


def test_half_an_hour_without_an_engine_is_one_late_step_for_each_of_many(tmp_path: Path) -> None:
    with own_database(tmp_path) as database, receiver() as phone, world(tmp_path, database, phone) as installation:
        clock = faked(tmp_path)
        installation.ask("prepare", phones={"*": [phone.url]}, window=600, backup_after=300)
        installation.start("engine", **clock)
        installation.ask("incidents", count=MANY)
        wait(lambda: pages(installation) == MANY, 120)
        installation.kill("engine")
        (tmp_path / "offset").write_text("+1800")
        installation.start("engine", **clock)
        wait(lambda: pages(installation) == 2 * MANY, 120)
        time.sleep(3)
        runs = installation.ask("report")["runs"]
    assert len(runs) == MANY
    for steps in runs.values():
        assert pages_in(steps) == WHOLE_WAY[:2]
        [late] = [step[-1] for step in steps if step[1] == "paged" and step[4] == "Tom Berg"]
        assert 1800 - 300 - 150 <= late <= 1800
