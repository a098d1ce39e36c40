"""Planning a schedule: a draft is edited and published, a published plan never changes, and everybody it touches is told."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Max

from audit.events.services import act
from policies.decisions.findings import Weight
from policies.decisions.rota import Change, RotaPerson, RotaSnapshot, changes, touched
from portal.foundation.access.checks import require
from portal.foundation.base_models import delete_tracked, save_tracked
from portal.foundation.errors import InvalidInput, WrongState
from portal.foundation.people.models import User
from portal.foundation.people.reach import reach_of

from .checks import AHEAD, check_schedule
from .contents import content_of
from .models import LayerMember, LayerWindow, OnCallSchedule, RotaLayer, SchedulePlan
from .plan_content import problems_of
from .queries import rota_of, rota_with
from .stretches import JUST_NOW, from_to, refuse, said
from .telling import page_of, tell_changes

WHY_NOT = "Say in a sentence why the schedule changes."
PUBLISHED = SchedulePlan.State.PUBLISHED


@dataclass(frozen=True, slots=True)
class PlanChange:
    """What a plan would change from `since` until `until`, and whom that touches, in order of the first change."""

    since: datetime
    until: datetime
    changes: list[Change]
    people: tuple[RotaPerson, ...]


def draft_plan(schedule: OnCallSchedule, *, actor: Any, now: datetime, reason: str = "") -> SchedulePlan:
    """A new draft of the schedule's plan: a copy of the published one that begins last, empty when there is none.

    Raises NotAllowed, and WrongState while there is a draft already.
    """
    require(actor, "policies.change_oncallschedule", schedule, to="plan this schedule")
    with act("schedule_plan.drafted", actor=actor, now=now, subject=schedule, why=reason):
        schedule = OnCallSchedule.objects.select_for_update(of=("self",)).get(pk=schedule.pk)
        if schedule.plans.filter(state=SchedulePlan.State.DRAFT).exists():
            raise WrongState(f"There is a draft of {schedule} already. Go on with it, or discard it.")
        latest = schedule.plans.filter(state=PUBLISHED).order_by("effective_from").last()
        draft = SchedulePlan(schedule=schedule, author=actor, number=(schedule.plans.aggregate(top=Max("number"))["top"] or 0) + 1)
        if latest is not None:
            draft.time_zone, draft.holiday_calendar_id = latest.time_zone, latest.holiday_calendar_id
        save_tracked(draft, actor=actor, now=now, reason=reason)
        for layer in RotaLayer.objects.filter(plan=latest) if latest else ():
            _copy_layer(layer, draft, actor, now)
    return draft


def lock_draft(plan: SchedulePlan) -> SchedulePlan:
    """The draft, fresh, for this transaction alone: whoever edits it asks first. Raises WrongState for what is no draft any more."""
    fresh = SchedulePlan.objects.select_for_update(of=("self",)).select_related("schedule").filter(pk=plan.pk).first()
    if fresh is None:
        raise WrongState("This draft was discarded meanwhile.")
    if fresh.state != SchedulePlan.State.DRAFT:
        raise WrongState(f"{fresh} is {fresh.get_state_display()} by now. Draft a new plan to change the schedule.")
    return fresh


def discard_draft(plan: SchedulePlan, *, actor: Any, now: datetime, reason: str = "") -> None:
    """Throws a draft away. Raises NotAllowed, and WrongState for a plan that was published."""
    require(actor, "policies.change_oncallschedule", plan.schedule, to="discard this draft")
    with act("schedule_plan.discarded", actor=actor, now=now, subject=plan.schedule, why=reason) as running:
        draft = lock_draft(plan)
        running.details = {"plan": draft.number}
        hanging = (LayerMember.objects.filter(layer__plan=draft), LayerWindow.objects.filter(layer__plan=draft), draft.layers.all())
        for row in (row for rows in hanging for row in rows):
            delete_tracked(row, actor=actor, now=now, reason=reason)
        delete_tracked(draft, actor=actor, now=now, reason=reason)


def publish_plan(
    plan: SchedulePlan,
    *,
    actor: Any,
    now: datetime,
    reason: str,
    effective_from: datetime | None = None,
    accept_warnings: bool = False,
) -> SchedulePlan:
    """Lets `plan` count from `effective_from` (default: now) until another plan begins, and tells everybody whose duty changes.

    Raises NotAllowed; InvalidInput for a start in the past, no reason, content that cannot be, or, at 'accept_warnings', warnings that
    were not accepted; WrongState for what is no draft any more.
    """
    require(actor, "policies.publish_scheduleplan", plan, to="publish this plan")
    words = said(reason, WHY_NOT)
    begins = _begin(effective_from, now)
    with act("schedule_plan.published", actor=actor, now=now, subject=plan, why=words) as running:
        # The schedule first: of two who publish or swap at once, the second sees what the first one did.
        OnCallSchedule.objects.select_for_update(of=("self",)).get(pk=plan.schedule_id)
        plan = lock_draft(plan)
        problems = problems_of(plan)
        if problems:
            raise InvalidInput(problems[0][1], {field: [text for name, text in problems if name == field] for field, _ in problems})
        if plan.schedule.plans.filter(state=PUBLISHED, effective_from=begins).exists():
            refuse(
                "Another plan of this schedule begins at the same instant. Choose another start, or withdraw that one.", "effective_from"
            )
        warnings = plan_warnings(plan, begins, now)
        if warnings and not accept_warnings:
            raise InvalidInput("Look at the warnings first, and accept them if the plan is meant so.", {"accept_warnings": warnings})
        change = plan_change(plan, begins, now)
        plan.state, plan.effective_from, plan.reason = PUBLISHED, begins, words
        plan.published_at, plan.published_by, plan.content = now, actor, content_of(plan)
        save_tracked(plan, actor=actor, now=now, reason=words)
        title, why = f"{plan.schedule}: your duty changes", f"{plan.schedule} has a new plan: {words}"
        told = tell_changes(plan, change.changes, kind="duty.plan", title=title, why=why, now=now, page=page_of(plan.schedule))
        running.details = {"plan": plan.number, "effective_from": begins.isoformat(), "told": told, "accepted_warnings": warnings}
    return plan


def withdraw_plan(plan: SchedulePlan, *, actor: Any, now: datetime, reason: str) -> SchedulePlan:
    """Takes a published plan back that has not begun; the one before it goes on. Everybody whose duty changes is told.

    Raises NotAllowed, InvalidInput without a reason, and WrongState for one that is not published or has begun.
    """
    require(actor, "policies.publish_scheduleplan", plan, to="withdraw this plan")
    words = said(reason, "Say in a sentence why the plan is withdrawn.")
    with act("schedule_plan.withdrawn", actor=actor, now=now, subject=plan, why=words) as running:
        schedule = OnCallSchedule.objects.select_for_update(of=("self",)).get(pk=plan.schedule_id)
        plan = SchedulePlan.objects.select_for_update(of=("self",)).select_related("schedule").get(pk=plan.pk)
        begins = plan.effective_from
        if plan.state != PUBLISHED or begins is None:
            raise WrongState(f"{plan} is {plan.get_state_display()}, so there is nothing to withdraw.")
        if begins <= now:
            raise WrongState(f"{plan} has begun, so it stays. Publish another plan to change who is on duty from now on.")
        before = rota_of(schedule, now)
        after = replace(before, plans=tuple(one for one in before.plans if one.effective_from != begins))
        plan.state, plan.withdrawn_at = SchedulePlan.State.WITHDRAWN, now
        save_tracked(plan, actor=actor, now=now, reason=words)
        found = changes(before, after, begins, begins + AHEAD)
        title, why = f"{schedule}: your duty changes", f"A plan of {schedule} was withdrawn: {words}"
        told = tell_changes(plan, found, kind="duty.plan", title=title, why=why, now=now, page=page_of(schedule))
        running.details = {"plan": plan.number, "told": told}
    return plan


def plan_change(plan: SchedulePlan, effective_from: datetime | None, now: datetime, until: datetime | None = None) -> PlanChange:
    """Before and after of `plan`, were it published to begin at `effective_from` (None: now): for the 90 days from then, or to `until`."""
    begins = max(effective_from or now, now)
    ends = until or begins + AHEAD
    found = changes(rota_of(plan.schedule, now), rota_with(plan.schedule, plan, begins, now), begins, ends)
    return PlanChange(begins, ends, found, touched(found))


def plan_warnings(plan: SchedulePlan, effective_from: datetime | None, now: datetime) -> list[str]:
    """What whoever publishes should know: gaps, people whom no message is known to reach, and people who are away, for 90 days."""
    begins = max(effective_from or now, now)
    rota = rota_with(plan.schedule, plan, begins, now)
    of_plan = RotaSnapshot(rota.name, tuple(one for one in rota.plans if one.effective_from >= begins), absences=rota.absences)
    people = {person.person_id for person in rota.everybody()}
    reach = reach_of(people, now)
    gone = User.objects.filter(pk__in=people, is_active=False).values_list("pk", flat=True)
    findings = check_schedule(rota, begins, gone=set(gone), **reach._asdict())
    return [finding.text for finding in findings if finding.weight is not Weight.NOTE] + _away(of_plan, begins)


def _begin(effective_from: datetime | None, now: datetime) -> datetime:
    """When a plan is meant to begin; up to five minutes ago is now. Raises InvalidInput for the past."""
    begins = effective_from or now
    if begins.tzinfo is None or begins < now - JUST_NOW:
        refuse("The plan can begin now or later: who was on duty stays as it was.", "effective_from")
    return max(begins, now)


def _away(rota: RotaSnapshot, since: datetime) -> list[str]:
    names, zone = {person.person_id: person.name for person in rota.people()}, rota.zone_at(since)
    ahead = [away for away in rota.absences if away.person_id in names and away.ends_at > since and away.starts_at < since + AHEAD]
    return [f"{names[away.person_id]} is away {from_to(away.starts_at, away.ends_at, zone)}." for away in ahead]


def _copy_layer(layer: RotaLayer, draft: SchedulePlan, actor: Any, now: datetime) -> None:
    hanging: list[LayerMember | LayerWindow] = [*LayerMember.objects.filter(layer=layer), *LayerWindow.objects.filter(layer=layer)]
    layer.pk, layer.plan = None, draft
    layer._state.adding = True
    save_tracked(layer, actor=actor, now=now)
    for row in hanging:
        row.pk, row.layer = None, layer
        row._state.adding = True
        save_tracked(row, actor=actor, now=now)
