"""Where a manager starts: every threshold in force with what is pending, when it is reviewed and who changed it last."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Min, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from policies.decisions.ruleset import CriterionRule
from policies.governance.differences import in_words
from policies.governance.queries import current_of
from policies.governance.standing import own_measures, thresholds_of
from policies.models import Criterion, PolicyReview, Threshold
from policies.severity.shifts import bound, lasting
from portal.foundation import clock
from portal.foundation.access.checks import may
from portal.foundation.adminkit.bases import PortalModelAdmin
from portal.foundation.adminkit.moments import moment

from . import threshold_filters as filters
from .threshold_edit import ThresholdEditView, edit_address
from .threshold_rows import ThresholdList, pending_cell, severity_mark, since_cell

OVERDUE = SafeString('<b class="thr-overdue">Overdue</b> ')
COMBINED = {"all": "all of", "any": "any of"}


@admin.register(Threshold)
class ThresholdAdmin(PortalModelAdmin):
    list_display = ("threshold", "condition", "how_bad", "pending_change", "next_review_due", "last_change")
    list_display_links = None
    list_filter = (
        filters.CountsForService,
        filters.ByScope,
        filters.ByBusinessUnit,
        filters.ByMeasure,
        filters.ByUnit,
        filters.BySeverity,
        filters.ByOwner,
        filters.ByPending,
        filters.ByReview,
        filters.ByVersion,
    )
    list_filter_submit = True
    list_filter_sheet = True
    list_fullwidth = True
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_select_related = ("version__policy__service", "version__policy__business_unit", "version__author")
    search_fields = ("name", "version__policy__name", "version__policy__service__name", "criteria__measure")
    search_help_text = "Threshold, policy, service or measure"
    actions = None
    ordering = ("version__policy__name", "severity", "name")
    empty_list = (
        "Thresholds declare an incident when readings of a service break them. They belong to a version of an escalation policy: "
        "open the policy, start a draft, and add them there. They stand here once somebody else has approved the draft."
    )

    class Media:
        css = {"all": ("portal/thresholds.css",)}

    def get_urls(self) -> list[URLPattern]:
        edit = self.admin_site.admin_view(ThresholdEditView.as_view(model_admin=self))
        return [path("<int:object_id>/edit/", edit, name="policies_threshold_edit"), *super().get_urls()]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ThresholdList]:
        return ThresholdList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        now = clock.now()
        first = Criterion.objects.filter(threshold=OuterRef("pk")).order_by("measure", "pk")
        due = PolicyReview.objects.filter(policy=OuterRef("version__policy"), signed_at__isnull=True).order_by()
        rows: QuerySet[Any] = super().get_queryset(request)
        found: QuerySet[Any] = rows.annotate(
            in_force=Subquery(current_of("version__policy", now).values("pk")),
            first_measure=Subquery(first.values("measure")[:1]),
            first_value=Subquery(first.values("value")[:1]),
            next_review=Subquery(due.values("policy").annotate(due=Min("due_at")).values("due")[:1]),
        )
        return found

    @admin.display(description="Threshold", ordering="version__policy__name")
    def threshold(self, row: Any) -> SafeString:
        policy = row.version.policy
        which = "" if row.version_id == row.in_force else format_html(", v{} {}", row.version.number, row.version.get_state_display())
        return format_html(
            '<div><a class="thr-name" href="{}">{}</a><span class="quiet">{}, <a href="{}">{}</a>{}</span></div>',
            reverse("admin:policies_threshold_change", args=[row.pk]),
            row.name,
            policy.speaks_for,
            self.page_of(policy),
            policy.name,
            which,
        )

    @admin.display(description="Measure and current value", ordering="first_measure")
    def condition(self, row: Any) -> SafeString:
        address = edit_address(row) if row.editable else ""
        lines = ((one.words.name, _value(address, one, row), lasting(one)) for one in row.rule.criteria)
        said = format_html_join("", '<span class="thr-line">{}<br>{}<span class="quiet">{}</span></span>', lines)
        joint = f"{COMBINED[row.rule.combine]} these" if len(row.rule.criteria) > 1 else ""
        return format_html('<div><span class="quiet thr-joint">{}</span>{}</div>', joint, said)

    @admin.display(description="Severity", ordering="severity")
    def how_bad(self, row: Any) -> SafeString:
        return format_html('<div>{}<span class="quiet thr-level">from level {}</span></div>', severity_mark(row.severity), row.start_level)

    @admin.display(description="Pending change")
    def pending_change(self, row: Any) -> SafeString | str:
        return format_html("<div>{}</div>", pending_cell(row.pending, self.page_of)) if row.pending else "–"

    @admin.display(description="Next review", ordering="next_review")
    def next_review_due(self, row: Any) -> SafeString | str:
        now = clock.now()
        if row.next_review is None:
            return "–"
        overdue = OVERDUE if row.next_review < now else ""
        return format_html("<div>{}{}</div>", overdue, moment(row.next_review, now))

    @admin.display(description="Last change", ordering="version__effective_from")
    def last_change(self, row: Any) -> SafeString | str:
        return format_html("<div>{}</div>", since_cell(row.since, self.page_of))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def first_line(self, threshold: Any, now: datetime) -> str:
        rule = thresholds_of([threshold.version_id], own_measures(), [threshold.name])[threshold.version_id][threshold.name]
        return f"{in_words(rule)}."

    def links(self, request: HttpRequest, threshold: Any) -> list[tuple[str, str, str]]:
        version = [("Open its version", self.page_of(threshold.version), "default")]
        if threshold.version_id == threshold.in_force and may(request.user, "policies.change_threshold"):
            return [("Change this threshold", edit_address(threshold), "primary"), *version]
        return version


def _value(address: str, one: CriterionRule, row: Any) -> SafeString | str:
    if not address:
        return bound(one)
    return format_html('<a href="{}" aria-label="Change {}: {} {}">{}</a>', address, row.name, one.words.name, bound(one), bound(one))
