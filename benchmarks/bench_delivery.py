"""How late messages reach the provider.

    python benchmarks/bench_delivery.py [--full] [--json FILE] [--only NAME ...]
    python -m tests.postgres python benchmarks/bench_delivery.py --full

Each in a database of its own, with `manage.py sender` and a provider (delivery_sink.py) as processes of their own:

burst  1,000 messages due at once: 99 of 100 at the provider within 5 s.
many   5,000 at once: within 25 s.
dead   300 messages over a provider that does not answer, with 200 over another at the same moment: these at most 1 s later than alone.
quiet  30 messages one by one at low load, from commit to the provider: half of them within 0.5 s, 99 of 100 within 1.0 s.

Prints, in seconds, the median, the 99th percentile and the last, and apart from each other how much processor time a message took of the
sender, of the database server, and of the provider and this program, which are no part of the portal. `--full` takes the sizes that the
limits are for, and fails where one is not kept.
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from processes import cpu, servers_time

PROJECT = Path(__file__).resolve().parents[1]
PEOPLE = 200
SMALL = {"burst": 200, "many": 500, "dead": 100, "quiet": 8}
FULL = {"burst": 1_000, "many": 5_000, "dead": 300, "quiet": 30}
results: dict[str, Any] = {}
late: dict[str, list[float]] = {}


class Running(NamedTuple):
    """Two hundred people behind each of two providers, of which one is slow; the provider's port, and the processes by name."""

    people: dict[str, list[Any]]
    port: int
    processes: dict[str, int]


def main() -> int:
    options = arguments()
    sizes = FULL if options.full else SMALL
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    print(f"{connection.vendor}, {'full' if options.full else 'small'} sizes")
    kept = []
    with sink() as (port, provider):
        people = fill(port)
        os.environ["OUTBOUND_ALLOWED_HOSTS"] = f"127.0.0.1:{port},localhost:{port}"
        with sender() as pid:
            running = Running(people, port, {"sender": pid, "provider": provider, "this program": os.getpid()})
            measured("warming up", running, 20, None)
            settle()
            results.clear()
            for name, part in PARTS.items():
                if not options.only or name in options.only:
                    kept += list(part(running, sizes))
    if options.json:
        told_to_file = {"database": connection.vendor, "sizes": sizes, "results": results, "late": late}
        Path(options.json).write_text(json.dumps(told_to_file, indent=1))
    return 0 if all(kept) or not options.full else 1


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="How late messages reach the provider.")
    parser.add_argument("--full", action="store_true", help="the sizes that the limits are for")
    parser.add_argument("--json", help="write the figures there")
    parser.add_argument("--only", nargs="*", choices=list(PARTS), help="these parts and no others")
    return parser.parse_args()


def of_burst(running: Running, sizes: dict[str, int]) -> Iterator[bool]:
    yield measured(f"delivery: {sizes['burst']:,} due at once", running, sizes["burst"], 5.0)


def of_many(running: Running, sizes: dict[str, int]) -> Iterator[bool]:
    yield measured(f"delivery: {sizes['many']:,} due at once", running, sizes["many"], 25.0)


def of_dead(running: Running, sizes: dict[str, int]) -> Iterator[bool]:
    alone = measured("delivery: 200 alone", running, 200, None)
    queue_many(running.people["slow"], sizes["dead"])
    time.sleep(2)
    beside = measured("delivery: 200 beside a dead provider", running, 200, None)
    p99 = [results[f"delivery: 200 {name}, p99"]["value"] for name in ("alone", "beside a dead provider")]
    yield alone and beside and told("delivery: later beside a dead provider by", p99[1] - p99[0], "s", 1.0)


def of_quiet(running: Running, sizes: dict[str, int]) -> Iterator[bool]:
    found = []
    for _ in range(sizes["quiet"]):
        time.sleep(0.37)
        due = queue_many(running.people["fast"], 1)
        found.append(wait_for(running.port, due, "/fast")[0] - due["at"])
    found.sort()
    yield told("delivery: one by one, p50", statistics.median(found), "s", 0.5)
    yield told("delivery: one by one, p99", quantile(found, 0.99), "s", 1.0)


PARTS: dict[str, Callable[[Running, dict[str, int]], Iterator[bool]]] = {
    "burst": of_burst,
    "many": of_many,
    "dead": of_dead,
    "quiet": of_quiet,
}


def measured(name: str, running: Running, how_many: int, limit: float | None) -> bool:
    """So many messages due at once: how late they were, and what each cost whom."""
    processes = dict(running.processes)
    before, server = {who: cpu(pid) for who, pid in processes.items()}, servers_time()
    due = queue_many(running.people["fast"], how_many)
    found = sorted(at - due["at"] for at in wait_for(running.port, due, "/fast"))
    settled()
    late[name] = [round(quantile(found, share / 100), 4) for share in range(101)]
    told(f"{name}, p50", quantile(found, 0.5), "s", None)
    good = told(f"{name}, p99", quantile(found, 0.99), "s", limit)
    told(f"{name}, the last", found[-1], "s", None)
    for who, pid in processes.items():
        told(f"{name}, {who}, each", 1000 * (cpu(pid) - before[who]) / how_many, "ms CPU", None)
    if server is not None:
        told(f"{name}, database server, each", 1000 * ((servers_time() or 0) - server) / how_many, "ms CPU", None)
    return good


