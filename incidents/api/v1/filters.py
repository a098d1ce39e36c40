"""Filters of the incident list, each by an indexed column."""

import django_filters  # type: ignore[import-untyped]

from incidents.lifecycle.models import SCALE
from incidents.lifecycle.states import IncidentState
from incidents.models import Incident
from policies.decisions.vocabulary import Priority, Severity


class IncidentFilter(django_filters.FilterSet):
    """Times are RFC 3339 with a zone; `opened_after` is included, `opened_before` is not."""

    state = django_filters.ChoiceFilter(choices=[(state.value, state.words) for state in IncidentState])
    service = django_filters.CharFilter(field_name="service__key", max_length=120)
    priority = django_filters.ChoiceFilter(choices=[(int(step), step.label) for step in Priority])
    severity = django_filters.ChoiceFilter(choices=[(step.value, step.label) for step in Severity])
    impact = django_filters.ChoiceFilter(choices=SCALE)
    urgency = django_filters.ChoiceFilter(choices=SCALE)
    origin = django_filters.ChoiceFilter(choices=Incident.Origin.choices)
    opened_after = django_filters.IsoDateTimeFilter(field_name="opened_at", lookup_expr="gte")
    opened_before = django_filters.IsoDateTimeFilter(field_name="opened_at", lookup_expr="lt")

    class Meta:
        model = Incident
        fields: list[str] = []
