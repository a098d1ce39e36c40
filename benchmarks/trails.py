"""A made-up trail of a year: 2,000 people, 300 services and an incident for every fifty events, made by the database itself and then filed.

Nobody's share is like another's: few people do most, a service has its events all year, an incident its own within hours. Names are on cards.
"""

# ruff: noqa: S608 - every part is ours
import random
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

CHUNK, PER_INCIDENT, PEOPLE, SERVICES, HOSTS = 250_000, 50, 2_000, 300, 5_003
END = datetime(2026, 3, 2, 9, tzinfo=UTC)
LASTS = timedelta(days=365)
INCIDENT, RUN, SERVICE = "incidents.incident", "incidents.escalationrun", "policies.service"
# Type, what it is about, and how many of 1,000 it is.
DEEDS = (
    *(("incident.noted", INCIDENT, 190), ("incident.acknowledged", INCIDENT, 60), ("reading.recorded", INCIDENT, 170)),
    *(("escalation.paged", RUN, 150), ("escalation.started", RUN, 60), ("message.sent", "portal.outboxmessage", 150)),
    *(
        ("service.checked", SERVICE, 20),
        ("threshold.changed", "policies.threshold", 4),
        ("policy_version.submitted", "policies.policyversion", 3),
    ),
    *(("access.denied", "", 8), ("account.signed_in", "portal.user", 80), ("trail.searched", "", 20), ("ledger.heartbeat", "", 80)),
    ("rights.added", "portal.user", 5),
)
DIALECT = {
    "sqlite": {
        "numbers": "WITH RECURSIVE n(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i < {last})",
        "pad": "substr('000000000' || ({0}), -{1})",
        "uuid": "printf('%032x', {0})",
        "token": "printf('%064x', {0})",
        "at": "strftime('%Y-%m-%d %H:%M:%f', {0}, 'unixepoch')",
        "ts": "strftime('%Y-%m-%dT%H:%M:%f000Z', {0}, 'unixepoch')",
        "hash": "zeroblob(32)",
    },
    "postgresql": {
        "numbers": "WITH n AS (SELECT generate_series({first}::bigint, {last}) AS i)",
        "pad": "right('000000000' || ({0}), {1})",
        "uuid": "lpad(to_hex({0}), 32, '0')::uuid",
        "token": "lpad(to_hex({0}), 64, '0')",
        "at": "to_timestamp({0})",
        "ts": "to_char(to_timestamp({0}) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')",
        "hash": "'\\x00'::bytea",
    },
}


def ensure(events: int) -> None:
    """Fills the database unless it holds such a trail already; goes on with the filing where that was broken off."""
    from audit.models import LedgerInbox
    from audit.reading.filing import file_all, how_far
    from audit.sealing.stored import tree_size

    # What an earlier run searched for is an event that no sealer takes in here: it would be read one by one at each question.
    LedgerInbox.objects.all().delete()
    if tree_size() < events:
        _make(events)
    filed, begun, used = how_far().leaf, time.monotonic(), time.process_time()
    done = file_all(told=lambda count: say(f"{filed + count:,} filed"))
    if done:
        took, used = time.monotonic() - begun, time.process_time() - used
        print(
            f"filed {done:,} in {took:,.0f} s ({done / took:,.0f} a second; {done / used:,.0f} a second of own processor time)", flush=True
        )
        _told_to_the_planner()


def _make(events: int) -> None:
    """Without the triggers' cost: what is measured is reading."""
    from django.db import connection

    from audit.capture import installing
    from audit.models import LedgerEvent
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
        _cards()
        _deeds(cursor)
        place = tree_size()
        for at in range(first, first + events, CHUNK):
            last = min(at + CHUNK, first + events) - 1
            cursor.execute(_insert(connection.vendor, at, last, first, events))
            cursor.execute(_leaves(connection.vendor, at, last, place - first))
            say(f"{last - first + 1:,} of {events:,} made")
        if connection.vendor == "postgresql":
            cursor.execute("SELECT setval(pg_get_serial_sequence('audit_ledgerevent', 'id'), (SELECT max(id) FROM audit_ledgerevent))")
    database_guards.install("audit", "default")
    installing.install_after_migrate(sender=None, using="default")
    print(f"made {events:,} in {time.monotonic() - begun:,.0f} s", flush=True)


def _told_to_the_planner() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA analysis_limit = 1000")
        cursor.execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")


