"""What the pages of an incident ask for."""

from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from incidents.handoffs.people import tracks_held
from incidents.lifecycle import checks, measures
from incidents.lifecycle.facts import CONFIDENTIAL, MARKERS, clean_facts
from incidents.lifecycle.models import SCALE
from incidents.models import ChangeRequest, HandOff, Incident, IncidentChange, Problem
from policies.decisions.vocabulary import Track
from policies.models import Team
from portal.foundation.adminkit.bases import show_in
from portal.foundation.errors import InvalidInput
from portal.foundation.people.models import User

from .fact_fields import FACTS, FactFields, told


def _measures_or_none() -> list[tuple[str, str]]:
    return [("", "No reading"), *measures.choices()]


class OpenForm(FactFields, forms.ModelForm):
    """Opening by hand: what users notice, where, how much and how fast; what is marked, and what the business loses."""

    measure = forms.ChoiceField(
        choices=_measures_or_none,
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text="Its unit stands behind its name.",
    )
    value = forms.DecimalField(
        required=False, widget=UnfoldAdminDecimalFieldWidget, help_text="In the unit of the measure, e.g. 7.2 for 7.2 %."
    )

    class Meta:
        model = Incident
        fields = ("title", "service", "impact", "urgency", "description", *FACTS)
        help_texts = {
            "title": "What users notice, in one line, e.g. 'Card payments fail in the app'.",
            "service": "Its policy in force decides who is alerted.",
            "impact": "How much of the business is hit. With urgency it gives the priority.",
            "urgency": "How fast it must be solved.",
            "description": "What is known so far: since when, for whom, what was tried.",
        }

    def clean_title(self) -> str:
        return _cleaned(checks.clean_title, self.cleaned_data["title"])

    def clean_description(self) -> str:
        return _cleaned(checks.clean_text, self.cleaned_data["description"], "description")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        measure, value = data.get("measure"), data.get("value")
        if bool(measure) != (value is not None) and "value" not in self.errors:
            self.add_error("value" if measure else "measure", "Give both the measure and its value, or neither.")
        elif measure and value is not None:
            clean_value(self, data)
        if data.get("service") and not set(FACTS) & self.errors.keys():
            try:
                clean_facts(told(data), Incident(service=data["service"]))
            except InvalidInput as error:
                show_in(self, error)
        return data


class ReadingForm(forms.Form):
    """A value that somebody read off a dashboard just now."""

    measure = forms.ChoiceField(choices=measures.choices, widget=UnfoldAdminSelectWidget, help_text="Its unit stands behind its name.")
    value = forms.DecimalField(
        min_value=0, widget=UnfoldAdminDecimalFieldWidget, help_text="In the unit of the measure, e.g. 7.2 for 7.2 %."
    )


class HandOverForm(forms.Form):
    """To another assignment group, to a person, or both."""

    takes_thing = True
    team = forms.ModelChoiceField(
        Team.objects.none(),
        label="Assignment group",
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text="Another group is a functional escalation. Empty: stays with the present group.",
    )
    person = forms.ModelChoiceField(
        User.objects.none(), required=False, widget=UnfoldAdminSelectWidget, help_text="Empty: whoever of the group takes it."
    )
    kind = forms.ChoiceField(
        label="Which kind of hand-off",
        required=False,
        choices=[("", "As the receiver says: a colleague, or another group"), *HandOff.Kind.choices],
        widget=UnfoldAdminSelectWidget,
    )
    track = forms.ChoiceField(label="What", widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, thing: Incident | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"].queryset = Team.objects.order_by("name")  # type: ignore[attr-defined]
        people = User.objects.filter(is_active=True, origin=User.Origin.PORTAL).order_by("display_name", "username")
        self.fields["person"].queryset = people  # type: ignore[attr-defined]
        tracks = tracks_held(thing) if thing is not None else []
        if thing is not None and thing.acknowledged_at is None and not tracks:
            del self.fields["kind"]
        if tracks:
            beside = [(track.value, f"{track.label} track") for track in tracks]
            self.fields["track"].choices = [(Track.TECHNICAL.value, "The incident itself"), *beside]  # type: ignore[attr-defined]
        else:
            del self.fields["track"]


class DetailsForm(forms.Form):
    """What was understood wrongly at first."""

    takes_thing = True
    title = forms.CharField(max_length=checks.LONGEST_TITLE, widget=UnfoldAdminTextInputWidget)
    impact = forms.TypedChoiceField(choices=SCALE, coerce=int, widget=UnfoldAdminSelectWidget)
    urgency = forms.TypedChoiceField(
        choices=SCALE, coerce=int, widget=UnfoldAdminSelectWidget, help_text="With impact it gives the priority."
    )
    description = forms.CharField(required=False, max_length=checks.LONGEST_TEXT, widget=UnfoldAdminTextareaWidget(attrs={"rows": 5}))

    def __init__(self, *args: Any, thing: Incident, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("title", "impact", "urgency", "description"):
            self.fields[name].initial = getattr(thing, name)


class FactsForm(FactFields):
    """What became known since the opening."""

    takes_thing = True

    def __init__(self, *args: Any, thing: Incident, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in FACTS:
            self.fields[name].initial = getattr(thing, name)
            # What stands stays; of an incident that has ended nothing else is asked any more.
            self.fields[name].disabled = getattr(thing, name) if name in MARKERS else False
            if thing.has_ended and name not in MARKERS and name != CONFIDENTIAL:
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        return {name: value for name, value in data.items() if name not in FACTS} | {**told(data)}


class ProblemForm(forms.Form):
    """The problem record, by the number people know it by."""

    problem = forms.ModelChoiceField(
        Problem.objects.all(),
        to_field_name="number",
        widget=UnfoldAdminTextInputWidget,
        label="Number of the problem",
        error_messages={"invalid_choice": "No problem has this number. Create it first."},
    )


class ChangeForm(forms.Form):
    """The change request, by its number."""

    change = forms.ModelChoiceField(
        ChangeRequest.objects.all(),
        to_field_name="number",
        widget=UnfoldAdminTextInputWidget,
        label="Number of the change",
        error_messages={"invalid_choice": "No change request has this number. Create it first."},
    )
    relation = forms.ChoiceField(choices=IncidentChange.Relation.choices, widget=UnfoldAdminSelectWidget)


def clean_value(form: forms.BaseForm, data: dict[str, Any]) -> None:
    """Puts the value of `data` as it may be stored, or says at its field what is wrong."""
    try:
        measure = measures.measure_called(data["measure"], measures.known_measures([data["measure"]]))
        data["value"] = checks.clean_value(measure, data["value"])
    except InvalidInput as error:
        show_in(form, error)


def _cleaned(check: Any, text: str, *names: str) -> str:
    try:
        return str(check(text, *names))
    except InvalidInput as error:
        raise forms.ValidationError(error.message) from error
