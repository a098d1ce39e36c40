"""How quickly the log answers, by every single filter and the usual pairs.

    python benchmarks/bench_trail.py [--events 100000 | --full]
    python -m tests.postgres --durable python benchmarks/bench_trail.py [--events 100000 | --full]

In a database of its own: events of two years by 200 people about 13 kinds of deeds, made by the database itself, then filed as the sealer files
them. Each question is asked 30 times with other values: a page of 50, the newest first; some from the middle of the trail on. With 10,000,000
events (--full) the 95th percentile is at most 150 ms, and no question takes more queries than with a few. At the end the whole page of the
admin, at most 300 ms. Beside the time that passed stands the 95th percentile of the portal's own processor time, which a busy machine does not change.
 --full takes half an hour to fill, most of it filing, and needs about 15 GB
under the temporary folder.
"""

# ruff: noqa: S608 - every part is ours
import argparse
import io
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
FULL, FEW, CHUNK, TIMES = 10_000_000, 100_000, 250_000, 30
MOST_MS, PAGE_MS, MOST_QUERIES = 150.0, 300.0, 12
END = datetime(2026, 3, 2, 9, tzinfo=UTC)
LASTS = timedelta(days=730)
DEEDS = (
    *(
        ("incident.noted", "incidents.incident"),
        ("incident.acknowledged", "incidents.incident"),
        ("reading.recorded", "incidents.incident"),
    ),
    *(
        ("escalation.paged", "incidents.escalationrun"),
        ("escalation.started", "incidents.escalationrun"),
        ("message.sent", "portal.outboxmessage"),
    ),
    *(("threshold.changed", "policies.threshold"), ("policy_version.submitted", "policies.policyversion"), ("access.denied", "")),
    *(("account.signed_in", "portal.user"), ("trail.searched", ""), ("ledger.heartbeat", ""), ("rights.added", "portal.user")),
)
# How many of 1,000 each of them is.
SHARES = (200, 60, 180, 150, 60, 150, 4, 3, 8, 80, 20, 80, 5)
DIALECT = {
    "sqlite": {
        "numbers": "WITH RECURSIVE n(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i < {last})",
        "pad": "substr('000000000' || ({0}), -{1})",
        "uuid": "printf('%032x', {0})",
        "at": "strftime('%Y-%m-%d %H:%M:%f', {0}, 'unixepoch')",
        "ts": "strftime('%Y-%m-%dT%H:%M:%f000Z', {0}, 'unixepoch')",
        "hash": "zeroblob(32)",
    },
    "postgresql": {
        "numbers": "WITH n AS (SELECT generate_series({first}::bigint, {last}) AS i)",
        "pad": "right('000000000' || ({0}), {1})",
        "uuid": "lpad(to_hex({0}), 32, '0')::uuid",
        "at": "to_timestamp({0})",
        "ts": "to_char(to_timestamp({0}) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')",
        "hash": "'\\x00'::bytea",
    },
}


def main(events: int) -> int:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    fill(events)
    print(
        f"{connection.vendor}, {events:,} events, load {os.getloadavg()[0]:.1f}\n{'':44}{'p50 ms':>9}{'p95 ms':>9}{'own CPU':>9}{'queries':>9}{'found':>14}"
    )
    kept = [measured(name, make, events) for name, make in questions(events).items()]
    kept += whole_pages()
    print("all kept" if all(kept) else "NOT ALL KEPT")
    return 0 if all(kept) else 1


def fill(events: int) -> None:
    """Without the triggers' cost: what is measured is reading."""
    from django.db import connection

    from audit.capture import installing
    from audit.models import LedgerEvent
    from audit.reading.filing import file_new
    from audit.sealing.sequencing import take_in
    from audit.sealing.stored import tree_size
    from portal.foundation import database_guards

    while take_in():
        pass
    database_guards.drop("audit", "default")
    begun = time.monotonic()
    first = (LedgerEvent.objects.order_by("-id").values_list("pk", flat=True).first() or 0) + 1
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA synchronous = OFF")
            cursor.execute("PRAGMA cache_size = -400000")
        _deeds(cursor)
        place = tree_size()
        for at in range(first, first + events, CHUNK):
            last = min(at + CHUNK, first + events) - 1
            cursor.execute(_insert(connection.vendor, at, last, first, events))
            cursor.execute(_leaves(connection.vendor, at, last, place - first))
            say(f"{last - first + 1:,} of {events:,} made")
    made = time.monotonic()
    filed = 0
    while some := file_new(8_192):
        filed += some
        say(f"{filed:,} filed")
    took = time.monotonic() - made
    database_guards.install("audit", "default")
    installing.install_after_migrate(sender=None, using="default")
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT setval(pg_get_serial_sequence('audit_ledgerevent', 'id'), (SELECT max(id) FROM audit_ledgerevent))")
        cursor.execute("ANALYZE")
    say("")
    print(f"made in {made - begun:,.0f} s, filed in {took:,.0f} s ({filed / max(took, 0.001):,.0f} a second)", flush=True)


