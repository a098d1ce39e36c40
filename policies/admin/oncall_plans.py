"""Plans of a schedule: the draft with its layers, and what was published."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse

from policies.models import SchedulePlan
from policies.oncall.plan_content import problems_of
from policies.oncall.plans import discard_draft, lock_draft, withdraw_plan
from portal.foundation import clock
from portal.foundation.access.checks import may
from portal.foundation.adminkit.bases import GovernedAdmin, RefusableForm
from portal.foundation.adminkit.verbs import Verb

from .duty_calendar import schedule_address
from .duty_plan_words import begins, current_of, layer_rows, state_of
from .duty_publish import PUBLISH, PublishView

State = SchedulePlan.State


def _future(plan: SchedulePlan) -> bool:
    return plan.state == State.PUBLISHED and plan.effective_from is not None and plan.effective_from > clock.now()


@admin.register(SchedulePlan)
class SchedulePlanAdmin(GovernedAdmin):
    """While a plan is a draft nothing counts yet, so no reason is asked: publishing asks for it."""

    form = RefusableForm
    reason_field = ""
    list_select_related = ("schedule",)
    page_template = "policies/duty_plan.html"
    fieldsets = ((None, {"fields": (("time_zone", "holiday_calendar"),)}),)
    verbs = (
        Verb(
            key="discard",
            label="Discard the draft",
            run=discard_draft,
            permission="policies.change_oncallschedule",
            need="perhaps words",
            possible=lambda plan: plan.state == State.DRAFT,
            look="danger",
            consequence="The draft goes with its layers. What counts today stays.",
            ask="Why does it go?",
            done="Discarded. Nothing changed.",
            back_to=lambda plan, outcome: schedule_address(plan.schedule),
        ),
        Verb(
            key="withdraw",
            label="Withdraw",
            run=withdraw_plan,
            permission="policies.publish_scheduleplan",
            possible=_future,
            look="danger",
            consequence="The plan never begins; the one before it goes on. Everybody whose duty changes is told.",
            ask="Why is it withdrawn?",
            done="Withdrawn. The plan before it goes on.",
            back_to=lambda plan, outcome: schedule_address(plan.schedule),
        ),
    )

    class Media:
        css = {"all": ("portal/duty.css",)}

    def get_urls(self) -> list[URLPattern]:
        publish = self.admin_site.admin_view(PublishView.as_view(model_admin=self))
        return [path("<int:object_id>/publish/", publish, name="policies_scheduleplan_publish"), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("schedule", "author", "published_by", "holiday_calendar")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Plans are looked at where they belong: on the page of their schedule."""
        return redirect("admin:policies_oncallschedule_changelist")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A draft is a copy of the plan before it: started on the schedule's page."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = bool(super().has_change_permission(request, obj))
        return allowed and (obj is None or obj.state == State.DRAFT or getattr(request, "portal_refusal", None) is not None)

    def before_save(self, request: HttpRequest, obj: Any, now: datetime, *, adding: bool) -> None:
        lock_draft(obj)

    def first_line(self, plan: Any, now: datetime) -> str:
        if plan.state == State.DRAFT:
            return f"A draft of {plan.schedule} by {plan.author or 'somebody'}. Nothing counts before it is published."
        by = f" by {plan.published_by}" if plan.published_by else ""
        words = state_of(plan, current_of(list(plan.schedule.plans.all()), now), now)
        return f"Plan {plan.number} of {plan.schedule}: {words}. Published{by}: “{plan.reason}”"

    def links(self, request: HttpRequest, plan: Any) -> list[tuple[str, str, str]]:
        schedule = ("Open the schedule", schedule_address(plan.schedule), "default")
        if plan.state != State.DRAFT or not may(request.user, PUBLISH, plan):
            return [schedule]
        return [("Publish…", reverse("admin:policies_scheduleplan_publish", args=[plan.pk]), "primary"), schedule]

    def page_context(self, request: HttpRequest, plan: Any, now: datetime) -> dict[str, Any]:
        draft = plan.state == State.DRAFT
        editing = draft and may(request.user, "policies.change_rotalayer", plan)
        return {
            "plan": plan,
            "layers": layer_rows(plan),
            "editing": editing,
            "add_layer": f"{reverse('admin:policies_rotalayer_add')}?plan={plan.pk}" if editing else "",
            "problems": [text for _, text in problems_of(plan)] if draft else [],
            "begins": begins(plan, now),
        }
