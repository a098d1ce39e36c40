"""The dashboards that people keep, and the doors to figures and to keeping what is shown."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from portal.foundation import clock, words
from portal.foundation.access.checks import may
from portal.foundation.adminkit.bases import PortalModelAdmin
from portal.foundation.adminkit.moments import moment
from portal.foundation.adminkit.verbs import Verb
from portal.foundation.errors import PortalError
from reports.dashboards import queries
from reports.dashboards.models import Dashboard, DashboardVersion
from reports.dashboards.queries import RIGHT, Selection
from reports.dashboards.services import (
    change_dashboard,
    dashboards_for,
    keep_dashboard,
    retire_dashboard,
    selection_of,
    share_dashboard,
    take_over_dashboard,
)

from .conformance import ConformanceView
from .dashboard_figures import BehindView, FiguresView
from .dashboard_shown import PAGE


def unshare_dashboard(dashboard: Dashboard, *, actor: Any, now: datetime, reason: str = "") -> None:
    """As a verb's button calls it."""
    share_dashboard(dashboard, actor=actor, now=now, shared=False, reason=reason)


@dataclass(frozen=True, slots=True)
class Kept:
    """A version as the page lists it."""

    version: DashboardVersion
    words: str


@admin.register(Dashboard)
class DashboardAdmin(PortalModelAdmin):
    """Whoever may see dashboards sees shared ones and their own; only its owner changes one, and whoever takes over what somebody left behind."""

    list_display = ("called", "shows", "whose", "seen_by", "since")
    list_display_links = ("called",)
    search_fields = ("name", "purpose")
    page_template = "reports/dashboard_versions.html"
    fields = ("purpose", "whose", "seen_by")
    readonly_fields = fields
    empty_list = (
        "No dashboard is kept yet. Choose figures and a part of the organisation on the page of figures, then keep them under a name."
    )
    verbs = (
        Verb(
            key="share",
            label="Share it",
            run=share_dashboard,
            permission=RIGHT,
            possible=lambda one: not one.is_shared and one.retired_at is None,
            need="nothing",
            done="Everybody who may see dashboards sees it now.",
        ),
        Verb(
            key="unshare",
            label="Keep it to yourself",
            run=unshare_dashboard,
            permission=RIGHT,
            possible=lambda one: one.is_shared and one.retired_at is None,
            need="nothing",
            done="Only you see it now.",
        ),
        Verb(
            key="take_over",
            label="Take it over",
            run=take_over_dashboard,
            permission=RIGHT,
            possible=lambda one: not one.owner.is_active and one.retired_at is None,
            need="words",
            consequence="Its owner has left. It becomes yours, with all its versions.",
            done="The dashboard is yours now.",
        ),
        Verb(
            key="retire",
            label="Retire it",
            run=retire_dashboard,
            permission=RIGHT,
            possible=lambda one: one.retired_at is None,
            need="perhaps words",
            look="danger",
            consequence="It leaves every list. Its versions stay.",
            done="The dashboard is retired.",
            back_to=lambda one, outcome: reverse("admin:reports_dashboard_changelist"),
        ),
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

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return dashboards_for(request.user).prefetch_related("versions")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request.user, RIGHT) and (obj is None or obj.is_shared or obj.owner_id == request.user.pk or not obj.owner.is_active)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may(request.user, RIGHT)

    def has_view_or_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def may_use(self, request: HttpRequest, verb: Verb, thing: Any) -> bool:
        is_own = thing.owner_id == request.user.pk
        return is_own != (verb.key == "take_over") and super().may_use(request, verb, thing)

    def keep_view(self, request: HttpRequest) -> HttpResponse:
        """POST keeps what the page of figures shows: under a new name, or as the next version of the dashboard it began with."""
        if not may(request.user, RIGHT):
            raise PermissionDenied
        if request.method != "POST":
            return redirect(PAGE)
        now, given = clock.now(), request.POST
        selection, figures = Selection.parse(given.get("of", "")), given.getlist("figure")
        try:
            if given.get("as") == "version":
                kept = dashboards_for(request.user).filter(pk=int(given.get("dashboard", "0")[:18] or 0)).first()
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

    @admin.display(description="Dashboard", ordering="name")
    def called(self, dashboard: Any) -> str:
        return str(dashboard)

    @admin.display(description="Shows")
    def shows(self, dashboard: Any) -> str:
        return _in_words(dashboard.versions.all()[0], named=False)

    @admin.display(description="Whose", ordering="owner")
    def whose(self, dashboard: Any) -> str:
        return str(dashboard.owner)

    @admin.display(description="Seen by", ordering="is_shared")
    def seen_by(self, dashboard: Any) -> str:
        return "everybody who may see dashboards" if dashboard.is_shared else "its owner"

    @admin.display(description="Changed", ordering="created_at")
    def since(self, dashboard: Any) -> SafeString | str:
        return moment(dashboard.versions.all()[0].at, clock.now())

    def first_line(self, dashboard: Any, now: datetime) -> str:
        newest = dashboard.versions.all()[0]
        return format_html("{}: {}. Version {} since {}.", dashboard.name, _in_words(newest), newest.number, moment(newest.at, now))

    def links(self, request: HttpRequest, dashboard: Any) -> list[tuple[str, str, str]]:
        return [("Open it", f"{reverse(PAGE)}?dashboard={dashboard.pk}", "primary")]

    def page_context(self, request: HttpRequest, dashboard: Any, now: datetime) -> dict[str, Any]:
        return {"kept": [Kept(version, _in_words(version)) for version in dashboard.versions.select_related("by")], "now": now}


def _in_words(version: DashboardVersion, *, named: bool = True) -> str:
    """What a version shows; without a name where that would be a query for each row."""
    selection, figures = selection_of(version)
    of = queries.name_of(selection) if named else queries.Dimension(selection.dimension).label.lower()
    return f"{words.counted(len(figures), 'figure')} of {of[:1].lower() + of[1:] if of.startswith('The whole') else of or 'what is gone'}"


def _back(given: Any) -> str:
    query = given.copy()
    for name in ("csrfmiddlewaretoken", "name", "purpose", "shared", "as"):
        query.pop(name, None)
    return f"{reverse(PAGE)}?{query.urlencode()}"
