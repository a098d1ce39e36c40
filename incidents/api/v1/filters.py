"""Filters of the incident list, each by an indexed column."""

from datetime import datetime
from typing import Any

import django_filters  # type: ignore[import-untyped]
from django.core.exceptions import ValidationError
from django_filters.fields import IsoDateTimeField  # type: ignore[import-untyped]
from rest_framework import serializers

from incidents.lifecycle.models import SCALE
from incidents.lifecycle.states import IncidentState
from incidents.models import Incident
from policies.decisions.vocabulary import Priority, Severity
from portal.foundation.apikit.fields import aware_in_query


class _InstantField(IsoDateTimeField):
    """A time that can be compared in any zone; the one beneath lets the first and last hours of the calendar pass, which then overflow."""

    def to_python(self, value: Any) -> datetime | None:
        if value in self.empty_values:
            return None
        try:
            return aware_in_query(str(value))
        except serializers.ValidationError as error:
            raise ValidationError([str(problem) for problem in error.detail]) from error


class _InstantFilter(django_filters.IsoDateTimeFilter):
    field_class = _InstantField


class _YesOrNo(django_filters.TypedChoiceFilter):
    """'true' or 'false'; anything else is refused, not taken for no filter."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=[("true", "true"), ("false", "false")], coerce=lambda text: text == "true", **kwargs)


class IncidentFilter(django_filters.FilterSet):
    """Times are RFC 3339 with a zone; `opened_after` is included, `opened_before` is not."""

    state = django_filters.ChoiceFilter(choices=[(state.value, state.words) for state in IncidentState])
    service = django_filters.CharFilter(field_name="service__key", max_length=120)
    priority = django_filters.ChoiceFilter(choices=[(int(step), step.label) for step in Priority])
    severity = django_filters.ChoiceFilter(choices=[(step.value, step.label) for step in Severity])
    impact = django_filters.ChoiceFilter(choices=SCALE)
    urgency = django_filters.ChoiceFilter(choices=SCALE)
    origin = django_filters.ChoiceFilter(choices=Incident.Origin.choices)
    personal_data = _YesOrNo(field_name="personal_data")
    regulated = _YesOrNo(field_name="regulated")
    data_breach = _YesOrNo(field_name="data_breach")
    opened_after = _InstantFilter(field_name="opened_at", lookup_expr="gte")
    opened_before = _InstantFilter(field_name="opened_at", lookup_expr="lt")

    class Meta:
        model = Incident
        fields: list[str] = []
