"""The list of packs that were built, read-only, and the page that builds one for download."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from unfold.admin import ModelAdmin
from unfold.decorators import action

from portal.foundation import clock
from portal.foundation.access.checks import may, may_somewhere, visible_to
from portal.foundation.adminkit.moments import moment
from portal.foundation.adminkit.only_read import OnlyRead
from portal.foundation.errors import PortalError
from reports.document import Kind, number_in_words, shown
from reports.metrics.definitions import METRICS
from reports.models import FinishedPack, FrozenFigures, QuarterlyPack
from reports.packs.downloads import SEE
from reports.packs.quarters import Quarter
from reports.packs.runs import request_pack

from .acceptances import acceptances_csv
from .forms import BuildForm
from .runs import download_run, run_page, show_run

# Those of the whole organisation in a year; the others are a page away.
MOST_FINISHED = 4


@admin.register(QuarterlyPack)
class QuarterlyPackAdmin(OnlyRead, ModelAdmin):
    """What was built, by whom, when, with which figures and digests. Nobody adds, changes or removes a record by hand."""

    list_display = ("quarter", "unit_shown", "built", "by", "opened", "formats")
    list_filter = ("quarter",)
    list_select_related = ("built_by", "unit")
    search_fields = ("quarter",)
    fields = ("period", "unit_shown", "built", "by", "figures", "digests")
    readonly_fields = fields
    actions_list = ("build",)
    list_before_template = "reports/finished_packs.html"
    empty_list = (
        "Here stand the packs that were built in between, with their figures and the digests of their files. None was yet. Those of signed "
        "reviews are made by themselves and stand above."
    )

    class Media:
        css = {"all": ("adminkit/adminkit.css", "portal/ledger.css")}
        js = ("portal/progress.js",)

    def get_urls(self) -> list[URLPattern]:
        door, name = self.admin_site.admin_view, "reports_quarterlypack"
        return [
            path("acceptances.csv", door(acceptances_csv), name="reports_acceptances_csv"),
            path("runs/<int:object_id>/", door(show_run), name=f"{name}_run"),
            path("runs/<int:object_id>/download/", door(download_run), name=f"{name}_download"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """People look here for the packs of signed reviews, too."""
        answer: HttpResponse = super().changelist_view(request, {**_finished_for(request.user), **(extra_context or {})})
        return answer

    def has_build_permission(self, request: HttpRequest) -> bool:
        return may(request.user, "reports.build_quarterlypack")

    @admin.display(description="Business unit")
    def unit_shown(self, pack: QuarterlyPack) -> str:
        return str(pack.unit) if pack.unit else "whole organisation"

    @admin.display(description="Built", ordering="built_at")
    def built(self, pack: QuarterlyPack) -> str:
        return moment(pack.built_at, clock.now())

    @admin.display(description="Built by")
    def by(self, pack: QuarterlyPack) -> str:
        return str(pack.built_by) if pack.built_by else "command line"

    @admin.display(description="Incidents")
    def opened(self, pack: QuarterlyPack) -> str:
        return number_in_words(pack.metrics.get("incidents_opened", 0))

    @admin.display(description="Formats")
    def formats(self, pack: QuarterlyPack) -> str:
        return ", ".join(sorted({name.rpartition(".")[2].upper() for name in pack.files}))

    @admin.display(description="Period")
    def period(self, pack: QuarterlyPack) -> str:
        return f"{Quarter.parse(pack.quarter).days_in_words}, UTC"

    @admin.display(description="Figures")
    def figures(self, pack: QuarterlyPack) -> SafeString:
        rows = [(title, figure_in_words(name, pack.metrics[name])) for name, title in _titles() if name in pack.metrics]
        return _list(format_html_join("", "<li><strong>{}:</strong> {}</li>", rows))

    @admin.display(description="Files and their SHA-256")
    def digests(self, pack: QuarterlyPack) -> SafeString:
        rows = [(name, _breakable(digest)) for name, digest in sorted(pack.files.items())]
        return _list(format_html_join("", "<li>{}<br><code>{}</code></li>", rows))

    @action(description="Build a pack", url_path="build", permissions=["build"], icon="summarize")  # type: ignore[untyped-decorator]
    def build(self, request: HttpRequest) -> HttpResponse:
        """GET asks for quarter, unit and formats; POST has a worker build it and leads to the page that tells how far it is."""
        now = clock.now()
        form = BuildForm(request.POST if request.method == "POST" else None, now=now)
        if request.method == "POST" and form.is_valid():
            chosen = form.cleaned_data
            try:
                run = request_pack(chosen["quarter"], unit=chosen["unit"], formats=chosen["formats"], actor=request.user, now=now)
                return redirect(run_page(run))
            except PortalError as error:
                form.add_error(None, error.message)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Build a pack",
            "form": form,
            "media": self.media,
            "back": reverse(f"{self.admin_site.name}:reports_quarterlypack_changelist"),
        }
        return render(request, "reports/build_pack.html", context, status=400 if form.errors else 200)


def _finished_for(reader: Any) -> dict[str, Any]:
    """The newest packs of signed reviews that `reader` may see. One query."""
    if not may_somewhere(reader, SEE):
        return {"may_see_finished": False}
    seen = visible_to(reader, FrozenFigures.objects.order_by(), SEE)
    packs = FinishedPack.objects.filter(frozen__in=seen.values("pk")).select_related("frozen__unit")
    found = list(packs.defer("document", "frozen__document").order_by("-finished_at", "-pk")[: MOST_FINISHED + 1])
    return {"may_see_finished": True, "finished": found[:MOST_FINISHED], "more": len(found) > MOST_FINISHED, "now": clock.now()}


def _list(items: SafeString) -> SafeString:
    return format_html('<ul class="ak-list">{}</ul>', items)


def _breakable(digest: str) -> SafeString:
    """In groups of eight between which a narrow screen may break the line."""
    return format_html_join(mark_safe("<wbr>"), "{}", ((digest[start : start + 8],) for start in range(0, len(digest), 8)))


def _titles() -> list[tuple[str, str]]:
    return [(function.__name__, title) for function, title, _ in METRICS]


def figure_in_words(name: str, value: Any) -> str:
    """A figure of a pack as people read it."""
    if name == "busiest_services":
        return ", ".join(f"{row['service']} ({number_in_words(row['opened'])})" for row in value) or "none"
    if name.endswith("_seconds"):
        half, most = shown(value["p50"], Kind.DURATION), shown(value["p90"], Kind.DURATION)
        return f"half within {half}, nine in ten within {most} ({number_in_words(value['count'])} counted)" if value["count"] else "none"
    if isinstance(value, dict):
        return ", ".join(f"{key}: {number_in_words(number)}" for key, number in value.items())
    return number_in_words(value)
