"""Plans: making, changing and retiring one, and what must be true of it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError

from audit.events.catalogue import kind_of
from audit.events.services import act, mention
from portal.foundation import words
from portal.foundation.access.checks import require
from portal.foundation.base_models import save_tracked
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from portal.foundation.words import visible

from .models import ReviewPeriod, ReviewPlan

ADD, CHANGE = "audit.add_reviewplan", "audit.change_reviewplan"
# Columns and lists that a plan is made of; its state is no part of it.
ROW = (
    *("name", "view", "rhythm", "time_zone", "first_day", "due_within"),
    *("selection", "number", "always", "rationale"),
    *("group", "owner", "second_signature"),
)
LISTS = ("reviewers", "tell")
# Further back would open more reviews at once than anybody could carry out; further on is a slip of the keyboard.
FURTHEST_BACK_DAYS, FURTHEST_ON_DAYS = 92, 366


def make_plan(wanted: Mapping[str, Any], *, actor: Any, now: datetime, reason: str) -> ReviewPlan:
    """A new plan of `wanted`, by the names of its columns and lists. Raises NotAllowed and InvalidInput."""
    said = _admitted(actor, ADD, "plan reviews of the trail", reason, "Say why this is reviewed.")
    plan = ReviewPlan()
    with act("log_review.plan_made", actor=actor, now=now, why=said) as running:
        _keep(plan, wanted, {name: [] for name in LISTS}, actor, now, said)
        running.subject = plan
        running.details = {name: told for name in LISTS if (told := _names(plan, name))}
    return plan


def change_plan(plan: ReviewPlan, wanted: Mapping[str, Any], *, actor: Any, now: datetime, reason: str) -> ReviewPlan:
    """Gives `plan` what is `wanted` of it; the rest stays. It counts from the next review on. Raises NotAllowed, InvalidInput, WrongState."""
    said = _admitted(actor, CHANGE, "change a plan of reviews", reason, "Say why the plan changes.")
    with act("log_review.plan_changed", actor=actor, now=now, subject=plan, why=said) as running:
        _lock(plan)
        listed = {name: list(getattr(plan, name).all()) for name in LISTS}
        if not any(set(value) != set(listed[name]) if name in LISTS else value != getattr(plan, name) for name, value in wanted.items()):
            running.nothing_happened()
            return plan
        before = {name: _names(plan, name) for name in LISTS}
        _keep(plan, wanted, listed, actor, now, said)
        after = {name: _names(plan, name) for name in LISTS}
        running.details = {name: {"before": before[name], "after": after[name]} for name in LISTS if before[name] != after[name]}
    return plan


def retire_plan(plan: ReviewPlan, *, actor: Any, now: datetime, reason: str) -> ReviewPlan:
    """Opens no more periods by it; those that are open are still to be judged and signed. Raises NotAllowed, InvalidInput, WrongState."""
    said = _admitted(actor, CHANGE, "retire a plan of reviews", reason, "Say why nothing is reviewed by it any more.")
    with act("log_review.plan_retired", actor=actor, now=now, subject=plan, why=said):
        _lock(plan)
        plan.state = ReviewPlan.State.RETIRED
        save_tracked(plan, actor=actor, now=now, reason=said)
    return plan


def problems_of(plan: ReviewPlan, now: datetime) -> dict[str, list[str]]:
    """Why a plan cannot be saved as it is, by field, beside what its columns take; empty when it can."""
    problems: dict[str, list[str]] = {}
    behind = (now.astimezone(plan.zone).date() - plan.first_day).days
    if plan.pk is None or not ReviewPeriod.objects.filter(plan=plan).exists():
        if behind > FURTHEST_BACK_DAYS:
            problems["first_day"] = [
                f"Choose a day of the last {FURTHEST_BACK_DAYS}: every stretch since then is opened and has to be reviewed."
            ]
        elif -behind > FURTHEST_ON_DAYS:
            problems["first_day"] = ["Choose a day within a year from now: until then nothing would be reviewed."]
    if plan.view.retired_at is not None:
        problems["view"] = ["This view was retired. Choose another."]
    elif not plan.view.is_shared:
        problems["view"] = ["Only its owner sees this view. Have it shared first, so that every reviewer knows what is looked at."]
    unknown = [one for one in plan.always if kind_of(one) is None]
    if unknown:
        problems["always"] = [f"The trail knows no type called {words.listed(unknown)}. docs/events.md lists them."]
    if not plan.name.isprintable():
        problems["name"] = ["Use visible characters only."]
    return problems


def _admitted(actor: Any, right: str, to: str, reason: str, ask: str) -> str:
    """The reason in its words. Raises NotAllowed, and InvalidInput without one."""
    if actor is None:
        raise NotAllowed("Only a person plans reviews.")
    require(actor, right, to=to)
    if not (said := visible(reason)):
        raise InvalidInput(ask, {"reason": [ask]})
    return said


def _lock(plan: ReviewPlan) -> None:
    plan.refresh_from_db(from_queryset=ReviewPlan.objects.select_for_update())
    if not plan.is_in_force:
        raise WrongState("This plan is retired. Make another one for what is to be reviewed.")


def _keep(plan: ReviewPlan, wanted: Mapping[str, Any], listed: Mapping[str, list[Any]], actor: Any, now: datetime, reason: str) -> None:
    """Checks and saves the row, then whom it names; everybody named before or after is told by key in the running act."""
    owner = plan.owner if plan.pk is not None else None
    for name in ROW:
        if name in wanted:
            setattr(plan, name, wanted[name])
    people = {name: list(wanted.get(name, listed[name])) for name in LISTS}
    # Who left stays where they were named, until somebody takes them out.
    left = {name: [one for one in people[name] if not one.is_active and one not in listed[name]] for name in LISTS}
    _check(plan, now, left | {"owner": [plan.owner] if plan.owner_id and plan.owner != owner and not plan.owner.is_active else []})
    save_tracked(plan, actor=actor, now=now, reason=reason)
    mention(plan.owner, *(one for group in (people, listed) for named in group.values() for one in named))
    for name, named in people.items():
        if set(named) != set(listed[name]):
            getattr(plan, name).set(named)


def _check(plan: ReviewPlan, now: datetime, left: Mapping[str, Iterable[Any]]) -> None:
    """Raises InvalidInput with everything that is wrong with it, by field."""
    problems: dict[str, list[str]] = {}
    try:
        plan.full_clean()
    except ValidationError as error:
        problems = {"" if name == NON_FIELD_ERRORS else name: list(said) for name, said in error.message_dict.items()}
    # What follows reads the columns, so it waits until they can be read.
    if not problems:
        problems = problems_of(plan, now)
    for name, people in left.items():
        if people:
            problems.setdefault(name, []).append(f"No longer here: {words.listed(sorted(map(str, people)))}. Name somebody else.")
    if problems:
        raise InvalidInput("The plan is not kept.", problems)


def _names(plan: ReviewPlan, name: str) -> list[str]:
    return sorted(str(one) for one in getattr(plan, name).all())