def told(name: str, value: float, unit: str, limit: float | None) -> bool:
    good = limit is None or value <= limit
    words = "" if limit is None else f"at most {limit:g} {unit}   {'kept' if good else 'NOT KEPT'}"
    print(f"{name:52} {value:10,.2f} {unit:6} {words}", flush=True)
    results[name] = {"value": round(value, 4), "unit": unit, "limit": limit, "kept": good}
    return good


def quantile(values: list[float], share: float) -> float:
    return values[min(len(values) - 1, int(share * len(values)))]


def settled() -> None:
    """Until the sender has written down how everything fared, so that its work is counted with what it was for."""
    from portal.models import OutboxMessage

    end = time.monotonic() + 30
    fast = OutboxMessage.objects.filter(person__username__startswith="fast", state__in=("pending", "sending"))
    while fast.exists() and time.monotonic() < end:
        time.sleep(0.2)


def settle() -> None:
    """As PostgreSQL's autovacuum does after a while: without it, it plans for the empty tables it last saw."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def queue_many(people: list[Any], how_many: int) -> dict[str, Any]:
    """Puts that many into the outbox; when they were committed, and their keys."""
    from django.db import transaction

    from portal.foundation.outbox.services import draft, queue_all

    stamp, now = time.time_ns(), datetime.now(UTC)
    keys = [f"{stamp}-{number}" for number in range(how_many)]
    subject = f"incidents.incident:{incident().pk}"
    letter = {"kind": "escalation.page", "subject_ref": subject, "title": "SEV1 Payments down", "body": "Please take it.", "link": ""}
    drafts = [draft(person=people[number % len(people)], idempotency_key=key, **letter) for number, key in enumerate(keys)]  # type: ignore[arg-type]
    # As every caller has it: all are due in the moment of one commit.
    with transaction.atomic():
        queue_all(drafts, now=now)
    return {"at": time.monotonic(), "keys": set(keys)}


def wait_for(port: int, due: dict[str, Any], path: str, patience: float = 120.0) -> list[float]:
    """When each of the messages was first at the provider, in order."""
    first: dict[str, float] = {}
    end = time.monotonic() + patience
    while len(first) < len(due["keys"]) and time.monotonic() < end:
        time.sleep(0.05 if len(due["keys"]) == 1 else 0.5)
        for where, key, at in json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/")):
            if key in due["keys"] and where.startswith(path):
                first[key] = min(at, first.get(key, at))
    missing = len(due["keys"]) - len(first)
    if missing:
        raise SystemExit(f"{missing} messages never arrived.")
    return sorted(first.values())


def fill(port: int) -> dict[str, list[Any]]:
    from portal.models import ContactPoint, User

    found = {}
    for way in ("fast", "slow"):
        people = User.objects.bulk_create(User(username=f"{way}-{number}", display_name=f"Person {number}") for number in range(PEOPLE))
        # Another host name: another provider.
        host = "127.0.0.1" if way == "fast" else "localhost"
        ContactPoint.objects.bulk_create(
            ContactPoint(person=person, label="phone", channel="webhook", address=f"http://{host}:{port}/{way}/{person.pk}")
            for person in people
        )
        found[way] = list(people)
    return found


def incident() -> Any:
    """An incident on whose timeline it is told."""
    from incidents.lifecycle.services import open_incident
    from incidents.models import Incident
    from policies.models import Service

    service, _ = Service.objects.get_or_create(key="payments", defaults={"name": "Payments"})
    now = datetime.now(UTC)
    return Incident.objects.first() or open_incident(service=service, title="Payments down", impact=1, urgency=2, actor=None, now=now)


@contextmanager
def sink() -> Iterator[tuple[int, int]]:
    """Its port and its process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with running([sys.executable, str(PROJECT / "benchmarks" / "delivery_sink.py"), str(port)]) as pid:
        time.sleep(0.7)
        yield port, pid


@contextmanager
def sender() -> Iterator[int]:
    with running([sys.executable, str(PROJECT / "manage.py"), "sender"]) as pid:
        time.sleep(4)
        yield pid


@contextmanager
def running(command: list[str]) -> Iterator[int]:
    process = subprocess.Popen(command, cwd=PROJECT)
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait(30)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="bench-delivery-") as folder:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.development")
        os.environ["PORTAL_VAR"] = folder
        sys.path.insert(0, str(PROJECT))
        sys.exit(main())