def _cards() -> None:
    from audit.models import PersonalCard

    cards = [
        PersonalCard(token=f"{key:064x}", subject=f"person:{key}", value=f"Person {key}", salt=b"\0" * 32) for key in range(PEOPLE + 1)
    ]
    PersonalCard.objects.bulk_create(cards, ignore_conflicts=True)


def _deeds(cursor: Any) -> None:
    """A thousand rows, so that a number's remainder chooses a deed by its share."""
    cursor.execute("CREATE TEMPORARY TABLE deed (k integer PRIMARY KEY, type text, model text)")
    rows = [(event_type, model) for event_type, model, share in DEEDS for _ in range(share)]
    cursor.executemany("INSERT INTO deed (k, type, model) VALUES (%s, %s, %s)", [(k, *deed) for k, deed in enumerate(rows)])


def _insert(vendor: str, at: int, last: int, first: int, events: int) -> str:
    """Numbers from `at` to `last` as events. The oldest twentieth speaks of a migration, and nothing after it does."""
    say_as = DIALECT[vendor]
    step = LASTS.total_seconds() / events
    second = f"({END.timestamp() - LASTS.total_seconds():.0f} + (i - {first}) * {step:.6f})"
    who = f"(1 + (i * 48271 % 9973) % (1 + i * 16807 % {PEOPLE}))"
    person = f"CASE WHEN i % 3 = 0 THEN '' ELSE CAST({who} AS text) END"
    token = say_as["token"].format(who)
    name = f"CASE WHEN i % 3 = 0 THEN '\"the portal\"' ELSE '{{\"sealed\":\"' || {token} || '\"}}' END"
    # Some thousand events of a hundred incidents, one among the other.
    incident = f"((i + i * 7919 % 5003) / {PER_INCIDENT})"
    service = f"(1 + i * 16807 % {SERVICES})"
    key = f"CASE WHEN d.model LIKE 'incidents.%%' THEN {incident} WHEN d.model = '{SERVICE}' THEN {service} ELSE i * 16807 % 5003 END"
    channel = "CASE WHEN i % 10 < 5 THEN 'engine' WHEN i % 10 < 8 THEN 'web' WHEN i % 10 < 9 THEN 'api' ELSE 'job' END"
    request = "'r' || (i / 3)"
    number = say_as["pad"].format(incident, 6)
    why = (
        f"'Card ' || CASE WHEN i % 5 = 0 THEN 'payments fail' ELSE 'service answers' END || ' in region ' || (i * 7919 % 37) || ' on host web-' || "
        f"(i * 48271 % {HOSTS}) || ', change CHG-' || {say_as['pad'].format('i / 40', 6)} || "
        f"CASE WHEN i < {first + events // 20} THEN ' migration' ELSE '' END"
    )
    subject = (
        f'CASE WHEN d.model = \'\' THEN \'\' ELSE \',"obj":{{"model":"\' || d.model || \'","pk":"\' || ({key}) || '
        f'\'","repr":"INC-\' || {number} || \'","seq":1}}\' END'
    )
    payload = (
        f'\'{{"actor":{{"id":"\' || ({person}) || \'","kind":"person","name":\' || ({name}) || \'}},"ctx":{{"channel":"\' || ({channel}) || '
        f'\'","ip":"","request_id":"\' || ({request}) || \'"}},"details":{{"service":"service-\' || {service} || \'","state":"in_progress"}},'
        f'"id":"\' || i || \'"\' || {subject} || \',"ts":"\' || {say_as["ts"].format(second)} || \'","type":"\' || d.type || '
        f'\'","v":2,"why":"\' || {why} || \'"}}\''
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


def person_of(chance: random.Random) -> str:
    """Somebody busy or somebody rarely seen."""
    return str(chance.choice([1, 2, 5, 20, 60, 150, 800, 1_950]))


def service_of(chance: random.Random) -> int:
    """A service of which anything is told: not every one is, for what an event is and which service it is about both follow from its number."""
    return chance.choice(SERVICES_TOLD)


def _services_told() -> list[int]:
    models = [model for _, model, share in DEEDS for _ in range(share)]
    return sorted({1 + number * 16807 % SERVICES for number in range(1_000 * SERVICES) if models[number * 7919 % 1_000] == SERVICE})


SERVICES_TOLD = _services_told()


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(len(ordered) * share))]


def say(words: str) -> None:
    if sys.stderr.isatty():
        print(f"\r{words:40}", end="\r" if not words else "", file=sys.stderr, flush=True)
