"""The end of a review: put up for signature, sent back when it was not right, signed in order, and checked whenever somebody asks."""

import json
from datetime import datetime
from typing import Any

from audit.events.services import act
from audit.ledger.models import LedgerEvent
from audit.ledger.services import utc_text
from portal.foundation.access.checks import may
from portal.foundation.access.in_words import what_is_needed
from portal.foundation.base_models import save_tracked
from portal.foundation.errors import NotAllowed, WrongState
from portal.foundation.outbox.services import cancel_waiting

from . import packing
from .frozen import actions_at_signature, facts
from .judging import locked
from .manifest import differences, hash_of, manifest
from .models import ROLE_TITLES, QuarterlyReview, QuarterlySignature
from .people_only import PREPARE, SIGN, VIEW, problem_with, refuse, require_person, words_of
from .rules import rules
from .states import DecisionState, FindingState, ReviewState, Signing, may_become, why_not_sign, why_not_submit

SIGNED = "quarterly_review.signed"
KEPT = ["state", "round", "submitted_at", "submitted_by", "manifest", "sha256", "signed_at", "agenda", "summary"]


def write_summary(review: QuarterlyReview, *, summary: str, agenda: str, actor: Any, now: datetime, reason: str = "") -> QuarterlyReview:
    """Says what the quarter showed, and what the meeting goes through, a point a line. Raises NotAllowed, InvalidInput, WrongState."""
    require_person(actor, PREPARE, review, to="prepare a quarterly review")
    refuse({"summary": problem_with(summary), "agenda": problem_with(agenda)}, what="Nothing was changed.")
    with act("quarterly_review.written", actor=actor, now=now, subject=review, why=reason) as running:
        review = locked(review)
        review.summary = summary.strip()
        review.agenda = "\n".join(line.strip() for line in agenda.splitlines() if line.strip())
        _save(review, actor, now, reason)
        running.details = {"points": len(review.agenda.splitlines()), "characters": len(review.summary)}
    return review


def submit_review(review: QuarterlyReview, *, actor: Any, now: datetime, reason: str) -> QuarterlyReview:
    """Puts it up for signature: everything is frozen under one hash. Raises NotAllowed, InvalidInput without words, WrongState."""
    require_person(actor, PREPARE, review, to="put a quarterly review up for signature")
    words = words_of("reason", reason, ask="Say what you based the review on.")
    with act("quarterly_review.submitted", actor=actor, now=now, subject=review, why=words) as running:
        review = _locked(review)
        steps = rules().steps
        if problem := why_not_submitted(review, len(steps)):
            raise WrongState(problem)
        review.round += 1
        QuarterlySignature.objects.bulk_create(
            QuarterlySignature(review=review, round=review.round, position=position, title=step["title"], role=step["role"])
            for position, step in enumerate(steps, start=1)
        )
        review.manifest = manifest({**facts(review), "submitted": _submitted(review, steps, actor, now, words)})
        review.sha256, review.submitted_at, review.submitted_by = hash_of(review.manifest), now, actor
        review.state = ReviewState.SIGNING
        _save(review, actor, now, words)
        cancel_waiting(about(review), now=now)
        running.decision = {"manifest_sha256": review.sha256, "round": review.round, "steps": [step["title"] for step in steps]}
    return review


def send_back(review: QuarterlyReview, *, actor: Any, now: datetime, reason: str) -> QuarterlyReview:
    """Lets it be prepared again; signatures given so far count no more. Whoever prepares may, and whoever signs.

    Raises NotAllowed, InvalidInput without words, WrongState unless it waits for signatures.
    """
    if actor is None or not (may(actor, PREPARE, review) or may(actor, SIGN, review)):
        require_person(actor, SIGN, review, to="send a quarterly review back")
    words = words_of("reason", reason, ask="Say what has to be put right.")
    with act("quarterly_review.sent_back", actor=actor, now=now, subject=review, why=words) as running:
        review = _locked(review)
        if not (review.state == ReviewState.SIGNING and may_become(review.state, ReviewState.PREPARING)):
            raise WrongState("Only a review that waits for signatures is sent back. Look at it again.")
        review.state, review.submitted_at, review.submitted_by, review.manifest, review.sha256 = ReviewState.PREPARING, None, None, "", ""
        _save(review, actor, now, words)
        cancel_waiting(about(review), now=now)
        running.details = {"round": review.round, "given": of_round(review).exclude(by=None).count()}
    return review


def sign_review(review: QuarterlyReview, *, actor: Any, now: datetime, reason: str) -> QuarterlyReview:
    """Gives the next signature; the last one freezes the review for good. Raises NotAllowed, also out of order, InvalidInput, WrongState."""
    if actor is None:
        raise NotAllowed("Only a person signs a review.")
    require_person(actor, SIGN, review, to="sign a quarterly review")
    words = words_of("reason", reason, ask="Say in a sentence what you base your signature on.")
    with act(SIGNED, actor=actor, now=now, subject=review, why=words) as running:
        review = _locked(review)
        if refusal := why_not_signed(review, actor):
            raise (NotAllowed if review.state == ReviewState.SIGNING else WrongState)(refusal)
        if not is_as_put_up(review):
            raise WrongState("What stands here is not what was put up for signature. Send it back, and look at the audit trail.")
        waiting = list(of_round(review).filter(by=None))
        step = waiting[0]
        step.by, step.by_name, step.at, step.words, step.sha256 = actor, str(actor)[:150], now, words, review.sha256
        step.save(update_fields=["by", "by_name", "at", "words", "sha256"])
        if len(waiting) == 1:
            review.state, review.signed_at = ReviewState.SIGNED, now
            _save(review, actor, now, words)
            packing.make_soon()
        cancel_waiting(about(review), now=now)
        running.decision = {"manifest_sha256": review.sha256, "as": step.title, "position": step.position, "left": len(waiting) - 1}
    return review


