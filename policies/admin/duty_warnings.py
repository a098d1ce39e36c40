"""What a manager should look at first: times with nobody on duty, and what the last check of all schedules found."""

from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.urls import reverse

from policies.decisions.rota import RotaSnapshot, gaps
from policies.models import CoverageFinding, OnCallSchedule
from policies.oncall.calendars.standing import failing
from policies.oncall.coverage.findings import NOTES, Kind
from policies.oncall.coverage.words import what_in_words
from portal.foundation import words
from portal.foundation.adminkit.moments import moment

from .duty_calendar import schedule_address
from .duty_grid import span

AHEAD, MOST_SHOWN = timedelta(days=90), 5
NOTE_KINDS = [kind.value for kind in NOTES]
# Of the schedule that is shown, these are computed afresh.
GAPS = [Kind.GAP.value, Kind.COVERED_GAP.value, Kind.TEAM_GAP.value]


def schedule_warnings(schedule: OnCallSchedule, rota: RotaSnapshot, now: datetime) -> dict[str, Any]:
    """Gaps of the next 90 days as they are now, each with the way to its week; and what else the last check found."""
    zone = rota.zone_at(now)
    found = gaps(rota, now, now + AHEAD) if rota.plans else []
    findings = CoverageFinding.objects.filter(schedule=schedule).exclude(kind__in=[*NOTE_KINDS, *GAPS])
    related = findings.select_related("schedule", "other", "person")
    return {
        "gap_rows": [
            (span(begin, end, zone), f"{schedule_address(schedule, view='week', on=begin.date().isoformat())}#calendar")
            for begin, end in found[:MOST_SHOWN]
        ],
        "gaps_left_out": max(len(found) - MOST_SHOWN, 0),
        "findings": [*failing(schedule), *(what_in_words(finding) for finding in related[:MOST_SHOWN])],
    }


def list_warnings(now: datetime) -> dict[str, Any]:
    """The worst of what the last check found, for the top of the list. Two queries."""
    problems = CoverageFinding.objects.exclude(kind__in=NOTE_KINDS)
    worst = problems.select_related("schedule", "other", "team", "service", "person")[:MOST_SHOWN]
    return {
        "coverage_rows": [
            (what_in_words(found), reverse("admin:policies_coveragefinding_change", args=[found.pk]), moment(found.since, now, empty=""))
            for found in worst
        ],
        "coverage_count": problems.count(),
        "coverage_page": reverse("admin:policies_coveragefinding_changelist"),
    }


def coverage_in_words(schedule: Any) -> str:
    """'covered', '3 problems, 2 d uncovered' or 'not checked yet'."""
    try:
        seen = schedule.coverage
    except ObjectDoesNotExist:
        return "not checked yet"
    if not seen.problems:
        return "covered"
    open_time = f", {words.duration(seen.uncovered)} with nobody" if seen.uncovered else ""
    return f"{words.counted(seen.problems, 'problem')}{open_time}"
