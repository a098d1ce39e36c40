"""Plans: what must be true of one that is saved, and retiring one."""

from datetime import datetime
from typing import Any

from audit.events.services import act
from portal.foundation.access.checks import require
from portal.foundation.base_models import save_tracked
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState

from .models import ReviewPeriod, ReviewPlan

CHANGE = "audit.change_reviewplan"
# Further back would open more reviews at once than anybody could carry out.
FURTHEST_BACK_DAYS = 92


def retire_plan(plan: ReviewPlan, *, actor: Any, now: datetime, reason: str) -> ReviewPlan:
    """Opens no more periods by it; those that are open are still to be judged and signed. Raises NotAllowed, InvalidInput, WrongState."""
    if actor is None:
        raise NotAllowed("Only a person retires a plan.")
    require(actor, CHANGE, to="retire a plan of reviews")
    words = reason.strip()
    if not words:
        raise InvalidInput("Say why nothing is reviewed by it any more.", {"reason": ["Say why nothing is reviewed by it any more."]})
    with act("log_review.plan_retired", actor=actor, now=now, subject=plan, why=words):
        plan.refresh_from_db(from_queryset=ReviewPlan.objects.select_for_update())
        if not plan.is_in_force:
            raise WrongState("This plan is retired already.")
        plan.state = ReviewPlan.State.RETIRED
        save_tracked(plan, actor=actor, now=now, reason=words)
    return plan


def problems_of(plan: ReviewPlan, now: datetime) -> dict[str, list[str]]:
    """Why a plan cannot be saved as it is, by field; empty when it can."""
    problems: dict[str, list[str]] = {}
    today = now.astimezone(plan.zone).date()
    begun = plan.pk is not None and ReviewPeriod.objects.filter(plan=plan).exists()
    if not begun and (today - plan.first_day).days > FURTHEST_BACK_DAYS:
        problems["first_day"] = [
            f"Choose a day of the last {FURTHEST_BACK_DAYS}: every stretch since then is opened and has to be reviewed."
        ]
    if plan.view.retired_at is not None:
        problems["view"] = ["This view was retired. Choose another."]
    elif not plan.view.is_shared:
        problems["view"] = ["Only its owner sees this view. Have it shared first, so that every reviewer knows what is looked at."]
    return problems
