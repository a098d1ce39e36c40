"""What permissions cost: lists of 50 among 100,000 incidents, for somebody with 2,000 grants and for an administrator, whose roles open all.

    python benchmarks/bench_permissions.py [--json FILE]
    python -m tests.postgres python benchmarks/bench_permissions.py

It fills a database of its own: 400 services in 40 business units of three storeys; 1,900 grants on incidents, 90 on services, 10 on units, half
of them through a group and half of them with dates. Prints, per way in, the median of the requests in milliseconds of wall time for both
readers, and their queries. The promise: at most 2 queries more and 1.5 times the time of the same list for an administrator.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
INCIDENTS, UNITS, SERVICES = 100_000, 40, 400
ON_INCIDENTS, ON_SERVICES, ON_UNITS = 1_900, 90, 10
REQUESTS, BATCH = 21, 5_000
MOST_QUERIES, MOST_TIMES = 2, 1.5
WAYS = {
    "list of the admin": "/admin/incidents/incident/",
    "list of the admin, second page": "/admin/incidents/incident/?p=2",
    "list of the admin, searched": "/admin/incidents/incident/?q=incident+4",
    "list of the API": "/api/v1/incidents/",
    "list of the API, one state": "/api/v1/incidents/?state=in_progress",
}


def main() -> int:
    options = arguments()
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from tests.factories.portal import person

    call_command("migrate", verbosity=0)
    call_command("sync_roles", verbosity=0, stdout=StringIO())
    administrator, guest = person("Administrator", roles=("administrator", "responder")), person("Guest")
    print(f"{connection.vendor}: {fill(guest):,} incidents that the guest sees, of {INCIDENTS:,}")
    results, kept = {}, True
    for name, address in WAYS.items():
        # By turns, so that whatever else the machine does meets both.
        readers = {"administrator": client_of(administrator), "guest": client_of(guest)}
        took = timed(readers, address)
        asked = {who: queries(client, address) for who, client in readers.items()}
        times, more = took["guest"] / took["administrator"], asked["guest"] - asked["administrator"]
        good = more <= MOST_QUERIES and times <= MOST_TIMES
        kept = kept and good
        print(
            f"{name:32} administrator {took['administrator']:6.1f} ms, guest {took['guest']:6.1f} ms: {times:4.2f} times, "
            f"{more:+d} queries   {'kept' if good else 'NOT KEPT'}"
        )
        results[f"Permissions: {name}, times an administrator's"] = figure(times, "times", MOST_TIMES, times <= MOST_TIMES)
        results[f"Permissions: {name}, queries more"] = figure(more, "queries", MOST_QUERIES, more <= MOST_QUERIES)
    if options.json:
        Path(options.json).write_text(json.dumps({"database": connection.vendor, "results": results}, indent=2))
    return 0 if kept else 1


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What permissions cost.")
    parser.add_argument("--json", help="write the figures there")
    return parser.parse_args()


def figure(value: float, unit: str, limit: float, kept: bool) -> dict[str, Any]:
    return {"value": value, "unit": unit, "limit": limit, "kept": kept}


def client_of(user: Any) -> Any:
    from django.test import Client

    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    return client


def timed(readers: dict[str, Any], address: str) -> dict[str, float]:
    took: dict[str, list[float]] = {who: [] for who in readers}
    for turn in range(REQUESTS + 2):
        for who, client in readers.items():
            start = time.perf_counter()
            answer = client.get(address)
            spent = (time.perf_counter() - start) * 1000
            assert answer.status_code == 200, (who, address, answer.status_code)
            if turn >= 2:
                took[who].append(spent)
    return {who: statistics.median(each) for who, each in took.items()}


def queries(client: Any, address: str) -> int:
    """The fewest of three: every five seconds the alarm banner asks how everything is, for whoever comes then, with or without rights."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for _ in range(3):
        with CaptureQueriesContext(connection) as asked:
            client.get(address)
        counts.append(len(asked))
    return min(counts)


def fill(guest: Any) -> int:
    """Everything in bulk, without the witnesses: it is only read here. How many incidents the guest sees."""
    from django.contrib.auth.models import Group
    from django.db import connection, transaction

    from audit.capture import installing
    from incidents.models import Incident
    from policies.models import BusinessUnit, Service
    from portal.foundation.access.checks import visible_to

    installing.drop("default")
    with transaction.atomic():
        units = BusinessUnit.objects.bulk_create([BusinessUnit(name=f"Unit {number:02d}") for number in range(UNITS)])
        for number, unit in enumerate(units[4:], start=4):
            unit.part_of = units[number // 4]
        BusinessUnit.objects.bulk_update(units, ["part_of"])
        services = Service.objects.bulk_create(
            [
                Service(name=f"Service {number:03d}", key=f"service-{number:03d}", business_unit=units[number % UNITS])
                for number in range(SERVICES)
            ]
        )
        begun = datetime(2026, 1, 1, tzinfo=UTC)
        for first in range(0, INCIDENTS, BATCH):
            Incident.objects.bulk_create(
                [
                    Incident(
                        number=f"BENCH-{number:06d}",
                        title=f"Made-up incident {number}",
                        service=services[(number * 7) % SERVICES],
                        impact=2,
                        urgency=2,
                        priority=3,
                        severity="SEV3",
                        state="closed" if number % 20 else "in_progress",
                        opened_at=begun + timedelta(minutes=number),
                        resolved_at=begun + timedelta(minutes=number + 90) if number % 20 else None,
                    )
                    for number in range(first, first + BATCH)
                ]
            )
        group = Group.objects.create(name="Guests")
        guest.groups.add(group)
        chosen = (
            Incident.objects.order_by("number").filter(pk__gt=0).values_list("pk", flat=True)[:: INCIDENTS // ON_INCIDENTS][:ON_INCIDENTS]
        )
        grants(guest, group, "incidents.view_incident", list(chosen))
        grants(
            guest, group, "policies.see_service_incidents", [service.pk for service in services[:: SERVICES // ON_SERVICES][:ON_SERVICES]]
        )
        grants(guest, group, "policies.see_unit_incidents", [unit.pk for unit in units[-ON_UNITS:]])
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    seen: int = visible_to(guest, Incident.objects.all(), "incidents.view_incident").count()
    return seen


def grants(guest: Any, group: Any, right: str, keys: list[int]) -> None:
    from guardian.models import GroupObjectPermission, UserObjectPermission

    from portal.foundation import clock
    from portal.foundation.access.models import ObjectGrant
    from portal.foundation.granting.objects import permission_called

    permission, now = permission_called(right), clock.now()
    row = {"permission": permission, "content_type": permission.content_type}
    half = len(keys) // 2
    UserObjectPermission.objects.bulk_create([UserObjectPermission(user=guest, object_pk=str(key), **row) for key in keys[:half]])
    GroupObjectPermission.objects.bulk_create([GroupObjectPermission(group=group, object_pk=str(key), **row) for key in keys[half:]])
    dated = {"reason": "For the measurement", "starts_at": now, "until": now + timedelta(days=90), "given_at": now}
    ObjectGrant.objects.bulk_create(
        [
            ObjectGrant(
                user=guest if place < half else None,
                group=None if place < half else group,
                permission=permission,
                object_pk=str(key),
                subject_name="made up",
                **dated,
            )
            for place, key in enumerate(keys)
            if place % 2
        ]
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="bench-permissions-") as folder:
        sys.path.insert(0, str(PROJECT))
        os.environ["PORTAL_VAR"] = folder
        os.environ.setdefault("DATABASE_URL", "")
        Path(folder, "static").mkdir()
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.development")
        sys.exit(main())
