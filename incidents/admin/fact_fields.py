"""The fields in which markers and business facts are told, for every form that asks for them."""

from typing import Any, cast

from django import forms
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from incidents.lifecycle.facts import MARKERS, GivenFacts
from policies.decisions.vocabulary import Exposure
from policies.models import CustomerSegment
from portal.foundation.adminkit.fields import DecimalInput

FACTS = tuple(GivenFacts.__annotations__)
BUSINESS = ("labels", "segment", ("revenue_loss_per_hour", "revenue_currency"), "regulatory_exposure")


class LabelsInput(forms.CharField):
    """Labels as text with commas between them; given back as a list."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        return [label.strip() for label in (super().to_python(value) or "").split(",") if label.strip()]


class FactFields(forms.Form):
    """Markers and business facts, none of them required."""

    personal_data = forms.BooleanField(
        required=False,
        label="Personal data are touched",
        widget=UnfoldBooleanWidget,
        help_text="The legal and compliance track runs. Once set it stays.",
    )
    regulated = forms.BooleanField(
        required=False,
        label="A regulated workload is touched",
        widget=UnfoldBooleanWidget,
        help_text="The legal and compliance track runs. Set by itself for regulated services; once set it stays.",
    )
    data_breach = forms.BooleanField(
        required=False,
        label="A data breach is suspected",
        widget=UnfoldBooleanWidget,
        help_text="Somebody may have seen, taken or changed data who must not. The legal and compliance track runs. Once set it stays.",
    )
    confidential = forms.BooleanField(
        required=False,
        label="Details are confidential",
        widget=UnfoldBooleanWidget,
        help_text="They leave the portal only over cleared channels, to verified contact points; others carry the number and the link.",
    )
    labels = LabelsInput(
        required=False,
        max_length=2_000,
        widget=UnfoldAdminTextInputWidget,
        help_text="Words that exception rules look for, with commas between them, e.g. vip, year-end.",
    )
    segment = forms.ModelChoiceField(
        CustomerSegment.objects.none(),
        required=False,
        label="Customer segment hit",
        empty_label="None in particular",
        widget=UnfoldAdminSelectWidget,
        help_text="The most critical of those hit.",
    )
    revenue_loss_per_hour = DecimalInput(
        required=False, label="Revenue loss per hour", widget=UnfoldAdminDecimalFieldWidget, help_text="Estimated, e.g. 25000."
    )
    revenue_currency = forms.CharField(
        required=False, max_length=3, label="Currency", widget=UnfoldAdminTextInputWidget, help_text="Three letters, e.g. EUR."
    )
    regulatory_exposure = forms.TypedChoiceField(
        required=False,
        choices=[(int(step), step.label) for step in Exposure],
        coerce=int,
        widget=UnfoldAdminSelectWidget,
        help_text="How sure it is that a regulator has to be told.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["segment"].queryset = CustomerSegment.objects.all()  # type: ignore[attr-defined]

    def clean_regulatory_exposure(self) -> int:
        return int(self.cleaned_data["regulatory_exposure"] or Exposure.NONE)

    def clean_revenue_currency(self) -> str:
        return str(self.cleaned_data["revenue_currency"]).upper()


def told(data: dict[str, Any]) -> GivenFacts:
    """The facts among the cleaned data of a form. A marker that is not ticked is not told, which takes nothing away."""
    given = {name: data[name] for name in FACTS if name in data and (name not in MARKERS or data[name])}
    return cast(GivenFacts, given)
