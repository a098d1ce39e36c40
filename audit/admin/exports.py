"""Exports of evidence: the form that says what will be in them, their progress, and how an auditor checks what came of it."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin

from audit.evidence.at_the_server import written_at_the_server
from audit.evidence.check_runs import RIGHT as READ
from audit.evidence.estimates import estimate
from audit.evidence.exports import KEPT, RIGHT, hand_out, request_export, selection_of
from audit.evidence.runs import under_way
from audit.evidence.selection import Selection
from audit.evidence.standing import keys_shown, standing
from audit.models import EvidenceExport
from portal.foundation import clock, words
from portal.foundation.access.checks import may
from portal.foundation.adminkit.bases import show_in
from portal.foundation.adminkit.moments import moment
from portal.foundation.errors import PortalError

from .export_forms import ReasonForm, SelectionForm
from .export_words import selection_words, server_line, size_words, state_words
from .media import MEDIA
from .objects import objects_like, words_of
from .seal import seal_line

MOST_PAST = 20
LOOKS = {"queued": "open", "running": "open", "done": "done", "failed": "late"}


@admin.register(EvidenceExport)
class EvidenceExportAdmin(ModelAdmin):
    """What was exported, by whom and why. Nobody changes or removes a record; the files go after a week."""

    list_display = ("asked", "is_now", "by", "what", "how_much", "why")
    list_display_links = ("asked",)
    list_select_related = ("requested_by",)
    actions = None
    add_words = "Export evidence"
    list_before_template = "audit/exports_before.html"
    empty_list = (
        "Nothing was exported from here yet. An export is one file that proves, without this portal, that the entries in it are complete, in order "
        "and unaltered."
    )

    class Media:
        css = {"all": ("portal/ledger.css",)}

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request.user, RIGHT)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may(request.user, RIGHT)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may(request.user, RIGHT)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The list, below how the ledger stands and what was written past this page."""
        past = [(one, server_line(one)) for one in written_at_the_server(MOST_PAST)] if may(request.user, RIGHT) else []
        told = {**_seal(request), "past": past, "now": clock.now()}
        return super().changelist_view(request, {**told, **(extra_context or {})})  # type: ignore[no-any-return]

    def get_urls(self) -> list[URLPattern]:
        door = self.admin_site.admin_view(self.download)
        return [path("<int:object_id>/download/", door, name="audit_evidenceexport_download"), *super().get_urls()]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """GET says what the chosen part of the ledger holds; POST, with the same address, has it written."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        chosen = SelectionForm(request.GET)
        selection = chosen.selection()
        asking = ReasonForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and selection is not None and asking.is_valid():
            try:
                run = request_export(selection, actor=request.user, now=clock.now(), reason=asking.cleaned_data["reason"])
                return redirect(self._page(run.pk))
            except PortalError as error:
                show_in(asking, error)
        context = {**self._frame(request, "Export evidence"), "form": chosen, "asking": asking, **self._found(request, chosen, selection)}
        return render(request, "audit/export_form.html", context, status=400 if asking.errors or chosen.errors else 200)

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """An export's progress, then its file and how to check it."""
        run = self._get(request, object_id)
        now = clock.now()
        context = {
            **self._frame(request, f"Export {run.pk}"),
            "original": run,
            "run": run,
            "live": under_way(run, now),
            "now": now,
            "what": selection_words(
                selection_of(run), words_of([(run.object_model, run.object_pk)]).get((run.object_model, run.object_pk), "")
            ),
            "length": size_words(run.length),
            "deleted_at": run.finished_at + KEPT if run.finished_at else None,
            "download": reverse("admin:audit_evidenceexport_download", args=[run.pk]),
            "keys": keys_shown()[0],
            "again": f"{reverse('admin:audit_evidenceexport_add')}?{_as_query(run)}",
        }
        return render(request, "audit/export.html", context)

    def download(self, request: HttpRequest, object_id: int) -> HttpResponse | FileResponse:
        """POST hands out the file."""
        run = self._get(request, str(object_id))
        if request.method == "POST":
            try:
                file = hand_out(run, actor=request.user, now=clock.now())
                return FileResponse(file.open("rb"), as_attachment=True, filename=run.file, content_type="application/zip")
            except PortalError as error:
                messages.error(request, error.message)
        return redirect(self._page(run.pk))

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """What was done with an export stands in the audit trail."""
        raise Http404

    @admin.display(description="Asked for", ordering="-id")
    def asked(self, run: EvidenceExport) -> SafeString | str:
        return moment(run.requested_at, clock.now())

    @admin.display(description="Is")
    def is_now(self, run: EvidenceExport) -> SafeString:
        return format_html('<span class="ak-badge ak-badge-{}">{}</span>', LOOKS[run.state], state_words(run))

    @admin.display(description="By")
    def by(self, run: EvidenceExport) -> str:
        return str(run.requested_by)

    @admin.display(description="What")
    def what(self, run: EvidenceExport) -> str:
        return selection_words(selection_of(run))

    @admin.display(description="Holds")
    def how_much(self, run: EvidenceExport) -> str:
        return f"{words.counted(run.entries, 'entry', 'entries')}, {size_words(run.length)}" if run.state == run.State.DONE else "–"

    @admin.display(description="Why")
    def why(self, run: EvidenceExport) -> str:
        return run.reason[:160]

    def _frame(self, request: HttpRequest, title: str) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), **_seal(request), "opts": self.opts, "title": title, "media": MEDIA}

    def _get(self, request: HttpRequest, object_id: str) -> EvidenceExport:
        if not self.has_view_permission(request):
            raise PermissionDenied
        run = self.get_object(request, object_id)
        if run is None:
            raise Http404
        return run  # type: ignore[no-any-return]

    def _page(self, key: int) -> str:
        return reverse("admin:audit_evidenceexport_change", args=[key])

    def _found(self, request: HttpRequest, form: SelectionForm, selection: Selection | None) -> dict[str, Any]:
        """What would be in it; or, where the object is not named in full, which ones may be meant."""
        if selection is not None:
            expected = estimate(selection)
            name = words_of([(selection.model, selection.pk)]).get((selection.model, selection.pk), "")
            return {"what": selection_words(selection, name), "expected": expected, "length": size_words(expected.length)}
        term = form.looked_for
        if not term:
            return {}
        meant = [(found.words, f"?{_with(request.GET, found.key)}") for found in objects_like(term, request, self.admin_site)]
        return {"term": term, "meant": meant}


def _seal(request: HttpRequest) -> dict[str, Any]:
    """How the ledger stands; whoever may read the trail is led to its page."""
    return {"seal": seal_line(standing(clock.now())), "leads_on": may(request.user, READ)} if may(request.user, RIGHT) else {}


def _with(asked: QueryDict, key: str) -> str:
    changed = asked.copy()
    changed["object"] = key
    return changed.urlencode()


def _as_query(run: EvidenceExport) -> str:
    query = QueryDict(mutable=True)
    if run.object_model:
        query["object"] = f"{run.object_model}:{run.object_pk}"
    for name, at in (("since", run.since), ("until", run.until)):
        if at:
            query[name] = f"{timezone.localtime(at):%Y-%m-%dT%H:%M:%S}"
    return query.urlencode()
