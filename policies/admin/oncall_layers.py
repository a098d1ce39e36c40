"""A layer of a draft: its turns, its people in order, and its hours."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from policies.models import LayerMember, LayerWindow, RotaLayer, SchedulePlan
from policies.oncall.layers import move_layer, next_position, remove_layer
from policies.oncall.plans import lock_draft
from portal.foundation import clock
from portal.foundation.adminkit.bases import GovernedAdmin, PortalInline
from portal.foundation.adminkit.verbs import Verb

from .duty_layer_forms import LayerForm, MemberForm, NumberedRows, WindowForm
from .duty_plan_words import hours_in_words, plan_address, turns_in_words

DRAFT = SchedulePlan.State.DRAFT


class MemberInline(PortalInline):
    model = LayerMember
    form = MemberForm
    formset = NumberedRows
    fields = ("position", "person")
    renumbered = "position"
    extra = 1
    verbose_name = "person"
    verbose_name_plural = "people, who take turns in this order; a place left empty comes after the others"


class WindowInline(PortalInline):
    model = LayerWindow
    form = WindowForm
    verbose_name = "hours"
    verbose_name_plural = "hours: without any, duty is round the clock"


@admin.register(RotaLayer)
class RotaLayerAdmin(GovernedAdmin):
    """Opened from its plan. While the plan is a draft nothing counts yet, so no reason is asked: publishing asks for it."""

    form = LayerForm
    reason_field = ""
    fieldsets = ((None, {"fields": ("name", ("every", "unit"), ("starts_on", "handover_at"), "holidays", "shadow")}),)
    inlines = (MemberInline, WindowInline)
    verbs = (
        Verb(
            key="up",
            label="Move up",
            run=partial(move_layer, up=True),
            permission="policies.change_rotalayer",
            need="nothing",
            possible=lambda layer: layer.plan.state == DRAFT,
            back_to=lambda layer, outcome: plan_address(layer.plan),
        ),
        Verb(
            key="down",
            label="Move down",
            run=partial(move_layer, up=False),
            permission="policies.change_rotalayer",
            need="nothing",
            possible=lambda layer: layer.plan.state == DRAFT,
            back_to=lambda layer, outcome: plan_address(layer.plan),
        ),
        Verb(
            key="remove",
            label="Remove this layer",
            run=remove_layer,
            permission="policies.delete_rotalayer",
            need="perhaps words",
            possible=lambda layer: layer.plan.state == DRAFT,
            look="danger",
            consequence="The layer goes from the draft with its people and hours. What counts today stays until the draft is published.",
            ask="Why does it go?",
            done="Removed from the draft.",
            back_to=lambda layer, draft: plan_address(draft),
        ),
    )

    class Media:
        css = {"all": ("portal/duty.css",)}

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("plan__schedule")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Layers are looked at where they belong: on the page of their plan."""
        return redirect("admin:policies_oncallschedule_changelist")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = bool(super().has_change_permission(request, obj))
        return allowed and (obj is None or obj.plan.state == DRAFT or getattr(request, "portal_refusal", None) is not None)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if _asked_plan(request) is None:
            messages.info(request, "A layer belongs to a plan: open a schedule, press 'Plan a change', and add the layer to the draft.")
            return redirect("admin:policies_oncallschedule_changelist")
        answer: HttpResponse = super().add_view(request, form_url, extra_context)
        return answer

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        today = clock.now().astimezone(ZoneInfo(plan.time_zone if (plan := _asked_plan(request)) else "UTC")).date()
        monday = today + timedelta(days=7 - today.weekday())
        return {"starts_on": monday, "name": "First line", "every": 1, "unit": "weeks", "handover_at": "09:00", "holidays": "any"}

    def before_save(self, request: HttpRequest, obj: Any, now: datetime, *, adding: bool) -> None:
        if adding:
            obj.plan = lock_draft(_asked_plan(request) or obj.plan)
            obj.position = next_position(obj.plan)
        else:
            lock_draft(obj.plan)

    def response_post_save_add(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return redirect(plan_address(obj.plan))

    def response_post_save_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return redirect(plan_address(obj.plan))

    def first_line(self, layer: Any, now: datetime) -> str:
        return f"{layer.name} of {layer.plan}: {turns_in_words(layer)}; {hours_in_words(layer)}."

    def links(self, request: HttpRequest, layer: Any) -> list[tuple[str, str, str]]:
        return [("Back to the plan", plan_address(layer.plan), "default")]


def _asked_plan(request: HttpRequest) -> SchedulePlan | None:
    """The draft that `?plan=` names."""
    key = request.GET.get("plan", "")
    found = SchedulePlan.objects.filter(pk=int(key)) if key.isascii() and key.isdigit() and len(key) < 18 else SchedulePlan.objects.none()
    plan: SchedulePlan | None = found.filter(state=DRAFT).select_related("schedule").first()
    return plan