def check_review(review: QuarterlyReview) -> list[str]:
    """What is wrong with a review that was put up or signed, in sentences: nothing when all is as it was. Raises WrongState before that."""
    if not review.manifest:
        raise WrongState("This review is not put up for signature yet, so there is nothing to compare.")
    wrong = []
    if hash_of(review.manifest) != review.sha256:
        wrong.append("The manifest is not the one that was signed: its hash differs.")
    wrong += [f"The part '{part}' is not what was signed." for part in differences(review.manifest, facts(review))]
    if review.frozen is not None and review.frozen.sha256 != review.figures_sha256:
        wrong.append("The frozen figures are not those that the review was opened with.")
    given = list(of_round(review).exclude(by=None))
    if any(signature.sha256 != review.sha256 for signature in given):
        wrong.append("A signature is for another manifest.")
    if len(given) > _told_in_ledger(review):
        wrong.append("The ledger does not tell of every signature with this hash.")
    return wrong


def tell_check(review: QuarterlyReview, *, actor: Any, now: datetime, reason: str = "") -> list[str]:
    """The same, with an event that says what was found."""
    require_person(actor, VIEW, review, to="check a quarterly review")
    with act("quarterly_review.checked", actor=actor, now=now, subject=review, why=reason) as running:
        wrong = check_review(review)
        running.details = {"same": not wrong, "wrong": wrong}
    return wrong


def is_as_put_up(review: QuarterlyReview) -> bool:
    """Whether what stands here is what the manifest says."""
    return hash_of(review.manifest) == review.sha256 and not differences(review.manifest, facts(review))


def of_round(review: QuarterlyReview) -> Any:
    """The signatures of the present round, in order."""
    return QuarterlySignature.objects.filter(review=review, round=review.round).select_related("by").order_by("position")


def why_not_submitted(review: QuarterlyReview, steps: int | None = None) -> str:
    """What stands in the way of putting it up for signature, in words; empty when nothing does."""
    gone = review.actions.filter(state="open", owner__is_active=False)
    return why_not_submit(
        state=review.state,
        unjudged=review.findings.filter(state=FindingState.PROPOSED).count(),
        untaken=review.decisions.filter(state=DecisionState.TO_TAKE).count(),
        leaderless=list(gone.values_list("title", flat=True)[:1]),
        summary=review.summary,
        steps=len(rules().steps) if steps is None else steps,
    )


def why_not_signed(review: QuarterlyReview, actor: Any) -> str:
    """Why `actor` may not give the next signature, in words; empty when they may."""
    if actor is None:
        return "Only a person signs a review."
    if not may(actor, SIGN, review):
        return f"You may not sign this review. {what_is_needed(SIGN, actor, review)}"
    steps = list(of_round(review)) if review.round else []
    waiting = [step for step in steps if step.by_id is None]
    titles = set(actor.groups.values_list("name", flat=True))
    return why_not_sign(
        review.state,
        Signing(
            open_steps=[step.title for step in waiting],
            roles_wanted=[step.role for step in waiting],
            roles_held=frozenset(key for key, title in ROLE_TITLES.items() if title in titles),
            signed_before=any(step.by_id == actor.pk for step in steps),
            prepared=actor.pk == review.submitted_by_id,
            steps=len(steps),
        ),
    )


def about(review: QuarterlyReview) -> str:
    """What messages about a review are about."""
    return f"reports.quarterlyreview:{review.pk}"


def _submitted(review: QuarterlyReview, steps: list[dict[str, str]], actor: Any, now: datetime, words: str) -> dict[str, Any]:
    """What is true at this moment only."""
    return {"by": actor.pk, "at": utc_text(now), "words": words, "steps": steps, "actions": actions_at_signature(review)}


def _told_in_ledger(review: QuarterlyReview) -> int:
    told = LedgerEvent.objects.filter(type=SIGNED, object_model=review._meta.label_lower, object_pk=str(review.pk))
    decisions = (json.loads(payload).get("decision", {}) for payload in told.values_list("payload", flat=True))
    return sum(decision.get("manifest_sha256") == review.sha256 for decision in decisions)


def _locked(review: QuarterlyReview) -> QuarterlyReview:
    found: QuarterlyReview = (
        QuarterlyReview.objects.select_for_update(of=("self",)).select_related("unit", "frozen", "submitted_by").get(pk=review.pk)
    )
    return found


def _save(review: QuarterlyReview, actor: Any, now: datetime, reason: str) -> None:
    save_tracked(review, actor=actor, now=now, reason=reason, update_fields=KEPT)
