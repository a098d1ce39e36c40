"""Decisions: questions that are prepared, and what whoever may decide said to them."""

from datetime import datetime
from typing import Any

from audit.events.services import act
from portal.foundation.base_models import save_tracked
from portal.foundation.errors import InvalidInput, WrongState
from portal.foundation.words import visible

from .judging import locked
from .models import QuarterlyDecision, QuarterlyFinding, QuarterlyReview
from .people_only import DECIDE, LINE, PREPARE, require_person, words_of
from .states import DECISION, DecisionState, FindingState


def ask_decision(
    review: QuarterlyReview, *, question: str, actor: Any, now: datetime, finding: QuarterlyFinding | None = None, reason: str = ""
) -> QuarterlyDecision:
    """Puts a question on the agenda, perhaps because of a finding. Raises NotAllowed, InvalidInput, WrongState."""
    require_person(actor, PREPARE, review, to="prepare decisions")
    words = words_of("question", question, ask="Say what is to be decided.", longest=LINE)
    with act("quarterly_review.decision_asked", actor=actor, now=now, subject=review, why=reason) as running:
        review = locked(review)
        decision = QuarterlyDecision(
            review=review, finding=of_this_review(finding, review), question=words, state=DecisionState.TO_TAKE, made_by=actor, made_at=now
        )
        save_tracked(decision, actor=actor, now=now, reason=reason)
        running.details = {"decision": decision.pk, "question": words, "finding": decision.finding_id or 0}
    return decision


def take_decision(decision: QuarterlyDecision, *, actor: Any, now: datetime, reason: str) -> QuarterlyDecision:
    """Decides; `reason` is what is decided and why. As long as the review is prepared it can be decided anew."""
    require_person(actor, DECIDE, decision.review, to="decide in a quarterly review")
    return _settled(decision, DecisionState.TAKEN, actor, now, words_of("reason", reason, ask="Say what is decided, and why."))


def drop_decision(decision: QuarterlyDecision, *, actor: Any, now: datetime, reason: str) -> QuarterlyDecision:
    """Says why nothing has to be decided after all."""
    require_person(actor, DECIDE, decision.review, to="decide in a quarterly review")
    return _settled(decision, DecisionState.DROPPED, actor, now, words_of("reason", reason, ask="Say why it needs no decision."))


def ask_again(decision: QuarterlyDecision, *, actor: Any, now: datetime, reason: str = "") -> QuarterlyDecision:
    """Puts a dropped question on the agenda again."""
    require_person(actor, PREPARE, decision.review, to="prepare decisions")
    return _settled(decision, DecisionState.TO_TAKE, actor, now, visible(reason))


def of_this_review(thing: Any, review: QuarterlyReview) -> Any:
    """A finding, decision or nothing, unless it belongs elsewhere or was dismissed."""
    if thing is not None and thing.review_id != review.pk:
        raise InvalidInput("It belongs to another review.", {"finding": ["Choose a finding of this review."]})
    if isinstance(thing, QuarterlyFinding) and thing.state != FindingState.ACCEPTED:
        raise InvalidInput("It hangs on a finding that is not accepted.", {"finding": ["Accept the finding first."]})
    return thing


def _settled(decision: QuarterlyDecision, state: DecisionState, actor: Any, now: datetime, words: str) -> QuarterlyDecision:
    with act("quarterly_review.decision_taken", actor=actor, now=now, subject=decision.review, why=words) as running:
        locked(decision.review)
        decision = QuarterlyDecision.objects.select_for_update(of=("self",)).select_related("review").get(pk=decision.pk)
        if state not in DECISION[DecisionState(decision.state)]:
            raise WrongState(f"This decision is {decision.get_state_display()} already. Look at it again.")
        asked = state is DecisionState.TO_TAKE
        decision.state, decision.outcome = state, "" if asked else words
        decision.decided_by, decision.decided_at = (None, None) if asked else (actor, now)
        save_tracked(decision, actor=actor, now=now, reason=words)
        running.details = {"decision": decision.pk, "question": decision.question, "state": state.value}
    return decision
