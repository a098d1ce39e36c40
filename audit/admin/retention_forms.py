"""What is asked of whoever sets a period, places a hold, or lets entries go."""

from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from audit.evidence.selection import object_named
from audit.retention.classes import FEWEST_MONTHS, MOST_MONTHS
from audit.retention.erasure import is_forgotten
from portal.foundation.errors import InvalidInput
from portal.foundation.people.models import User


class ReasonForm(forms.Form):
    """Why, in somebody's words."""

    reason = forms.CharField(
        label="In your words",
        max_length=2_000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="Why? The words stay in the audit trail for good: name no person in them.",
    )


class PeriodForm(forms.Form):
    """How long a class is kept."""

    takes_thing = True
    months = forms.IntegerField(
        label="Kept for (months)",
        min_value=FEWEST_MONTHS,
        max_value=MOST_MONTHS,
        widget=UnfoldAdminIntegerFieldWidget(),
        help_text=f"{FEWEST_MONTHS} to {MOST_MONTHS} calendar months; 84 is seven years.",
    )

    def __init__(self, *args: Any, thing: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "initial": {"months": thing.months}})


class SureForm(forms.Form):
    """That somebody knows what they do."""

    sure = forms.BooleanField(
        label="I have looked at what goes, and know that it cannot be undone",
        widget=UnfoldBooleanWidget(),
        error_messages={"required": "Look at what goes, then tick this."},
    )


class HoldForm(ReasonForm):
    """What is held."""

    everything = forms.BooleanField(
        label="Hold everything", required=False, widget=UnfoldBooleanWidget(), help_text="Nothing at all is pruned or erased then."
    )
    held = forms.CharField(
        label="Or what is told about one thing",
        required=False,
        max_length=500,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "INC-000012"}),
        help_text="A number or a name; you choose from what is found. What is gone is named by kind and key: incidents.incident:12. "
        "Its parts are held with it: of an incident the hand-offs, readings, mandates used, linked problems and changes, answered messages; of a "
        "policy its versions, of a schedule its plans, overrides and swaps. When in doubt, hold everything.",
    )
    field_order = ("everything", "held", "reason")
    looked_for = ""

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if bool(said.get("everything")) == bool(said.get("held")):
            raise forms.ValidationError("Say what is held: everything, or one thing.")
        if said.get("held"):
            try:
                said["object_model"], said["object_pk"] = object_named(said["held"])
            except InvalidInput as error:
                self.looked_for = said["held"]
                self.add_error("held", error.message)
        return said


class PersonForm(forms.Form):
    """Whose data goes, and by what else they were called."""

    username = forms.CharField(
        label="User name",
        max_length=150,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text="Of a deactivated account, as it stands on the person's page.",
    )
    others = forms.CharField(
        label="Also look for",
        required=False,
        max_length=500,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text="Nicknames, earlier names, telephone numbers; separate several by commas, three letters or more each. They are stored nowhere.",
    )

    def clean_username(self) -> User:
        found = User.objects.filter(username=self.cleaned_data["username"].strip()).first()
        if found is None:
            raise forms.ValidationError("No account is called so.")
        if is_forgotten(found):
            raise forms.ValidationError("This person's data was erased already.")
        return found

    def other_words(self) -> list[str]:
        """What to look for beside the account's own."""
        return [word.strip() for word in self.cleaned_data.get("others", "").split(",") if word.strip()]


class ErasureForm(ReasonForm):
    """Which of the entries that were found go altogether."""

    chosen = forms.TypedMultipleChoiceField(
        label="Entries that go altogether",
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple(),
        help_text="Of an entry that goes only its hash stays: nobody can read any more what happened. Keep what the law asks you to keep.",
    )
    field_order = ("chosen", "reason")

    def __init__(self, *args: Any, entries: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if entries:
            self.fields["chosen"].choices = entries  # type: ignore[attr-defined]
        else:
            del self.fields["chosen"]
