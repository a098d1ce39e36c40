"""The two forms of an export: which part of the ledger, and why."""

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.utils import timezone
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from audit.evidence.selection import Selection, object_named
from portal.foundation import clock
from portal.foundation.adminkit.moments import zone_name
from portal.foundation.errors import InvalidInput

# Beyond them no time zone could be told.
YEARS = range(1970, 3000)


class SelectionForm(forms.Form):
    """Sent by GET, so that what is asked for stands in the address. What is left empty does not narrow."""

    since = forms.DateTimeField(
        label="From", required=False, widget=UnfoldAdminTextInputWidget(attrs={"type": "datetime-local", "step": "1"})
    )
    until = forms.DateTimeField(
        label="Before", required=False, widget=UnfoldAdminTextInputWidget(attrs={"type": "datetime-local", "step": "1"})
    )
    object = forms.CharField(
        label="About one thing",
        required=False,
        max_length=200,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "INC-000012"}),
        help_text="A number or a name; you choose from what is found.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zone = timezone.get_current_timezone()
        shown = zone_name(clock.now())
        told = f"{shown} ({zone})" if str(zone) != shown else shown
        self.fields["since"].help_text = f"Times are those of {told}, to the second."
        self.fields["until"].help_text = "This very moment is left out."
        self.looked_for = ""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        for name in ("since", "until"):
            if cleaned.get(name) and cleaned[name].year not in YEARS:
                self.add_error(name, f"Give a year from {YEARS[0]} to {YEARS[-1]}.")
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until <= since:
            self.add_error("until", "The time ends before it begins. Choose a time after the first one.")
        return cleaned

    def selection(self) -> Selection | None:
        """What was chosen; None where something is wrong, or the object is still to be chosen: then `looked_for` is what was typed."""
        if not self.is_valid():
            return None
        model = pk = ""
        if named := self.cleaned_data["object"].strip():
            try:
                model, pk = object_named(named)
            except InvalidInput:
                self.looked_for = named
                return None
        return Selection(_in_utc(self.cleaned_data["since"]), _in_utc(self.cleaned_data["until"]), model, pk)


class ReasonForm(forms.Form):
    """Why evidence is taken out."""

    reason = forms.CharField(
        label="What it is for",
        max_length=2_000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text="For example 'Audit of the first quarter, asked for by Example Auditors'. The words stay in the audit trail.",
    )


def _in_utc(at: datetime | None) -> datetime | None:
    return at.astimezone(UTC) if at else None
