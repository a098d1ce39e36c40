"""All thresholds in one table: measure and condition in words, severity, and whether a change is pending. Edited in drafts only."""

from typing import Any

from django.contrib import admin
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.html import format_html_join

from policies.decisions.ruleset import CriterionRule
from policies.decisions.vocabulary import Comparison
from policies.governance.differences import criterion_in_words
from policies.governance.states import VersionState
from policies.models import Criterion, PolicyVersion, Threshold
from portal.foundation import clock
from portal.foundation.adminkit.bases import PortalModelAdmin


class ShownFilter(admin.SimpleListFilter):
    """In force unless asked otherwise: superseded versions would show every threshold many times."""

    title = "version"
    parameter_name = "version_is"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("pending", "pending"), ("all", "all")]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        yield {**first, "display": "in force"}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "pending":
            return queryset.filter(version__state__in=[VersionState.DRAFT.value, VersionState.SUBMITTED.value])
        return queryset if self.value() == "all" else queryset.filter(version_id=F("in_force"))


@admin.register(Threshold)
class ThresholdAdmin(PortalModelAdmin):
    list_display = ("name", "service", "condition", "severity", "start_level", "version_is")
    list_filter = (
        ShownFilter,
        "severity",
        "criteria__measure",
        "version__policy__service__tier",
        "version__policy__service__business_unit",
        "version__policy__owner",
    )
    list_select_related = ("version__policy__service",)
    search_fields = ("name", "version__policy__name", "version__policy__service__name")
    empty_list = (
        "Thresholds declare an incident when readings of a service break them. They belong to a version of an escalation policy: "
        "open the policy, start a draft, and add them there."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        current = PolicyVersion.objects.filter(
            policy=OuterRef("version__policy"), state=VersionState.APPROVED.value, effective_from__lte=clock.now()
        ).order_by("-effective_from", "-number")
        thresholds = super().get_queryset(request).annotate(in_force=Subquery(current.values("pk")[:1]))
        found: QuerySet[Any] = thresholds.prefetch_related("criteria").distinct()
        return found

    @admin.display(description="Service", ordering="version__policy__service__name")
    def service(self, threshold: Any) -> str:
        return str(threshold.version.policy.service)

    @admin.display(description="Condition")
    def condition(self, threshold: Any) -> str:
        joint = " and " if threshold.combine == Threshold.Combine.ALL else " or "
        return format_html_join(joint, "{}", ((criterion_in_words(rule_of(row)),) for row in threshold.criteria.all()))

    @admin.display(description="Version")
    def version_is(self, threshold: Any) -> str:
        version = threshold.version
        if version.pk == threshold.in_force:
            return f"v{version.number}, in force"
        return f"v{version.number}, {version.get_state_display()}" if version.state != "approved" else f"v{version.number}"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def links(self, request: HttpRequest, threshold: Any) -> list[tuple[str, str, str]]:
        return [("Open its version", self.page_of(threshold.version), "primary")]


def rule_of(row: Criterion) -> CriterionRule:
    return CriterionRule(row.measure, Comparison(row.comparison), row.value, row.window, row.for_at_least)
