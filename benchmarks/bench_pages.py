"""How long the incident list, an incident's page and its history take with a whole log loaded.

    python benchmarks/bench_pages.py [LOG]

LOG is a ServiceNow incident event log (default: the sample under tests/). It is imported into a database of its own in a temporary folder.
Prints, per page, the median of 15 requests in milliseconds and the number of queries. The promise: under 300 ms each.
"""

import os
import statistics
import sys
import tempfile
import time
from io import StringIO
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
SAMPLE = PROJECT / "tests" / "contracts" / "servicenow_log" / "sample.csv"
REQUESTS = 15


def main(log: Path) -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext
    from django.urls import reverse

    from incidents.models import Incident
    from portal.models import User

    call_command("migrate", verbosity=0)
    call_command("sync_roles", verbosity=0, stdout=StringIO())
    if not Incident.objects.exists():
        call_command("import_servicenow_log", str(log), stdout=StringIO())
    reader = User.objects.create_superuser("bench")
    client = Client(headers={"host": "localhost"})
    client.force_login(reader)
    busiest = Incident.objects.order_by("-reassignment_count").first()
    assert busiest is not None
    pages = {
        "incident list": reverse("admin:incidents_incident_changelist"),
        "incident list, searched": reverse("admin:incidents_incident_changelist") + "?q=INC0005",
        "incident page": reverse("admin:incidents_incident_change", args=[busiest.pk]),
        "history page": reverse("admin:incidents_incident_history", args=[busiest.pk]),
        "audit trail": reverse("admin:audit_ledgerevent_changelist"),
    }
    print(f"{Incident.objects.count():,} incidents, {connection.vendor}")
    for name, url in pages.items():
        client.get(url)
        took = []
        for _ in range(REQUESTS):
            start = time.perf_counter()
            response = client.get(url)
            took.append((time.perf_counter() - start) * 1000)
            assert response.status_code == 200, (url, response.status_code)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(url)
        print(f"{name:28} median {statistics.median(took):6.0f} ms   worst {max(took):6.0f} ms   {len(queries):3} queries")
    User.objects.filter(pk=reader.pk).update(is_active=False)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder:
        sys.path.insert(0, str(PROJECT))
        os.environ["PORTAL_VAR"] = folder
        Path(folder, "static").mkdir()
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.development")
        main(Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLE)