def _deeds(cursor: Any) -> None:
    """A thousand rows, so that a number's remainder chooses a deed by its share."""
    cursor.execute("CREATE TEMPORARY TABLE deed (k integer PRIMARY KEY, type text, model text)")
    rows = [deed for deed, share in zip(DEEDS, SHARES, strict=True) for _ in range(share)]
    cursor.executemany("INSERT INTO deed (k, type, model) VALUES (%s, %s, %s)", [(k, *deed) for k, deed in enumerate(rows)])


def _insert(vendor: str, at: int, last: int, first: int, events: int) -> str:
    """Numbers from `at` to `last` as events. The oldest twentieth speaks of a migration, and nothing after it does."""
    say_as = DIALECT[vendor]
    step = LASTS.total_seconds() / events
    second = f"({END.timestamp() - LASTS.total_seconds():.0f} + (i - {first}) * {step:.6f})"
    person = "CASE WHEN i % 3 = 0 THEN '' ELSE CAST(1 + (i * 48271 % 9973) % (1 + i * 16807 % 200) AS text) END"
    key = "CASE WHEN d.model LIKE 'incidents.%%' THEN i / 12 ELSE i * 16807 % 5003 END"
    channel = "CASE WHEN i % 10 < 5 THEN 'engine' WHEN i % 10 < 8 THEN 'web' WHEN i % 10 < 9 THEN 'api' ELSE 'job' END"
    request = "'r' || (i / 3)"
    number = say_as["pad"].format("i / 12", 6)
    why = (
        f"'Card ' || CASE WHEN i % 5 = 0 THEN 'payments fail' ELSE 'service answers' END || ' in region ' || (i * 7919 % 37) || "
        f"' change CHG-' || {say_as['pad'].format('i / 5', 6)} || CASE WHEN i < {first + events // 20} THEN ' migration' ELSE '' END"
    )
    subject = (
        f'CASE WHEN d.model = \'\' THEN \'\' ELSE \',"obj":{{"model":"\' || d.model || \'","pk":"\' || ({key}) || '
        f'\'","repr":"INC-\' || {number} || \'","seq":1}}\' END'
    )
    payload = (
        f'\'{{"actor":{{"id":"\' || ({person}) || \'","kind":"person","name":"Somebody"}},"ctx":{{"channel":"\' || ({channel}) || '
        f'\'","ip":"","request_id":"\' || ({request}) || \'"}},"id":"\' || i || \'"\' || {subject} || \',"ts":"\' || '
        f'{say_as["ts"].format(second)} || \'","type":"\' || d.type || \'","v":2,"why":"\' || {why} || \'"}}\''
    )
    return (
        "INSERT INTO audit_ledgerevent (id, event_id, recorded_at, payload, type, actor_id, object_model, object_pk, object_seq, request_id) "
        f"{say_as['numbers'].format(first=at, last=last)} SELECT i, {say_as['uuid'].format('i')}, {say_as['at'].format(second)}, {payload}, d.type, "
        f"{person}, NULLIF(d.model, ''), CASE WHEN d.model = '' THEN NULL ELSE CAST({key} AS text) END, 1, {request} "
        "FROM n JOIN deed d ON d.k = i * 7919 % 1000"
    ).replace("%%", "%")


def _leaves(vendor: str, at: int, last: int, shift: int) -> str:
    say_as = DIALECT[vendor]
    return (
        f'INSERT INTO audit_ledgerleaf ("index", event, hash) {say_as["numbers"].format(first=at, last=last)} '
        f"SELECT i + {shift}, i, {say_as['hash']} FROM n"
    )


