"""How long the list of thresholds takes with 5,000 of them in force, every policy with an open draft that changes them.

    python benchmarks/bench_thresholds.py

It makes 100 policies of 50 thresholds with three approved versions each, in a database of its own in a temporary folder. Prints, per way
of looking at the list, the median of 7 requests in milliseconds of processor time, SQLite's included, and the number of queries. Limits: 1 s each (4 s to
find what is pending among drafts of every policy at once, which compares ten thousand rules), and as many queries as with a single policy.
"""

import os
import statistics
import sys
import tempfile
import time
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
POLICIES, THRESHOLDS, REQUESTS = 100, 50, 7
MOST_MILLISECONDS = {"with a pending change": 4_000}
OTHERWISE = 1_000
VIEWS = {
    "as it opens": "",
    "second page": "?p=2",
    "sorted by value": "?o=1",
    "sorted by next review": "?o=4",
    "searched": "?q=Threshold%2013",
    "by measure": "?measure=latency_ms",
    "with a pending change": "?pending=draft",
}


def main() -> int:
    import django

    django.setup()
    from django.core.management import call_command
    from django.test import Client
    from django.urls import reverse

    from portal.models import User

    call_command("migrate", verbosity=0)
    call_command("sync_roles", verbosity=0, stdout=StringIO())
    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.create_superuser("bench"))
    address = reverse("admin:policies_threshold_changelist")
    fill(1)
    few = {name: measured(client, address + query)[1] for name, query in VIEWS.items()}
    fill(POLICIES - 1)
    kept = True
    for name, query in VIEWS.items():
        took, queries = measured(client, address + query)
        good = took <= MOST_MILLISECONDS.get(name, OTHERWISE) and queries == few[name]
        kept = kept and good
        print(f"{name:24} median {took:6.0f} ms   {queries:3} queries, {few[name]:3} with one policy   {'kept' if good else 'NOT KEPT'}")
    return 0 if kept else 1


def measured(client: Any, address: str) -> tuple[float, int]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.get(address)
    took = []
    for _ in range(REQUESTS):
        start = time.process_time()
        assert client.get(address).status_code == 200, address
        took.append((time.process_time() - start) * 1000)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.get(address)
    return statistics.median(took), len(queries)


def fill(policies: int) -> None:
    """Policies with three approved versions and a draft that changes every second threshold. Made without the guards: only read here."""
    from django.db import transaction

    from policies.models import Approval, Criterion, PolicyVersion, Threshold
    from portal.foundation import database_guards
    from tests.factories import policies as make
    from tests.factories.portal import person

    for label, _ in database_guards.guards:
        database_guards.drop(label, "default")
    approver, author = person("Approver", roles=("approver",)), person("Author", roles=("manager",))
    with transaction.atomic():
        for _ in range(policies):
            policy = make.policy()
            for number in range(1, 5):
                at = make.NOW + timedelta(days=number)
                version = PolicyVersion(policy=policy, number=number, change_reason="For the measurement", author=author, created_at=at)
                if number < 4:
                    version.state, version.submitted_by, version.submitted_at, version.approved_at = "approved", author, at, at
                    version.effective_from, version.content, version.content_sha256 = at, {}, "0" * 64
                PolicyVersion.objects.bulk_create([version])
                if number < 4:
                    signed = {"requested_by": author, "decided_by": approver, "decision": "approved", "reason": "Agreed", "decided_at": at}
                    Approval.objects.bulk_create([Approval(version=version, content_sha256="0" * 64, **signed)])
                rows = [Threshold(version=version, name=f"Threshold {place}", severity="SEV2") for place in range(THRESHOLDS)]
                Threshold.objects.bulk_create(rows)
                value = {1: 5, 2: 5, 3: 7, 4: 9}[number]
                values = [Decimal(value + place if number < 4 or place % 2 else 7 + place) for place in range(THRESHOLDS)]
                Criterion.objects.bulk_create(
                    [
                        Criterion(threshold=row, measure="latency_ms" if place % 5 == 0 else "affected_users", value=values[place])
                        for place, row in enumerate(rows)
                    ]
                )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="bench-thresholds-") as folder:
        sys.path.insert(0, str(PROJECT))
        os.environ["PORTAL_VAR"], os.environ["DATABASE_URL"] = folder, ""
        Path(folder, "static").mkdir()
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.development")
        sys.exit(main())
