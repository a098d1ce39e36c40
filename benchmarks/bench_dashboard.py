"""What dashboards take, and keeping their facts up to date, with made-up quarters in the database.

    python benchmarks/bench_dashboard.py [--incidents 20000] [--quarters 2] [--in FOLDER]
    python benchmarks/bench_dashboard.py --incidents 125000 --quarters 8 --in FOLDER     a million incidents with seven million steps

Prints milliseconds of processor time, SQLite's included (the database server's not), and numbers of queries: preparing everything, per incident; a pass of the job with
nothing new, and after incidents were changed, on one day and on many; each page, the median of 15 requests and the slowest. Limits: pages
300 ms and as many queries as with 500 incidents; a pass 30 s after whatever happens in half a minute; preparing a day costs the same in
a long history as in a short one (twice at most).
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
REQUESTS = 15
PAGE_MS, PASS_MS = 300, 30_000
FIGURES = "/admin/reports/dashboard/figures/"


def main(incidents: int, quarters: int) -> int:
    import django

    django.setup()
    from django.core.management import call_command
    from django.test import Client
    from quarters import QUARTERS, fill

    from incidents.models import Incident
    from portal.models import User
    from reports.dashboards.preparing import read_again
    from reports.models import DayFacts
    from reports.packs.quarters import Quarter

    call_command("migrate", verbosity=0)
    call_command("sync_roles", verbosity=0, stdout=StringIO())
    for number in range(QUARTERS - quarters, QUARTERS):
        fill(number, incidents)
    reader, _ = User.objects.get_or_create(username="bench", defaults={"is_superuser": True, "is_staff": True})
    client = Client(headers={"host": "localhost"})
    client.force_login(reader)
    kept = []
    newest = Incident.objects.latest("opened_at").opened_at
    if DayFacts.objects.filter(stale=False).count() < DayFacts.objects.count() or not DayFacts.objects.exists():
        took, done = passed(newest)
        print(
            f"prepare everything       {took / 1000:8.1f} s, {1000 * took / Incident.objects.count():6.0f} µs an incident, {done.days} days"
        )
    took, done = passed(newest)
    print(f"a pass, nothing new      {took:8.1f} ms")
    for how_many, days in ((1, 1), (10, 1), (100, 1), (100, 10)):
        touch(how_many, days, newest)
        took, done = passed(newest)
        kept.append(took <= PASS_MS)
        print(f"a pass, {how_many:4} changed on {days:3}  {took:8.1f} ms, {done.days} days read   {'kept' if kept[-1] else 'NOT KEPT'}")
    if quarters > 1:
        # What was resolved in the one may have come back in the other.
        touch(10, 1, Quarter.of(newest).start)
        took, done = passed(newest)
        kept.append(took <= PASS_MS)
        print(f"a pass, 10 changed in the quarter before {took:8.1f} ms, {done.quarters} quarters   {'kept' if kept[-1] else 'NOT KEPT'}")
    first = Incident.objects.earliest("opened_at").opened_at
    for name, at in (("newest", newest - timedelta(days=5)), ("oldest", first + timedelta(days=5))):
        read_again(since=at.date(), until=at.date())
        took, done = passed(newest)
        print(f"the {name} day read again {took:8.1f} ms")
    quarter = str(Quarter.of(newest))
    pages = {
        "figures": f"?quarter={quarter}",
        "every figure": f"?quarter={quarter}&" + "&".join(f"figure={name}" for name in every_figure()),
        "of a service": f"?quarter={quarter}&of=service:1",
        "compared by service": f"?quarter={quarter}&by=service",
        "of a unit's severity": f"?quarter={quarter}&of=unit:1,severity:SEV2",
        "of a service in a group": f"?quarter={quarter}&of=service:1,team:1",
        "of a component": f"?quarter={quarter}&of=component:1",
        "behind what came back": f"behind/?quarter={quarter}&figure=recurrence_by_service.within_30_days",
        "behind a unit's severity": f"behind/?quarter={quarter}&of=unit:1,severity:SEV2&figure=escalations",
        "behind a few": f"behind/?quarter={quarter}&figure=exhausted_runs",
        "behind all": f"behind/?quarter={quarter}&figure=incidents_opened",
        "behind a unit's": f"behind/?quarter={quarter}&of=unit:1&figure=windows.missed",
        "behind a service's": f"behind/?quarter={quarter}&of=service:1&figure=windows.missed",
    }
    for name, query in pages.items():
        median, slowest, queries = measured(client, FIGURES + query)
        kept.append(median <= PAGE_MS)
        print(f"{name:24} median {median:6.0f} ms, slowest {slowest:6.0f} ms, {queries:3} queries   {'kept' if kept[-1] else 'NOT KEPT'}")
    return 0 if all(kept) else 1


def every_figure() -> list[str]:
    from reports.models import FactsProgress

    return [each["name"] for each in FactsProgress.objects.get().catalogue]


def touch(how_many: int, days: int, newest: datetime) -> None:
    """Changes incidents of several days as a person would: each leaves a row in its history."""
    from incidents.models import Incident
    from portal.foundation.base_models import save_tracked

    for day in range(days):
        start = (newest - timedelta(days=3 * day + 2)).replace(hour=0, minute=0, second=0, microsecond=0)
        rows = Incident.objects.filter(opened_at__gte=start, opened_at__lt=start + timedelta(days=1)).exclude(origin="drill")
        for row in rows.order_by("pk")[: how_many // days]:
            row.made_sla = not row.made_sla
            row.reassignment_count += 1
            save_tracked(row, actor=None, now=newest, reason="Measured")


def passed(now: datetime) -> tuple[float, Any]:
    from reports.dashboards.preparing import bring_up_to_date

    start = time.process_time()
    done = bring_up_to_date(now=now, clock=lambda: now)
    return 1000 * (time.process_time() - start), done


def measured(client: Any, address: str) -> tuple[float, float, int]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        answer = client.get(address)
    queries = len(captured)
    assert answer.status_code == 200, (answer.status_code, address)
    took = []
    for _ in range(REQUESTS):
        start = time.process_time()
        client.get(address)
        took.append(1000 * (time.process_time() - start))
    return statistics.median(took), max(took), queries


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--incidents", type=int, default=20_000, help="in each quarter")
    parser.add_argument("--quarters", type=int, default=2, choices=range(1, 9))
    parser.add_argument("--in", dest="folder", type=Path, help="keeps the database there, and goes on with it")
    asked = parser.parse_args()
    sys.path[:0] = [str(PROJECT), str(PROJECT / "benchmarks")]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.development")
    with tempfile.TemporaryDirectory(prefix="dashboard-") as temporary:
        os.environ["PORTAL_VAR"] = str(asked.folder or temporary)
        sys.exit(main(asked.incidents, asked.quarters))
