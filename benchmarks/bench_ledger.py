"""What the ledger costs and how quickly it seals.

    python benchmarks/bench_ledger.py [--full]
    python -m tests.postgres python benchmarks/bench_ledger.py [--full]

Each in a database of its own, with `manage.py sealer` as a process of its own:
1. One save of a governed row, alone (its history row, no event, no witness in the database) and with the ledger: at most 1.4 times the median,
   at most 5 ms (PostgreSQL) or 1 ms (SQLite) more at the 95th percentile.
2. Writers as fast as they can, an event a transaction: at least 1,000 (PostgreSQL) or 300 (SQLite) events a second while the sealer keeps up.
3. How long an event waited for its checkpoint: the 99th percentile at most 2 s.
4. A proof out of the stored tree: the median at most 1 ms, at most 1.5 KB.

By default for some seconds and over 70,000 leaves; --full for a minute and over 1,000,000.
"""

import argparse
import base64
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
PROMISED = {
    "postgresql": {"rate": 1000, "more_ms": 5.0, "writers": 4},
    "sqlite": {"rate": 300, "more_ms": 1.0, "writers": 2},
}
TIMES_AT_MOST, LAG_AT_MOST, PROOF_MS, PROOF_BYTES = 1.4, 2.0, 1.0, 1536
START_SECONDS = 8.0


def main(full: bool) -> int:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    promised = PROMISED[connection.vendor]
    print(f"{connection.vendor}, {os.cpu_count()} cores\n{'':44}{'measured':>12}{'promised':>12}")
    with running("manage.py", "sealer") as sealer:
        kept = saves(1000 if full else 200, promised)
        kept += rate(60.0 if full else 6.0, promised, sealer)
    kept += proofs(1_000_000 if full else 70_000, 2000 if full else 300)
    print("all kept" if all(kept) else "NOT ALL KEPT")
    return 0 if all(kept) else 1


def saves(each: int, promised: dict[str, float]) -> list[bool]:
    """In turns, so that whatever else the machine does falls on both."""
    from django.db import transaction
    from simple_history.signals import post_create_historical_record

    from audit.capture import installing
    from audit.events.receivers import history_row_written
    from audit.events.services import act
    from policies.models import Service
    from portal.foundation import clock

    row = Service.objects.create(name="Card payments", key="card-payments")

    def alone(text: str) -> None:
        with transaction.atomic():
            row.description = text
            row.save()

    def told(text: str) -> None:
        with act("service.changed", actor=None, now=clock.now(), subject=row, why="measured"):
            row.description = text
            row.save()

    took: dict[str, list[float]] = {"alone": [], "told": []}
    for _ in range(4):
        installing.drop("default")
        post_create_historical_record.disconnect(history_row_written)
        took["alone"] += timed(alone, each)
        post_create_historical_record.connect(history_row_written)
        installing.install_after_migrate(None, "default")
        took["told"] += timed(told, each)
    alone_ms, told_ms = ({"median": statistics.median(one), "p95": percentile(one, 0.95)} for one in took.values())
    print(f"{'a save alone, median and p95 (ms)':44}{alone_ms['median']:12.2f}{alone_ms['p95']:12.2f}")
    print(f"{'the same with the ledger':44}{told_ms['median']:12.2f}{told_ms['p95']:12.2f}")
    return [
        said("times as long", told_ms["median"] / alone_ms["median"], TIMES_AT_MOST),
        said("added at p95 (ms)", told_ms["p95"] - alone_ms["p95"], promised["more_ms"]),
    ]


def timed(work: Callable[[str], None], times: int) -> list[float]:
    """Milliseconds of each; the first ones, which fill caches, do not count."""
    took = []
    for number in range(times + 5):
        begun = time.perf_counter()
        work(f"text {time.time_ns()} {number}")
        took.append((time.perf_counter() - begun) * 1000)
    return took[5:]


def rate(seconds: float, promised: dict[str, float], sealer: int) -> list[bool]:
    from audit.models import LedgerLeaf
    from audit.sealing.services import state

    first, begin, before = wait_until_sealed(), time.monotonic() + START_SECONDS, cpu(sealer)
    command = [sys.executable, __file__, "--write", str(begin), str(seconds)]
    writers = [
        subprocess.Popen([*command, str(number)], cwd=PROJECT, stdout=subprocess.PIPE, text=True)
        for number in range(int(promised["writers"]))
    ]
    counts = [int(writer.communicate()[0]) for writer in writers]
    behind = state().waiting
    wait_until_sealed()
    used = (cpu(sealer) - before) / max(sum(counts), 1) * 1e6
    print(
        f"{len(counts)} writers for {seconds:g} s: {sum(counts):,} events; {behind} waited when they stopped; sealer {used:.0f} µs of CPU each"
    )
    late = lags(first)
    assert LedgerLeaf.objects.count() - first >= sum(counts)
    return [
        said("events a second", sum(counts) / seconds, promised["rate"], at_least=True),
        said("from event to checkpoint, p99 (s)", percentile(late, 0.99), LAG_AT_MOST),
    ]


