"""How late the engine's steps are, and what they cost.

    python benchmarks/bench_engine.py [--full] [--json FILE] [--plot FILE.svg] [--only NAME ...]
    python -m tests.postgres python benchmarks/bench_engine.py --full

pass       what a pass over D due runs costs when nothing else is live, and when L runs are: the ratio is at most 1.3.
decisions  how many `next_actions` one core decides a second: at least 50,000.
burst      D of L live runs due in the same second: how long after their due time their rows are committed. p99 1.0 s (SQLite 2.0 s).
steady     R due a second for some seconds: the same. p99 0.5 s.
incidents  N incidents opened through the API, one after the other, and started and alerted by the engine: processor time each, 10 ms.
idle       the processor time of an engine with L live runs and nothing due: under 3 % of a core.
kill       SIGKILL of the engine again and again while D waits end: none lost, each late by at most the restart and 2 s.
engines    PostgreSQL only: D due at once for one engine and for two, each `--alone`, for an engine with its second process has both cores
           by itself: at least 1.6 times as fast, no step twice.

`--full` takes the sizes that the limits are for, and fails where one is not kept; without it everything is smaller, so that all of it ends
within two minutes. Runs in a database of its own: a file in a temporary folder, or the (empty) one of DATABASE_URL. Times on the wall need a machine with nothing else to do; the processor time
of the database server is not in the figures.
"""

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from processes import cpu

PROJECT = Path(__file__).resolve().parents[1]
SMALL = {"live": 2_000, "due": 200, "rate": 20, "seconds": 5, "new": 60, "idle": 8}
FULL = {"live": 100_000, "burst_live": 10_000, "due": 1_000, "rate": 100, "seconds": 30, "new": 1_000, "idle": 60}
SOON = timedelta(seconds=4)
results: dict[str, Any] = {}
late: dict[str, list[float]] = {}
_stamps = count(1)


def main() -> int:
    options = arguments()
    if options.engine:
        return engine(options.engine, alone=options.alone)
    import django

    django.setup()
    import logging

    import escalations
    from django.db import connection

    logging.disable(logging.INFO)
    sizes = FULL if options.full else SMALL
    print(f"{connection.vendor}, {'full' if options.full else 'small'} sizes")
    escalations.prepare(now())
    kept = []
    for name, part in PARTS.items():
        if not options.only or name in options.only:
            kept += list(part(sizes))
            end_all()
    if options.json:
        Path(options.json).write_text(
            json.dumps({"database": connection.vendor, "sizes": sizes, "results": results, "late": shares()}, indent=1)
        )
    if options.plot:
        Path(options.plot).write_text(plotted(late))
    return 0 if all(kept) or not options.full else 1


def shares() -> dict[str, list[float]]:
    """How late so many per cent of the steps were at most, from 0 to 100."""
    return {f"engine: {name}": [round(quantile(values, share / 100), 4) for share in range(101)] for name, values in late.items()}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="How late the engine's steps are, and what they cost.")
    parser.add_argument("--full", action="store_true", help="the sizes that the limits are for")
    parser.add_argument("--json", help="write the figures there")
    parser.add_argument("--plot", help="draw how late the steps were, as SVG, there")
    parser.add_argument("--only", nargs="*", choices=list(PARTS), help="these parts and no others")
    parser.add_argument("--engine", help=argparse.SUPPRESS)
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def told(name: str, value: float, unit: str, limit: float | None, *, at_least: bool = False) -> bool:
    good = limit is None or (value >= limit if at_least else value <= limit)
    words = "" if limit is None else f"{'at least' if at_least else 'at most'} {limit:g} {unit}   {'kept' if good else 'NOT KEPT'}"
    print(f"{name:52} {value:10,.2f} {unit:6} {words}", flush=True)
    results[name] = {"value": round(value, 4), "unit": unit, "limit": limit, "kept": good}
    return good


def now() -> datetime:
    return datetime.now(UTC)


def fill(how_many: int, due: list[datetime] | datetime) -> None:
    import escalations

    escalations.fill(how_many, due)


def end_all() -> None:
    from incidents.models import EscalationLook, EscalationRun

    EscalationRun.objects.filter(state__in=EscalationRun.LIVE).update(state="ended", ended_at=now())
    EscalationLook.objects.all().delete()
    settle()


