"""A policy version: what it says, what it changes, and its way to being in force."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.text import Truncator

from policies.governance import services
from policies.governance.deciding import still_needed
from policies.governance.queries import approved_for, current_of, phase_beside, phase_of
from policies.governance.states import Phase, VersionState
from policies.models import PolicyVersion
from portal.foundation import clock, words
from portal.foundation.access.checks import may
from portal.foundation.adminkit.bases import GovernedAdmin
from portal.foundation.adminkit.moments import moment
from portal.foundation.adminkit.verbs import Verb
from portal.foundation.errors import InvalidInput

from .alerted_now import SEE_DUTY, version_alerts_now
from .approval import ApprovalView
from .comparison import ROLL_BACK, ComparisonView, comparison_address
from .content import content_panels
from .drafting import DraftEditing
from .edit_lock import TAKE_OVER
from .matrix import save_cells
from .message_preview import MessagePreviewView
from .replay import ReplayView, replay_panel
from .review import review_of
from .simulation import SimulationView, simulation_address
from .submission import SubmitForm
from .urgent import PUBLISH_AT_ONCE, urgent_words
from .version_form import FIELDSETS, INLINES, VersionForm, asks_for_a_row, groups_of, one_row_more
from .zoned import in_policy_zone

DRAFT, SUBMITTED = VersionState.DRAFT.value, VersionState.SUBMITTED.value


def _is(state: str) -> Any:
    return lambda version: version.state == state


@admin.register(PolicyVersion)
class PolicyVersionAdmin(DraftEditing, GovernedAdmin):
    form = VersionForm
    change_form_template = "policies/version_form.html"
    reason_field = "change_reason"
    list_display = ("version", "is_now", "starts", "author", "submitted", "reason")
    list_filter = ("state", "policy__service__tier", "policy__service__business_unit", "policy", "author")
    list_select_related = ("policy", "author", "submitted_by")
    search_fields = ("policy__name", "policy__service__name", "change_reason", "author__display_name")
    date_hierarchy = None
    ordering = ("-created_at", "-number")
    page_template = "policies/version_panels.html"
    empty_list = "Every change of an escalation policy is a version. Open a policy and start a draft."
    verbs = (
        Verb(
            key="submit",
            label="Submit for approval",
            run=services.submit_version,
            permission="policies.submit_policyversion",
            possible=_is(DRAFT),
            look="primary",
            need="perhaps words",
            form=SubmitForm,
            consequence="What is saved is frozen with its hash, and an approver other than you decides. You can withdraw it until then.",
            ask="Anything the approver should know beyond the reason for the change?",
            done="Submitted. An approver has to decide now.",
        ),
        Verb(
            key="withdraw",
            label="Withdraw",
            run=services.withdraw_version,
            permission="policies.submit_policyversion",
            possible=_is(SUBMITTED),
            consequence="The version becomes a draft again and leaves the approvers' list.",
            ask="Why do you take it back?",
            done="Withdrawn. It is a draft again.",
        ),
        Verb(
            key="discard",
            label="Discard draft",
            run=services.discard_version,
            permission="policies.change_policyversion",
            possible=_is(DRAFT),
            look="danger",
            consequence="The draft is given up for good. It stays readable, and what is in force stays in force.",
            ask="Why do you give it up?",
            done="Discarded.",
        ),
        ROLL_BACK,
        TAKE_OVER,
        PUBLISH_AT_ONCE,
    )

    class Media:
        css = {"all": ("portal/replay.css",)}
        js = ("portal/replay.js", "portal/policy-form.js")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(ApprovalView.as_view(model_admin=self))
        replay = self.admin_site.admin_view(ReplayView.as_view(model_admin=self))
        compare = self.admin_site.admin_view(ComparisonView.as_view(model_admin=self))
        messages = self.admin_site.admin_view(MessagePreviewView.as_view(model_admin=self))
        simulation = self.admin_site.admin_view(SimulationView.as_view(model_admin=self))
        return [
            path("simulate/", simulation, name="policies_simulation_changelist"),
            path("<int:object_id>/approve/", view, name="policies_policyversion_approve"),
            path("<int:object_id>/compare/", compare, name="policies_policyversion_compare"),
            path("<int:object_id>/messages/", messages, name="policies_policyversion_messages"),
            path("<int:object_id>/replay/", replay, name="policies_policyversion_replay"),
            *super().get_urls(),
        ]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is not None and self._edited(request, obj):
            return FIELDSETS
        return ((None, {"fields": ("reason_in_full", "starts", "milestone")}),)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is not None and self._edited(request, obj) else ("reason_in_full", "starts", "milestone")

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return INLINES if obj is not None and self._edited(request, obj) else ()

    def _edited(self, request: HttpRequest, version: Any) -> bool:
        """Whether the page is a form: not for a past state, which is only read."""
        past = str(getattr(request.resolver_match, "url_name", "")).endswith("_simple_history")
        return not past and self.has_change_permission(request, version)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if asks_for_a_row(request):
            request.POST = one_row_more(request.POST)  # type: ignore[assignment]
            request.portal_refusal = InvalidInput("There is a row more below. Nothing is saved until you press 'Save'.")  # type: ignore[attr-defined]
        return super().changeform_view(request, object_id, form_url, extra_context)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        if context.get("inline_admin_formsets"):
            context["groups"] = groups_of(context["adminform"], context["inline_admin_formsets"])
        return super().render_change_form(request, context, **kwargs)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        at: Any = request
        save_cells(form.instance, form.cleaned_data, actor=request.user, now=at.portal_now, reason=at.portal_why)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        current = current_of("policy", clock.now()).values("pk")
        found: QuerySet[Any] = super().get_queryset(request).annotate(in_force_pk=Subquery(current))
        return found

    @admin.display(description="Version", ordering="policy__name")
    def version(self, version: Any) -> str:
        return str(version)

    @admin.display(description="Is", ordering="state")
    def is_now(self, version: Any) -> str:
        return phase_beside(version, version.in_force_pk, clock.now()).value

    @admin.display(description="In force from", ordering="effective_from")
    def starts(self, version: Any) -> str:
        return in_policy_zone(version, clock.now(), empty="–" if version.state == "discarded" else "at its approval")

    @admin.display(description="Submitted", ordering="submitted_at")
    def submitted(self, version: Any) -> str:
        if version.submitted_at is None:
            return "–"
        return format_html("{} by {}", moment(version.submitted_at, clock.now()), version.submitted_by)

    @admin.display(description="Reason for the change")
    def reason(self, version: Any) -> str:
        return Truncator(version.change_reason).chars(90)

    @admin.display(description="Reason for the change")
    def reason_in_full(self, version: Any) -> str:
        return str(version.change_reason)

    @admin.display(description="Resolution milestone")
    def milestone(self, version: Any) -> str:
        return words.duration(version.resolve_within) if version.resolve_within else "none"

    def first_line(self, version: Any, now: datetime) -> str:
        phase = phase_of(version, now)
        start = in_policy_zone(version, now)
        if phase is Phase.DRAFT:
            return format_html("A draft by {}. Nothing changes until somebody else approves it.", version.author)
        if phase is Phase.SUBMITTED:
            since = moment(version.submitted_at, now)
            return format_html("Waiting for approval: submitted by {} on {}. {}", version.submitted_by, since, still_needed(version))
        if phase is Phase.DISCARDED:
            return "Discarded. It was never in force."
        if version.effective_until is not None:
            return urgent_words(version, now)
        approval = approved_for(version)
        by = format_html(" Approved by {}: “{}”.", approval.decided_by, approval.reason) if approval else ""
        said = {
            Phase.SCHEDULED: "Approved, in force from {}.",
            Phase.IN_FORCE: "In force since {}.",
            Phase.SUPERSEDED: "Superseded. Started {}.",
        }
        return format_html(said[phase] + "{}", start, by)

    def links(self, request: HttpRequest, version: Any) -> list[tuple[str, str, str]]:
        policy = [("Policy", self.page_of(version.policy), "default"), ("Compare", comparison_address(version), "default")]
        if may(request.user, SEE_DUTY):
            policy.append(("Simulate", simulation_address(version), "default"))
        if version.state != SUBMITTED or not may(request.user, "policies.approve_policyversion", version):
            return policy
        return [("Review and decide", reverse("admin:policies_policyversion_approve", args=[version.pk]), "primary"), *policy]

    def page_context(self, request: HttpRequest, version: Any, now: datetime) -> dict[str, Any]:
        decisions = version.approvals.select_related("decided_by", "requested_by")
        return {
            **review_of(version, now),
            **version_alerts_now(version, request.user, now),
            "decisions": decisions,
            "replay": replay_panel(version, request, now),
            "preview_address": reverse("admin:policies_policyversion_messages", args=[version.pk]),
        }

    def history_form_view(self, request: HttpRequest, object_id: str, version_id: str, extra_context: Any = None) -> HttpResponse:
        """A past state also shows what it said, where that was kept."""
        past = self.model.history.filter(id=object_id, history_id=version_id).first()
        context = {"page_template": "policies/past_version.html", **(extra_context or {})}
        if past is not None:
            kept = content_panels(past.instance) if past.content else {"past_draft": past.instance.get_state_display()}
            context.update(kept)
        return super().history_form_view(request, object_id, version_id, context)
