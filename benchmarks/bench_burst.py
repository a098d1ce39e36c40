"""From a request at the door to a request at the provider, with every process of an installation.

    python benchmarks/bench_burst.py [--full] [--json FILE] [--only NAME ...]
    python -m tests.postgres python benchmarks/bench_burst.py --full

quiet      one incident a second: how long after its answer its first alert is at the provider. Half within 0.5 s, 99 of 100 within 1.0 s.
burst      N incidents at once, each over a connection of its own: after the first of them was sent, the first alert is at the provider
           within 2 s, and of 99 of 100 incidents within 20 s.
sustained  so many incidents a second for some seconds, sent on time whether or not earlier ones were answered, over connections that the
           sender keeps, as monitoring does: how many a second were answered and alerted, and the processor time of all processes for each.
           PostgreSQL: 100 a second, web and engine 10 ms each.

`--full` takes the sizes that the limits are for, and fails where one is not kept. `manage.py serve` and the provider (delivery_sink.py) are
processes of their own; the clients are this one, whose time is not counted; the database server's is told apart. Times on the wall need a
machine with nothing else to do. Runs in a database of its own: a file in a temporary folder, or the (empty) one of DATABASE_URL.
"""

import argparse
import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from processes import TICKS, fields_of, servers_time

PROJECT = Path(__file__).resolve().parents[1]
SMALL = {"quiet": 8, "burst": 200, "rate": 20, "seconds": 5}
FULL = {"quiet": 30, "burst": 1_000, "rate": 100, "seconds": 20}
PATIENCE_SECONDS = 120.0
QUIET_SECONDS = 3.0
# Connections that nobody uses this moment.
Kept = list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]
results: dict[str, Any] = {}
_numbers = count(1)


class Sent(NamedTuple):
    """An incident that was sent and answered: by the monotonic clock, as the provider's stamps are."""

    number: str
    sent: float
    answered: float


class Installation(NamedTuple):
    pid: int
    port: int
    provider: int
    token: str
    services: list[str]


def main() -> int:
    options = arguments()
    sizes = FULL if options.full else SMALL
    import django

    django.setup()
    from django.db import connection

    print(f"{connection.vendor}, {'full' if options.full else 'small'} sizes")
    kept = []
    with installation() as running:
        asyncio.run(sending(running, [time.monotonic()] * 10))
        arrivals(running)
        for name, part in PARTS.items():
            if not options.only or name in options.only:
                kept += list(part(running, sizes))
    if options.json:
        Path(options.json).write_text(json.dumps({"database": connection.vendor, "sizes": sizes, "results": results}, indent=1))
    return 0 if all(kept) or not options.full else 1


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="From a request at the door to a request at the provider.")
    parser.add_argument("--full", action="store_true", help="the sizes that the limits are for")
    parser.add_argument("--json", help="write the figures there")
    parser.add_argument("--only", nargs="*", choices=list(PARTS), help="these parts and no others")
    return parser.parse_args()


def told(name: str, value: float, unit: str, limit: float | None, *, at_least: bool = False) -> bool:
    good = limit is None or (value >= limit if at_least else value <= limit)
    words = "" if limit is None else f"{'at least' if at_least else 'at most'} {limit:g} {unit}   {'kept' if good else 'NOT KEPT'}"
    print(f"{name:52} {value:10,.2f} {unit:6} {words}", flush=True)
    results[name] = {"value": round(value, 4), "unit": unit, "limit": limit, "kept": good}
    return good


def of_quiet(running: Installation, sizes: dict[str, int]) -> Iterator[bool]:
    begin = time.monotonic() + 0.5
    sent = asyncio.run(sending(running, [begin + place for place in range(sizes["quiet"])]))
    first = first_alerts(sent, arrivals(running))
    late = sorted(first[one.number] - one.answered for one in sent)
    answers = sorted(one.answered - one.sent for one in sent)
    yield told("quiet: answered after, p50", quantile(answers, 0.5), "s", None)
    yield told("quiet: alerted after the answer, p50", quantile(late, 0.5), "s", 0.5)
    yield told("quiet: alerted after the answer, p99", quantile(late, 0.99), "s", 1.0)


