"""Thresholds with their conditions, business impact, and exception rules."""

from decimal import Decimal
from typing import Any

from django import forms
from django.db import models
from django.http import HttpRequest
from django.utils.html import format_html
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminSelectWidget

from policies.decisions.measures import MEASURES
from policies.decisions.vocabulary import BusinessMeasure, Indicator
from policies.models import BusinessThreshold, Criterion, ExceptionRule, OwnMeasure, Threshold
from policies.severity.models import Measure

from .rows import BlockSection, ContentRow, DayField, InnerTable, TableSection


class MeasureSelect(UnfoldAdminSelectWidget):
    """A choice of measures; each option carries its unit, so that the page can show it at the value."""

    units: dict[str, str]

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option: dict[str, Any] = super().create_option(name, value, *args, **kwargs)
        option["attrs"]["data-unit"] = self.units.get(str(value), "")
        return option


class ValueInput(UnfoldAdminDecimalFieldWidget):
    """A value with its unit beside it."""

    unit = ""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> Any:
        attrs = {**(attrs or {}), "aria-describedby": f"id_{name}_unit"}
        shown = super().render(name, value, attrs, renderer)
        return format_html('<span class="pf-value">{}<span class="pf-unit" id="id_{}_unit">{}</span></span>', shown, name, self.unit)


class CriterionForm(ContentRow):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        select: Any = self.fields["measure"]
        has = self.instance.measure
        if has and has not in select.widget.units:
            select.choices = [*select.choices, (has, f"{has} (unknown)")]
        self.fields["value"].widget.unit = select.widget.units.get(str(self["measure"].value() or ""), "")

    def clean_row(self, data: dict[str, Any]) -> None:
        if data.get("value") is not None and data["value"] < 0:
            self.add_error("value", "No measure goes below zero.")
        window, lasting = data.get("window"), data.get("for_at_least")
        if window is not None and not window:
            self.add_error("window", "Readings of no time at all say nothing: give a window such as 10 min.")
        elif window is not None and lasting is not None and lasting > window:
            self.add_error("for_at_least", "It cannot hold for longer than the observation window.")


class CriterionInline(InnerTable):
    model = Criterion
    hide_title = True
    form = CriterionForm
    fields = ("measure", "comparison", "value", "window", "for_at_least")
    verbose_name = "condition"
    verbose_name_plural = "conditions"

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "measure":
            return self._measure(db_field, request)
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "value":
            field.widget = ValueInput(attrs={"aria-label": "Value", "step": "any"})
        return field

    def _measure(self, db_field: Any, request: HttpRequest) -> forms.Field:
        store = request.__dict__.setdefault("shared_choices", {})
        if OwnMeasure not in store:
            store[OwnMeasure] = list(OwnMeasure.objects.all())
        own = store[OwnMeasure]
        widget = MeasureSelect(attrs={"aria-label": "Measure"})
        widget.units = {key: words.unit for key, words in MEASURES.items()} | {measure.key: measure.unit for measure in own}
        groups: list[Any] = [("", "Choose a measure"), ("Built in", [(key, MEASURES[key].name) for key in Measure.values])]
        if own:
            groups.append(("Our own", [(measure.key, measure.name) for measure in own]))
        return forms.ChoiceField(choices=groups, widget=widget, label="Measure")


class ThresholdSection(BlockSection):
    model = Threshold
    section = "thresholds"
    fields = ("name", ("severity", "start_level"), ("combine", "runbook"))
    inlines = (CriterionInline,)
    together = ("runbook",)
    verbose_name_plural = "thresholds"
    about = "When readings declare an incident, how bad it is, and at which level alerting starts."
    when_empty = "No thresholds: those of the broader policy count; without any, people declare incidents by hand."

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("criteria")


class BusinessForm(ContentRow):
    def clean_currency(self) -> str:
        code = str(self.cleaned_data.get("currency") or "").strip().upper()
        if code and not (code.isascii() and code.isalpha() and len(code) == 3):
            raise forms.ValidationError("Give the three letters of ISO 4217, such as EUR.")
        return code

    def clean_row(self, data: dict[str, Any]) -> None:
        value = data.get("value")
        if value is not None and value <= 0:
            self.add_error("value", "Give more than zero.")
        if data.get("measure") == BusinessMeasure.REVENUE_LOSS.value:
            self.need("currency", data, "Money needs its currency, such as EUR.")
        elif data.get("measure"):
            self.refuse("currency", data, "Only revenue loss has a currency. Leave it empty.")
            if value is not None and value > 0 and value not in (Decimal(1), Decimal(2), Decimal(3)):
                self.add_error("value", "This measure has the steps 1, 2 and 3.")


class BusinessSection(TableSection):
    model = BusinessThreshold
    section = "business"
    form = BusinessForm
    fields = ("name", "measure", "value", "currency", "impact")
    verbose_name_plural = "business impact"
    about = (
        "How much of a loss means how much impact. Values are money per hour with its currency; regulatory exposure 1 possible, 2 likely, "
        "3 certain; customer segment 1 normal, 2 important, 3 vital."
    )
    when_empty = "Nothing: the broader policy's business impact counts; without any, impact is what people tell."


class ExceptionForm(ContentRow):
    def clean_row(self, data: dict[str, Any]) -> None:
        indicator = data.get("indicator")
        if indicator == Indicator.SERVICE.value:
            self.need("service", data, "Choose the service that this is about.")
        else:
            self.refuse("service", data, "Only 'a named service' has a service. Leave it empty.")
        if indicator == Indicator.LABEL.value:
            self.need("label", data, "Give the label as it stands on the incident.")
        else:
            self.refuse("label", data, "Only 'a label' has a label. Leave it empty.")


class ExceptionSection(BlockSection):
    model = ExceptionRule
    section = "exceptions"
    form = ExceptionForm
    fields = ("name", ("indicator", "service", "label"), ("start_level", "owner", "review_on"), "rationale")
    together = ("service", "owner")
    verbose_name_plural = "exception rules"
    about = "What starts an incident at a level, whatever the thresholds say. One whose review is overdue is flagged and goes on working."
    when_empty = "No exceptions of its own: those of broader policies count."

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if isinstance(db_field, models.DateField):
            return db_field.formfield(form_class=DayField)
        return super().formfield_for_dbfield(db_field, request, **kwargs)
