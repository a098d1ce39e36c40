"""Judging what was found: a proposal is accepted, in its own or other words, or dismissed with a reason; and findings of one's own."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from audit.events.services import act
from incidents.models import Incident
from portal.foundation.access.checks import visible_to
from portal.foundation.base_models import save_tracked
from portal.foundation.errors import InvalidInput, WrongState
from portal.foundation.words import visible

from .models import QuarterlyFinding, QuarterlyReview
from .people_only import LINE, PREPARE, problem_with, refuse, require_person, words_of
from .states import FINDING, FindingState

MOST_INCIDENTS = 500


def locked(review: QuarterlyReview) -> QuarterlyReview:
    """The review as it is now, locked. Raises WrongState unless it is being prepared."""
    found = QuarterlyReview.objects.select_for_update(of=("self",)).select_related("unit").get(pk=review.pk)
    if not found.is_open_to_change:
        raise WrongState(
            f"This review {'is signed' if found.is_signed else 'waits for signatures'}, so it does not change now. {_what_then(found)}"
        )
    return found


def _what_then(review: QuarterlyReview) -> str:
    return "Restate it, with a reason." if review.is_signed else "Send it back first."


def accept_finding(
    finding: QuarterlyFinding, *, actor: Any, now: datetime, headline: str = "", sentence: str = "", reason: str = ""
) -> QuarterlyFinding:
    """Takes a finding into the review, reworded where other words are given. Raises NotAllowed, InvalidInput, WrongState."""
    require_person(actor, PREPARE, finding.review, to="judge findings")
    refuse(
        {"headline": problem_with(headline, LINE), "sentence": problem_with(sentence), "reason": problem_with(reason)},
        what="The finding is not changed.",
    )
    return _judged(finding, FindingState.ACCEPTED, actor, now, visible(reason), headline.strip(), sentence.strip())


def dismiss_finding(finding: QuarterlyFinding, *, actor: Any, now: datetime, reason: str) -> QuarterlyFinding:
    """Leaves it out of what the review found; it stays on record. Raises NotAllowed, InvalidInput without words, WrongState."""
    require_person(actor, PREPARE, finding.review, to="judge findings")
    words = words_of("reason", reason, ask="Say why it is no finding.")
    if finding.decisions.exclude(state="dropped").exists() or finding.actions.exists():
        raise WrongState("A decision or an action hangs on it. Drop the decision first; an action that was agreed keeps its finding.")
    return _judged(finding, FindingState.DISMISSED, actor, now, words, "", "")


@transaction.atomic
def judge_together(
    review: QuarterlyReview, *, findings: Sequence[int], verdict: str, actor: Any, now: datetime, reason: str = ""
) -> Sequence[QuarterlyFinding]:
    """Accepts (verdict `accepted`) or dismisses (`dismissed`) the proposals with these keys, all or none, each with an event of its own.

    Raises NotAllowed, InvalidInput, WrongState.
    """
    require_person(actor, PREPARE, review, to="judge findings")
    chosen = list(review.findings.filter(pk__in=findings, state=FindingState.PROPOSED))
    if not chosen or len(chosen) != len(set(findings)):
        problem = "Somebody judged some of them meanwhile. Look at the list again and choose anew." if findings else "Choose at least one."
        raise InvalidInput(problem, {"findings": [problem]})
    if verdict == FindingState.DISMISSED:
        return [dismiss_finding(each, actor=actor, now=now, reason=reason) for each in chosen]
    return [accept_finding(each, actor=actor, now=now, reason=reason) for each in chosen]


def add_finding(
    review: QuarterlyReview,
    *,
    headline: str,
    sentence: str,
    incidents: str | Sequence[str] = (),
    actor: Any,
    now: datetime,
    reason: str = "",
) -> QuarterlyFinding:
    """A finding of one's own with its evidence: numbers of incidents that the person may see. Raises NotAllowed, InvalidInput, WrongState."""
    require_person(actor, PREPARE, review, to="add a finding")
    said = words_of("headline", headline, ask="Say in one line what was found.", longest=LINE)
    refuse({"sentence": problem_with(sentence), "reason": problem_with(reason)}, what="The finding is not added.")
    numbers = evidence(incidents, actor)
    with act("quarterly_review.finding_added", actor=actor, now=now, subject=review, why=reason) as running:
        review = locked(review)
        last = review.findings.order_by("-rank").values_list("rank", flat=True).first() or 0
        finding = QuarterlyFinding(
            review=review, headline=said, sentence=sentence.strip(), rank=last + 1, incidents=numbers, kind="own", reason=visible(reason),
            state=FindingState.ACCEPTED, made_by=actor, made_at=now, judged_by=actor, judged_at=now,
        )  # fmt: skip
        save_tracked(finding, actor=actor, now=now, reason=reason)
        running.details = {"finding": finding.pk, "headline": said, "incidents": len(numbers)}
    return finding


def evidence(given: str | Sequence[str], actor: Any) -> list[str]:
    """The numbers that somebody named, in order and once each. Raises InvalidInput for those that are none, or not theirs to see."""
    parts = given.replace(",", " ").replace(";", " ").split() if isinstance(given, str) else list(given)
    numbers = list(dict.fromkeys(part.strip() for part in parts if part.strip()))
    if len(numbers) > MOST_INCIDENTS:
        raise InvalidInput("Too many incidents.", {"incidents": [f"Name at most {MOST_INCIDENTS} incidents; these are {len(numbers):,}."]})
    if not numbers:
        return []
    seen = visible_to(actor, Incident.objects.filter(number__in=numbers), "incidents.view_incident")
    missing = [number for number in numbers if number not in set(seen.values_list("number", flat=True))]
    if missing:
        named = ", ".join(number[:40] for number in missing[:5])
        raise InvalidInput("Some are no incidents.", {"incidents": [f"There is no such incident: {named}. Use numbers as INC0000012."]})
    return numbers


def _judged(
    finding: QuarterlyFinding, state: FindingState, actor: Any, now: datetime, reason: str, headline: str, sentence: str
) -> QuarterlyFinding:
    with act("quarterly_review.finding_judged", actor=actor, now=now, subject=finding.review, why=reason) as running:
        locked(finding.review)
        finding = QuarterlyFinding.objects.select_for_update(of=("self",)).select_related("review").get(pk=finding.pk)
        if state not in FINDING[FindingState(finding.state)]:
            raise WrongState(f"This finding is {finding.state} already.")
        finding.state, finding.reason, finding.judged_by, finding.judged_at = state, reason, actor, now
        finding.headline, finding.sentence = headline or finding.headline, sentence or finding.sentence
        save_tracked(finding, actor=actor, now=now, reason=reason)
        running.details = {"finding": finding.pk, "headline": finding.headline, "state": state.value, "reworded": finding.reworded}
    return finding