def of_burst(running: Installation, sizes: dict[str, int]) -> Iterator[bool]:
    begin = time.monotonic() + 0.5
    sent = asyncio.run(sending(running, [begin] * sizes["burst"]))
    first = first_alerts(sent, arrivals(running))
    late = sorted(first[one.number] - begin for one in sent)
    yield told(f"burst: {sizes['burst']:,} at once, the last answered after", max(one.answered for one in sent) - begin, "s", None)
    yield told("burst: the first alerted after", late[0], "s", 2.0)
    yield told("burst: alerted after, p50", quantile(late, 0.5), "s", None)
    yield told("burst: alerted after, p99", quantile(late, 0.99), "s", 20.0)


def of_sustained(running: Installation, sizes: dict[str, int]) -> Iterator[bool]:
    how_many = sizes["rate"] * sizes["seconds"]
    before, server, begin = processor_times(running.pid), servers_time(), time.monotonic() + 0.5
    sent = asyncio.run(sending(running, [begin + place / sizes["rate"] for place in range(how_many)], kept=[]))
    answered = max(one.answered for one in sent)
    first = first_alerts(sent, arrivals(running))
    after, last = processor_times(running.pid), max(first.values())
    late = sorted(first[one.number] - one.answered for one in sent)
    # What is due at the last moment is done a little after it.
    least = how_many / (sizes["seconds"] + 1) if server is not None else None
    yield told(f"sustained: {sizes['rate']} a second, answered", how_many / (answered - begin), "/s", least, at_least=True)
    yield told("sustained: alerted", how_many / (last - begin), "/s", least, at_least=True)
    yield told("sustained: alerted after the answer, p50", quantile(late, 0.5), "s", None)
    yield told("sustained: alerted after the answer, p99", quantile(late, 0.99), "s", None)
    each = {name: 1000 * (after[name] - before.get(name, 0.0)) / how_many for name in after}
    for name, value in sorted(each.items()):
        yield told(f"sustained: {name}, each", value, "ms CPU", None)
    if server is not None:
        yield told("sustained: database server, each", 1000 * ((servers_time() or 0.0) - server) / how_many, "ms CPU", None)
    yield told("sustained: web and engine, each", each["web"] + each["engine"], "ms CPU", 10 if server is not None else None)


PARTS: dict[str, Callable[[Installation, dict[str, int]], Iterator[bool]]] = {
    "quiet": of_quiet,
    "burst": of_burst,
    "sustained": of_sustained,
}


async def sending(running: Installation, moments: list[float], *, kept: Kept | None = None) -> list[Sent]:
    """Sends an incident at each of the moments, whatever became of the others; all of them are answered.

    Over connections that are `kept`, or else each over one of its own.
    """

    async def one(at: float) -> Sent:
        await asyncio.sleep(max(0.0, at - time.monotonic()))
        return await post(running, next(_numbers), kept)

    return await asyncio.gather(*(one(at) for at in moments))


async def post(running: Installation, number: int, kept: Kept | None) -> Sent:
    service = running.services[number % len(running.services)]
    body = json.dumps({"title": f"Payments fail {number}", "service": service, "impact": 1, "urgency": 2}).encode()
    request = (
        f"POST /api/v1/incidents/ HTTP/1.1\r\nHost: localhost\r\nConnection: {'close' if kept is None else 'keep-alive'}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        f"Authorization: Token {running.token}\r\nIdempotency-Key: burst-{number}\r\n\r\n"
    ).encode() + body
    sent = time.monotonic()
    while kept:
        reader, writer = kept.pop()
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            return await exchanged(reader, writer, request, sent, kept)
    return await exchanged(*await asyncio.open_connection("127.0.0.1", running.port), request, sent, kept)


async def exchanged(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes, sent: float, kept: Kept | None) -> Sent:
    """Raises IncompleteReadError when the connection was let go of."""
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    content = await reader.readexactly(int(head.partition("content-length:")[2].split("\r\n", 1)[0]))
    if kept is None or "connection: close" in head:
        writer.close()
    else:
        kept.append((reader, writer))
    if " 201 " not in head[:20]:
        raise SystemExit(f"Refused: {head}{content[:500]!r}")
    return Sent(json.loads(content)["number"], sent, time.monotonic())


