"""The ledger's page: how it stands, its keys, epochs and anchors, what the last check said, and the button that checks it now."""

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from unfold.admin import ModelAdmin

from audit.evidence.at_the_server import written_at_the_server
from audit.evidence.check_runs import RIGHT, latest_check, latest_result, request_check
from audit.evidence.exports import RIGHT as EXPORT
from audit.evidence.findings import Verdict
from audit.evidence.runs import under_way
from audit.evidence.standing import keys_shown, standing
from audit.models import EvidenceExport, LedgerCheck, LedgerEpoch
from portal.foundation import clock, words
from portal.foundation.access.checks import may
from portal.foundation.errors import PortalError

from .export_words import export_line, server_line
from .media import MEDIA
from .seal import seal_line

PAGE = "admin:audit_ledgercheck_changelist"
MOST_EXPORTS = 5
# What each verdict means for who reads it here.
MEANING = {
    Verdict.SOUND.word: "Every entry, number, tile, checkpoint, signature and guard that was checked holds.",
    Verdict.STALE.word: "What is sealed holds, but newer events wait for longer than they should. Look whether the sealer runs.",
    Verdict.INCOMPLETE.word: "What is there holds, but something that should be there is not. The findings name it.",
    Verdict.UNSIGNED.word: "A signature that is needed is missing or wrong. Keep everything as it is and follow 'When it alarms'.",
    Verdict.UNKNOWN_KEY.word: "Something is signed by a key that is not this ledger's. Keep everything as it is and follow 'When it alarms'.",
    Verdict.TAMPERED.word: "The ledger contradicts itself: somebody or something changed it. Keep everything as it is and follow 'When it alarms'.",
}


@admin.register(LedgerCheck)
class LedgerCheckAdmin(ModelAdmin):
    """Checks have no list of their own: the page of the ledger tells the last one."""

    def get_urls(self) -> list[URLPattern]:
        return [path("check/", self.admin_site.admin_view(self.check_now), name="audit_ledgercheck_check"), *super().get_urls()]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request.user, RIGHT)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may(request.user, RIGHT)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The page of the ledger."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        now = clock.now()
        found = standing(now)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Ledger",
            "media": MEDIA,
            "now": now,
            "seal": seal_line(found),
            "standing": found,
            **dict(zip(("keys", "keys_problem"), keys_shown(), strict=True)),
            "epochs": LedgerEpoch.objects.order_by("-number"),
            **check_context(now),
            **_exports(request),
        }
        return render(request, "audit/ledger.html", context)

    def check_now(self, request: HttpRequest) -> HttpResponse:
        """POST asks for a check."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            try:
                request_check(actor=request.user, now=clock.now())
                messages.success(request, "A worker checks the whole ledger. Its result appears on this page.")
            except PortalError as error:
                messages.error(request, error.message)
        return redirect(PAGE)

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        return redirect(PAGE)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        return redirect(PAGE)


def check_context(now: datetime) -> dict[str, Any]:
    """How far a check is, and what the last one said."""
    run, result = latest_check(), latest_result()
    return {
        "check": run,
        "checking": run is not None and under_way(run, now),
        "result": result,
        "verdict": verdict_words(result) if result else None,
        "more_findings": result.found - len(result.findings) if result else 0,
    }


def verdict_words(result: LedgerCheck) -> dict[str, str]:
    """The verdict as colour, as a word and in a sentence."""
    looks = {Verdict.SOUND.word: "good", Verdict.STALE.word: "warning", Verdict.INCOMPLETE.word: "warning"}
    return {
        "look": looks.get(result.verdict, "error"),
        "word": result.verdict.capitalize(),
        "meaning": MEANING.get(result.verdict, ""),
        "findings": words.counted(result.found, "finding"),
    }


def _exports(request: HttpRequest) -> dict[str, Any]:
    if not may(request.user, EXPORT):
        return {"may_export": False}
    rows = EvidenceExport.objects.select_related("requested_by")[:MOST_EXPORTS]
    asked = [
        (run.requested_at, export_line(run), reverse("admin:audit_evidenceexport_change", args=[run.pk]), str(run.requested_by))
        for run in rows
    ]
    past = [
        (one.at, server_line(one), reverse("admin:audit_ledgerevent_change", args=[one.event]), one.why)
        for one in written_at_the_server(MOST_EXPORTS)
    ]
    return {"may_export": True, "exports": sorted(asked + past, reverse=True)[:MOST_EXPORTS]}
