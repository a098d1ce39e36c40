"""Findings: what needs follow-up gets an owner and a day, and is settled in words."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from audit.events.services import act, mention
from portal.foundation.access.checks import may, require
from portal.foundation.base_models import save_tracked
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from portal.foundation.words import visible

from .judging import locked_open
from .models import ReviewFinding, ReviewItem, ReviewPeriod
from .states import FINDING, FindingState, Mark
from .texts import problem_with

ADD, CHANGE = "audit.add_reviewfinding", "audit.change_reviewfinding"
LONGEST_TITLE, LONGEST_EVIDENCE = 200, 2_000


def make_finding(
    period: ReviewPeriod,
    *,
    items: Sequence[int],
    title: str,
    owner: Any,
    due_on: date,
    actor: Any,
    now: datetime,
    evidence: str = "",
) -> ReviewFinding:
    """Makes a finding of entries (keys of items) that were marked for follow-up. Raises NotAllowed, InvalidInput, WrongState."""
    _require_person(actor, ADD, "make a finding")
    with act("log_review.finding_made", actor=actor, now=now) as running:
        locked_open(period)
        found = list(ReviewItem.objects.select_for_update().filter(period=period, pk__in=list(items)).order_by("place"))
        if len(found) != len(set(items)) or not found or any(item.mark != Mark.FOLLOW_UP or item.finding_id for item in found):
            raise InvalidInput("Choose entries that need follow-up and stand in no finding yet.", {"items": ["Choose at least one."]})
        _checked(title, owner, due_on, evidence, period, now)
        finding = ReviewFinding(
            period=period, title=title.strip(), owner=owner, due_on=due_on, evidence=evidence.strip(), made_by=actor, made_at=now
        )
        save_tracked(finding, actor=actor, now=now, reason=title.strip())
        ReviewItem.objects.filter(pk__in=[item.pk for item in found]).update(finding=finding)
        mention(owner)
        running.subject = finding
        running.details = {"period": period.pk, "entries": [item.place for item in found], "due_on": due_on.isoformat()}
    return finding


def change_finding(
    finding: ReviewFinding, *, owner: Any, due_on: date, evidence: str, actor: Any, now: datetime, reason: str
) -> ReviewFinding:
    """Gives an open finding another owner, day or evidence. Raises NotAllowed, InvalidInput, WrongState."""
    _require_person(actor, CHANGE, "change a finding")
    with act("log_review.finding_changed", actor=actor, now=now, subject=finding, why=reason):
        _locked(finding)
        _checked(finding.title, owner, due_on, evidence, finding.period, now)
        finding.owner, finding.due_on, finding.evidence = owner, due_on, evidence.strip()
        mention(owner)
        save_tracked(finding, actor=actor, now=now, reason=reason)
    return finding


def resolve_finding(finding: ReviewFinding, *, actor: Any, now: datetime, reason: str, evidence: str = "") -> ReviewFinding:
    """Says what was done about it. Its owner may, and whoever may change findings. Raises NotAllowed, InvalidInput, WrongState."""
    if actor is None or not may_settle(finding, actor):
        _require_person(actor, CHANGE, "settle a finding of somebody else")
    return _settle(finding, FindingState.RESOLVED, actor, now, reason, evidence)


def withdraw_finding(finding: ReviewFinding, *, actor: Any, now: datetime, reason: str) -> ReviewFinding:
    """Says that it was none. While its review is open its entries can be judged anew. Raises NotAllowed, InvalidInput, WrongState."""
    _require_person(actor, CHANGE, "withdraw a finding")
    return _settle(finding, FindingState.WITHDRAWN, actor, now, reason, "")


def may_settle(finding: ReviewFinding, actor: Any) -> bool:
    """Whether `actor` may say that it is resolved."""
    return bool(actor.is_active and finding.owner_id == actor.pk) or may(actor, CHANGE)


def _settle(finding: ReviewFinding, state: FindingState, actor: Any, now: datetime, reason: str, evidence: str) -> ReviewFinding:
    words = visible(reason)
    if not words:
        raise InvalidInput("Say what was done, or why it was none.", {"reason": ["Say what was done, or why it was none."]})
    if problem := problem_with(evidence, LONGEST_EVIDENCE):
        raise InvalidInput(problem, {"evidence": [problem]})
    with act("log_review.finding_settled", actor=actor, now=now, subject=finding, why=words) as running:
        _locked(finding)
        if state is FindingState.WITHDRAWN:
            if finding.period.is_signed:
                raise WrongState("Its review is signed, so it is not withdrawn any more. Resolve it, and say why nothing had to be done.")
            locked_open(finding.period)
            ReviewItem.objects.filter(finding=finding).update(finding=None)
        finding.state, finding.resolution, finding.settled_by, finding.settled_at = state.value, words, actor, now
        finding.evidence = "\n".join(part for part in (finding.evidence, evidence.strip()) if part)
        save_tracked(finding, actor=actor, now=now, reason=words)
        running.details = {"state": state.value}
    return finding


def _locked(finding: ReviewFinding) -> None:
    found = ReviewFinding.objects.select_for_update(of=("self",)).select_related("owner", "period__plan")
    finding.refresh_from_db(from_queryset=found)
    if not FINDING[FindingState(finding.state)]:
        raise WrongState(f"This finding is {finding.state} already.")


def _checked(title: str, owner: Any, due_on: date, evidence: str, period: ReviewPeriod, now: datetime) -> None:
    problems: dict[str, list[str]] = {}
    if words := "Say in one line what was found." if not visible(title) else problem_with(title, LONGEST_TITLE):
        problems["title"] = [words]
    if owner is None or not owner.is_active:
        problems["owner"] = ["Choose somebody who is still here."]
    if due_on < now.astimezone(period.plan.zone).date():
        problems["due_on"] = ["Choose today or a later day."]
    if words := problem_with(evidence, LONGEST_EVIDENCE):
        problems["evidence"] = [words]
    if problems:
        raise InvalidInput("The finding is not kept.", problems)


def _require_person(actor: Any, permission: str, to: str) -> None:
    if actor is None:
        raise NotAllowed(f"Only a person may {to}.")
    require(actor, permission, to=to)
