"""Judging entries: a batch of marks is saved as one act, whatever of it can be; what cannot is answered in words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from audit.events.services import act
from portal.foundation.access.checks import require
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from portal.foundation.words import visible

from .models import LONGEST_NOTE, ReviewItem, ReviewPeriod
from .queries import READ, REVIEW, may_review
from .states import MARK_WORDS, NEEDS_NOTE, Mark, PeriodState, why_not_judge
from .texts import problem_with

MOST_MARKS = 200
# Whoever has looked at their entries for so long without judging one may have gone home.
TAKEN_FOR = timedelta(minutes=20)
CHANGED = ("mark", "note", "judged_by", "judged_at", "taken_by", "taken_at")


@dataclass(frozen=True, slots=True)
class Judgement:
    """What somebody says of an entry (key of the item). A mark of '' takes back one's own."""

    item: int
    mark: str
    note: str = ""


@dataclass(slots=True)
class Outcome:
    """Items that are as was said, and why others are not."""

    saved: list[int] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)


def judge(period: ReviewPeriod, judgements: Sequence[Judgement], *, actor: Any, now: datetime) -> Outcome:
    """Saves these marks. The same again changes nothing, so that a batch may be sent anew whenever its answer was lost.

    Raises NotAllowed for who is no reviewer of the plan, WrongState when the period is not open, InvalidInput for too many at once.
    """
    require_reviewer(period, actor)
    if len(judgements) > MOST_MARKS:
        raise InvalidInput(f"Save at most {MOST_MARKS} marks at once.")
    with act("log_review.judged", actor=actor, now=now, subject=period) as running:
        locked_open(period)
        wanted = {one.item: one for one in judgements}
        items = {item.pk: item for item in _locked(period, wanted)}
        outcome, changed = Outcome(), []
        for key, said in wanted.items():
            item = items.get(key)
            refusal = "It is no entry of this review." if item is None else _why_not(item, said, actor)
            if item is None or refusal:
                outcome.refused[key] = refusal
                continue
            outcome.saved.append(key)
            if _put(item, said, actor, now):
                changed.append(item)
        if not changed:
            running.nothing_happened()
            return outcome
        ReviewItem.objects.bulk_update(changed, CHANGED)
        running.details = {"marks": [[item.place, item.mark] for item in sorted(changed, key=lambda one: one.place)]}
    return outcome


def take(period: ReviewPeriod, *, actor: Any, now: datetime, how_many: int, after: int = -1) -> list[ReviewItem]:
    """The next entries for `actor` to judge, by place: those that they have taken, then free ones, which nobody else is offered meanwhile."""
    require_reviewer(period, actor)
    if not period.is_open:
        return []
    unjudged = _judgeable(ReviewItem.objects.filter(period=period, mark=Mark.NONE, place__gt=after), actor).order_by("place")
    free = Q(taken_by=None) | Q(taken_by=actor) | Q(taken_at__lt=now - TAKEN_FOR)
    keys = list(unjudged.filter(free).values_list("pk", flat=True)[:how_many])
    # Somebody else may have taken one this moment: then it is theirs.
    ReviewItem.objects.filter(free, pk__in=keys, mark=Mark.NONE).update(taken_by=actor, taken_at=now)
    return list(ReviewItem.objects.filter(pk__in=keys, taken_by=actor).order_by("place"))


def own_left(period: ReviewPeriod, actor: Any) -> int:
    """How many unjudged entries are left that somebody else than `actor` has to judge."""
    unjudged = ReviewItem.objects.filter(period=period, mark=Mark.NONE)
    return unjudged.filter(_of(actor)).count()


def require_reviewer(period: ReviewPeriod, actor: Any) -> None:
    """Raises NotAllowed unless `actor` is a person who reviews by the period's plan."""
    if actor is None:
        raise NotAllowed("Only a person reviews the trail.")
    require(actor, REVIEW, to="review the trail")
    require(actor, READ, to="read the trail")
    if not may_review(period.plan, actor):
        raise NotAllowed(f"The plan '{period.plan}' names others as its reviewers. Ask {period.plan.owner} to be named.")


def locked_open(period: ReviewPeriod) -> ReviewPeriod:
    """The period, locked until the transaction ends. Raises WrongState unless it is open."""
    period.refresh_from_db(from_queryset=ReviewPeriod.objects.select_for_update(of=("self",)).select_related("plan"))
    if period.state != PeriodState.OPEN:
        was = "signed and never changes" if period.is_signed else "closed. Reopen it to judge anew"
        raise WrongState(f"This review is {was}.")
    return period


def _locked(period: ReviewPeriod, keys: Iterable[int]) -> QuerySet[ReviewItem]:
    """In one order, so that no two batches wait for each other."""
    found = ReviewItem.objects.filter(period=period, pk__in=list(keys)).select_related("judged_by", "finding")
    return found.order_by("pk").select_for_update(of=("self",))


def _why_not(item: ReviewItem, said: Judgement, actor: Any) -> str:
    if said.mark not in MARK_WORDS:
        return "There is no such mark."
    if words := why_not_judge(str(actor.pk), actor=item.actor, behalf=item.behalf, about=item.about):
        return words
    if problem := problem_with(said.note, LONGEST_NOTE):
        return f"The note cannot be kept. {problem}"
    if said.mark in NEEDS_NOTE and not visible(said.note):
        return "Say in a note what is to be followed up."
    if item.judged_by_id not in (None, actor.pk):
        return f"{item.judged_by} judged it meanwhile: {MARK_WORDS[item.mark]}. That stays."
    if item.finding_id is not None and said.mark != item.mark:
        return f"It stands in the finding '{item.finding}'. Withdraw that first."
    return ""


def _put(item: ReviewItem, said: Judgement, actor: Any, now: datetime) -> bool:
    """Whether anything changed by it."""
    note = visible(said.note) if said.mark else ""
    if (item.mark, item.note) == (said.mark, note):
        return False
    item.mark, item.note = said.mark, note
    item.judged_by, item.judged_at = (actor, now) if said.mark else (None, None)
    # Whoever takes a mark back has the entry before them.
    item.taken_by, item.taken_at = (None, None) if said.mark else (actor, now)
    return True


def _of(actor: Any) -> Q:
    key = str(actor.pk)
    return Q(actor=key) | Q(behalf=key) | Q(about=key)


def _judgeable(items: QuerySet[ReviewItem], actor: Any) -> QuerySet[ReviewItem]:
    return items.exclude(_of(actor))