def settle() -> None:
    """As PostgreSQL's autovacuum does after a while: without it, it plans for the empty tables it last saw."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def of_passes(sizes: dict[str, int]) -> Iterator[bool]:
    from incidents.escalation.engine import run_cycle

    def cost() -> float:
        taken = []
        for _ in range(3):
            fill(sizes["due"], now() - timedelta(seconds=1))
            begun, at = time.process_time(), now()
            done = sum(run_cycle(now=at).advanced for _ in range(-(-sizes["due"] // 1_000)))
            taken.append(time.process_time() - begun)
            assert done == sizes["due"], done
        return statistics.median(taken)

    fill(20, now() - timedelta(seconds=1))
    run_cycle(now=now())
    alone = cost()
    fill(sizes["live"], now() + timedelta(days=9))
    settle()
    # The look through everything, which comes once a minute, is not the pass that is measured.
    run_cycle(now=now())
    among = cost()
    each = alone * 1000 / sizes["due"]
    yield told(f"pass: {sizes['due']:,} due of as many live, each", each, "ms CPU", None)
    yield told(f"pass: as many due of {sizes['live']:,} live, times", among / alone, "x", 1.3)


def of_decisions(sizes: dict[str, int]) -> Iterator[bool]:
    from django.db import transaction
    from django.db.models import Q

    from incidents.escalation.turns import claimed, decided
    from incidents.models import EscalationRun
    from policies.decisions.escalation import next_actions

    fill(100, now() - timedelta(seconds=1))
    with transaction.atomic():
        turns = decided(claimed(Q(state__in=EscalationRun.LIVE)), now=now())
    at, rounds = now(), 200 if sizes is SMALL else 1_000
    begun = time.process_time()
    for _ in range(rounds):
        for turn in turns:
            next_actions(turn.snapshot, turn.roster, turn.before, at)
    yield told("decisions a second", rounds * len(turns) / (time.process_time() - begun), "/s", 50_000, at_least=True)


def of_bursts(sizes: dict[str, int]) -> Iterator[bool]:
    live = sizes.get("burst_live", sizes["live"])
    fill(live - sizes["due"], now() + timedelta(days=9))
    with running() as stamps:
        due = now() + SOON + timedelta(seconds=sizes["due"] / 500)
        fill(sizes["due"], due)
        found = lateness(stamps, sizes["due"], due)
    late["at once"] = found
    yield told(f"burst: {sizes['due']:,} of {live:,} due at once, p50", quantile(found, 0.5), "s", None)
    yield told(f"burst: {sizes['due']:,} of {live:,} due at once, p99", quantile(found, 0.99), "s", 2.0 if is_sqlite() else 1.0)


def of_steady(sizes: dict[str, int]) -> Iterator[bool]:
    how_many = sizes["rate"] * sizes["seconds"]
    with running() as stamps:
        start = now() + SOON + timedelta(seconds=how_many / 100)
        fill(how_many, [start + timedelta(seconds=place / sizes["rate"]) for place in range(how_many)])
        found = lateness(stamps, how_many, start + timedelta(seconds=sizes["seconds"]))
    late["steady"] = found
    yield told(f"steady: {sizes['rate']} due a second, p50", quantile(found, 0.5), "s", None)
    yield told(f"steady: {sizes['rate']} due a second, p99", quantile(found, 0.99), "s", 0.5)


def of_incidents(sizes: dict[str, int]) -> Iterator[bool]:
    from django.test import Client

    from incidents.escalation.engine import run_cycle
    from policies.models import Service
    from portal.models import OutboxMessage
    from tests.factories.portal import person
    from tests.factories.tokens import token_of

    sender = person("Sender", roles=("responder",))
    key = token_of(sender)
    client = Client(headers={"authorization": f"Token {key}", "host": "localhost"})
    services = list(Service.objects.values_list("key", flat=True))

    def post(number: int) -> None:
        sent = {"title": f"Payments fail {number}", "service": services[number % len(services)], "impact": 1, "urgency": 2}
        answer = client.post(
            "/api/v1/incidents/", data=sent, content_type="application/json", headers={"idempotency-key": f"bench-{number}"}
        )
        assert answer.status_code == 201, answer.content

    for number in range(20):
        post(number)
    run_cycle(now=now())
    before = OutboxMessage.objects.count()
    opening, wall = time.process_time(), time.perf_counter()
    for number in range(20, 20 + sizes["new"]):
        post(number)
    opening, wall = time.process_time() - opening, time.perf_counter() - wall
    alerting = time.process_time()
    while OutboxMessage.objects.count() < before + sizes["new"]:
        run_cycle(now=now())
    alerting = time.process_time() - alerting
    each = 1000 / sizes["new"]
    yield told(f"incidents: {sizes['new']:,} opened, each", opening * each, "ms CPU", None)
    yield told("incidents: started and alerted, each", alerting * each, "ms CPU", None)
    yield told("incidents: together, each", (opening + alerting) * each, "ms CPU", 10)
    yield told("incidents: opened by one after the other", sizes["new"] / wall, "/s", None)


def of_idleness(sizes: dict[str, int]) -> Iterator[bool]:
    fill(sizes["live"], now() + timedelta(days=9))
    settle()
    with running() as stamps:
        time.sleep(3)
        begun, wall = cpu(stamps.process.pid), time.monotonic()
        time.sleep(sizes["idle"])
        share = (cpu(stamps.process.pid) - begun) / (time.monotonic() - wall)
    yield told(f"idle with {sizes['live']:,} live", share * 100, "%", 3)


def of_kills(sizes: dict[str, int]) -> Iterator[bool]:
    seconds = 12
    start = now() + SOON + timedelta(seconds=sizes["due"] / 500)
    dues = [start + timedelta(seconds=seconds * place / sizes["due"]) for place in range(sizes["due"])]
    fill(sizes["due"], dues)
    found: dict[str, float] = {}
    downs: list[float] = []
    life, ended = 0.7, start + timedelta(seconds=seconds)
    while now() < ended or (lost() and now() < ended + timedelta(seconds=60)):
        gone = time.monotonic()
        with running() as stamps:
            downs.append(time.monotonic() - gone)
            time.sleep(life if now() < ended else 3 * life)
            stamps.process.send_signal(signal.SIGKILL)
            stamps.process.wait()
            for number, stamp in stamps.read().items():
                assert number not in found, f"{number} twice"
                found[number] = stamp
        life = 0.3 + (life * 7) % 2.1
    due = due_times()
    waits = [stamp - due[number] for number, stamp in found.items()]
    yield told(f"kill: lost of {sizes['due']:,} waits, {len(downs)} kills", float(lost()), "", 0)
    yield told("kill: longest restart", max(downs), "s", None)
    yield told("kill: latest beyond the restart", max(waits) - max(downs), "s", 2.0)


def of_two_engines(sizes: dict[str, int]) -> Iterator[bool]:
    if is_sqlite():
        return
    took = []
    for engines in (1, 2):
        due = now() + SOON + timedelta(seconds=sizes["due"] / 100)
        fill(4 * sizes["due"], due)
        with running("--alone") as one, running("--alone") if engines == 2 else nullcontext() as other:
            found = lateness(one, 4 * sizes["due"], due, other)
        took.append(max(found))
        end_all()
    yield told(f"engines: one took for {4 * sizes['due']:,} due at once", took[0], "s", None)
    yield told("engines: two are faster than one by", took[0] / took[1], "x", 1.6, at_least=True)


PARTS: dict[str, Callable[[dict[str, int]], Iterator[bool]]] = {
    "pass": of_passes,
    "decisions": of_decisions,
    "burst": of_bursts,
    "steady": of_steady,
    "incidents": of_incidents,
    "idle": of_idleness,
    "kill": of_kills,
    "engines": of_two_engines,
}


class Stamps:
    """An engine as a process of its own that writes down when the steps of which incident were committed."""

    def __init__(self, folder: str, *how: str) -> None:
        self.file = Path(folder, f"stamps-{next(_stamps)}")
        self.file.touch()
        command = [sys.executable, str(Path(__file__)), "--engine", str(self.file), *how]
        self.process = subprocess.Popen(command, cwd=PROJECT, stderr=subprocess.PIPE)
        assert self.process.stderr is not None
        while b"The engine looks" not in (line := self.process.stderr.readline()):
            assert line, "the engine did not start"

    def read(self) -> dict[str, float]:
        """When each incident's first step was committed, in seconds since 1970. A line that a kill cut off counts by its numbers."""
        found: dict[str, float] = {}
        for line in self.file.read_text().splitlines():
            stamp, *numbers = line.split()
            found.update((number, float(stamp)) for number in numbers if number not in found)
        return found


