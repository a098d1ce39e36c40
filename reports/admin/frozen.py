"""Frozen figures in the admin: what they are, the files of the finished pack, its evidence, and how to check them."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from portal.foundation import clock
from portal.foundation.access.checks import may
from portal.foundation.adminkit.bases import show_in
from portal.foundation.adminkit.moments import moment
from portal.foundation.adminkit.only_read import OnlyRead
from portal.foundation.adminkit.reach import InReach
from portal.foundation.errors import PortalError
from reports.models import FrozenFigures, PackFile, QuarterlyReview
from reports.packs.downloads import Download, download_file, download_files
from reports.packs.quarters import Quarter
from reports.packs.runs import BUILD, TAKE_EVIDENCE, request_evidence, request_pack
from reports.quarterly.people_only import VIEW as SEE_REVIEW

from .forms import ReasonForm
from .pack_making import making_shown
from .runs import as_response, run_page

SEE_PACKS = "reports.view_quarterlypack"


@admin.register(FrozenFigures)
class FrozenFiguresAdmin(OnlyRead, InReach):
    """Read-only: figures are frozen by their review, and files come of its signature."""

    list_display = ("of", "unit_shown", "number", "cut", "is_now")
    list_display_links = ("of",)
    list_filter = ("quarter",)
    list_select_related = ("unit", "finished", "review")
    search_fields = ("quarter", "unit__name")
    list_before_template = "reports/frozen_top.html"
    empty_list = "Figures of a quarter stand here once its review has opened, and the files of the finished pack once it is signed."

    class Media:
        css = {"all": ("adminkit/adminkit.css", "portal/ledger.css")}
        js = ("portal/progress.js",)

    def get_queryset(self, request: HttpRequest) -> Any:
        # The document is megabytes, and no page shows it.
        return (
            super().get_queryset(request).defer("document", "finished__document", "review__figures", "review__beside", "review__manifest")
        )

    def get_urls(self) -> list[URLPattern]:
        door, name = self.admin_site.admin_view, "reports_frozenfigures"
        return [
            path("<int:object_id>/files/<int:key>/", door(self.file), name=f"{name}_file"),
            path("<int:object_id>/files/", door(self.files), name=f"{name}_files"),
            path("<int:object_id>/tables/", door(self.tables), name=f"{name}_tables"),
            path("<int:object_id>/evidence/", door(self.evidence), name=f"{name}_evidence"),
            path("<int:object_id>/draft/", door(self.draft), name=f"{name}_draft"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Leads to the packs that no review stands behind, for whoever may see them."""
        context = {"may_see_packs": may(request.user, SEE_PACKS), **(extra_context or {})}
        answer: HttpResponse = super().changelist_view(request, context)
        return answer

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """What was frozen, and what came of it."""
        frozen = self._get(request, object_id)
        finished = getattr(frozen, "finished", None)
        now, review = clock.now(), QuarterlyReview.objects.filter(frozen=frozen).select_related("unit").first()
        signed_at = review.signed_at if review is not None and finished is None else None
        context = {
            **self.admin_site.each_context(request),
            **making_shown(frozen.pk, signed_at, now),
            "opts": self.opts,
            "title": str(frozen),
            "media": self.media,
            "frozen": frozen,
            "period": Quarter.parse(frozen.quarter).days_in_words,
            "finished": finished,
            "review": review if review is not None and may(request.user, SEE_REVIEW, review) else None,
            "signed_at": signed_at,
            "files": sorted(finished.files.defer("content"), key=_for_people_first) if finished else (),
            "may_take_evidence": finished is not None and may(request.user, TAKE_EVIDENCE),
            "may_build": may(request.user, BUILD),
            "now": now,
        }
        return render(request, "reports/frozen.html", context)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """What was done with figures stands in the audit trail."""
        raise Http404

    def file(self, request: HttpRequest, object_id: int, key: int) -> HttpResponse:
        """POST hands over one file of the finished pack."""
        frozen = self._get(request, str(object_id))
        file = get_object_or_404(PackFile.objects.select_related("pack__frozen__unit"), pk=key, pack__frozen=frozen)
        return self._handed(request, frozen, lambda: download_file(file, actor=request.user, now=clock.now()))

    def files(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """POST hands over all files of the finished pack as one archive."""
        frozen = self._get(request, str(object_id))
        return self._handed(request, frozen, lambda: download_files(frozen, actor=request.user, now=clock.now()))

    def tables(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """POST hands over its tables as CSV, as one archive."""
        frozen = self._get(request, str(object_id))
        return self._handed(request, frozen, lambda: download_files(frozen, tables_only=True, actor=request.user, now=clock.now()))

    def _handed(self, request: HttpRequest, frozen: FrozenFigures, take: Callable[[], Download]) -> HttpResponse:
        if request.method == "POST":
            try:
                return as_response(take())
            except PortalError as error:
                messages.error(request, error.message)
        return redirect(self._page(frozen))

    def evidence(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """GET asks what the evidence is for; POST has it made."""
        frozen = self._get(request, str(object_id))
        form = ReasonForm(request.POST if request.method == "POST" else None)
        if not may(request.user, TAKE_EVIDENCE):
            raise Http404
        if request.method == "POST" and form.is_valid():
            try:
                return redirect(run_page(request_evidence(frozen, actor=request.user, now=clock.now(), reason=form.cleaned_data["reason"])))
            except PortalError as error:
                show_in(form, error)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Evidence of {frozen}",
            "form": form,
            "media": self.media,
            "back": self._page(frozen),
        }
        return render(request, "reports/pack_evidence.html", context, status=400 if form.errors else 200)

    def draft(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """POST has all formats made of figures whose review is not signed yet."""
        frozen = self._get(request, str(object_id))
        if request.method == "POST":
            try:
                run = request_pack(Quarter.parse(frozen.quarter), unit=frozen.unit, frozen=frozen, actor=request.user, now=clock.now())
                return redirect(run_page(run))
            except PortalError as error:
                messages.error(request, error.message)
        return redirect(self._page(frozen))

    def _get(self, request: HttpRequest, object_id: str) -> FrozenFigures:
        frozen: FrozenFigures | None = self.get_object(request, object_id)
        if frozen is None or not self.has_view_permission(request, frozen):
            raise Http404
        return frozen

    def _page(self, frozen: FrozenFigures) -> str:
        return reverse("admin:reports_frozenfigures_change", args=[frozen.pk])

    @admin.display(description="Quarter", ordering="quarter")
    def of(self, frozen: FrozenFigures) -> str:
        return frozen.quarter

    @admin.display(description="Business unit")
    def unit_shown(self, frozen: FrozenFigures) -> str:
        return str(frozen.unit) if frozen.unit else "whole organisation"

    @admin.display(description="Data cut-off", ordering="cut_off")
    def cut(self, frozen: FrozenFigures) -> SafeString | str:
        return moment(frozen.cut_off, clock.now())

    @admin.display(description="Is")
    def is_now(self, frozen: FrozenFigures) -> SafeString:
        review = getattr(frozen, "review", None)
        waits = "signed, pack being made" if review is not None and review.is_signed else "not signed yet"
        is_now = ("done", "finished") if hasattr(frozen, "finished") else ("open", waits)
        return format_html('<span class="ak-badge ak-badge-{}">{}</span>', *is_now)


def _for_people_first(file: PackFile) -> int:
    """The report that people read, the spreadsheet, then what is for machines."""
    return (".pdf", "xlsx", "json").index(file.name[-4:]) if not file.name.endswith(".csv") else 3