def write(begin: float, seconds: float, number: int) -> None:
    """A writer: an event a transaction, about objects of its own. Prints how many."""
    import django

    django.setup()
    from django.db import transaction

    from audit.ledger.services import append
    from portal.foundation import clock

    count, text = 0, "What somebody gave as the reason for it. " * 6
    time.sleep(max(0.0, begin - time.monotonic()))
    while time.monotonic() < begin + seconds:
        about = {"model": "bench.thing", "pk": f"{number}-{count % 100}", "repr": "thing"}
        who = {"id": "7", "name": "somebody", "kind": "person"}
        with transaction.atomic():
            append({"type": "bench.written", "actor": who, "obj": about, "why": text, "details": {"count": count}}, now=clock.now())
        count += 1
    print(count)


def wait_until_sealed() -> int:
    """How many entries are sealed once none waits."""
    from audit.sealing.services import state

    deadline = time.monotonic() + 120
    while (now := state()).waiting:
        if time.monotonic() > deadline:
            raise SystemExit(f"{now.waiting} events are not sealed: {now.alarms}")
        time.sleep(0.2)
    return now.size


def lags(first: int) -> list[float]:
    """Seconds from when an event was written to the time of the first checkpoint that holds it, of every entry from `first` on."""
    from audit.models import LedgerCheckpoint, LedgerEvent, LedgerLeaf

    written = dict(LedgerEvent.objects.values_list("id", "recorded_at"))
    checkpoints = iter(LedgerCheckpoint.objects.filter(size__gt=first).order_by("size").values_list("size", "at"))
    size, at = next(checkpoints)
    late = []
    for index, event in LedgerLeaf.objects.filter(index__gte=first).order_by("index").values_list("index", "event"):
        while index >= size:
            size, at = next(checkpoints)
        late.append((at - written[event]).total_seconds())
    return late


def proofs(leaves: int, times: int) -> list[bool]:
    """Of a tree that is made for it; nothing seals any more."""
    from django.db import transaction

    from audit.models import LedgerCheckpoint
    from audit.sealing import prove, sequencing
    from audit.sealing.stored import tree_size

    size, chance = tree_size(), random.Random(leaves)
    while size < leaves:
        with transaction.atomic():
            sequencing.place([(10**9 + at, b"%d" % at) for at in range(size, min(size + 5000, leaves))])
        size = min(size + 5000, leaves)
    took, longest, note = [], 0, LedgerCheckpoint.objects.order_by("-id")[0].note
    for _ in range(times):
        index, begun = chance.randrange(size), time.perf_counter()
        path = prove.inclusion(index, size)
        took.append((time.perf_counter() - begun) * 1000)
        text = f"c2sp.org/tlog-proof@v1\nindex {index}\n" + "".join(f"{base64.b64encode(one).decode()}\n" for one in path) + "\n" + note
        longest = max(longest, len(text.encode()))
    print(f"proofs over {size:,} leaves: p95 {percentile(took, 0.95):.2f} ms")
    return [said("a proof, median (ms)", statistics.median(took), PROOF_MS), said("a proof, longest (bytes)", longest, PROOF_BYTES)]


def said(what: str, measured: float, promised: float, *, at_least: bool = False) -> bool:
    kept = measured >= promised if at_least else measured <= promised
    print(f"{what:44}{measured:12.2f}{promised:12.2f}{'' if kept else '   NOT KEPT'}", flush=True)
    return kept


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(len(ordered) * share))]


@contextmanager
def running(*command: str) -> Iterator[int]:
    process = subprocess.Popen([sys.executable, *command], cwd=PROJECT, env={**os.environ, "LOG_LEVEL": "WARNING"})
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait(30)


def cpu(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def given() -> Any:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="for as long and as much as is promised")
    parser.add_argument("--write", nargs=3, metavar=("BEGIN", "SECONDS", "NUMBER"), help="be one of the writers")
    return parser.parse_args()


if __name__ == "__main__":
    sys.path.insert(0, str(PROJECT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.development")
    asked = given()
    if asked.write:
        write(float(asked.write[0]), float(asked.write[1]), int(asked.write[2]))
        sys.exit(0)
    with tempfile.TemporaryDirectory(prefix="bench-ledger-") as folder:
        os.environ["PORTAL_VAR"] = folder
        sys.exit(main(asked.full))
