"""Hours on duty as CSV or XLSX, for payroll."""

import tempfile
from datetime import datetime, timedelta
from pathlib import Path

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest

from audit.events.services import act
from policies.admin.fairness import Asked, asked_for
from policies.oncall.fairness import Figures
from policies.oncall.fairness_queries import hours_of
from portal.foundation import clock
from reports.document import Cell, Column, Kind, ReportDocument, Section, Table
from reports.exports import as_xlsx
from reports.exports.one_table import csv_of

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
HOUR = timedelta(hours=1)
COLUMNS = (
    Column("person", "Person"),
    Column("username", "Account"),
    Column("hours", "Hours on duty", Kind.NUMBER),
    Column("night_hours", "Night hours", Kind.NUMBER),
    Column("weekend_hours", "Weekend hours", Kind.NUMBER),
    Column("holiday_hours", "Holiday hours", Kind.NUMBER),
    Column("duties", "Duties", Kind.INTEGER),
    Column("shortest_rest_hours", "Shortest rest, hours", Kind.NUMBER),
    Column("short_rests", "Rests under 11 hours", Kind.INTEGER),
    Column("planned_hours", "Planned hours", Kind.NUMBER),
    Column("hours_to_come", "Hours still to come", Kind.NUMBER),
)


def duty_hours(request: HttpRequest) -> HttpResponse:
    """GET with `format` csv or xlsx, and `team`, `first`, `last` as on the page; the download is recorded."""
    now = clock.now()
    form, asked = asked_for(request, now)
    kind = request.GET.get("format", "csv")
    if asked is None or kind not in TYPES:
        problems = " ".join(str(problem) for found in form.errors.values() for problem in found) or "Choose csv or xlsx."
        return HttpResponseBadRequest(problems, content_type="text/plain; charset=utf-8")
    table = hours_table(asked, hours_of([person.pk for person in asked.people], asked.since, asked.until, now))
    with act("reports.duty_hours_downloaded", actor=request.user, now=now) as running:
        running.details = {"team": str(asked.team or ""), "days": f"{asked.first} to {asked.last}", "people": len(asked.people), "as": kind}
    answer = HttpResponse(csv_of(table) if kind == "csv" else _workbook(table, asked, now), content_type=TYPES[kind])
    answer["Content-Disposition"] = f'attachment; filename="duty-hours-{asked.first}-{asked.last}.{kind}"'
    return answer


def hours_table(asked: Asked, found: dict[int, Figures]) -> Table:
    """A row a person; hours as numbers with three decimals."""
    rows = tuple((str(person), person.get_username(), *_cells(found[person.pk])) for person in asked.people)
    return Table("duty-hours", "Hours on duty", "What everybody held.", COLUMNS, rows)


def _cells(figures: Figures) -> tuple[Cell, ...]:
    return (
        *(_hours(value) for value in (figures.hours, figures.nights, figures.weekends, figures.holidays)),
        figures.duties,
        _hours(figures.shortest_rest),
        figures.short_rests,
        _hours(figures.planned),
        _hours(figures.ahead),
    )


def _hours(value: timedelta | None) -> float | None:
    return None if value is None else round(value / HOUR, 3)


def _workbook(table: Table, asked: Asked, now: datetime) -> bytes:
    facts = (("Team", str(asked.team or "own hours")), ("Days", f"{asked.first} to {asked.last}"), ("Clocks of the days", asked.zone))
    notes = (
        "Hours that passed, counted once when somebody is on duty in two schedules at once.",
        "Nights are 22:00 to 06:00, weekends Saturday and Sunday, holidays those of the plan, on the clocks of each schedule.",
        "Planned is what the rotations alone would have given, without overrides, swaps and absences.",
    )
    document = ReportDocument(
        name="duty-hours",
        title="Hours on duty",
        subtitle=f"{asked.first} to {asked.last}",
        facts=(*facts, ("As of", f"{now:%Y-%m-%d %H:%M} UTC")),
        highlights=(),
        summary=(),
        definitions=(),
        sections=(Section("hours", "Hours on duty", tables=(table,)),),
        notes=notes,
    )
    with tempfile.TemporaryDirectory(prefix="hours-") as folder:
        return as_xlsx.write(document, Path(folder))[0].read_bytes()