@contextmanager
def running(*how: str) -> Iterator[Stamps]:
    stamps = Stamps(os.environ["PORTAL_VAR"], *how)
    try:
        yield stamps
    finally:
        stamps.process.kill()
        stamps.process.wait()


def engine(stamps: str, *, alone: bool) -> int:
    """The other side of `Stamps`."""
    import django

    django.setup()
    from django.core.management import call_command

    from incidents.escalation import effects

    with Path(stamps).open("a") as file:

        def stamped(lines: Any) -> None:
            numbers = dict.fromkeys(line.split(":", 1)[0] for _, line in lines)
            file.write(f"{now().timestamp():.4f} {' '.join(numbers)}\n")
            file.flush()

        effects._log = stamped
        call_command("engine", alone=alone)
    return 0


def lateness(stamps: Stamps, how_many: int, due: datetime, other: Stamps | None = None) -> list[float]:
    """How late each of the runs was that are due by `due`, once all are done; in seconds, the least first."""
    until = due + timedelta(seconds=max(120.0, how_many / 20))
    found: dict[str, float] = {}
    while len(found) < how_many and now() < until:
        time.sleep(0.5)
        found = stamps.read()
        more = other.read() if other else {}
        assert not found.keys() & more.keys(), "a step was made twice"
        found |= more
    assert len(found) == how_many, f"{len(found)} of {how_many} were done"
    times = due_times()
    return sorted(stamp - times[number] for number, stamp in found.items())


