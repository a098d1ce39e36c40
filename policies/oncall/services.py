"""Changing who is on duty: plans are drafted and published, the past stays as it was."""

from datetime import datetime
from typing import Any

from django.db.models import Max

from audit.events.services import act
from portal.foundation.access.checks import require
from portal.foundation.base_models import save_tracked
from portal.foundation.errors import InvalidInput, WrongState

from .models import LayerMember, LayerWindow, OnCallSchedule, RotaLayer, SchedulePlan


def draft_plan(schedule: OnCallSchedule, *, actor: Any, now: datetime, reason: str = "") -> SchedulePlan:
    """A new draft of the schedule's plan: a copy of the published one that begins last, empty when there is none.

    Raises NotAllowed, and WrongState while there is a draft already.
    """
    require(actor, "policies.change_oncallschedule", schedule, to="plan this schedule")
    with act("schedule_plan.drafted", actor=actor, now=now, subject=schedule, why=reason):
        schedule = OnCallSchedule.objects.select_for_update(of=("self",)).get(pk=schedule.pk)
        if schedule.plans.filter(state=SchedulePlan.State.DRAFT).exists():
            raise WrongState(f"There is a draft of {schedule} already. Go on with it, or discard it.")
        latest = schedule.plans.filter(state=SchedulePlan.State.PUBLISHED).order_by("effective_from").last()
        draft = SchedulePlan(schedule=schedule, author=actor, number=(schedule.plans.aggregate(top=Max("number"))["top"] or 0) + 1)
        if latest is not None:
            draft.time_zone, draft.holiday_calendar_id = latest.time_zone, latest.holiday_calendar_id
        save_tracked(draft, actor=actor, now=now, reason=reason)
        for layer in RotaLayer.objects.filter(plan=latest) if latest else ():
            _copy_layer(layer, draft, actor, now)
    return draft


def _copy_layer(layer: RotaLayer, draft: SchedulePlan, actor: Any, now: datetime) -> None:
    hanging: list[LayerMember | LayerWindow] = [*LayerMember.objects.filter(layer=layer), *LayerWindow.objects.filter(layer=layer)]
    layer.pk, layer.plan = None, draft
    layer._state.adding = True
    save_tracked(layer, actor=actor, now=now)
    for row in hanging:
        row.pk, row.layer = None, layer
        row._state.adding = True
        save_tracked(row, actor=actor, now=now)


def publish_plan(plan: SchedulePlan, *, actor: Any, now: datetime, reason: str, effective_from: datetime | None = None) -> SchedulePlan:
    """Lets `plan` count from `effective_from` (default: now) until another plan begins.

    Raises NotAllowed, InvalidInput for a start in the past or without a reason, and WrongState for what is no draft or has an empty layer.
    """
    require(actor, "policies.publish_scheduleplan", plan, to="publish this plan")
    begins = effective_from or now
    words = reason.strip()
    if not words:
        ask = "Say in a sentence why the schedule changes."
        raise InvalidInput(ask, {"reason": [ask]})
    if begins < now:
        ask = "The plan can begin now or later: who was on duty stays as it was."
        raise InvalidInput(ask, {"effective_from": [ask]})
    with act("schedule_plan.published", actor=actor, now=now, subject=plan, why=words):
        plan = SchedulePlan.objects.select_for_update(of=("self",)).select_related("schedule").get(pk=plan.pk)
        if plan.state != SchedulePlan.State.DRAFT:
            raise WrongState(f"{plan} is {plan.get_state_display()} by now.")
        layers = list(plan.layers.prefetch_related("members"))
        empty = [layer.name for layer in layers if not layer.members.all()]
        if not layers or empty:
            raise WrongState(
                f"There is nobody in layer {empty[0]}." if empty else "The plan has no layer, so nobody would ever be on duty."
            )
        if SchedulePlan.objects.filter(schedule=plan.schedule, state=SchedulePlan.State.PUBLISHED, effective_from=begins).exists():
            raise WrongState("Another plan of this schedule begins at the same instant. Choose another start, or withdraw that one.")
        plan.state, plan.effective_from, plan.reason = SchedulePlan.State.PUBLISHED, begins, words
        plan.published_at, plan.published_by = now, actor
        save_tracked(plan, actor=actor, now=now, reason=words)
    return plan
