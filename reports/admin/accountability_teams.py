"""The page of the teams' table: what they answered for, side by side, with nothing of a few people."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.forms import Media
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import render
from django.urls import reverse

from portal.foundation import clock
from portal.foundation.access.checks import may
from reports.accountability.readers import SEE_ALL, lines_for
from reports.document import Table, shown
from reports.packs.quarters import NotAQuarter, Progress, Quarter

MOST_QUARTERS = 8


def accountability_teams(request: HttpRequest) -> HttpResponse:
    """GET with `quarter`: the lines of the teams that the reader is in, or may see by right."""
    now = clock.now()
    try:
        quarter = Quarter.asked_for(request.GET["quarter"], now) if request.GET.get("quarter") else Quarter.of(now)
    except NotAQuarter as error:
        return HttpResponseBadRequest(str(error), content_type="text/plain; charset=utf-8")
    return render(request, "reports/accountability_teams.html", _page(request, quarter, now))


def _page(request: HttpRequest, quarter: Quarter, now: Any) -> dict[str, Any]:
    # Here, and not for every process at its start: the table takes numpy.
    from reports.accountability.chapter import told
    from reports.accountability.team_queries import teams_for_a_page
    from reports.accountability.teams import IN_WORDS, RULE

    reader: Any = request.user
    rows = teams_for_a_page(quarter.start, quarter.end)
    sees_all, reach = may(reader, SEE_ALL), lines_for(reader)
    mine = rows if sees_all else [row for row in rows if row.team is not None and row.team.key in reach]
    chapter = told(mine if sees_all or not mine else [*mine, rows[-1]], None)
    tables = [_table(table) for section in chapter.sections for table in section.tables]
    quarters = [Quarter.of(now)]
    while len(quarters) < MOST_QUARTERS:
        quarters.append(quarters[-1].previous)
    return {
        **admin.site.each_context(request),
        "title": "What the teams answered for",
        "media": Media(css={"all": ("adminkit/adminkit.css", "portal/dashboard.css", "portal/ledger.css", "portal/accountability.css")}),
        "first_line": _first_line(quarter, sum(row.team is not None for row in mine), now),
        "quarter": quarter,
        "quarters": quarters if quarter in quarters else [*quarters, quarter],
        "tables": tables,
        "definitions": chapter.definitions,
        "words": IN_WORDS,
        "rule": RULE,
        "record": f"{reverse('accountability')}?{urlencode({'quarter': str(quarter)})}",
    }


def _first_line(quarter: Quarter, teams: int, now: Any) -> str:
    runs = "; the quarter still runs" if quarter.progress(now) is Progress.RUNNING else ""
    told = "1 team" if teams == 1 else f"{teams:,} teams" if teams else "No team can be told"
    return f"{told}, {quarter.days_in_words} (UTC){runs}."


def _table(table: Table) -> dict[str, Any]:
    rows = [
        [(shown(cell, column.kind), column.kind.is_number) for cell, column in zip(row, table.columns, strict=True)] for row in table.rows
    ]
    return {"key": table.key, "title": table.title, "heads": [(each.title, each.kind.is_number) for each in table.columns], "rows": rows}
