"""The figures of an imported log, held against those that a script works out from the file alone, with nothing of the portal."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from policies.models import Service
from reports.metrics import definitions
from reports.metrics.chapter.build import told
from reports.metrics.chapter.facts import facts_for
from reports.metrics.population import Population
from reports.metrics.queries import facts_of, last_event_at
from tests.incidents.imports.bringing_in import bring_in
from tests.incidents.imports.logs import SAMPLE
from tests.reports.metrics.outside import figures as outside

pytestmark = pytest.mark.django_db
QUARTER = Population(*(moment.replace(tzinfo=UTC) for moment in outside.QUARTER))
RECORDED = Path(outside.__file__).with_name("2016q1.json")
# The whole public log is not shipped; whoever has it names it here.
WHOLE = Path(os.environ.get("SERVICENOW_LOG", "none"))
SAME = (
    "incidents_opened", "sla_breached", "sla_unknown", "reopened", "reassigned", "with_problem", "with_change", "functional_escalations",
    "time_to_acknowledge_seconds", "time_to_resolve_seconds", "never_acknowledged", "unresolved", "negative_durations",
)  # fmt: skip


def by_the_portal(log: Path, now: datetime) -> dict[str, Any]:
    """In the words of the script."""
    bring_in(log, now)
    last = last_event_at(QUARTER)
    assert last is not None
    known = facts_for(QUARTER, last)
    facts = list(facts_of(QUARTER))
    found = definitions.measured((*definitions.METRICS, *definitions.COVERAGE), facts)
    content = told(known).content
    rate = content["frequency"]
    return {name: found[name] for name in SAME} | {
        "incidents_by_priority": {name: count for name, count in found["incidents_by_priority"].items() if count},
        "busiest_services": [[row["service"], row["opened"]] for row in found["busiest_services"]],
        "median_with_open": content["time_to_resolve"]["p50_with_open"],
        **{name: rate[name] for name in ("days", "busiest_day", "on_the_busiest_day")},
        "recurrence": {
            of: {name: count for name, count in again.items() if not name.startswith("share")}
            for of, again in content["recurrence"].items()
        },
        "last_event": last.replace(tzinfo=None).isoformat(),
    }


def as_recorded(figures: dict[str, Any]) -> dict[str, Any]:
    return dict(json.loads(json.dumps(figures)))


def test_the_figures_of_the_sample_are_those_that_the_script_says(now: datetime) -> None:
    assert as_recorded(by_the_portal(SAMPLE, now)) == as_recorded(outside.figures(SAMPLE))


@pytest.mark.skipif(not WHOLE.exists(), reason="SERVICENOW_LOG names no file: the whole public log is not shipped")
def test_the_figures_of_the_whole_public_log_are_those_on_record(now: datetime) -> None:
    recorded = json.loads(RECORDED.read_text())
    assert as_recorded(outside.figures(WHOLE)) == recorded
    assert as_recorded(by_the_portal(WHOLE, now)) == recorded


def test_the_times_of_the_record_are_told_a_second_time_by_the_chapter(now: datetime) -> None:
    bring_in(SAMPLE, now)
    last = last_event_at(QUARTER)
    assert last is not None
    times = told(facts_for(QUARTER, last)).content["time_to_resolve"]
    slow = outside.figures(SAMPLE)["time_to_resolve_seconds"]
    assert {name: times[name] for name in slow} == slow
    assert sum(part["count"] for part in times["by"]["service"].values()) == times["count"]
    assert len(times["by"]["service"]) == Service.objects.filter(incidents__isnull=False).distinct().count()
