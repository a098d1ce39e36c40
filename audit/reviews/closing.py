"""The end of a review: closed when everything is judged, reopened when it was not, signed once, and checked whenever somebody asks."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef

from audit.events.services import act
from audit.ledger.models import LedgerEvent
from audit.ledger.services import utc_text
from audit.sealing.models import LedgerCheckpoint, LedgerLeaf
from portal.foundation.access.checks import may, require
from portal.foundation.access.in_words import what_is_needed
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from portal.foundation.outbox.services import cancel_waiting, queue
from portal.foundation.words import visible

from .frozen import drawn_again, facts, findings_at_signature
from .judging import locked_open, require_reviewer
from .manifest import differences, hash_of, manifest
from .models import ReviewItem, ReviewPeriod, ReviewSignOff
from .queries import READ, SIGN, loose, progress
from .reminding import TO_SIGN, about, link_to
from .sampling import Selection, seed_of
from .states import PeriodState, may_become, why_not_close, why_not_sign
from .texts import problem_with

SIGNED = "log_review.signed"
LONGEST_WORDS = 2_000


def close_period(period: ReviewPeriod, *, actor: Any, now: datetime, reason: str) -> ReviewPeriod:
    """Ends the judging; `reason` says what the review showed. Raises NotAllowed, InvalidInput without words, and WrongState as long as
    something is not judged, or needs follow-up and stands in no finding."""
    require_reviewer(period, actor)
    words = _said(reason)
    with act("log_review.closed", actor=actor, now=now, subject=period, why=words) as running:
        locked_open(period)
        if problem := why_not_closed(period):
            raise WrongState(problem)
        period.state, period.closed_at, period.closed_by, period.conclusion = PeriodState.CLOSED, now, actor, words
        _save(period)
        running.details = {"marks": progress(period).marks}
        queue(
            kind=TO_SIGN,
            person=period.plan.owner,
            subject_ref=about(period),
            title=f"To be signed: {period}",
            body="Every entry is judged. Somebody with the right to sign looks at it and signs.",
            link=link_to(period),
            idempotency_key=f"{TO_SIGN}:{period.pk}:{utc_text(now)}",
            now=now,
        )
    return period


def reopen_period(period: ReviewPeriod, *, actor: Any, now: datetime, reason: str) -> ReviewPeriod:
    """Lets entries of a closed period be judged anew. Reviewers may, and whoever signs. Raises NotAllowed, InvalidInput, WrongState."""
    if actor is None or not may(actor, SIGN):
        require_reviewer(period, actor)
    words = _said(reason)
    with act("log_review.reopened", actor=actor, now=now, subject=period, why=words):
        _locked(period, PeriodState.OPEN)
        period.state, period.closed_at, period.closed_by, period.conclusion = PeriodState.OPEN, None, None, ""
        _save(period)
        cancel_waiting(about(period), now=now)
    return period


def sign_period(period: ReviewPeriod, *, actor: Any, now: datetime, reason: str) -> ReviewSignOff:
    """Signs a closed period and freezes it for good: population, marks, findings and the newest checkpoint, in a manifest.

    Raises NotAllowed, InvalidInput without words, WrongState.
    """
    if actor is not None:
        require(actor, SIGN, to="sign a review of the trail")
    if refusal := why_not_signed(period, actor):
        raise NotAllowed(refusal)
    words = _said(reason)
    with act(SIGNED, actor=actor, now=now, subject=period, why=words) as running:
        _locked(period, PeriodState.SIGNED)
        # Somebody may have judged while this was being read.
        if refusal := why_not_signed(period, actor):
            raise NotAllowed(refusal)
        sealed = LedgerCheckpoint.objects.order_by("-id").first()
        if sealed is None:
            raise WrongState("Nothing is sealed, so there is no checkpoint to sign with. Ask whoever runs the portal to start the sealer.")
        text = manifest(facts(period), _signed(period, sealed, actor, now, words))
        signature = ReviewSignOff.objects.create(
            period=period,
            by=actor,
            by_name=str(actor)[:150],
            at=now,
            words=words,
            manifest=text,
            sha256=hash_of(text),
            checkpoint_size=sealed.size,
            checkpoint_root=sealed.root,
        )
        period.state = PeriodState.SIGNED
        _save(period)
        cancel_waiting(about(period), now=now)
        running.decision = {
            "manifest_sha256": signature.sha256,
            "entries": period.entries,
            "drawn": period.drawn,
            "size": sealed.size,
            "root": sealed.root,
        }
    return signature


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check of a signed period found: `wrong` in words, and how many entries of its population were removed with leave since."""

    wrong: tuple[str, ...]
    removed: int = 0

    @property
    def is_the_same(self) -> bool:
        return not self.wrong


def check_period(period: ReviewPeriod) -> Checked:
    """Whether what was signed is still the same: the manifest, every mark, every entry's place, the population, and the ledger's event."""
    signature = ReviewSignOff.objects.filter(period=period).first()
    if signature is None:
        raise WrongState("This review is not signed yet, so there is nothing to compare.")
    wrong = []
    if hash_of(signature.manifest) != signature.sha256:
        wrong.append("The manifest is not the one that was signed: its hash differs.")
    if signature.sha256 not in _told_in_ledger(period):
        wrong.append("The ledger has no event that tells of this signature with this hash.")
    found = facts(period)
    wrong += [WORDS.get(part, f"The part '{part}' differs.") for part in differences(signature.manifest, found)]
    wrong += _seeded_otherwise(period)
    removed = _removed(period)
    if not removed:
        wrong += _drawn_otherwise(period)
    return Checked(tuple(wrong), removed)


