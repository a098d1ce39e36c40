"""How quickly the log answers, by every single filter and the usual pairs.

    python benchmarks/bench_trail.py [--events 100000 | --full] [--reuse FOLDER] [--only WORDS] [--json FILE]
    python -m tests.postgres --durable [--kept FOLDER] python benchmarks/bench_trail.py ...

In a database of its own: events of a year (benchmarks/trails.py), filed in bulk as after an upgrade. Each question is asked 30 times with other
values: a page of 50, the newest first; some from the middle of the trail on. With 10,000,000 events (--full) the 95th percentile is at most 150
ms, and no question takes more queries than with a few. At the end whole pages of the admin, at most 300 ms. Beside the time that passed stands
the 95th percentile of the processor's time, which a busy machine changes little: the portal's own and, for single filters, PostgreSQL's.

--full takes half an hour to fill and needs about 10 GB. What --reuse (SQLite) or --kept (PostgreSQL) names stays, and is measured again without
being filled again.
"""

import argparse
import io
import json
import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from trails import DEEDS, END, HOSTS, PER_INCIDENT, SERVICES_TOLD, ensure, percentile, person_of, service_of

PROJECT = Path(__file__).resolve().parents[1]
FULL, FEW, TIMES = 10_000_000, 100_000, 30
MOST_MS, PAGE_MS, MOST_QUERIES = 150.0, 300.0, 12
# As many as one filter takes.
PEOPLE = tuple(str(key) for key in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 20, 40, 60, 100, 150, 800, 1_500, 1_950))
TWENTY = tuple(f"policies.service:{key}" for key in SERVICES_TOLD[:20])
Question = Callable[[random.Random], Any]
Figures = dict[str, dict[str, Any]]


def main(events: int, json_file: str, only: str = "") -> int:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    ensure(events)
    # What the web server's processes do when they begin.
    import_module("portal.wsgi")
    print(f"{connection.vendor}, {events:,} events, load {os.getloadavg()[0]:.1f}")
    print(f"{'':44}{'p50 ms':>9}{'p95 ms':>9}{'CPU ms':>9}{'queries':>9}{'found':>14}")
    figures: Figures = {}
    for name, make in questions(events).items():
        if only in name:
            measured(name, make, events, figures)
    whole_pages(figures, only, events)
    exports(figures, only)
    if json_file:
        Path(json_file).write_text(json.dumps({"database": connection.vendor, "results": figures}, indent=2))
    kept = all(one["kept"] for one in figures.values())
    print("all kept" if kept else "NOT ALL KEPT")
    return 0 if kept else 1


