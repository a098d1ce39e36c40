"""The page on which a file of feedback is looked at and then recorded. Nothing of the file is kept in between but in the page itself."""

import base64
import binascii
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from unfold.decorators import action
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminTextInputWidget

from incidents.feedback.importing import TO, Taken, import_file, look
from incidents.feedback.reading import COLUMNS, LARGEST_BYTES, MOST_LINES, NEEDED
from incidents.feedback.services import ADD
from portal.foundation import clock, words
from portal.foundation.access.checks import may, require
from portal.foundation.adminkit.bases import show_in
from portal.foundation.errors import InvalidInput

SHOWN = 50


class FileForm(forms.Form):
    """A file, or one that was looked at: then its content is in the page, and `again` says that repeats are meant."""

    file = forms.FileField(
        required=False,
        label="File with feedback",
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,text/csv"}),
        help_text=f"CSV (commas or semicolons) in UTF-8, {LARGEST_BYTES // 1_000_000} MB and {MOST_LINES} answers at most. "
        "Nothing is recorded by looking at it.",
    )
    content = forms.CharField(required=False, widget=forms.HiddenInput)
    name = forms.CharField(required=False, widget=forms.HiddenInput)
    reason = forms.CharField(
        label="What it is",
        required=False,
        max_length=2_000,
        widget=UnfoldAdminTextInputWidget(),
        help_text="Stays in the audit trail, for example 'Survey of November'. Name no customer in it.",
    )
    again = forms.BooleanField(required=False, label="What is on record already is meant to come in again")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        given = data.get("file")
        if given is not None and given.size > LARGEST_BYTES:
            self.add_error("file", f"The file is larger than {LARGEST_BYTES // 1_000_000} MB. Split it.")
        elif given is not None:
            data["bytes"], data["name"] = given.read(), str(given.name)
        elif data.get("content"):
            data["bytes"] = self._looked_at(data["content"])
        elif not self.errors:
            self.add_error("file", "Choose a file.")
        return data

    def _looked_at(self, content: str) -> bytes:
        try:
            return base64.b64decode(content, validate=True)
        except (binascii.Error, ValueError):
            self.add_error("file", "The file did not come whole. Choose it again.")
            return b""


class TakesFiles:
    """Of the admin of feedback: the page, and the button that leads to it."""

    admin_site: Any
    opts: Any
    media: Any

    def has_import_permission(self, request: HttpRequest) -> bool:
        return may(request.user, ADD)

    @action(description="Import a file", url_path="import-file", permissions=["import"], icon="upload_file")  # type: ignore[untyped-decorator]
    def import_file(self, request: HttpRequest) -> HttpResponse:
        """GET asks for a file. POST looks at one, or, with `record`, records what was looked at."""
        form, taken = FileForm(), None
        if request.method == "POST":
            form = FileForm(request.POST, request.FILES)
            if form.is_valid():
                try:
                    taken = look(form.cleaned_data["bytes"], actor=request.user, now=clock.now())
                    if "record" in request.POST and form.cleaned_data["file"] is None:
                        return self._record(request, form.cleaned_data)
                    form = _shown_again(form)
                except InvalidInput as error:
                    show_in(form, error)
                    if taken is None:
                        # A corrected file has another content.
                        form.data = {**request.POST.dict(), "content": ""}
        else:
            require(request.user, ADD, to=TO)
        return render(request, "incidents/feedback_file.html", self._context(request, form, taken), status=400 if form.errors else 200)

    def _record(self, request: HttpRequest, data: dict[str, Any]) -> HttpResponse:
        made = import_file(
            data["bytes"],
            file_name=data["name"],
            actor=request.user,
            now=clock.now(),
            reason=data["reason"],
            again=data["again"],
        )
        self.message_user(request, f"{words.counted(len(made), 'answer')} recorded.")  # type: ignore[attr-defined]
        return redirect("admin:incidents_feedback_changelist")

    def _context(self, request: HttpRequest, form: FileForm, taken: Taken | None) -> dict[str, Any]:
        if taken is None or not taken.repeats:
            del form.fields["again"]
        form.fields["file"].required = taken is None
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Import a file of feedback",
            "form": form,
            "media": self.media,
            "back": reverse("admin:incidents_feedback_changelist"),
            "columns": [(name, name in NEEDED) for name in COLUMNS],
            # `taken` is a role's that somebody took.
            "looked": taken,
            "answers": words.counted(len(taken.answers), "answer") if taken else "",
            "rows": [_row(line, given, taken) for line, given in taken.answers[:SHOWN]] if taken else [],
            "more": max(0, len(taken.answers) - SHOWN) if taken else 0,
        }


def _row(line: Any, given: Any, taken: Taken) -> dict[str, Any]:
    incident = given.incident
    about = f"{incident.number}, {incident.service}" if incident is not None else str(given.service)
    return {"line": line, "about": about, "repeat": line.number in taken.repeats}


def _shown_again(form: FileForm) -> FileForm:
    """What was looked at goes along with the page."""
    data = form.cleaned_data
    content = base64.b64encode(data["bytes"]).decode("ascii")
    return FileForm(initial={"content": content, "name": data["name"], "reason": data["reason"], "again": data["again"]})
