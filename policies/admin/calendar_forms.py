"""What is asked of whoever brings a calendar in."""

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from policies.models import OnCallSchedule
from policies.oncall.calendars.reading import LARGEST_BYTES, TOO_LARGE
from policies.oncall.calendars.source_services import may_import
from portal.foundation.adminkit.fields import DurationInput

MYSELF = "me"


class CopyForm(forms.Form):
    """A file or an address."""

    file = forms.FileField(label="File", required=False, widget=UnfoldAdminFileFieldWidget(), help_text="An .ics file of at most 2 MB.")
    address = forms.CharField(
        required=False,
        max_length=500,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "placeholder": "https://"}),
        help_text="Or the calendar's secret iCal address. It is a secret: it is masked after saving and stands in no log.",
    )
    refresh_every = DurationInput(
        label="Read the address again every",
        required=False,
        help_text="5 min to 7 d, such as 30 min. Empty: once a day.",
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data.get("file")
        if file is not None and file.size > LARGEST_BYTES:
            raise forms.ValidationError(TOO_LARGE)
        return file

    def copy(self) -> tuple[bytes, str]:
        """The file's content and the address; what was not given is empty."""
        file = self.cleaned_data.get("file")
        return (file.read() if file is not None else b"", self.cleaned_data["address"].strip())


class ImportForm(CopyForm):
    """A new calendar: what it is called and whom it is about, beside the copy."""

    name = forms.CharField(max_length=120, widget=UnfoldAdminTextInputWidget(), help_text="As it is called in the reasons for duty.")
    schedule = forms.ChoiceField(
        label="It says", widget=UnfoldAdminSelectWidget, error_messages={"required": "Choose what the calendar says."}
    )
    field_order = ("name", "schedule", "file", "address", "refresh_every")

    def __init__(self, *args: Any, reader: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if may_import(reader, None, None):
            schedules = [(str(each.pk), f"who is on duty in {each}") for each in OnCallSchedule.objects.order_by("name")]
            self.fields["schedule"].choices = [("", "Choose …"), *schedules, (MYSELF, "when I am away")]  # type: ignore[attr-defined]
        else:
            del self.fields["schedule"]

    def chosen(self) -> OnCallSchedule | None:
        """The schedule; None when the calendar says when its reader is away."""
        chosen = self.cleaned_data.get("schedule", MYSELF)
        return None if chosen == MYSELF else OnCallSchedule.objects.get(pk=chosen)


class ReasonForm(forms.Form):
    """Why something is done, in a sentence."""

    reason = forms.CharField(
        label="Why?", max_length=2_000, widget=UnfoldAdminTextInputWidget(), help_text="One sentence. It stays in the audit trail."
    )