def tell_check(period: ReviewPeriod, *, actor: Any, now: datetime, reason: str = "") -> Checked:
    """The same, with an event that says what was found."""
    with act("log_review.checked", actor=actor, now=now, subject=period, why=reason) as running:
        result = check_period(period)
        running.details = {"same": result.is_the_same, "wrong": list(result.wrong), "removed": result.removed}
    return result


WORDS = {
    "manifest": "The manifest cannot be read any more.",
    "items": "Marks, notes or entries are not those that were signed.",
    "view": "The version of the view is not the one that was signed.",
    "population": "The population is not the one that was signed.",
    "sample": "The rule or the seed is not the one that was signed.",
    "period": "What was looked at is not what was signed.",
    "plan": "The plan's key or its rule on signatures is not what was signed.",
    "conclusion": "The conclusion is not the one that was signed.",
}


def why_not_closed(period: ReviewPeriod) -> str:
    """What stands in the way of closing, in words; empty when nothing does. Two queries."""
    return why_not_close(
        unjudged=progress(period).left,
        loose=loose(period).count(),
        is_sample=period.drawing_rule.selection is not Selection.ALL,
        rationale=period.rationale,
    )


def why_not_signed(period: ReviewPeriod, actor: Any) -> str:
    """Why `actor` may not sign `period`, in words; empty when they may."""
    if actor is None:
        return "Only a person signs a review."
    if not (may(actor, SIGN) and may(actor, READ)):
        return f"You may not sign this review. {what_is_needed(READ if may(actor, SIGN) else SIGN, actor)}"
    own = ReviewItem.objects.filter(period=period, judged_by=actor).count()
    return why_not_sign(judged_by_signer=own, second_signature=period.second_signature)


def _signed(period: ReviewPeriod, sealed: LedgerCheckpoint, actor: Any, now: datetime, words: str) -> dict[str, Any]:
    """What is true at this moment only."""
    return {
        "by": actor.pk,
        "at": utc_text(now),
        "words": words,
        "closed_by": period.closed_by_id,
        "closed_at": utc_text(period.closed_at) if period.closed_at else None,
        "due_at": utc_text(period.due_at),
        "plan": str(period.plan),
        "checkpoint": {"epoch": sealed.epoch, "size": sealed.size, "root": sealed.root, "at": utc_text(sealed.at)},
        "findings": findings_at_signature(period),
    }


def _seeded_otherwise(period: ReviewPeriod) -> list[str]:
    """Nobody picks a seed: it follows from a checkpoint that the ledger still has."""
    if not LedgerCheckpoint.objects.filter(epoch=period.epoch, size=period.size, root=period.root).exists():
        return ["The ledger has no checkpoint of the size and root that the review was opened with."]
    seed = seed_of(period.plan_id, utc_text(period.since), period.size, period.root)
    return [] if seed == period.seed else ["The seed does not follow from the checkpoint."]


def _drawn_otherwise(period: ReviewPeriod) -> list[str]:
    entries, digest, places = drawn_again(period)
    if (entries, digest) != (period.entries, period.digest):
        return ["The ledger gives another population than the one that was signed."]
    there = list(ReviewItem.objects.filter(period=period).order_by("place").values_list("place", flat=True))
    return [] if places == there else ["The rule and the seed draw other entries than those that were judged."]


def _removed(period: ReviewPeriod) -> int:
    """How many entries among the places of the period were removed with leave; their hashes stay. Of those the population cannot be told."""
    first = ReviewItem.objects.filter(period=period).order_by("place").values_list("place", flat=True).first()
    if first is None:
        return 0
    there = LedgerEvent.objects.filter(pk=OuterRef("event"))
    return LedgerLeaf.objects.filter(~Exists(there), index__gte=first, index__lt=period.size).count()


def _told_in_ledger(period: ReviewPeriod) -> set[str]:
    told = LedgerEvent.objects.filter(type=SIGNED, object_model=period._meta.label_lower, object_pk=str(period.pk))
    return {json.loads(payload).get("decision", {}).get("manifest_sha256", "") for payload in told.values_list("payload", flat=True)}


def _locked(period: ReviewPeriod, then: PeriodState) -> None:
    found = ReviewPeriod.objects.select_for_update(of=("self",)).select_related("plan", "view_version")
    period.refresh_from_db(from_queryset=found)
    if not may_become(period.state, then):
        raise WrongState(f"This review is {period.state}, so it cannot become {then.value}. Look at it again.")


def _said(words: str) -> str:
    words = visible(words)
    problem = "Say in a sentence what you base it on." if not words else problem_with(words, LONGEST_WORDS)
    if problem:
        raise InvalidInput(problem, {"reason": [problem]})
    return words


def _save(period: ReviewPeriod) -> None:
    period.save(update_fields=["state", "closed_at", "closed_by", "conclusion"])
