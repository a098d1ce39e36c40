"""The filter by markers on the list of incidents."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import DropdownFilter

from incidents.lifecycle.facts import MARKERS
from incidents.lifecycle.models import MARKED, Incident


class MarkerFilter(DropdownFilter):
    """One marker, or any of them."""

    title = "marked as"
    parameter_name = "marked"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*MARKERS.items(), ("any", "any of these")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Incident]) -> QuerySet[Incident]:
        if self.value() == "any":
            return queryset.filter(MARKED)
        return queryset.filter(**{str(self.value()): True}) if self.value() in MARKERS else queryset