def questions(events: int) -> dict[str, Question]:
    """By name: what makes filters with values of a chance."""
    from audit.reading.filters import Filters

    def since(chance: random.Random, most: int = 360) -> datetime:
        return (END - timedelta(days=chance.randrange(1, most))).replace(hour=chance.randrange(24), minute=chance.choice([0, 17]))

    def within(chance: random.Random, days: int, **parts: Any) -> Filters:
        at = since(chance)
        return Filters(since=at, until=at + timedelta(days=days), **parts)

    def deed(chance: random.Random) -> str:
        return chance.choice(DEEDS)[0]

    def incident(chance: random.Random) -> int:
        return chance.randrange(events // PER_INCIDENT)

    return {
        "everything": lambda c: Filters(),
        "person": lambda c: Filters(person=(person_of(c),)),
        "type": lambda c: Filters(type=(deed(c),)),
        "family of types": lambda c: Filters(type=(c.choice(["incident.*", "escalation.*", "access.*"]),)),
        "kind of thing": lambda c: Filters(kind=(c.choice(DEEDS[:9])[1],)),
        "one thing": lambda c: Filters(object=(f"incidents.incident:{incident(c)}",)),
        "a service, all its year": lambda c: Filters(object=(f"policies.service:{service_of(c)}",)),
        "one thing, its deeds by a person": lambda c: Filters(object=(f"policies.service:{service_of(c)}",), person=(person_of(c),)),
        "way in": lambda c: Filters(channel=(c.choice(["web", "api", "job", "sms"]),)),
        "outcome": lambda c: Filters(outcome=(c.choice(["refused", "failed", "done"]),)),
        "request": lambda c: Filters(request=f"r{c.randrange(events // 3)}"),
        "a common word": lambda c: Filters(text=c.choice(["payments", "card", "region", "noted"])),
        "a rare word": lambda c: Filters(text=f"INC-{incident(c):06}"),
        "a word now and then all year": lambda c: Filters(text=f"web-{c.randrange(HOSTS)}"),
        "a word of long ago": lambda c: Filters(text="migration"),
        "a word that is nowhere": lambda c: Filters(text="nowhere"),
        "three words": lambda c: Filters(text=f"payments region {c.randrange(37)}"),
        "since": lambda c: Filters(since=since(c)),
        "a day": lambda c: within(c, 1),
        "a quarter": lambda c: within(c, 91),
        "a year": lambda c: Filters(since=END - timedelta(days=360, hours=5), until=END - timedelta(hours=3)),
        "person and type": lambda c: Filters(person=(person_of(c),), type=(deed(c),)),
        "person and a quarter": lambda c: within(c, 91, person=(person_of(c),)),
        "words and a quarter": lambda c: within(c, 91, text=f"payments web-{c.randrange(HOSTS)}"),
        "four people and a quarter": lambda c: within(c, 91, person=tuple({person_of(c) for _ in range(4)})),
        "type and since": lambda c: Filters(type=(deed(c),), since=since(c)),
        "kind and way in": lambda c: Filters(kind=("policies.threshold",), channel=(c.choice(["web", "api"]),)),
        "person and a word": lambda c: Filters(person=(person_of(c),), text="payments"),
        "type and a word of long ago": lambda c: Filters(type=(deed(c),), text="migration"),
        "two that never meet": lambda c: Filters(type=("ledger.heartbeat",), kind=("incidents.incident",), routine=True),
        "person, type, word and 300 days": lambda c: Filters(
            person=(person_of(c),), type=(deed(c),), text="card", since=END - timedelta(days=330), until=END - timedelta(days=30)
        ),
        "twenty people, all types, a year": lambda c: Filters(
            person=PEOPLE,
            type=tuple({deed for deed, _, _ in DEEDS}),
            since=END - timedelta(days=340),
            until=END - timedelta(days=3, hours=5),
        ),
        "twelve words": lambda c: Filters(
            text=f"card payments fail in region on host web-{c.randrange(HOSTS)} change service in_progress 5"
        ),
        "twenty services, their deeds by a person": lambda c: Filters(object=TWENTY, person=(person_of(c),)),
        "three words that seldom meet": lambda c: Filters(
            text=f"web-{c.randrange(HOSTS)} payments {c.randrange(37)}", person=(person_of(c),)
        ),
    }


def measured(name: str, make: Question, events: int, figures: Figures) -> None:
    from django.db import connection

    from audit.reading.searching import page

    chance, took, used, queries, found = random.Random(name), [], [], 0, 0
    server = servers_clock()
    for turn in range(TIMES + 1):
        filters = make(chance)
        before = chance.randrange(events // 2, events) if turn % 3 == 2 else None
        asked: list[str] = []
        with connection.execute_wrapper(partial(noted, asked)):
            begun, used_before = time.perf_counter(), time.thread_time() * 1000 + server()
            result = page(filters, None, before=before)
        queries = max(queries, len(asked))
        if turn == 0:
            continue
        took.append((time.perf_counter() - begun) * 1000)
        used.append(time.thread_time() * 1000 + server() - used_before)
        found = max(found, result.count.number)
    told(name, took, used, MOST_MS, figures, f"{queries:9}{found:14,}", queries <= MOST_QUERIES)


def servers_clock() -> Callable[[], float]:
    """What PostgreSQL's process for this connection has had of the processor, in milliseconds, where this machine tells."""
    from django.db import connection

    if connection.vendor != "postgresql":
        return lambda: 0.0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        told = Path(f"/proc/{cursor.fetchone()[0]}/schedstat")
    return (lambda: int(told.read_text().split()[0]) / 1e6) if told.exists() else lambda: 0.0


def noted(asked: list[str], execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
    """A query, noted and done."""
    asked.append(sql)
    return execute(sql, *rest)


def told(name: str, took: list[float], used: list[float], most: float, figures: Figures, beside: str = "", good: bool = True) -> None:
    p95 = percentile(took, 0.95)
    kept = p95 <= most and good
    figures[f"Trail: {name}, p95"] = {"value": p95, "unit": "ms", "limit": most, "kept": kept}
    own = percentile(used, 0.95)
    print(f"{name:44}{percentile(took, 0.5):9.1f}{p95:9.1f}{own:9.1f}{beside}{'' if kept else '   NOT KEPT'}", flush=True)


PAGES = {
    "the page, everything": "",
    "the page, person and type": "person=5&type=incident.noted",
    "the page, words": "text=payments+region",
    "the page, a quarter": "since=2025-07-04T05:17&until=2025-10-03T11:17",
    "the page, a person's words of a quarter": "person=5&text=payments&since=2025-07-04T05:17&until=2025-10-03T11:17",
    "the page, a service": "object=policies.service:100",
    "the page, a service and a person": "object=policies.service:100&person=5",
    "the story of a service": "story/?object=policies.service:100",
    "the story of a service, from its middle on": "story/?object=policies.service:100&after={middle}",
    "the story of an incident": "story/?object=incidents.incident:1717",
    "the story of a request": "story/?request=r171717",
}
# Taken out whole: a service's year, a person's quarter, and where a host was named.
TAKEN_OUT = {
    "export, a service's year": {"object": ("policies.service:100",)},
    "export, a person's quarter": {"person": ("20",), "since": END - timedelta(days=91)},
    "export, a word now and then all year": {"text": "web-17"},
}


def whole_pages(figures: Figures, only: str, events: int) -> None:
    """The page as a browser gets it, by somebody of compliance."""
    from django.conf import settings
    from django.test import Client

    settings.ALLOWED_HOSTS = ["testserver"]
    client = Client()
    client.force_login(reader())
    for name, query in PAGES.items():
        if only not in name:
            continue
        address = query.format(middle=events // 2) if query.startswith("story") else f"?{query}"
        took, used = [], []
        for turn in range(TIMES + 2):
            begun, used_before = time.perf_counter(), time.thread_time()
            answer = client.get(f"/admin/audit/ledgerevent/{address}")
            assert answer.status_code == 200, answer
            if turn > 1:
                took.append((time.perf_counter() - begun) * 1000)
                used.append((time.thread_time() - used_before) * 1000)
        told(name, took, used, PAGE_MS, figures)


def reader() -> Any:
    """Somebody of compliance, who may read and take out."""
    from django.core.management import call_command

    from portal.foundation.access.roles import ROLES
    from portal.models import User

    call_command("sync_roles", verbosity=0, stdout=io.StringIO())
    user, _ = User.objects.get_or_create(username="rae", defaults={"display_name": "Rae", "is_staff": True})
    user.groups.add(user.groups.model.objects.get(name=next(role.title for role in ROLES if role.key == "compliance")))
    return user


def exports(figures: Figures, only: str) -> None:
    """What it takes to take out a thousand events, and how much more memory."""
    from audit.reading.exporting import export_trail
    from audit.reading.filters import Filters
    from portal.foundation import clock

    user = reader()
    for name, parts in TAKEN_OUT.items():
        if only not in name:
            continue
        before, used_before, begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.thread_time(), time.perf_counter()
        taken = export_trail(Filters(**parts), actor=user, now=clock.now(), form="csv")
        lines = sum(part.count(b"\r\n") for part in taken.parts) - 9
        took, used = (time.perf_counter() - begun) * 1000, (time.thread_time() - used_before) * 1000
        more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        figures[f"Trail: {name}, a thousand events"] = {"value": took / lines * 1000, "unit": "ms", "limit": None, "kept": True}
        print(f"{name:44}{lines:9,} events in {took:9,.0f} ms, {used:9,.0f} of own CPU; {more:,.0f} MB more", flush=True)


if __name__ == "__main__":
    sys.path.insert(0, str(PROJECT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.development")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=FEW, help="how many; 100,000 unless told")
    parser.add_argument("--full", action="store_true", help="10,000,000, for which the figures are promised")
    parser.add_argument("--reuse", metavar="FOLDER", help="fill the database there unless it is, and leave it")
    parser.add_argument("--json", metavar="FILE", default="", help="write the figures there")
    parser.add_argument("--only", metavar="WORDS", default="", help="no filters but those whose name holds these words")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-trail-") as folder:
        held = Path(asked.reuse or folder).resolve()
        (held / "static").mkdir(parents=True, exist_ok=True)
        os.environ["PORTAL_VAR"] = str(held)
        sys.exit(main(FULL if asked.full else asked.events, asked.json, asked.only))
