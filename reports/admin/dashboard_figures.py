"""The page of figures, and the list of the incidents behind one of them."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views import View

from portal.foundation import clock, words
from portal.foundation.access.checks import may
from portal.foundation.errors import PortalError
from reports.dashboards import queries, services
from reports.dashboards.figures import BY_WEEK, chosen_figures
from reports.dashboards.models import Dashboard
from reports.dashboards.queries import RIGHT, Scope
from reports.dashboards.selection import Dimension, Selection
from reports.document import number_in_words
from reports.packs.quarters import NotAQuarter, Quarter

from . import dashboard_shown as shown
from .dashboard_shown import Asked

A_PAGE = 50


class FiguresView(View):
    """GET, with everything that is asked in the query string: the address is the dashboard."""

    model_admin: Any = None

    def get(self, request: HttpRequest) -> HttpResponse:
        now = clock.now()
        scope = queries.scope_of(request.user)
        if not scope:
            raise PermissionDenied
        dashboard, begun_with = _dashboard(request, "dashboard"), _dashboard(request, "from")
        asked = asked_for(request, now, scope, dashboard)
        if not scope.holds(asked.selection):
            raise PermissionDenied
        context = self._context(request, asked, scope, now)
        begun_with = begun_with or dashboard
        context |= {"kept": begun_with, "may_keep": may(request.user, RIGHT)}
        # What is shown as it was kept needs no further version.
        context["changes"] = dashboard is None and begun_with is not None and begun_with.owner_id == request.user.pk
        return render(request, "reports/figures.html", context)

    def _context(self, request: HttpRequest, asked: Asked, scope: Scope, now: datetime) -> dict[str, Any]:
        facts = queries.progress()
        quarters = queries.affordable(asked.selection, _back_from(asked.quarter))
        by_quarter, anew = self._figures(asked, quarters)
        entries = chosen_figures(facts.catalogue, list(asked.figures))
        current = by_quarter.get(str(asked.quarter), {})
        figures = current.get("figures", {})
        before = by_quarter.get(str(asked.quarter.previous), {})
        known = queries.quarters_with_figures(scope)
        parts = queries.parts_in(known[: queries.QUARTERS] if asked.quarter in known[: queries.QUARTERS] else [asked.quarter], scope)
        names = {selection: name for named in parts.values() for selection, name in named}
        name = names.get(asked.selection) or queries.name_of(asked.selection)
        title = f"Dashboard: {name}" if name else "Dashboard"
        again = current.get("again", {})
        return {
            **self.model_admin.admin_site.each_context(request),
            "title": title,
            "media": self.model_admin.media,
            "asked": asked,
            "now": now,
            "up_to": facts.up_to,
            "is_late": facts.up_to is not None and (now - facts.up_to).total_seconds() > 180,
            "anew": anew,
            "first_line": shown.first_line(
                *(asked.quarter, asked.quarter.progress(now), name or "no such part", figures),
                prepared=facts.up_to is not None and not anew,
            ),
            "waited": shown.waited_in_words(current),
            "quarters": [(str(each), _quarter_words(each, now)) for each in sorted({*known, asked.quarter, Quarter.of(now)}, reverse=True)],
            "choices": shown.choices(asked.selection, parts, queries.name_of, everything=scope.everything),
            "everything": scope.everything,
            "dimensions": [(each.value, each.label) for each in Dimension if each is not Dimension.WHOLE],
            "groups": shown.grouped(facts.catalogue, asked.figures),
            "rows": shown.figure_rows(entries, asked, figures, before.get("figures", {})),
            "weeks": shown.weeks_of(entries, asked, figures),
            "again": shown.again_tables(entries, asked, again, queries.names_in(again)),
            "columns": [_short(each, now) for each in quarters],
            "cut": _short(quarters[0], now) if len(quarters) < queries.QUARTERS else "",
            "trends": shown.trends(entries, asked, quarters, by_quarter, lambda quarter: quarter.progress(now)) if by_quarter else [],
            "levels": shown.level_rows(entries, asked, current.get("levels", {})),
            "compared": self._compared(asked, scope, entries),
            "by": Dimension(asked.by).label if asked.by else "",
            "dashboards": list(services.DASHBOARDS.seen_by(request.user)),
            "before": _short(asked.quarter.previous, now),
        }

    def _figures(self, asked: Asked, quarters: list[Quarter]) -> tuple[dict[str, Any], str]:
        """By quarter, and why there are none."""
        try:
            return queries.figures_by_quarter(asked.selection, quarters), ""
        except PortalError as error:
            return {}, error.message

    def _compared(self, asked: Asked, scope: Scope, entries: Any) -> dict[str, Any]:
        if not asked.by:
            return {}
        return shown.part_rows(entries, asked, queries.figures_by_part(asked.by, asked.quarter, scope))


class BehindView(View):
    """GET names a quarter, a part, a line of a figure and perhaps a level; the answer lists as many incidents as the figure counts."""

    model_admin: Any = None

    def get(self, request: HttpRequest) -> HttpResponse:
        # Here: what picks the incidents takes 20 MB, which no process should hold for a page that few open.
        from reports.dashboards.behind import incidents_behind

        now = clock.now()
        scope = queries.scope_of(request.user)
        asked = asked_for(request, now, scope, None)
        if not scope.holds(asked.selection):
            raise PermissionDenied
        given, level = request.GET.get("figure", ""), request.GET.get("level", "")
        title = _title_of(given)
        try:
            given_to = queries.picked_from(asked.selection, asked.quarter)
        except PortalError as error:
            messages.error(request, error.message)
            return redirect(asked.address())
        found = incidents_behind(given_to, given, int(level) if level.isdecimal() and len(level) < 6 else None)
        if title is None or found is None:
            raise Http404("No such figure.")
        context = self._context(request, asked, found, title, level, now)
        return render(request, "reports/behind.html", context)

    def _context(self, request: HttpRequest, asked: Asked, found: Any, title: str, level: str, now: datetime) -> dict[str, Any]:
        page = Paginator(list(zip(found.keys, found.times, strict=True)), A_PAGE).get_page(request.GET.get("page"))
        times = dict(page.object_list)
        seen = {row.pk: row for row in queries.seen_among(request.user, list(times))}
        rows = [(seen[key], times[key]) for key in times if key in seen]
        hidden = len(times) - len(rows)
        count, incidents = number_in_words(found.sum), words.counted(len(found.keys), "incident")
        of = f"{_short(asked.quarter, now)}, {shown.in_a_sentence(queries.name_of(asked.selection))}{f', level {level}' if level else ''}"
        return {
            **self.model_admin.admin_site.each_context(request),
            "title": title,
            "media": self.model_admin.media,
            "first_line": f"{title}, {of}: {count}{f' in {incidents}' if found.sum != len(found.keys) else ''}.",
            "rows": rows,
            "several": found.sum != len(found.keys),
            "hidden": f"{words.counted(hidden, 'incident')} of this page {'is' if hidden == 1 else 'are'} not shown: you may not see {'it' if hidden == 1 else 'them'}."
            if hidden
            else "",
            "page": page,
            "pages": [(each, _at(request, each)) for each in (page.number - 1, page.number + 1) if 1 <= each <= page.paginator.num_pages],
            "now": now,
            "back": asked.address(),
        }


def asked_for(request: HttpRequest, now: datetime, scope: Scope, dashboard: Dashboard | None) -> Asked:
    """What the query string asks for; without a word, the running quarter of everything, or of the first part that the reader sees."""
    named = request.GET.get("quarter", "").strip()
    quarter = _quarter(request, named, now)
    by = request.GET.get("by", "")
    by = (
        by
        if by in Dimension.values and by != Dimension.WHOLE.value and (scope.everything or by in (Dimension.UNIT, Dimension.SERVICE))
        else ""
    )
    if dashboard is not None:
        selection, figures = services.selection_of(dashboard.versions.latest("number"))
        return Asked(quarter, selection, tuple(figures), by, dashboard.pk)
    selection = Selection.parse(*request.GET.getlist("of")[:5])
    selection = selection if selection.conditions or scope.everything else _first(scope)
    return Asked(quarter, selection, tuple(request.GET.getlist("figure")[:100]), by)


def _quarter(request: HttpRequest, text: str, now: datetime) -> Quarter:
    """The quarter named, or the running one where none is, which is said."""
    try:
        return Quarter.asked_for(text, now) if text else Quarter.of(now)
    except NotAQuarter as error:
        messages.warning(request, f"{error} This is {Quarter.of(now)}.")
        return Quarter.of(now)


def _first(scope: Scope) -> Selection:
    if scope.units:
        return Selection(Dimension.UNIT.value, str(min(scope.units)))
    return Selection(Dimension.SERVICE.value, str(min(scope.services))) if scope.services else Selection()


def _dashboard(request: HttpRequest, name: str) -> Dashboard | None:
    key = request.GET.get(name, "")
    if not key:
        return None
    found = services.DASHBOARDS.find(key, reader=request.user)
    if found is None:
        raise Http404("There is no such dashboard, or it was retired.")
    return found


def _back_from(quarter: Quarter) -> list[Quarter]:
    """The quarters of the trends, the oldest first."""
    found = [quarter]
    while len(found) < queries.QUARTERS:
        found.insert(0, found[0].previous)
    return found


def _title_of(line: str) -> str | None:
    name, _, part = line.partition(".")
    entry = next((each for each in queries.progress().catalogue if each["name"] == name), None)
    if entry is None:
        return None
    said = shown.week_words(part) if name == BY_WEEK else shown.part_words(part)
    return f"{entry['title']}{f', {said}' if said else ''}"


def _short(quarter: Quarter, now: datetime) -> str:
    return f"{str(quarter)[4:]} {quarter.year}{' so far' if quarter.start <= now < quarter.end else ''}"


def _quarter_words(quarter: Quarter, now: datetime) -> str:
    # The year is said before, and a longer text has no room in the box on a narrow screen.
    return f"{_short(quarter, now)} ({quarter.start:%B} to {quarter.end - timedelta(days=1):%B})"


def _at(request: HttpRequest, page: int) -> str:
    query = request.GET.copy()
    query["page"] = str(page)
    return f"{reverse(shown.BEHIND)}?{query.urlencode()}"
