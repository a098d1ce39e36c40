"""Problems and the known-error database."""

from typing import Any

from django.contrib import admin
from django.db import models
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.widgets import UnfoldAdminURLInputWidget

from incidents.models import IncidentProblem, KnownError, Problem
from portal.foundation.adminkit.bases import GovernedAdmin, PortalInline


class _Explained(PortalInline):
    """The incidents that a problem explains; they are linked from the incident, where the story is told."""

    model = IncidentProblem
    fields = ("incident",)
    readonly_fields = ("incident",)
    verbose_name_plural = "incidents it explains (the latest fifty)"
    can_delete = False

    def get_queryset(self, request: Any) -> Any:
        found = super().get_queryset(request).select_related("incident")
        shown = IncidentProblem.objects.filter(problem_id=_object_id(request)).order_by("-pk").values("pk")[:50]
        return found.filter(pk__in=list(shown.values_list("pk", flat=True)))

    def has_add_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return False


def _object_id(request: Any) -> Any:
    return request.resolver_match.kwargs.get("object_id")


@admin.register(Problem)
class ProblemAdmin(GovernedAdmin):
    """The cause, or potential cause, of incidents."""

    list_display = ("number", "title", "state", "service", "owner")
    list_select_related = ("service", "owner")
    list_filter = (("state", ChoicesDropdownFilter), ("service", RelatedDropdownFilter))
    list_filter_submit = True
    search_fields = ("number", "title")
    show_full_result_count = False
    fields = ("number", "title", "description", "service", "state", "owner")
    inlines = (_Explained,)
    actions = None
    empty_list = "No problem record yet. When several incidents have one cause, it is written down here and linked to them."


@admin.register(KnownError)
class KnownErrorAdmin(GovernedAdmin):
    """A documented workaround, shown beside the live incidents of its services."""

    list_display = ("title", "problem", "active")
    list_select_related = ("problem",)
    list_filter = ("active", ("services", RelatedDropdownFilter))
    list_filter_submit = True
    search_fields = ("title", "symptom", "workaround")
    show_full_result_count = False
    fields = ("title", "services", "symptom", "workaround", "problem", "reference_url", "active")
    autocomplete_fields = ("services", "problem")
    actions = None
    formfield_overrides = {
        **GovernedAdmin.formfield_overrides,
        models.URLField: {"assume_scheme": "https", "widget": UnfoldAdminURLInputWidget},
    }
    empty_list = "No known error yet. A workaround that helped once belongs here, so that the next person finds it beside the incident."