def due_times() -> dict[str, float]:
    """By incident, when the backup of its live run was due: the run was made to begin as long before."""
    import escalations

    from incidents.models import EscalationRun

    opened = EscalationRun.objects.filter(state__in=EscalationRun.LIVE).values_list("incident__number", "started_at")
    return {number: (started + escalations.BACKUP_AFTER).timestamp() for number, started in opened}


def lost() -> int:
    from incidents.models import EscalationRun

    return EscalationRun.objects.filter(state__in=EscalationRun.LIVE, next_run_at__lt=now()).count()


def quantile(values: list[float], share: float) -> float:
    return values[min(len(values) - 1, int(share * len(values)))]


def is_sqlite() -> bool:
    from django.db import connection

    return connection.vendor == "sqlite"


def plotted(series: dict[str, list[float]]) -> str:
    """The share of steps that were committed within so many seconds, a line for each way of being due."""
    width, height, left, bottom = 640, 300, 50, 40
    most = max([1.0, *(values[-1] for values in series.values())])
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
    ]
    for tick in range(6):
        x, y = left + (width - left - 20) * tick / 5, height - bottom - (height - bottom - 20) * tick / 5
        parts.append(f'<text x="{x:.0f}" y="{height - 20}" text-anchor="middle">{most * tick / 5:.1f} s</text>')
        parts.append(f'<text x="{left - 6}" y="{y + 4:.0f}" text-anchor="end">{tick * 20} %</text>')
        parts.append(f'<line x1="{left}" y1="{y:.0f}" x2="{width - 20}" y2="{y:.0f}" stroke="#ddd"/>')
    for (name, values), colour in zip(series.items(), ("#1b6ac9", "#c2571a", "#2c7a3f"), strict=False):
        points = [
            (left + (width - left - 20) * value / most, height - bottom - (height - bottom - 20) * (place + 1) / len(values))
            for place, value in enumerate(values)
        ]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append(f'<text x="{points[len(points) // 2][0] + 6:.0f}" y="{points[len(points) // 2][1]:.0f}" fill="{colour}">{name}</text>')
    return "\n".join([*parts, "</svg>", ""])


if __name__ == "__main__":
    sys.path[:0] = [str(PROJECT), str(PROJECT / "benchmarks")]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.development")
    if "--engine" in sys.argv:
        sys.exit(main())
    with tempfile.TemporaryDirectory(prefix="bench-engine-") as folder:
        os.environ["PORTAL_VAR"] = folder
        os.environ.setdefault("DATABASE_URL", "")
        Path(folder, "static").mkdir()
        sys.exit(main())
