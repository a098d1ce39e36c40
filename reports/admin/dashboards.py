"""The dashboards that people keep, and the doors to figures and to keeping what is shown."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse

from audit.admin.kept import KeptAdmin, verbs_of
from portal.foundation import clock, words
from portal.foundation.access.checks import may
from portal.foundation.errors import PortalError
from reports.dashboards import queries
from reports.dashboards.models import Dashboard, DashboardVersion
from reports.dashboards.queries import RIGHT
from reports.dashboards.selection import Selection
from reports.dashboards.services import DASHBOARDS, change_dashboard, keep_dashboard, selection_of

from .conformance import ConformanceView
from .dashboard_figures import BehindView, FiguresView
from .dashboard_shown import PAGE


@admin.register(Dashboard)
class DashboardAdmin(KeptAdmin):
    """Dashboards, and the pages of figures that they are kept from."""

    life = DASHBOARDS
    readers = "everybody who may see dashboards"
    verbs = verbs_of(DASHBOARDS, readers)
    empty_list = (
        "No dashboard is kept yet. Choose figures and a part of the organisation on the page of figures, then keep them under a name."
    )

    class Media:
        css = {"all": ("adminkit/adminkit.css", "portal/dashboard.css")}

    def get_urls(self) -> list[URLPattern]:
        def view(handler: Any) -> Any:
            return self.admin_site.admin_view(handler)

        own = [
            path("figures/", view(FiguresView.as_view(model_admin=self)), name="reports_figures_changelist"),
            path("figures/behind/", view(BehindView.as_view(model_admin=self)), name="reports_figures_behind"),
            path("keep/", view(self.keep_view), name="reports_dashboard_keep"),
            path("conformance/", view(ConformanceView.as_view(model_admin=self)), name="reports_conformance_changelist"),
        ]
        return [*own, *super().get_urls()]

    def words_of(self, version: DashboardVersion, *, named: bool = True) -> str:
        selection, figures = selection_of(version)
        of = queries.name_of(selection) if named else queries.kind_of(selection)
        return (
            f"{words.counted(len(figures), 'figure')} of {of[:1].lower() + of[1:] if of.startswith('The whole') else of or 'what is gone'}"
        )

    def keep_view(self, request: HttpRequest) -> HttpResponse:
        """POST keeps what the page of figures shows: under a new name, or as the next version of the dashboard it began with."""
        if not may(request.user, RIGHT):
            raise PermissionDenied
        if request.method != "POST":
            return redirect(PAGE)
        now, given = clock.now(), request.POST
        selection, figures = Selection.parse(*given.getlist("of")), given.getlist("figure")
        try:
            if given.get("as") == "version":
                kept = DASHBOARDS.find(given.get("dashboard", ""), reader=request.user)
                if kept is None:
                    raise PermissionDenied
                version = change_dashboard(kept, selection, figures, actor=request.user, now=now)
                messages.success(request, f"{kept} is at version {version.number}.")
            else:
                name, purpose, shared = given.get("name", ""), given.get("purpose", "")[:2_000], given.get("shared") == "on"
                kept = keep_dashboard(name, selection, figures, actor=request.user, now=now, purpose=purpose, shared=shared)
                messages.success(request, f"“{kept}” is kept. It stands above the figures from now on.")
        except PortalError as error:
            if error.status == 403:
                raise PermissionDenied(error.message) from error
            said = [problem for problems in getattr(error, "fields", {}).values() for problem in problems]
            messages.error(request, " ".join([error.message, *said]))
            return redirect(_back(given))
        return redirect(f"{reverse(PAGE)}?dashboard={kept.pk}")

    def links(self, request: HttpRequest, dashboard: Any) -> list[tuple[str, str, str]]:
        return [("Open it", f"{reverse(PAGE)}?dashboard={dashboard.pk}", "primary")]


def _back(given: Any) -> str:
    query = given.copy()
    for name in ("csrfmiddlewaretoken", "name", "purpose", "shared", "as"):
        query.pop(name, None)
    return f"{reverse(PAGE)}?{query.urlencode()}"
