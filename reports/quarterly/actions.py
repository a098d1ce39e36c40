"""Actions: what somebody does until a day, and how it ended. They go on after the signatures."""

from datetime import date, datetime
from typing import Any

from audit.events.services import act, mention
from incidents.feedback.services import take_up
from incidents.models import Feedback
from portal.foundation.access.checks import may
from portal.foundation.base_models import save_tracked
from portal.foundation.errors import InvalidInput, WrongState
from portal.foundation.outbox.services import cancel_waiting

from .deciding import of_this_review
from .judging import locked
from .models import QuarterlyAction, QuarterlyDecision, QuarterlyFinding, QuarterlyReview
from .people_only import LINE, PREPARE, refuse, require_person, words_of
from .states import ACTION, ActionState


def agree_action(
    review: QuarterlyReview,
    *,
    title: str,
    owner: Any,
    due_on: date,
    actor: Any,
    now: datetime,
    finding: QuarterlyFinding | None = None,
    decision: QuarterlyDecision | None = None,
    feedback: Feedback | None = None,
    reason: str = "",
) -> QuarterlyAction:
    """Gives somebody something to do until a day, perhaps because of feedback, which waits no longer then. Raises NotAllowed, InvalidInput (also for an owner who left), WrongState."""
    require_person(actor, PREPARE, review, to="agree actions")
    words = words_of("title", title, ask="Say in one line what is to be done.", longest=LINE)
    _checked(owner, due_on, now)
    _about_this_review(feedback, review)
    with act("quarterly_review.action_agreed", actor=actor, now=now, subject=review, why=reason) as running:
        review = locked(review)
        action = QuarterlyAction(
            review=review, finding=of_this_review(finding, review), decision=of_this_review(decision, review), feedback=feedback, title=words, owner=owner,
            due_on=due_on, state=ActionState.OPEN, made_by=actor, made_at=now,
        )  # fmt: skip
        save_tracked(action, actor=actor, now=now, reason=reason)
        mention(owner)
        running.details = {"action": action.pk, "title": words, "due_on": due_on.isoformat()}
        if feedback is not None:
            take_up(feedback, f"Action {action.pk} of the {review} came of it.", actor=actor, now=now)
            running.details["feedback"] = feedback.pk
    return action


def change_action(action: QuarterlyAction, *, owner: Any, due_on: date, actor: Any, now: datetime, reason: str) -> QuarterlyAction:
    """Gives an open action another owner or day, also after the signatures; the history keeps what was agreed. Raises as `agree_action`."""
    require_person(actor, PREPARE, action.review, to="change actions")
    words = words_of("reason", reason, ask="Say why its owner or its day changes.")
    with act("quarterly_review.action_changed", actor=actor, now=now, subject=action, why=words) as running:
        action = _locked(action)
        _checked(owner, due_on, now, kept=action.due_on)
        running.details = {
            "due_on": due_on.isoformat(),
            "was_due_on": action.due_on.isoformat(),
            "owner_changed": owner.pk != action.owner_id,
        }
        mention(owner, action.owner)
        action.owner, action.due_on = owner, due_on
        save_tracked(action, actor=actor, now=now, reason=words)
        cancel_waiting(f"reports.quarterlyaction:{action.pk}", now=now)
    return action


def finish_action(action: QuarterlyAction, *, actor: Any, now: datetime, reason: str) -> QuarterlyAction:
    """Says that it is done and how. Its owner may, and whoever prepares reviews. Raises NotAllowed, InvalidInput, WrongState."""
    # Whose it is may have changed since the page was read.
    action.refresh_from_db(fields=["owner"])
    if actor is None or not may_finish(action, actor):
        require_person(actor, PREPARE, action.review, to="settle an action of somebody else")
    return _settled(action, ActionState.DONE, actor, now, words_of("reason", reason, ask="Say what was done."))


def cancel_action(action: QuarterlyAction, *, actor: Any, now: datetime, reason: str) -> QuarterlyAction:
    """Says why it will not be done; the next review shows it. Raises NotAllowed, InvalidInput, WrongState."""
    require_person(actor, PREPARE, action.review, to="cancel actions")
    return _settled(action, ActionState.CANCELLED, actor, now, words_of("reason", reason, ask="Say why it will not be done."))


def may_finish(action: QuarterlyAction, actor: Any) -> bool:
    """Whether `actor` may say that it is done."""
    return bool(actor.is_active and action.owner_id == actor.pk) or may(actor, PREPARE, action.review)


def _settled(action: QuarterlyAction, state: ActionState, actor: Any, now: datetime, words: str) -> QuarterlyAction:
    with act("quarterly_review.action_settled", actor=actor, now=now, subject=action, why=words) as running:
        action = _locked(action)
        action.state, action.outcome, action.settled_by, action.settled_at = state, words, actor, now
        save_tracked(action, actor=actor, now=now, reason=words)
        cancel_waiting(f"reports.quarterlyaction:{action.pk}", now=now)
        running.details = {"title": action.title, "state": state.value}
    return action


def _about_this_review(feedback: Feedback | None, review: QuarterlyReview) -> None:
    units = review.reach
    if feedback is not None and units is not None and feedback.service.business_unit_id not in units:
        raise InvalidInput(
            "It is about a service of another business unit.", {"feedback": ["Choose feedback on a service of this review."]}
        )


def _locked(action: QuarterlyAction) -> QuarterlyAction:
    found = QuarterlyAction.objects.select_for_update(of=("self",)).select_related("owner", "review__unit").get(pk=action.pk)
    if not ACTION[ActionState(found.state)]:
        raise WrongState(f"This action is {found.state} already.")
    return found


def _checked(owner: Any, due_on: date, now: datetime, kept: date | None = None) -> None:
    refuse(
        {
            "owner": "Choose somebody."
            if owner is None
            else ""
            if owner.is_active
            else f"{owner} has left. Choose somebody who is still here.",
            "due_on": "" if due_on == kept or due_on >= now.date() else "Choose today or a later day.",
        },
        what="The action is not kept.",
    )
