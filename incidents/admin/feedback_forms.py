"""What the pages of feedback ask for."""

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from incidents.feedback.models import SCALE
from incidents.feedback.services import LONGEST, Given, checked
from incidents.models import Feedback, Incident
from policies.models import Service
from portal.foundation import clock
from portal.foundation.adminkit.bases import show_in
from portal.foundation.errors import InvalidInput

ASKED = ("giver", "given_on", "satisfaction", "way", "incident", "service", "text")
NAME_NOBODY = "As it was said, without anybody's name. The words stay out of the audit trail, history and reports."


class FeedbackFields(forms.Form):
    """From whom, when, how satisfied, how it came, about what, in which words; checked together as services do."""

    giver = forms.ChoiceField(label="From", choices=Feedback.Giver.choices, widget=UnfoldAdminSelectWidget, help_text="As a kind; no name.")
    given_on = forms.DateField(label="Given on", widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}))
    satisfaction = forms.TypedChoiceField(
        choices=[("", "none was told"), *SCALE],
        coerce=int,
        empty_value=None,
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text="As it was told, from 1 to 5. Do not guess it from the words.",
    )
    way = forms.ChoiceField(label="How it came", choices=Feedback.Way.choices, widget=UnfoldAdminSelectWidget)
    incident = forms.ModelChoiceField(
        Incident.objects.select_related("service"),
        to_field_name="number",
        required=False,
        label="Number of the incident",
        widget=UnfoldAdminTextInputWidget,
        help_text="Empty: about the service.",
        error_messages={"invalid_choice": "No incident has this number. Use one as INC0000012."},
    )
    service = forms.ModelChoiceField(
        Service.objects.order_by("name"), required=False, widget=UnfoldAdminSelectWidget, help_text="Empty: that of the incident."
    )
    text = forms.CharField(
        label="Words", required=False, max_length=LONGEST, widget=UnfoldAdminTextareaWidget(attrs={"rows": 5}), help_text=NAME_NOBODY
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors:
            try:
                checked(given_in(data), clock.now())
            except InvalidInput as error:
                show_in(self, error)
        return data


def given_in(data: dict[str, Any]) -> Given:
    return Given(**{name: data[name] for name in ASKED})


class RecordForm(FeedbackFields, forms.ModelForm):
    """Feedback that came."""

    class Meta:
        model = Feedback
        fields = tuple(name for name in ASKED if name != "text")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["given_on"].initial = clock.now().date()


class CorrectForm(FeedbackFields):
    """What was written down wrongly."""

    takes_thing = True

    def __init__(self, *args: Any, thing: Feedback, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("giver", "given_on", "satisfaction", "way", "service"):
            self.fields[name].initial = getattr(thing, name)
        self.fields["incident"].initial = thing.incident.number if thing.incident else ""
        self.fields["text"].initial = getattr(thing, "said", "")
