"""What a plan says, in words: its layers, their hours and people, and its place among the other plans of the schedule."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from policies.models import OnCallSchedule, RotaLayer, SchedulePlan
from portal.foundation import words
from portal.foundation.adminkit.moments import moment

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
NAMED = {127: "every day", 31: "Mon to Fri", 96: "Sat and Sun"}
ON_HOLIDAYS = {"not": "no duty on holidays", "only": "on holidays only"}


def plan_address(plan: SchedulePlan) -> str:
    return reverse("admin:policies_scheduleplan_change", args=[plan.pk])


def plan_rows(schedule: OnCallSchedule, now: datetime) -> list[dict[str, Any]]:
    """Every plan of the schedule, the newest first, with what it is now. One query."""
    plans = list(schedule.plans.select_related("author", "published_by").order_by("-number"))
    current = current_of(plans, now)
    return [
        {"plan": plan, "page": plan_address(plan), "state": state_of(plan, current, now), "begins": begins(plan, now)} for plan in plans
    ]  # fmt: skip


def current_of(plans: list[SchedulePlan], now: datetime) -> SchedulePlan | None:
    """The one in force at `now`."""
    began = [plan for plan in plans if plan.state == SchedulePlan.State.PUBLISHED and plan.effective_from and plan.effective_from <= now]
    return max(began, key=lambda plan: str(plan.effective_from), default=None)


def state_of(plan: SchedulePlan, current: SchedulePlan | None, now: datetime) -> str:
    """'draft', 'in force', 'begins later', 'followed by another' or 'withdrawn before it began'."""
    if plan.state != SchedulePlan.State.PUBLISHED or plan.effective_from is None:
        return str(plan.get_state_display())
    if plan.effective_from > now:
        return "begins later"
    return "in force" if current is not None and plan.pk == current.pk else "followed by another"


def begins(plan: SchedulePlan, now: datetime) -> str:
    """The start in the plan's own zone, named."""
    if plan.effective_from is None:
        return "–"
    with timezone.override(ZoneInfo(plan.time_zone)):
        told = moment(plan.effective_from, now)
    return format_html("{} ({})", told, plan.time_zone) if plan.time_zone != "UTC" else told


def layer_rows(plan: SchedulePlan) -> list[dict[str, Any]]:
    """The layers, the topmost first, in words. Three queries."""
    layers = list(plan.layers.prefetch_related("members__person", "windows").order_by("-position"))
    return [
        {
            "layer": layer,
            "page": reverse("admin:policies_rotalayer_change", args=[layer.pk]),
            "turns": turns_in_words(layer),
            "people": [str(member.person) for member in layer.members.all()],
            "hours": hours_in_words(layer),
            "first": place == 0,
            "last": place == len(layers) - 1,
        }
        for place, layer in enumerate(layers)
    ]


def turns_in_words(layer: RotaLayer) -> str:
    """'1 week each, hand-over on Monday at 09:00, the first on 2 Mar 2026'."""
    day = f" on {layer.starts_on:%A}" if layer.unit == "weeks" else ""
    first = f"{layer.starts_on.day} {layer.starts_on:%b %Y}"
    return f"{words.counted(layer.every, layer.unit.removesuffix('s'))} each, hand-over{day} at {layer.handover_at:%H:%M}, the first on {first}"


def hours_in_words(layer: RotaLayer) -> str:
    """'Mon to Fri 09:00 to 17:00; Sat and Sun all day; no duty on holidays'."""
    found = [f"{weekdays_in_words(window.weekdays)} {_hours(window)}" for window in layer.windows.all()] or ["round the clock"]
    return "; ".join([*found, *([ON_HOLIDAYS[layer.holidays]] if layer.holidays in ON_HOLIDAYS else [])])


def weekdays_in_words(mask: int) -> str:
    """'Mon to Fri', 'Mon, Wed and Fri'."""
    return NAMED.get(mask) or words.listed([day for place, day in enumerate(DAYS) if mask & 1 << place])


def _hours(window: Any) -> str:
    if window.starts == window.ends:
        return f"from {window.starts:%H:%M} for 24 h"
    over = " the next day" if window.ends < window.starts else ""
    return f"{window.starts:%H:%M} to {window.ends:%H:%M}{over}"
