"""The list of packs that were built, read-only, and the page that builds one for download."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from unfold.admin import ModelAdmin
from unfold.decorators import action

from portal.foundation import clock
from portal.foundation.access.checks import may
from portal.foundation.adminkit.moments import moment
from portal.foundation.errors import PortalError
from reports.document import Kind, number_in_words, shown
from reports.metrics.definitions import METRICS
from reports.models import QuarterlyPack
from reports.packs.downloads import Download, download_pack
from reports.packs.quarters import Quarter

from .acceptances import acceptances_csv
from .forms import BuildForm


@admin.register(QuarterlyPack)
class QuarterlyPackAdmin(ModelAdmin):
    """What was built, by whom, when, with which figures and digests. Nobody adds, changes or removes a record by hand."""

    list_display = ("quarter", "built", "by", "opened", "formats")
    list_filter = ("quarter",)
    list_select_related = ("built_by",)
    search_fields = ("quarter",)
    fields = ("period", "built", "by", "figures", "digests")
    readonly_fields = fields
    actions_list = ("build",)
    empty_list = "Here stand the packs that were built, with their figures and the digests of their files. Build the first one above."

    class Media:
        css = {"all": ("adminkit/adminkit.css",)}

    def get_urls(self) -> list[URLPattern]:
        acceptances = path("acceptances.csv", self.admin_site.admin_view(acceptances_csv), name="reports_acceptances_csv")
        return [acceptances, *super().get_urls()]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_build_permission(self, request: HttpRequest) -> bool:
        return may(request.user, "reports.build_quarterlypack")

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
        """GET asks for quarter and formats; POST builds and hands over the file."""
        now = clock.now()
        form = BuildForm(request.POST if request.method == "POST" else None, now=now)
        if request.method == "POST" and form.is_valid():
            chosen = form.cleaned_data
            try:
                return as_response(download_pack(chosen["quarter"], formats=chosen["formats"], actor=request.user, now=now))
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


def as_response(download: Download) -> HttpResponse:
    """A file to save; the admin's pages, and so this, are kept by no cache."""
    headers = {"Content-Disposition": f'attachment; filename="{download.name}"'}
    return HttpResponse(download.content, content_type=download.media_type, headers=headers)
