"""The disk fails or the sealer is killed in the very middle of a write: strace injects EIO, ENOSPC and SIGKILL. Clean afterwards, each time."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.test_engine_survives_a_kill import own_database

from .test_sealer_kills import PROJECT, nursery, settings_for

pytestmark = [
    pytest.mark.database_of_its_own,
    pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace"),
]
# What is traced, the file it must touch (the folder of the keys, the database), what happens there instead, and at which call.
FOLDER = [
    (call, f"keys/{name}", fault, 1)
    for call, name in (("fsync", ".sealed.new"), ("write", ".sealed.new"), ("rename", ".sealed.new"), ("fsync", ""))
    for fault in ("error=EIO", "error=ENOSPC", "signal=KILL")
]
DATABASE = [
    (call, "kill.sqlite3-wal", fault, when)
    for call in ("pwrite64", "fdatasync,fsync")
    for fault in ("error=EIO", "error=ENOSPC", "signal=KILL")
    for when in (1, 2)
]
EVENTS = 20


def test_a_fault_at_any_write_of_the_sealer_costs_nothing(tmp_path: Path) -> None:
    # PostgreSQL's server writes its own files; there it is stopped at once instead (test_sealer_kills).
    faults = FOLDER if os.environ.get("DATABASE_URL", "").startswith("postgres") else FOLDER + DATABASE
    hit = []
    with own_database(tmp_path) as database, nursery(tmp_path, database) as ask:
        ask("prepare")
        ask("events", count=EVENTS)
        ask("seal_once")
        for fault in faults:
            ask("events", count=EVENTS)
            hit.append(injected(tmp_path, database, *fault))
            ask("events", count=EVENTS)
            ask("seal_once")
            assert ask("report")["wrong"] == [], fault
            print(fault, hit[-1], flush=True)  # noqa: T201
    print(f"{len(faults)} faults, {sum(hit)} of them hit")  # noqa: T201
    # One that is not reached shows nothing.
    assert sum(hit) >= len(faults) * 2 // 3, [fault for fault, was_hit in zip(faults, hit, strict=True) if not was_hit]


def injected(folder: Path, database: str, call: str, path: str, fault: str, when: int) -> bool:
    """Whether the fault was met while a sealer sealed what waits."""
    trace = folder / "strace.log"
    trace.write_text("")
    inject = ["-e", f"trace={call}", "-e", f"inject={call}:{fault}:when={when}", "-P", str(folder / path).rstrip("/")]
    with (folder / "sealer.log").open("ab") as log:
        command: list[Any] = ["strace", "-f", "-o", trace, *inject, sys.executable, "manage.py", "sealer", "--once"]
        subprocess.run(command, cwd=PROJECT, env=settings_for(folder, database), stdout=log, stderr=log, timeout=120, check=False)
    return "INJECTED" in trace.read_text() or "killed by SIGKILL" in trace.read_text()