def arrivals(running: Installation) -> dict[str, float]:
    """By message, when it was first at the provider; once nothing has come for a while."""
    first: dict[str, float] = {}
    end, heard = time.monotonic() + PATIENCE_SECONDS, time.monotonic()
    while time.monotonic() < min(end, heard + QUIET_SECONDS):
        time.sleep(0.25)
        for _, key, at in json.load(urllib.request.urlopen(f"http://127.0.0.1:{running.provider}/")):
            first[key] = min(at, first.get(key, at))
            heard = time.monotonic()
    return first


def first_alerts(sent: list[Sent], arrived: dict[str, float]) -> dict[str, float]:
    """By incident, when the first message about it was at the provider, alone or in a bundle."""
    from incidents.models import Incident
    from portal.models import OutboxMessage

    numbers = dict(Incident.objects.filter(number__in=[one.number for one in sent]).values_list("pk", "number"))
    messages = OutboxMessage.objects.filter(subject_ref__startswith="incidents.incident:")
    first: dict[str, float] = {}
    for subject, own, bundle in messages.values_list("subject_ref", "idempotency_key", "bundle__idempotency_key"):
        number, at = numbers.get(int(subject.split(":")[1])), arrived.get(own) or arrived.get(bundle)
        if number and at:
            first[number] = min(at, first.get(number, at))
    if missing := len(sent) - len(first):
        raise SystemExit(f"{missing} of {len(sent)} incidents were never alerted.")
    return first


@contextmanager
def installation() -> Iterator[Installation]:
    import escalations
    from django.db import connections

    from policies.models import Service
    from portal.models import ContactPoint
    from tests.factories.portal import person
    from tests.factories.tokens import token_of

    escalations.prepare(datetime.now(UTC))
    token = token_of(person("Sender", roles=("responder",)))
    provider, port = free_port(), free_port()
    for contact in ContactPoint.objects.all():
        ContactPoint.objects.filter(pk=contact.pk).update(channel="webhook", address=f"http://127.0.0.1:{provider}/{contact.pk}")
    services = list(Service.objects.values_list("key", flat=True))
    connections.close_all()
    environment = os.environ | {"PORT": str(port), "OUTBOUND_ALLOWED_HOSTS": f"127.0.0.1:{provider}", "LOG_LEVEL": "WARNING"}
    sink = subprocess.Popen([sys.executable, str(PROJECT / "benchmarks" / "delivery_sink.py"), str(provider)])
    serve = subprocess.Popen([sys.executable, str(PROJECT / "manage.py"), "serve"], cwd=PROJECT, env=environment)
    try:
        wait_until_open(port)
        yield Installation(serve.pid, port, provider, token, services)
    finally:
        serve.send_signal(signal.SIGTERM)
        serve.wait(30)
        sink.kill()
        sink.wait()


def wait_until_open(port: int) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise SystemExit("The web server did not start.")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def processor_times(parent: int) -> dict[str, float]:
    """Seconds of processor time of each part of the installation, with all its processes, and of their parent."""
    from portal.management.parts import installation as installed

    processes = {}
    for pid in [int(path.name) for path in Path("/proc").glob("[0-9]*")]:
        try:
            fields = fields_of(pid)
        except (FileNotFoundError, ProcessLookupError):
            continue
        # Its own time and that of children that have ended.
        processes[pid] = (int(fields[1]), sum(map(int, fields[11:15])) / TICKS)
    parts = sorted(pid for pid, (of, _) in processes.items() if of == parent)
    # `manage.py serve` starts them in this order.
    names = dict(zip(parts, [part.name for part in installed("")], strict=True)) | {parent: "parent"}
    found = dict.fromkeys(names.values(), 0.0)
    for pid, (_, used) in processes.items():
        while pid not in names and pid in processes:
            pid = processes[pid][0]
        if pid in names:
            found[names[pid]] += used
    return found


def quantile(values: list[float], share: float) -> float:
    return values[min(len(values) - 1, int(share * len(values)))]


if __name__ == "__main__":
    sys.path[:0] = [str(PROJECT), str(PROJECT / "benchmarks")]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.development")
    with tempfile.TemporaryDirectory(prefix="bench-burst-") as folder:
        os.environ["PORTAL_VAR"] = folder
        os.environ.setdefault("DATABASE_URL", "")
        Path(folder, "static").mkdir()
        sys.exit(main())
