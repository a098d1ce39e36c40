"""The ledger's page: how it stands, its keys, epochs and anchors, what the last check said, and the button that checks it now."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views import View

from audit.evidence.check_runs import RIGHT, latest_check, latest_result, request_check
from audit.evidence.exports import RIGHT as EXPORT
from audit.evidence.findings import Verdict
from audit.evidence.runs import under_way
from audit.evidence.standing import standing
from audit.models import EvidenceExport, LedgerCheck, LedgerEpoch
from portal.foundation import clock, words
from portal.foundation.access.checks import may
from portal.foundation.errors import PortalError

from .exports import export_line
from .seal import keys_shown, seal_line

PAGE = "admin:audit_ledger_changelist"
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


class LedgerView(View):
    """GET shows the page."""

    model_admin: Any = None

    def get(self, request: HttpRequest) -> HttpResponse:
        if not may(request.user, RIGHT):
            raise PermissionDenied
        now = clock.now()
        found = standing(now)
        context = {
            **self.model_admin.admin_site.each_context(request),
            "opts": self.model_admin.opts,
            "title": "Ledger",
            "media": self.model_admin.media,
            "now": now,
            "seal": seal_line(found),
            "standing": found,
            **dict(zip(("keys", "keys_problem"), keys_shown(), strict=True)),
            "epochs": LedgerEpoch.objects.order_by("-number"),
            **check_context(now),
            **_exports(request),
        }
        return render(request, "audit/ledger.html", context)


class CheckView(View):
    """POST asks for a check now."""

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            request_check(actor=request.user, now=clock.now())
            messages.success(request, "A worker checks the whole ledger. Its result appears on this page.")
        except PortalError as error:
            if error.status == 403:
                raise PermissionDenied(error.message) from error
            messages.error(request, error.message)
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
    return {
        "may_export": True,
        "exports": [(run, export_line(run), reverse("admin:audit_evidenceexport_change", args=[run.pk])) for run in rows],
    }
