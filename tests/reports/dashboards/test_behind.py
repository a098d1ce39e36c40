"""Behind every line of every figure stand as many incidents as it counts."""

from datetime import datetime
from random import Random
from typing import Any

import pytest

from incidents.models import Incident
from reports.dashboards.behind import incidents_behind
from reports.dashboards.figures import COUNTED_BY, lines_of
from reports.dashboards.measured import catalogue
from reports.dashboards.queries import picked_from
from reports.dashboards.selection import Selection
from reports.document import Kind
from reports.models import QuarterFigures
from reports.packs.quarters import Quarter
from tests.factories.reports import small_quarter, stored
from tests.incidents.escalation.conftest import make_scene
from tests.shared import shared

from .histories import Lives, prepare

pytestmark = pytest.mark.django_db
# What stands for itself: lists, and the seconds of the longest wait.
NOTHING_BEHIND = {"busiest_services"}
NO_INCIDENTS = {"frequency.days"}


@shared
def quarters(now: datetime) -> set[Quarter]:
    stored(*small_quarter())
    lives = Lives(make_scene(now), Random(5))
    lives.go_on(60)
    prepare(lives.now)
    return {Quarter.of(each.opened_at) for each in Incident.objects.all()}


def test_the_incidents_behind_a_line_add_up_to_it(quarters: set[Quarter]) -> None:
    units = {each["name"]: each["unit"] for each in catalogue()}
    checked = set()
    for row in QuarterFigures.objects.filter(quarter__in=map(str, quarters)):
        facts, measured = picked_from(Selection(row.dimension, row.part), Quarter.parse(row.quarter)), row.figures
        for level, figures in [(None, measured["figures"]), *((int(key), value) for key, value in measured["levels"].items())]:
            for name, value in figures.items():
                for line in lines_of(name, units[name], value):
                    if line.key in NO_INCIDENTS:
                        assert not line.behind
                    elif line.kind is Kind.INTEGER:
                        found = incidents_behind(facts, line.key, level)
                        assert found is not None, line.key
                        if level is None or "level" not in OF_RUNS.get(name, "level"):
                            assert found.sum == line.value, (line.key, level)
                        checked.add(name)
                    else:
                        assert not line.behind or incidents_behind(facts, line.behind, level) is not None, line.key
    assert checked >= set(units) - NOTHING_BEHIND


# Whole runs are counted whatever the level; a page shows them by level nowhere.
OF_RUNS = {"runs": "", "exhausted_runs": "", "late_steps": "", "premature": "", "escalation_density": ""}


def test_each_incident_stands_once_and_the_last_opened_first(quarters: set[Quarter]) -> None:
    for quarter in quarters:
        found = incidents_behind(picked_from(Selection(), quarter), "incidents_opened")
        assert found is not None
        in_order = Incident.objects.filter(opened_at__gte=quarter.start, opened_at__lt=quarter.end).order_by("-opened_at", "-number")
        assert found.keys == list(in_order.values_list("pk", flat=True))


@pytest.mark.parametrize("line", ["", "nonsense", "windows", "windows.nonsense", "escalations_by_cause.", "busiest_services", "_FACTS"])
def test_what_is_no_line_has_nothing_behind(line: str, quarters: set[Quarter]) -> None:
    assert incidents_behind(picked_from(Selection(), max(quarters)), line) is None


def test_behind_a_time_or_a_share_stand_those_that_are_counted_in_it() -> None:
    value: dict[str, Any] = {"count": 3, "of": 4, "share": 75.0}
    assert {line.part: line.behind for line in lines_of("premature", "runs", value)} == {
        "count": "premature.count",
        "of": "premature.of",
        "share": "premature.count",
    }
    assert COUNTED_BY[0] == "count"
