"""Pages of a review beside its own: making a finding, and taking the signed manifest home."""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views import View
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from audit.models import ReviewItem, ReviewPeriod, ReviewSignOff
from audit.reviews import findings
from audit.reviews.frozen import file_of, name_of
from audit.reviews.queries import READ, VIEW, loose
from portal.foundation import clock, words
from portal.foundation.access.checks import may
from portal.foundation.adminkit.bases import show_in
from portal.foundation.errors import PortalError
from portal.foundation.people.models import User

# A finding is made of so many entries at once; the next one takes the rest.
MOST_ENTRIES = 200


class FindingForm(forms.Form):
    """Which entries, what was found, who sees to it and until when."""

    items = forms.TypedMultipleChoiceField(
        label="Entries", coerce=int, widget=forms.CheckboxSelectMultiple(), error_messages={"required": "Choose at least one entry."}
    )
    title = forms.CharField(
        label="What was found", max_length=findings.LONGEST_TITLE, widget=UnfoldAdminTextInputWidget(), help_text="In one line."
    )
    owner = forms.ModelChoiceField(User.objects.none(), label="Owner", empty_label="Choose …", widget=UnfoldAdminSelectWidget)
    due_on = forms.DateField(label="To be settled by", widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}))
    evidence = forms.CharField(
        label="Evidence",
        required=False,
        max_length=findings.LONGEST_EVIDENCE,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text="An address, a ticket's number, or words.",
    )

    def __init__(self, *args: Any, loose: list[ReviewItem], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(item.pk, f"Entry {item.place:,}: {item.note}") for item in loose]
        self.fields["items"].choices = choices  # type: ignore[attr-defined]
        self.fields["items"].initial = [key for key, _ in choices]
        people = User.objects.filter(is_active=True, origin=User.Origin.PORTAL).order_by("display_name", "username")
        self.fields["owner"].queryset = people  # type: ignore[attr-defined]


class FindingView(View):
    """Making a finding of entries that need follow-up."""

    model_admin: Any = None

    def dispatch(self, request: HttpRequest, *args: Any, object_id: int, **kwargs: Any) -> Any:
        if not (may(request.user, findings.ADD) and may(request.user, VIEW)):
            raise PermissionDenied
        period = ReviewPeriod.objects.select_related("plan").filter(pk=object_id).first()
        if period is None:
            raise Http404
        self.period, self.loose = period, list(loose(period)[:MOST_ENTRIES])
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(request, FindingForm(loose=self.loose))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = FindingForm(request.POST, loose=self.loose)
        if form.is_valid():
            try:
                findings.make_finding(self.period, **form.cleaned_data, actor=request.user, now=clock.now())
                return redirect(self.model_admin.page_of(self.period))
            except PortalError as error:
                show_in(form, error)
        return self._page(request, form)

    def _page(self, request: HttpRequest, form: forms.Form) -> HttpResponse:
        context = {
            **self.model_admin.admin_site.each_context(request),
            "opts": self.model_admin.opts,
            "original": self.period,
            "title": "Make a finding",
            "form": form,
            "media": self.model_admin.media,
            "back": self.model_admin.page_of(self.period),
            "loose": self.loose,
            "first_line": f"{words.counted(len(self.loose), 'entry needs', 'entries need')} follow-up and "
            f"{'stands' if len(self.loose) == 1 else 'stand'} in no finding yet.",
        }
        return render(request, "audit/review_finding_form.html", context, status=400 if form.errors else 200)


class ManifestView(View):
    """The signed manifest and a line for each entry, one file."""

    model_admin: Any = None

    def get(self, request: HttpRequest, object_id: int) -> StreamingHttpResponse:
        if not (may(request.user, VIEW) and may(request.user, READ)):
            raise PermissionDenied
        signature = ReviewSignOff.objects.select_related("period__plan").filter(period=object_id).first()
        if signature is None:
            raise Http404
        answer = StreamingHttpResponse(file_of(signature), content_type="application/jsonl")
        answer["Content-Disposition"] = f'attachment; filename="{name_of(signature)}"'
        answer["Cache-Control"] = "no-store"
        return answer
