"""What the ledger costs and how quickly it seals.

    python benchmarks/bench_ledger.py [--full]
    python -m tests.postgres --durable python benchmarks/bench_ledger.py [--full]

Each in a database of its own that keeps what it commits as in production (SQLite: WAL, synchronous=NORMAL; PostgreSQL: fsync and
synchronous_commit on), with `manage.py sealer` at work beside it as a process of its own:
1. One save of a governed row, from the opening of its transaction to its commit, in three ways that take turns:
   - by simple-history alone: `row.save()` in a transaction of its own, its row of history (and copies of its joins) written by the library's
     own code, with its own manager; no event and no witness on the row's tables;
   - by the portal without its ledger: the same, the row of history written by portal.foundation.history_rows;
   - with the ledger: `save_tracked` in an `act` by a person: an event with before and after, the person's names sealed, the witnesses, a receipt.
   The sealer complains meanwhile that witnesses are missing. For two kinds of rows: a service, which is joined with runbooks (none here, which simple-history looks up at each save), and a runbook,
   which is joined with nothing and is cheaper to save. The ledger's median is at most 1.4 times that of simple-history alone, and its 95th
   percentile at most 5 ms (PostgreSQL) or 1 ms (SQLite) above the portal's without its ledger. That counts whatever a save waited for: the
   sealer's writing (SQLite has one lock), the disk, a processor that others had. So the same is said of the processor's time alone, which is
   what the ledger itself adds, and of the saves during which the writer was never off its processor (SQLite: they waited for nobody).
2. Writers as fast as they can, an event a transaction: at least 1,000 (PostgreSQL) or 300 (SQLite) events a second while the sealer keeps up.
3. How long an event waited for its checkpoint: the 99th percentile at most 2 s.
4. A proof of one event, looked up by its number, as it is handed out: the median at most 1 ms, at most 1.5 KB.

By default for some seconds and over 70,000 leaves; --full for a minute and over 1,000,000. Processor time is named beside the time that passed,
for on a busy machine only the former says something.
"""

import argparse
import itertools
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from processes import cpu

PROJECT = Path(__file__).resolve().parents[1]
PROMISED = {
    "postgresql": {"rate": 1000, "more_ms": 5.0, "writers": 4},
    "sqlite": {"rate": 300, "more_ms": 1.0, "writers": 2},
}
TIMES_AT_MOST, LAG_AT_MOST, PROOF_MS, PROOF_BYTES = 1.4, 2.0, 1.0, 1536
TURN, WARMING = 20, 3
# So many saves say something about their 95th percentile.
ENOUGH = 40
# Saved in turn, for a row has tens of versions, not thousands.
ROWS = 40
# Events of the tree that is made for proofs.
FIRST_MADE = 10**9


def main(full: bool) -> int:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    promised = PROMISED[connection.vendor]
    load = " ".join(f"{one:.1f}" for one in os.getloadavg())
    print(f"{connection.vendor}{durability()}, {os.cpu_count()} cores, load {load}\n{'':44}{'measured':>12}{'promised':>12}")
    with running("manage.py", "sealer") as sealer:
        kept = saves(1000 if full else 200, promised)
        kept += rate(60.0 if full else 6.0, promised, sealer)
    kept += proofs(1_000_000 if full else 70_000, 2000 if full else 300)
    print("all kept" if all(kept) else "NOT ALL KEPT")
    return 0 if all(kept) else 1


def durability() -> str:
    """Says so where commits do not wait for the disk as they do in production."""
    from django.db import connection

    if connection.vendor == "sqlite":
        return ""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('fsync'), current_setting('synchronous_commit')")
        return "" if cursor.fetchone() == ("on", "on") else " that does not wait for the disk (run it with --durable)"


def saves(each: int, promised: dict[str, float]) -> list[bool]:
    """In turns, so that whatever else the machine does falls on all."""
    from policies.models import Runbook, Service
    from portal.foundation.people.models import User

    who = User.objects.create(username="somebody", display_name="Some Body")
    services = [Service.objects.create(name=f"Card payments {number}", key=f"card-payments-{number}") for number in range(ROWS)]
    runbooks = [Runbook.objects.create(title=f"Card payments fail {number}", url="https://runbooks.test/") for number in range(ROWS)]
    return saves_of(services, "description", who, each, promised) + saves_of(runbooks, "title", who, each, promised)


