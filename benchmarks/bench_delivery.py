"""How late messages reach the provider.

    python benchmarks/bench_delivery.py [MOST] [QUIET]
    python -m tests.postgres python benchmarks/bench_delivery.py [MOST] [QUIET]

Each in a database of its own, with `manage.py sender` and a provider (delivery_sink.py) as processes of their own:
1. 1,000 messages due at once: 99 of 100 at the provider within 5 s; MOST (default 5,000) at once within 25 s.
2. 300 messages over a provider that does not answer, with 200 over another at the same moment: these at most 1 s later than alone.
3. QUIET (default 30) messages one by one at low load, from commit to the provider: half of them within 0.5 s, 99 of 100 within 1.0 s.

Prints, in seconds, the median, the 99th percentile and the last; and how much processor time the sender took a message.
"""

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
PEOPLE = 200
NAMES = ("at once", "median", "p99", "last", "limit", "ms of CPU each")


def main() -> int:
    asked = [int(value) for value in sys.argv[1:3]]
    most, quiet = (asked + [5_000, 30][len(asked) :])[:2]
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    with sink() as port:
        people = fill(port)
        os.environ["OUTBOUND_ALLOWED_HOSTS"] = f"127.0.0.1:{port},localhost:{port}"
        with sender() as running:
            print(f"{connection.vendor}\n{NAMES[0]:34}" + "".join(f"{name:>16}" for name in NAMES[1:]))
            kept = [
                burst("1,000 due at once", 5.0, people["fast"], 1_000, port, running),
                burst(f"{most:,} due at once", 25.0, people["fast"], most, port, running),
                burst("200 alone", 5.0, people["fast"], 200, port, running),
                beside_a_dead_provider(people, port, running),
                one_by_one(people["fast"], quiet, port, running),
            ]
    return 0 if all(kept) else 1


def burst(name: str, limit: float, people: list[Any], how_many: int, port: int, running: int) -> bool:
    before, due = cpu(running), queue_many(people, how_many)
    arrived = wait_for(port, due, "/fast")
    return told(name, [at - due["at"] for at in arrived], limit, (cpu(running) - before) / how_many)


def beside_a_dead_provider(people: dict[str, list[Any]], port: int, running: int) -> bool:
    queue_many(people["slow"], 300)
    time.sleep(2)
    return burst("200 beside a dead provider", 5.0, people["fast"], 200, port, running)


def one_by_one(people: list[Any], how_many: int, port: int, running: int) -> bool:
    late, before = [], cpu(running)
    for _ in range(how_many):
        time.sleep(0.37)
        due = queue_many(people, 1)
        late.append(wait_for(port, due, "/fast")[0] - due["at"])
    return told("one by one", late, 1.0, (cpu(running) - before) / how_many, half=0.5)


def queue_many(people: list[Any], how_many: int) -> dict[str, Any]:
    """Puts that many into the outbox; when they were committed, and their keys."""
    from portal.foundation.outbox.services import draft, queue_all

    stamp, now = time.time_ns(), datetime.now(UTC)
    keys = [f"{stamp}-{number}" for number in range(how_many)]
    subject = f"incidents.incident:{incident().pk}"
    letter = {"kind": "escalation.page", "subject_ref": subject, "title": "SEV1 Payments down", "body": "Please take it.", "link": ""}
    drafts = [draft(person=people[number % len(people)], idempotency_key=key, **letter) for number, key in enumerate(keys)]  # type: ignore[arg-type]
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


def told(name: str, late: list[float], limit: float, each: float, half: float | None = None) -> bool:
    late.sort()
    p99 = late[min(len(late) - 1, round(len(late) * 0.99))]
    median = statistics.median(late)
    figures = "".join(f"{value:16.2f}" for value in (median, p99, late[-1], limit))
    print(f"{name:34}{figures}{each * 1_000:16.1f}", flush=True)
    return p99 <= limit and (half is None or median <= half)


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
def sink() -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with running([sys.executable, str(PROJECT / "benchmarks" / "delivery_sink.py"), str(port)]):
        time.sleep(0.7)
        yield port


@contextmanager
def sender() -> Iterator[int]:
    with running([sys.executable, str(PROJECT / "manage.py"), "sender"]) as pid:
        time.sleep(3)
        yield pid


@contextmanager
def running(command: list[str]) -> Iterator[int]:
    process = subprocess.Popen(command, cwd=PROJECT)
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait(30)


def cpu(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="bench-delivery-") as folder:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.development")
        os.environ["PORTAL_VAR"] = folder
        sys.path.insert(0, str(PROJECT))
        sys.exit(main())
