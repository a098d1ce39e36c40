"""How fast the rules answer: which version was in force, and what follows for one incident.

    python benchmarks/bench_governance.py [VERSIONS]

Makes a policy with so many versions (default 10,000) in a database of its own in a temporary folder, and asks for the one in force at
instants all over their time; then judges incidents by a policy of four thresholds, with nothing but the pure functions, on one core.
Prints medians and the number of queries. The promises: at most 2 queries and under 2 ms; at least 20,000 judgements a second.
"""

import os
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
START = datetime(2020, 1, 1, tzinfo=UTC)
QUESTIONS = 200
ROUNDS = 7
JUDGED = 20_000


def main(how_many: int) -> None:
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from policies.governance.queries import version_in_force

    call_command("migrate", verbosity=0)
    # Under DEBUG every statement is written down a second time, which nobody's portal does.
    settings.DEBUG = False
    policy = _policy_of(how_many)
    took, worked, queries = [], [], 0
    for question in range(QUESTIONS):
        at = START + timedelta(hours=question * how_many / QUESTIONS)
        with CaptureQueriesContext(connection) as asked:
            version_in_force(policy, at)
        queries = max(queries, len(asked))
        start, busy = time.perf_counter(), time.process_time()
        found = version_in_force(policy, at)
        took.append((time.perf_counter() - start) * 1000)
        worked.append((time.process_time() - busy) * 1000)
        assert found is not None
    print(f"{how_many:,} versions, {connection.vendor}")
    median, busy = statistics.median(took), statistics.median(worked)
    print(f"version in force   median {median:6.3f} ms ({busy:.3f} ms of this process)   worst {max(took):6.3f} ms   {queries} query")
    print(f"judge one incident median {statistics.median(_judgements_a_second() for _ in range(ROUNDS)):10,.0f} a second, pure, one core")


def _policy_of(how_many: int) -> Any:
    """A policy whose versions start an hour apart. The guards would ask for two people's words on each, so they step aside."""
    from policies.models import EscalationPolicy, PolicyVersion, Service
    from portal.foundation import database_guards
    from portal.models import User

    owner = User.objects.create_user("bench")
    policy = EscalationPolicy.objects.create(name="Bench", service=Service.objects.create(name="Bench", key="bench"), owner=owner)
    database_guards.drop("policies", "default")
    PolicyVersion.objects.bulk_create(
        (
            PolicyVersion(
                policy=policy,
                number=number,
                state="approved",
                change_reason="Bench",
                author=owner,
                created_at=START,
                submitted_by=owner,
                submitted_at=START,
                approved_at=START + timedelta(hours=number - 1),
                effective_from=START + timedelta(hours=number - 1),
                content={"levels": [], "thresholds": []},
                content_sha256="x",
            )
            for number in range(1, how_many + 1)
        ),
        batch_size=500,
    )
    database_guards.install("policies", "default")
    return policy


def _judgements_a_second() -> float:
    from policies.decisions.judgement import Facts, judge
    from policies.decisions.ruleset import CriterionRule, PolicySnapshot, ThresholdRule
    from policies.decisions.severity import Reading
    from policies.decisions.vocabulary import Comparison, Severity

    window, nothing = timedelta(minutes=10), timedelta(0)
    thresholds = tuple(
        ThresholdRule(
            f"{severity}", "all", severity, 1, (CriterionRule("transaction_failure_percent", Comparison.AT_LEAST, value, window, nothing),)
        )
        for severity, value in zip(Severity, map(Decimal, (40, 20, 10, 5)), strict=False)
    )
    rules = PolicySnapshot(thresholds=thresholds, levels=(), resolve_within=None)
    readings = [Reading("transaction_failure_percent", Decimal(12), START)]
    facts = Facts(impact=2, urgency=2)
    # The time of this process: what else runs on the machine does not count.
    start = time.process_time()
    for _ in range(JUDGED):
        judge(rules, facts, readings, START)
    return JUDGED / (time.process_time() - start)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder:
        sys.path.insert(0, str(PROJECT))
        os.environ["PORTAL_VAR"] = folder
        Path(folder, "static").mkdir()
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.development")
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