def questions(events: int) -> dict[str, Callable[[random.Random], Any]]:
    """By name: what makes filters with values of a chance."""
    from audit.reading.filters import Filters

    def person(chance: random.Random) -> str:
        return str(chance.choice([1, 2, 5, 20, 60, 150, 190]))

    def since(chance: random.Random, most: int = 700) -> datetime:
        return (END - timedelta(days=chance.randrange(1, most))).replace(hour=chance.randrange(24), minute=chance.choice([0, 17]))

    def deed(chance: random.Random) -> str:
        return chance.choice(DEEDS)[0]

    def number(chance: random.Random) -> str:
        return f"INC-{chance.randrange(events // 12):06}"

    return {
        "everything": lambda c: Filters(),
        "person": lambda c: Filters(person=(person(c),)),
        "type": lambda c: Filters(type=(deed(c),)),
        "family of types": lambda c: Filters(type=(c.choice(["incident.*", "escalation.*", "access.*"]),)),
        "kind of thing": lambda c: Filters(kind=(c.choice(DEEDS[:8])[1],)),
        "one thing": lambda c: Filters(object=(f"incidents.incident:{c.randrange(events // 12)}",)),
        "a thing with much history": lambda c: Filters(object=(f"portal.user:{c.randrange(5003)}",)),
        "way in": lambda c: Filters(channel=(c.choice(["web", "api", "job", "sms"]),)),
        "outcome": lambda c: Filters(outcome=(c.choice(["refused", "failed", "done"]),)),
        "request": lambda c: Filters(request=f"r{c.randrange(events // 3)}"),
        "a common word": lambda c: Filters(text=c.choice(["payments", "card", "region", "noted"])),
        "a rare word": lambda c: Filters(text=number(c)),
        "a word of long ago": lambda c: Filters(text="migration"),
        "a word that is nowhere": lambda c: Filters(text="nowhere"),
        "three words": lambda c: Filters(text=f"payments region {c.randrange(37)}"),
        "since": lambda c: Filters(since=since(c)),
        "a day long ago": lambda c: (lambda at: Filters(since=at, until=at + timedelta(days=1)))(since(c)),
        "a quarter": lambda c: (lambda at: Filters(since=at, until=at + timedelta(days=91)))(since(c, 600)),
        "person and type": lambda c: Filters(person=(person(c),), type=(deed(c),)),
        "person and a quarter": lambda c: (lambda at: Filters(person=(person(c),), since=at, until=at + timedelta(days=91)))(since(c)),
        "type and since": lambda c: Filters(type=(deed(c),), since=since(c)),
        "kind and way in": lambda c: Filters(kind=("policies.threshold",), channel=(c.choice(["web", "api"]),)),
        "person and a word": lambda c: Filters(person=(person(c),), text="payments"),
        "type and a word of long ago": lambda c: Filters(type=(deed(c),), text="migration"),
        "two that never meet": lambda c: Filters(type=("ledger.heartbeat",), kind=("incidents.incident",), routine=True),
        "person, type, word and a year": lambda c: Filters(
            person=(person(c),), type=(deed(c),), text="card", since=END - timedelta(days=500), until=END - timedelta(days=135)
        ),
    }


def measured(name: str, make: Callable[[random.Random], Any], events: int) -> bool:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from audit.reading.searching import page

    chance, took, used, queries, found = random.Random(name), [], [], 0, 0
    for turn in range(TIMES + 1):
        filters = make(chance)
        before = chance.randrange(events // 2, events) if turn % 3 == 2 else None
        if turn == 0:
            with CaptureQueriesContext(connection) as captured:
                page(filters, None)
            queries = len(captured)
            continue
        begun, used_before = time.perf_counter(), time.thread_time()
        result = page(filters, None, before=before)
        took.append((time.perf_counter() - begun) * 1000)
        used.append((time.thread_time() - used_before) * 1000)
        found = max(found, result.count.number)
    p95 = percentile(took, 0.95)
    kept = p95 <= MOST_MS and queries <= MOST_QUERIES
    print(
        f"{name:44}{percentile(took, 0.5):9.1f}{p95:9.1f}{percentile(used, 0.95):9.1f}{queries:9}{found:14,}{'' if kept else '   NOT KEPT'}",
        flush=True,
    )
    return kept


def whole_pages() -> list[bool]:
    """The page as a browser gets it, by somebody of compliance."""
    from django.conf import settings
    from django.core.management import call_command
    from django.test import Client

    from portal.foundation.access.roles import ROLES
    from portal.models import User

    call_command("sync_roles", verbosity=0, stdout=io.StringIO())
    settings.ALLOWED_HOSTS = ["testserver"]
    user = User.objects.create(username="rae", display_name="Rae", is_staff=True)
    user.groups.add(user.groups.model.objects.get(name=next(role.title for role in ROLES if role.key == "compliance")))
    client = Client()
    client.force_login(user)
    kept = []
    for name, query in (("the page, everything", ""), ("the page, person and type", "person=5&type=incident.noted")):
        took, used = [], []
        for turn in range(TIMES + 2):
            begun, used_before = time.perf_counter(), time.thread_time()
            answer = client.get(f"/admin/audit/ledgerevent/?{query}")
            assert answer.status_code == 200, answer
            if turn > 1:
                took.append((time.perf_counter() - begun) * 1000)
                used.append((time.thread_time() - used_before) * 1000)
        p95 = percentile(took, 0.95)
        kept.append(p95 <= PAGE_MS)
        print(
            f"{name:44}{percentile(took, 0.5):9.1f}{p95:9.1f}{percentile(used, 0.95):9.1f}{'' if kept[-1] else '   NOT KEPT'}", flush=True
        )
    return kept


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(len(ordered) * share))]


def say(words: str) -> None:
    if sys.stderr.isatty():
        print(f"\r{words:40}", end="\r" if not words else "", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.path.insert(0, str(PROJECT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.development")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=FEW, help="how many; 100,000 unless told")
    parser.add_argument("--full", action="store_true", help="10,000,000, for which the figures are promised")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-trail-") as folder:
        os.environ["PORTAL_VAR"] = folder
        sys.exit(main(FULL if asked.full else asked.events))
