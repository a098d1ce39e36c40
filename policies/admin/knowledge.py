"""Who must know which policy, who was trained, and the way to the list of who accepted what."""

from datetime import UTC, datetime
from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from unfold.decorators import action

from policies.attestations.owed import EXPIRING, Training, training_state
from policies.attestations.services import RECORD, lift_duty, sign_for
from policies.models import Acceptance, KnowledgeDuty, TrainingRecord
from portal.foundation import clock
from portal.foundation.access.checks import may
from portal.foundation.adminkit.bases import GovernedAdmin, PortalModelAdmin
from portal.foundation.adminkit.moments import moment
from portal.foundation.adminkit.verbs import Verb

from .acceptance import MyPoliciesView, ReadView, StandingView


@admin.register(KnowledgeDuty)
class KnowledgeDutyAdmin(GovernedAdmin):
    list_display = ("policy", "whose", "within", "needs_training")
    list_filter = ("policy", "needs_training", "group", "team")
    list_select_related = ("policy", "person", "team", "group")
    search_fields = ("policy__name", "person__display_name", "team__name", "group__name")
    fields = ("policy", "person", "team", "group", "within_days", "needs_training", "why")
    actions_list = ("who_has_accepted",)
    empty_list = "A duty to know names a person, a team or a role that has to accept each version of a policy. There is none yet."
    verbs = (
        Verb(
            key="lift",
            label="Lift this duty",
            run=lift_duty,
            permission="policies.delete_knowledgeduty",
            look="danger",
            consequence="Nobody has to accept further versions because of it. What was accepted stays.",
            ask="Why does it end?",
            done="Lifted.",
            back_to=lambda duty, outcome: reverse("admin:policies_knowledgeduty_changelist"),
        ),
    )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(StandingView.as_view(model_admin=self))
        return [path("standing/", view, name="policies_knowledgeduty_standing"), *super().get_urls()]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who a duty is laid on does not change under it: lift it, and lay another."""
        return obj is None and bool(super().has_change_permission(request, obj))

    @action(description="Who has accepted", url_path="who-has-accepted", icon="task_alt")  # type: ignore[untyped-decorator]
    def who_has_accepted(self, request: HttpRequest) -> HttpResponse:
        return redirect("admin:policies_knowledgeduty_standing")

    @admin.display(description="Must be known by")
    def whose(self, duty: Any) -> str:
        return str(duty.who)

    @admin.display(description="Within", ordering="within_days")
    def within(self, duty: Any) -> str:
        return f"{duty.within_days} days of a version's start"

    def first_line(self, duty: Any, now: datetime) -> str:
        training = " A training that has not expired is wanted too." if duty.needs_training else ""
        return f"{duty.who} must accept each version of {duty.policy} within {duty.within_days} days of its start.{training}"

    def links(self, request: HttpRequest, duty: Any) -> list[tuple[str, str, str]]:
        address = f"{reverse('admin:policies_knowledgeduty_standing')}?policy={duty.policy_id}"
        return [("Who has accepted", address, "default"), ("Open the policy", self.page_of(duty.policy), "default")]


class ExpiryFilter(admin.SimpleListFilter):
    title = "training"
    parameter_name = "training"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("expired", "expired"), ("expiring", "expires within 30 days"), ("counts", "counts")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """A record that a newer one of the same person and policy took the place of is neither expired nor expiring."""
        today = clock.now().astimezone(UTC).date()
        newer = TrainingRecord.objects.filter(policy=OuterRef("policy"), person=OuterRef("person"), expires_on__gt=OuterRef("expires_on"))
        last = queryset.filter(~Exists(newer))
        if self.value() == "expired":
            return last.filter(expires_on__lt=today)
        if self.value() == "expiring":
            return last.filter(expires_on__gte=today, expires_on__lte=today + EXPIRING)
        return queryset.filter(expires_on__gte=today) if self.value() == "counts" else queryset


@admin.register(TrainingRecord)
class TrainingRecordAdmin(GovernedAdmin):
    list_display = ("person", "policy", "course", "trained_on", "expires_on", "stands", "recorded_by")
    list_filter = (ExpiryFilter, "policy", ("person", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("policy", "person", "recorded_by")
    search_fields = ("person__display_name", "policy__name", "course")
    fields = ("policy", "person", "course", ("trained_on", "expires_on"), "why")
    empty_list = "A training record says who was trained on which policy, by whom, and until when that counts. There is none yet."

    def before_save(self, request: HttpRequest, obj: Any, now: datetime, *, adding: bool) -> None:
        sign_for(obj, actor=request.user, now=now)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_change_permission(request, obj)) and may(request.user, RECORD)

    @admin.display(description="Is", ordering="expires_on")
    def stands(self, record: Any) -> str:
        state = training_state(record.expires_on, clock.now().astimezone(UTC).date())
        return {Training.COUNTS: "counts", Training.EXPIRING: "expires soon"}.get(state, "expired")

    def first_line(self, record: Any, now: datetime) -> str:
        day = f"{record.expires_on.day} {record.expires_on:%B %Y}"
        return f"{record.person} was trained on {record.policy}; it counts until {day}. Recorded by {record.recorded_by}."


@admin.register(Acceptance)
class AcceptanceAdmin(PortalModelAdmin):
    list_display = ("person_name", "version", "accepted", "short_hash")
    list_filter = (("version__policy", admin.RelatedOnlyFieldListFilter), ("person", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("version__policy",)
    search_fields = ("person_name", "version__policy__name", "content_sha256")
    fields = ("version", "person_name", "accepted", "content_sha256")
    readonly_fields = fields
    empty_list = "Who accepted which version of a policy, with the hash of what they read. Nobody has accepted one yet."

    def get_urls(self) -> list[URLPattern]:
        mine = self.admin_site.admin_view(MyPoliciesView.as_view(model_admin=self))
        read = self.admin_site.admin_view(ReadView.as_view(model_admin=self))
        return [
            path("mine/", mine, name="policies_mypolicies_changelist"),
            path("mine/<int:version_id>/", read, name="policies_mypolicies_read"),
            *super().get_urls(),
        ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="Accepted", ordering="accepted_at")
    def accepted(self, acceptance: Any) -> str:
        return moment(acceptance.accepted_at, clock.now())

    @admin.display(description="SHA-256")
    def short_hash(self, acceptance: Any) -> str:
        return f"{acceptance.content_sha256[:12]}…"

    def first_line(self, acceptance: Any, now: datetime) -> str:
        return f"{acceptance.person_name} accepted {acceptance.version}. An acceptance is never changed or removed."
