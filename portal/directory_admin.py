"""Exchanging people with the CMDB: a file is uploaded, its differences are shown and decided on, then it is applied."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminTextInputWidget

from portal.foundation import clock, words
from portal.foundation.access.checks import may
from portal.foundation.adminkit.bases import PortalModelAdmin, show_in
from portal.foundation.adminkit.moments import moment
from portal.foundation.adminkit.verbs import Verb
from portal.foundation.directory.differences import DECIDABLE, Kind
from portal.foundation.directory.exporting import FORMATS, export_people
from portal.foundation.directory.queries import counts_of, page_of_rows, with_waiting
from portal.foundation.directory.reading import LARGEST_BYTES
from portal.foundation.directory.services import RIGHT, apply_sync, compare_again, decide, discard_sync, read_file
from portal.foundation.errors import PortalError
from portal.models import DirectoryExport, DirectoryRow, DirectorySync

KINDS = (
    ("waiting", "To decide"),
    (Kind.CONFLICT.value, "All conflicts"),
    (Kind.CHANGE.value, "Changed there"),
    (Kind.NEW.value, "New there"),
    (Kind.HERE.value, "Changed here"),
    (Kind.UNKNOWN.value, "Unknown people"),
    (Kind.INVALID.value, "Cannot be used"),
)
KIND_WORDS = {
    Kind.CHANGE.value: ("changed there", "open"),
    Kind.NEW.value: ("new there", "open"),
    Kind.CONFLICT.value: ("conflict", "late"),
    Kind.HERE.value: ("changed here", "open"),
    Kind.UNKNOWN.value: ("unknown here", "open"),
    Kind.INVALID.value: ("cannot be used", "late"),
}
MEDIA_TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json"}


class UploadForm(forms.Form):
    """A file of the CMDB."""

    file = forms.FileField(
        label="File of the CMDB",
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.json"}),
        help_text="CSV (commas or semicolons) or JSON in UTF-8, 5 MB and 20,000 people at most. Nothing changes by reading it.",
    )
    reason = forms.CharField(
        label="What it is",
        required=False,
        max_length=2_000,
        widget=UnfoldAdminTextInputWidget(),
        help_text="Stays in the audit trail, for example 'Weekly export of 2 March'.",
    )

    def clean_file(self) -> Any:
        given = self.cleaned_data["file"]
        if given.size > LARGEST_BYTES:
            raise forms.ValidationError(f"The file is larger than {LARGEST_BYTES // 1_000_000} MB. Send only the people who changed.")
        return given


class _OnlyRead(PortalModelAdmin):
    actions = None
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(DirectorySync)
class DirectorySyncAdmin(_OnlyRead):
    """Files of the CMDB and what became of them."""

    list_display = ("file_name", "is_now", "conflicts", "read", "source", "person_name", "people", "differing")
    list_filter = ("state", "source")
    search_fields = ("file_name", "person_name", "sha256")
    page_template = "portal/directory_sync.html"
    fields = ("file_name", "source", "person_name", "read", "settled", "sha256")
    readonly_fields = fields
    add_words = "Read a file"
    empty_list = (
        "Files of the configuration database (CMDB) appear here: uploaded, sent over HTTP or left in the file drop. "
        "Reading one shows what would change; nothing changes until it is applied."
    )
    verbs = (
        Verb(
            key="apply",
            label="Apply",
            run=apply_sync,
            permission=RIGHT,
            possible=lambda sync: sync.is_open,
            look="primary",
            consequence="What changed there and what you decided to take is written now. Conflicts that nobody decided stay as they are and "
            "wait on this page. New addresses are not verified until a code was answered from them.",
            done="Applied.",
        ),
        Verb(
            key="compare",
            label="Compare again",
            run=compare_again,
            permission=RIGHT,
            need="nothing",
            possible=lambda sync: sync.is_open,
            done="Compared again with what stands here now. Decisions on differences that are still the same were kept.",
        ),
        Verb(
            key="discard",
            label="Discard",
            run=discard_sync,
            permission=RIGHT,
            possible=lambda sync: sync.is_open,
            look="danger",
            consequence="What was applied stays. What waits is not taken over, and the file's content is forgotten.",
            done="Discarded. Its content is no longer kept.",
        ),
    )

    class Media:
        css = {"all": ("portal/directory.css",)}
        js = ("portal/directory.js",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may(request.user, RIGHT)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return with_waiting(super().get_queryset(request).defer("content"))

    def get_urls(self) -> list[URLPattern]:
        site = self.admin_site
        return [
            path("<int:object_id>/decide/", site.admin_view(self.decide_rows), name="portal_directorysync_decide"),
            path("export/<slug:format_name>/", site.admin_view(self.export), name="portal_directorysync_export"),
            *super().get_urls(),
        ]

    @admin.display(description="Is", ordering="state")
    def is_now(self, sync: Any) -> SafeString:
        look = "late" if sync.waiting and sync.is_open else "open" if sync.is_open else "done"
        return format_html('<span class="ak-badge ak-badge-{}">{}</span>', look, sync.get_state_display())

    @admin.display(description="To decide")
    def conflicts(self, sync: Any) -> str:
        return f"{sync.waiting:,}" if sync.is_open else "–"

    @admin.display(description="Differences")
    def differing(self, sync: Any) -> str:
        return f"{sync.differing:,}"

    @admin.display(description="Read", ordering="read_at")
    def read(self, sync: Any) -> SafeString | str:
        return moment(sync.read_at, clock.now())

    @admin.display(description="Settled", ordering="settled_at")
    def settled(self, sync: Any) -> SafeString | str:
        return moment(sync.settled_at, clock.now())

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """The page on which a file is uploaded, and the ways out for what stands here."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = UploadForm(request.POST or None, request.FILES or None) if request.method == "POST" else UploadForm()
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data["file"]
            try:
                sync = read_file(
                    given.read(),
                    file_name=str(given.name),
                    source=DirectorySync.Source.UPLOAD,
                    actor=request.user,
                    now=clock.now(),
                    reason=form.cleaned_data["reason"],
                )
            except PortalError as error:
                show_in(form, error)
            else:
                messages.success(request, "Read and compared. Nothing was changed yet.")
                return redirect(self.page_of(sync))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Read a file of the CMDB",
            "form": form,
            "media": self.media,
            "back": reverse("admin:portal_directorysync_changelist"),
            "formats": [(name.upper(), reverse("admin:portal_directorysync_export", args=[name])) for name in FORMATS],
        }
        return render(request, "portal/directory_upload.html", context, status=400 if form.errors else 200)

    def first_line(self, thing: Any, now: datetime) -> str:
        told = counts_of(thing)
        people = words.counted(thing.people, "person", "people")
        if thing.is_open and told["waiting"]:
            waiting = words.counted(told["waiting"], "difference waits", "differences wait")
            return f"{waiting} for a decision. {people} in the file, {thing.agreeing:,} as they stand here."
        if thing.is_open:
            return f"Nothing waits for a decision: {words.counted(told['ready'], 'difference')} can be applied. {people} in the file."
        settled = moment(thing.settled_at, now)
        return format_html("{} {}. Its content is no longer kept.", thing.get_state_display().capitalize(), settled)

    def page_context(self, request: HttpRequest, thing: Any, now: datetime) -> dict[str, Any]:
        told, kind = counts_of(thing), _kind(request.GET.get("kind", ""))
        page = page_of_rows(thing, kind, request.GET.get("page", "1"))
        return {
            "rows": [_shown(row, thing) for row in page],
            "page": page,
            "kind": kind,
            "kinds": [(key, title, told[key]) for key, title in KINDS if told[key] or key in {"waiting", kind}],
            "total": sum(told[each.value] for each in Kind),
            "deciding": thing.is_open and may(request.user, RIGHT),
            "decide_address": reverse("admin:portal_directorysync_decide", args=[thing.pk]),
            "decisions": DirectoryRow.Decision,
        }

    def decide_rows(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """The door of decisions: each row's own, or one for all that are selected."""
        sync = self.get_object(request, str(object_id))
        if sync is None:
            raise Http404
        if not may(request.user, RIGHT):
            raise PermissionDenied
        back = self.page_of(sync)
        if request.method == "POST":
            now = clock.now()
            try:
                changed = sum(decide(sync, rows, each, actor=request.user, now=now) for each, rows in _decisions(request).items())
                messages.success(request, f"{words.counted(changed, 'decision')} noted. Nothing is written until you apply.")
            except PortalError as error:
                messages.error(request, error.message)
            page = request.POST.get("page", "1")
            back = f"{back}?kind={_kind(request.POST.get('kind', ''))}&page={page if page.isdecimal() and len(page) < 7 else 1}#differences"
        return redirect(back)

    def export(self, request: HttpRequest, format_name: str) -> HttpResponse:
        """Everybody as the CMDB would say it; an event of the trail."""
        if format_name not in FORMATS:
            raise Http404
        try:
            content = export_people(format_name, actor=request.user, now=clock.now(), reason="Downloaded in the admin.")
        except PortalError as error:
            raise PermissionDenied(error.message) from error
        answer = HttpResponse(content, content_type=MEDIA_TYPES[format_name], headers={"Cache-Control": "no-store"})
        answer["Content-Disposition"] = f'attachment; filename="people.{format_name}"'
        return answer


@admin.register(DirectoryExport)
class DirectoryExportAdmin(_OnlyRead):
    """What was handed to the CMDB, and whether it took it."""

    list_display = ("started", "succeeded", "people", "detail", "sha256")
    list_display_links = None
    list_filter = ("succeeded",)
    empty_list = (
        "Changes made here are handed to the CMDB every five minutes, where an outlet is set (DIRECTORY_DROP, DIRECTORY_URL). "
        "Nothing was handed over yet."
    )

    @admin.display(description="Handed over", ordering="started_at")
    def started(self, export: Any) -> SafeString | str:
        return moment(export.started_at, clock.now())


def _kind(given: str) -> str:
    return given if given in {key for key, _ in KINDS} else ""


def _shown(row: DirectoryRow, sync: DirectorySync) -> dict[str, Any]:
    said, look = KIND_WORDS[row.kind]
    return {
        "row": row,
        "what": row.field.replace("_", " ").capitalize(),
        "kind": said,
        "look": look,
        "outcome": row.get_decision_display() if row.kind in DECIDABLE else "",
        "open": sync.is_open and row.applied_at is None and row.kind in DECIDABLE,
        "person_address": reverse("admin:portal_user_change", args=[row.person_id]) if row.person_id else "",
    }


def _decisions(request: HttpRequest) -> dict[str, list[int]]:
    """Rows by what was decided of them."""
    bulk = request.POST.get("bulk", "")
    if bulk:
        return {bulk: [int(key) for key in request.POST.getlist("selected") if _is_key(key)]}
    decided: dict[str, list[int]] = {}
    for name, value in request.POST.items():
        key = name.removeprefix("row-")
        if key != name and _is_key(key) and value in DirectoryRow.Decision.values:
            decided.setdefault(str(value), []).append(int(key))
    return decided


def _is_key(text: str) -> bool:
    return text.isdecimal() and text.isascii() and len(text) < 19
