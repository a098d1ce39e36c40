"""A layer of a draft: its turns, its people in order, and its hours."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from unfold.forms import PaginationInlineFormSet
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from policies.models import LayerMember, LayerWindow, RotaLayer, SchedulePlan
from policies.oncall.layers import move_layer, next_position, remove_layer
from policies.oncall.plans import lock_draft
from portal.foundation import clock
from portal.foundation.adminkit.bases import GovernedAdmin, PortalInline, RefusableForm
from portal.foundation.adminkit.verbs import Verb

from .duty_plan_words import DAYS, hours_in_words, plan_address, turns_in_words
from .rows import DayField

DRAFT = SchedulePlan.State.DRAFT


class WeekdaysField(forms.TypedMultipleChoiceField):
    """Weekdays to tick; their sum as LayerWindow.weekdays counts them."""

    def __init__(self, **kwargs: Any) -> None:
        choices = [(1 << place, day) for place, day in enumerate(DAYS)]
        kwargs = {"label": "Days", "choices": choices, "coerce": int, "widget": UnfoldAdminCheckboxSelectMultipleWidget} | kwargs
        super().__init__(error_messages={"required": "Tick at least one day."}, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return [str(1 << place) for place in range(7) if value & 1 << place] if isinstance(value, int) else value

    def clean(self, value: Any) -> int:
        return sum(set(super().clean(value)))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return sorted(self.prepare_value(initial) or []) != sorted(data or [])


class ClockField(forms.TimeField):
    """A local time, in the browser's own picker."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs["widget"] = UnfoldAdminTextInputWidget(attrs={"type": "time", **kwargs.pop("attrs", {})})
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        return f"{value:%H:%M}" if hasattr(value, "strftime") else value


class WindowForm(forms.ModelForm):
    """Hours on the days that are ticked."""

    weekdays = WeekdaysField()
    starts = ClockField(label="From", attrs={"aria-label": "From"})
    ends = ClockField(label="Until", attrs={"aria-label": "Until"})

    class Meta:
        model = LayerWindow
        fields = ("weekdays", "starts", "ends")


class MemberForm(forms.ModelForm):
    """A person's place, which may be left to the order of the rows."""

    position = forms.IntegerField(
        label="Place", required=False, min_value=1, max_value=999, widget=UnfoldAdminIntegerFieldWidget(attrs={"aria-label": "Place"})
    )

    class Meta:
        model = LayerMember
        fields = ("position", "person")


class NumberedRows(PaginationInlineFormSet):
    """People without a place stand after those with one, in the order of their rows."""

    def clean(self) -> None:
        super().clean()
        kept = [form for form in self.forms if getattr(form, "cleaned_data", None) and not form.cleaned_data.get("DELETE")]
        following = max((form.cleaned_data.get("position") or 0 for form in kept), default=0)
        for form in kept:
            if form.cleaned_data.get("person") and not form.cleaned_data.get("position") and "position" not in form.errors:
                following += 1
                form.cleaned_data["position"] = form.instance.position = following


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


class LayerForm(RefusableForm):
    """Days and times in the browser's own pickers."""

    starts_on = DayField(label="First hand-over", help_text="The first person takes over on this day.")
    handover_at = ClockField(label="Hand-over at", help_text="Local time of the plan's time zone.")


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
        return super().add_view(request, form_url, extra_context)

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
