"""Escalation policies: what is in force, what is pending, and the way to a change."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join

from policies.governance.queries import current_of, open_version, phase_beside, version_in_force
from policies.governance.services import create_draft
from policies.governance.states import Phase, VersionState
from policies.models import EscalationPolicy, PolicyVersion
from portal.foundation import clock
from portal.foundation.adminkit.bases import GovernedAdmin
from portal.foundation.adminkit.moments import moment
from portal.foundation.adminkit.verbs import Verb

from .content import content_panels
from .policy_form import PolicyForm
from .reviews import reviews_of
from .rules import rules_address
from .zoned import in_policy_zone

OPEN = (VersionState.DRAFT.value, VersionState.SUBMITTED.value)


def version_address(version: PolicyVersion) -> str:
    return reverse("admin:policies_policyversion_change", args=[version.pk])


class PendingFilter(admin.SimpleListFilter):
    title = "change"
    parameter_name = "change"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("submitted", "waiting for approval"), ("draft", "being drafted"), ("none", "nothing pending")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "none":
            return queryset.exclude(versions__state__in=OPEN)
        return queryset.filter(versions__state=self.value()) if self.value() in OPEN else queryset


@admin.register(EscalationPolicy)
class EscalationPolicyAdmin(GovernedAdmin):
    form = PolicyForm
    list_display = ("name", "spoken_for", "in_force", "pending", "owner")
    list_filter = (PendingFilter, "scope", "service__tier", "service__regulated", "service__business_unit")
    list_select_related = ("service", "business_unit", "owner")
    search_fields = ("name", "service__name", "business_unit__name", "owner__display_name")
    page_template = "policies/policy_panels.html"
    empty_list = (
        "An escalation policy says whom an incident alerts, and who is next when nobody answers: for one service, a tier, a business unit "
        "or the whole organisation. Add one for your most important service, then start its first draft."
    )

    class Media:
        js = ("portal/policy-form.js",)

    verbs = (
        Verb(
            key="draft",
            label="Start a draft",
            run=create_draft,
            permission="policies.add_policyversion",
            possible=lambda policy: open_version(policy) is None,
            look="primary",
            consequence="A draft begins as a copy of what is approved. Nothing changes until somebody else approves it.",
            ask="What do you want to change, and why? The approver and the auditor read this.",
            done="The draft is open. Change it below, then submit it for approval.",
            back_to=lambda policy, version: version_address(version),
        ),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """What it speaks for stays once a version was submitted: moving it would change the rules in force past the approver."""
        subject = ("spoken_for",) if self._settled(obj) else ("scope", "service", "tier", "business_unit")
        return ((None, {"fields": ("name", *subject, ("owner", "time_zone"), "description", "why")}),)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("spoken_for",) if self._settled(obj) else ()

    def _settled(self, policy: Any) -> bool:
        states = (VersionState.SUBMITTED.value, VersionState.APPROVED.value)
        return policy is not None and policy.versions.filter(state__in=states).exists()

    @admin.display(description="Speaks for", ordering="scope")
    def spoken_for(self, policy: Any) -> str:
        return str(policy.speaks_for)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        versions = PolicyVersion.objects.filter(policy=OuterRef("pk"))
        current = current_of("pk", clock.now())
        waiting = versions.filter(state__in=OPEN)
        found: QuerySet[Any] = (
            super()
            .get_queryset(request)
            .annotate(
                current_number=Subquery(current.values("number")),
                current_since=Subquery(current.values("effective_from")),
                open_number=Subquery(waiting.values("number")[:1]),
                open_state=Subquery(waiting.values("state")[:1]),
            )
        )
        return found

    @admin.display(description="In force", ordering="current_since")
    def in_force(self, policy: Any) -> str:
        if policy.current_number is None:
            return "nothing yet"
        return format_html("v{} since {}", policy.current_number, moment(policy.current_since, clock.now()))

    @admin.display(description="Pending", ordering="open_state")
    def pending(self, policy: Any) -> str:
        return f"v{policy.open_number} {VersionState(policy.open_state).words}" if policy.open_number else "–"

    def first_line(self, policy: Any, now: datetime) -> str:
        current, waiting = version_in_force(policy, now), open_version(policy)
        says = (
            format_html("Version {} is in force since {}.", current.number, in_policy_zone(current, now))
            if current
            else f"No version is in force: this policy says nothing yet about {policy.speaks_for}."
        )
        if waiting is None:
            return format_html("{} Nothing is pending.", says)
        link = format_html('<a href="{}">Version {}</a>', version_address(waiting), waiting.number)
        return format_html("{} {} by {} is {}.", says, link, waiting.author, waiting.get_state_display())

    def links(self, request: HttpRequest, policy: Any) -> list[tuple[str, str, str]]:
        rules = [("The rules that count", rules_address(policy.service), "default")] if policy.service is not None else []
        waiting = open_version(policy)
        if waiting is None:
            return rules
        words = "Open the draft" if waiting.state == VersionState.DRAFT.value else "Open the version that waits"
        return [(words, version_address(waiting), "primary"), *rules]

    def page_context(self, request: HttpRequest, policy: Any, now: datetime) -> dict[str, Any]:
        current = version_in_force(policy, now)
        versions = policy.versions.select_related("author", "policy").order_by("-number")
        rows = [
            (
                version,
                version_address(version),
                phase_beside(version, current.pk if current else None, now).value,
                in_policy_zone(version, now, empty="–"),
            )
            for version in versions
        ]
        scheduled = [row for row in rows if row[2] == Phase.SCHEDULED.value]
        coming = format_html_join("; ", "version {} takes effect {}", ((row[0].number, row[3]) for row in scheduled))
        shown = {"versions": rows, "coming": coming, "in_force_version": current, "reviews": reviews_of(policy, now)}
        return {**shown, **(content_panels(current) if current else {})}
