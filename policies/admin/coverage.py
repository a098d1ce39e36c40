"""The duty ahead: what the last check found, the worst first, and the button that checks again."""

from datetime import UTC, datetime
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views import View

from policies.models import CoverageFinding, OnCallSchedule, Team
from policies.oncall.coverage.checking import RIGHT, latest_run, out_of_date, request_check, under_way
from policies.oncall.coverage.findings import NOTES
from policies.oncall.coverage.words import what_in_words
from portal.foundation import clock, words
from portal.foundation.access.checks import may
from portal.foundation.adminkit.bases import PortalModelAdmin
from portal.foundation.adminkit.moments import moment
from portal.foundation.errors import PortalError

from .fairness import HoursView

PAGE = "admin:policies_coveragefinding_changelist"
NOTE_KINDS = [kind.value for kind in NOTES]


class WeightFilter(admin.SimpleListFilter):
    title = "weight"
    parameter_name = "is"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("problem", "problems"), ("note", "notes: somebody is there")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "problem":
            return queryset.exclude(kind__in=NOTE_KINDS)
        return queryset.filter(kind__in=NOTE_KINDS) if self.value() == "note" else queryset


class TeamFilter(admin.SimpleListFilter):
    title = "team"
    parameter_name = "team"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(key), name) for key, name in Team.objects.filter(schedules__isnull=False).distinct().values_list("pk", "name")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value() or ""
        if not value.isdecimal() or len(value) > 18:
            return queryset
        return queryset.filter(Q(team=value) | Q(schedule__team=value) | Q(service__team=value))


@admin.register(CoverageFinding)
class CoverageFindingAdmin(PortalModelAdmin):
    list_display = ("look", "what", "first", "how_often", "together")
    list_display_links = ("what",)
    list_filter = (WeightFilter, "kind", TeamFilter, ("schedule", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("schedule", "other", "team", "service", "person")
    search_fields = ("schedule__name", "team__name", "service__name", "person__display_name", "person__username")
    list_before_template = "policies/coverage_top.html"
    page_template = "policies/coverage_times.html"
    fields = ("how_often", "together")
    readonly_fields = fields
    empty_list = "No findings. After a check this means: somebody who can be reached is on duty at every hour of the next 90 days."

    def get_urls(self) -> list[URLPattern]:
        check = self.admin_site.admin_view(CheckView.as_view())
        hours = self.admin_site.admin_view(HoursView.as_view(model_admin=self))
        return [
            path("check/", check, name="policies_coveragefinding_check"),
            path("hours/", hours, name="policies_dutyhours_changelist"),
            *super().get_urls(),
        ]

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """A finding has no past: the next check writes all of them anew."""
        return redirect(PAGE)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        answer: HttpResponse = super().changelist_view(request, {**coverage_standing(request, clock.now()), **(extra_context or {})})
        return answer

    @admin.display(description="Is", ordering="weight")
    def look(self, finding: Any) -> SafeString:
        look = "open" if finding.kind in NOTE_KINDS else "late"
        return format_html('<span class="ak-badge ak-badge-{}">{}</span>', look, finding.get_kind_display())

    @admin.display(description="What", ordering="schedule__name")
    def what(self, finding: Any) -> str:
        return what_in_words(finding)

    @admin.display(description="First", ordering="since")
    def first(self, finding: Any) -> str:
        return moment(finding.since, clock.now(), empty="always")

    @admin.display(description="Times", ordering="times")
    def how_often(self, finding: Any) -> str:
        return words.counted(finding.times, "time") if finding.times else "always"

    @admin.display(description="Together", ordering="lasts")
    def together(self, finding: Any) -> str:
        return words.duration(finding.lasts) if finding.lasts else "–"

    def first_line(self, finding: Any, now: datetime) -> str:
        return f"{what_in_words(finding)}."

    def links(self, request: HttpRequest, finding: Any) -> list[tuple[str, str, str]]:
        found = [
            (f"Open {each}", self.page_of(each), "default")
            for each in (finding.schedule, finding.other, finding.team, finding.service)
            if each
        ]
        return [(title, address, "primary" if number == 0 else look) for number, (title, address, look) in enumerate(found)]

    def page_context(self, request: HttpRequest, finding: Any, now: datetime) -> dict[str, Any]:
        times = [(datetime.fromisoformat(begin), datetime.fromisoformat(end)) for begin, end in finding.stretches]
        return {
            "times": [
                (moment(begin, now), moment(end, now), words.duration(end - begin), slot_address(finding, begin)) for begin, end in times
            ],
            "more": finding.times - len(times),
        }


class CheckView(View):
    """POST asks for a check now."""

    def post(self, request: HttpRequest) -> HttpResponse:
        if not may(request.user, RIGHT):
            raise PermissionDenied
        try:
            request_check(actor=request.user, now=clock.now())
            messages.success(request, "A worker checks the next 90 days of every schedule. Load this page again to see how far it is.")
        except PortalError as error:
            messages.error(request, error.message)
        return redirect(PAGE)


def slot_address(finding: CoverageFinding, at: datetime) -> str:
    """Where the schedule shows the day of `at`; empty for what is not of a schedule."""
    if finding.schedule_id is None:
        return ""
    page = reverse("admin:policies_oncallschedule_change", args=[finding.schedule_id])
    return f"{page}?view=week&on={at.astimezone(UTC):%Y-%m-%d}#calendar"


def coverage_standing(request: HttpRequest, now: datetime) -> dict[str, Any]:
    """What stands above the list: how old the findings are, how far a check is, and whether the reader may ask for one."""
    run = latest_run()
    stale = out_of_date().count() if run else 0
    return {
        "run": run,
        "live": run is not None and under_way(run, now),
        "run_at": moment(run.finished_at or run.requested_at, now) if run else "",
        "stale": words.counted(stale, "schedule") if stale else "",
        "schedules": OnCallSchedule.objects.count(),
        "problems": CoverageFinding.objects.exclude(kind__in=NOTE_KINDS).count(),
        "may_check": may(request.user, RIGHT),
        "check_address": reverse("admin:policies_coveragefinding_check"),
    }