def saves_of(rows: list[Any], column: str, who: Any, each: int, promised: dict[str, float]) -> list[bool]:
    from django.db import transaction

    from audit.events.services import act
    from portal.foundation import clock
    from portal.foundation.base_models import save_tracked

    turns = itertools.cycle(rows)

    def alone(text: str) -> None:
        row = next(turns)
        with transaction.atomic():
            setattr(row, column, text)
            row.save()

    def told(text: str) -> None:
        row, now = next(turns), clock.now()
        with act("service.changed", actor=who, now=now, subject=row, why="measured"):
            setattr(row, column, text)
            save_tracked(row, actor=who, now=now, reason="measured")

    took: dict[str, list[Took]] = {"library": [], "portal": [], "ledger": []}
    for _ in range(max(each // TURN, 1)):
        with unwitnessed(type(rows[0])):
            with by_the_library():
                took["library"] += timed(alone, TURN)
            took["portal"] += timed(alone, TURN)
        took["ledger"] += timed(told, TURN)
    print(f"a save of a {rows[0]._meta.verbose_name} (ms){'':20}{'median':>10}{'p95':>10}{'processor':>12}")
    words = {"library": "by simple-history alone", "portal": "by the portal without its ledger", "ledger": "with the ledger"}
    for way, times in took.items():
        passed, used, _ = zip(*times, strict=True)
        print(f"    {words[way]:40}{statistics.median(passed):10.2f}{percentile(passed, 0.95):10.2f}{statistics.median(used):12.2f}")
    library, portal, ledger = ([one.passed for one in times] for times in took.values())
    kept = [
        said("times as long as simple-history alone", statistics.median(ledger) / statistics.median(library), TIMES_AT_MOST),
        said("added at p95 (ms)", percentile(ledger, 0.95) - percentile(portal, 0.95), promised["more_ms"]),
    ]
    own = percentile([one.used for one in took["ledger"]], 0.95) - percentile([one.used for one in took["portal"]], 0.95)
    print(f"    of the processor's time: {own:.2f} ms; {undisturbed(took['portal'], took['ledger'])}")
    return kept


def undisturbed(portal: Sequence["Took"], ledger: Sequence["Took"]) -> str:
    """What was added to the saves during which nobody else had the processor and nothing was waited for."""
    alone = [[one.passed for one in times if not one.interrupted] for times in (portal, ledger)]
    if min(map(len, alone)) < ENOUGH:
        return "too few saves waited for nobody to say it of them"
    return f"of {len(alone[1])} of {len(ledger)} saves that waited for nobody: {percentile(alone[1], 0.95) - percentile(alone[0], 0.95):.2f} ms"


@contextmanager
def unwitnessed(model: Any) -> Iterator[None]:
    """Without anything of the ledger on the model's tables: no ear on its history, no question for the row before, no triggers."""
    from django.db import connection
    from simple_history.signals import post_create_historical_record

    from audit.capture.governed import governed_tables
    from audit.capture.witnesses import witnesses
    from audit.events.receivers import history_row_written
    from portal.foundation import history_rows
    from portal.foundation.many_rows import insert_one

    asking = history_rows._insert
    tables = {model._meta.db_table, model.history.model._meta.db_table}
    tables |= {field.remote_field.through._meta.db_table for field in model._meta.many_to_many}
    theirs = [one for one in witnesses(governed_tables(), connection.vendor) if one.table in tables]
    with connection.cursor() as cursor:
        for one in theirs:
            cursor.execute(f"DROP TRIGGER {one.name}" + ("" if connection.vendor == "sqlite" else f" ON {one.table}"))
        post_create_historical_record.disconnect(history_row_written)
        history_rows._insert = lambda row, history_type: insert_one(row)
        try:
            yield
        finally:
            history_rows._insert = asking
            post_create_historical_record.connect(history_row_written)
            for statement in (statement for one in theirs for statement in (one.statement, one.by_law) if statement):
                cursor.execute(statement)


@contextmanager
def by_the_library() -> Iterator[None]:
    """History as simple-history itself writes it, without what the portal has made quicker."""
    from django.db.models import Model
    from simple_history.manager import HistoryManager
    from simple_history.models import HistoricalRecords

    from portal.foundation.base_models import PastManager
    from portal.foundation.history_rows import QuickRecords
    from portal.foundation.many_rows import QuicklyInserted

    ours: list[tuple[type, str, Any]] = [
        (QuickRecords, "create_historical_record", HistoricalRecords.create_historical_record),
        (QuickRecords, "create_historical_record_m2ms", HistoricalRecords.create_historical_record_m2ms),
        (QuicklyInserted, "_do_insert", Model._do_insert),  # type: ignore[attr-defined]
        (PastManager, "from_queryset", classmethod(HistoryManager.from_queryset.__func__)),
    ]
    kept = [vars(holder)[name] for holder, name, _ in ours]
    for holder, name, theirs in ours:
        setattr(holder, name, theirs)
    try:
        yield
    finally:
        for (holder, name, _), own in zip(ours, kept, strict=True):
            setattr(holder, name, own)


class Took(NamedTuple):
    """Milliseconds that passed, milliseconds of the processor's, and whether the thread was off its processor meanwhile."""

    passed: float
    used: float
    interrupted: bool


def timed(work: Callable[[str], None], times: int) -> list[Took]:
    """The first ones, which fill caches, do not count."""
    took = []
    for number in range(times + WARMING):
        before, begun, used = interruptions(), time.perf_counter(), time.thread_time()
        work(f"text {time.time_ns()} {number}")
        passed, of_it_used = time.perf_counter() - begun, time.thread_time() - used
        took.append(Took(passed * 1000, of_it_used * 1000, interruptions() > before))
    return took[WARMING:]


def interruptions() -> int:
    """How often this thread has left its processor, to wait for something or because others wanted it."""
    usage = resource.getrusage(resource.RUSAGE_THREAD)
    return usage.ru_nvcsw + usage.ru_nivcsw


def rate(seconds: float, promised: dict[str, float], sealer: int) -> list[bool]:
    from audit.models import LedgerLeaf
    from audit.sealing.services import state

    first, command = wait_until_sealed(), [sys.executable, __file__, "--write", str(seconds)]
    writers = [
        subprocess.Popen([*command, str(number)], cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for number in range(int(promised["writers"]))
    ]
    for writer in writers:
        assert writer.stdout is not None
        writer.stdout.readline()
    before = cpu(sealer)
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    counts, used_by_writers = zip(*(map(float, writer.communicate()[0].split()) for writer in writers), strict=True)
    behind = state().waiting
    wait_until_sealed()
    each = 1e6 / max(sum(counts), 1)
    used = f"processor for each: writer {sum(used_by_writers) * each:.0f} µs, sealer {(cpu(sealer) - before) * each:.0f} µs"
    print(f"{len(counts)} writers for {seconds:g} s: {sum(counts):,.0f} events; {behind} waited when they stopped; {used}")
    late = lags(first)
    assert LedgerLeaf.objects.count() - first >= sum(counts)
    return [
        said("events a second", sum(counts) / seconds, promised["rate"], at_least=True),
        said("from event to checkpoint, p99 (s)", percentile(late, 0.99), LAG_AT_MOST),
    ]


def write(seconds: float, number: int) -> None:
    """A writer: an event a transaction, about objects of its own. Says when it is ready, begins when told to; prints how many, and the
    seconds of processor time that they took.
    """
    import django

    django.setup()
    from django.db import connection, transaction

    from audit.ledger.services import append
    from portal.foundation import clock

    connection.ensure_connection()
    print("ready", flush=True)
    sys.stdin.readline()
    count, text, end, used = 0, "What somebody gave as the reason for it. " * 6, time.monotonic() + seconds, time.process_time()
    while time.monotonic() < end:
        about = {"model": "bench.thing", "pk": f"{number}-{count % 100}", "repr": "thing"}
        who = {"id": "7", "name": "somebody", "kind": "person"}
        with transaction.atomic():
            append({"type": "bench.written", "actor": who, "obj": about, "why": text, "details": {"count": count}}, now=clock.now())
        count += 1
    print(count, time.process_time() - used)


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

    from audit.evidence.proofs import prove
    from audit.models import LedgerCheckpoint, LedgerEvent
    from audit.sealing import sequencing
    from audit.sealing.stored import tree_size
    from portal.foundation import clock

    first, chance = tree_size(), random.Random(leaves)
    for size in range(first, leaves, 5000):
        with transaction.atomic():
            sequencing.place([(FIRST_MADE + at, b"%d" % at) for at in range(size, min(size + 5000, leaves))])
    # As large as a real one: nobody checks it here.
    LedgerCheckpoint.objects.create(size=leaves, root="", at=clock.now(), note=LedgerCheckpoint.objects.order_by("-id")[0].note)
    took, longest = [], 0
    for _ in range(times):
        event = LedgerEvent(pk=FIRST_MADE + chance.randrange(first, leaves), payload="{}")
        begun, used = time.perf_counter(), time.thread_time()
        proof = prove(event)
        took.append(((time.perf_counter() - begun) * 1000, (time.thread_time() - used) * 1000))
        longest = max(longest, len(proof.text.encode()))
    passed, used_up = zip(*took, strict=True)
    print(
        f"proofs over {leaves:,} leaves: p95 {percentile(passed, 0.95):.2f} ms, median {statistics.median(used_up):.2f} ms of the processor"
    )
    return [said("a proof, median (ms)", statistics.median(passed), PROOF_MS), said("a proof, longest (bytes)", longest, PROOF_BYTES)]


def said(what: str, measured: float, promised: float, *, at_least: bool = False) -> bool:
    kept = measured >= promised if at_least else measured <= promised
    print(f"{what:44}{measured:12.2f}{promised:12.2f}{'' if kept else '   NOT KEPT'}", flush=True)
    return kept


def percentile(values: Sequence[float], share: float) -> float:
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


def given() -> Any:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="for as long and as much as is promised")
    parser.add_argument("--write", nargs=2, metavar=("SECONDS", "NUMBER"), help="be one of the writers")
    return parser.parse_args()


if __name__ == "__main__":
    sys.path.insert(0, str(PROJECT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.development")
    asked = given()
    if asked.write:
        write(float(asked.write[0]), int(asked.write[1]))
        sys.exit(0)
    with tempfile.TemporaryDirectory(prefix="bench-ledger-") as folder:
        os.environ["PORTAL_VAR"] = folder
        sys.exit(main(asked.full))
