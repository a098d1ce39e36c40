"""Cards of quarterly reviews: the quarter's progress, what waits for the reader's signature or decision, and their actions."""

from datetime import datetime

from django.urls import reverse

from portal.foundation.access.checks import may
from portal.foundation.people.models import User
from reports.models import FinishedPack, QuarterlyReview
from reports.packs.quarters import Quarter
from reports.quarterly.people_only import PREPARE
from reports.quarterly.queries import live, open_actions, progress_of, to_decide, to_sign
from reports.quarterly.states import ReviewState

from .cards import Card, Row

ROWS = 8


def quarterly_progress(user: User, now: datetime) -> Card:
    """Reviews that are not signed, the one due first at the top, each with how far it is. As many queries however many they are."""
    found = live()
    shown = list(found[:ROWS])
    known = progress_of(shown)
    rows = tuple(
        Row(
            review.name,
            _page(review),
            review.due_at,
            "overdue since" if review.due_at <= now else "due",
            "Prepare" if review.is_open_to_change else "Look",
            detail=f"{known[review.pk].words(review.state).capitalize()}.",
        )
        for review in shown
    )
    empty = f"No quarterly review is open. Those of {Quarter.of(now)} open by themselves when the quarter is over."
    late = any(review.due_at <= now and review.state != ReviewState.PROVISIONAL for review in shown)
    return Card("quarterly", "Quarter's progress", empty, rows, f"{_list()}?is=live", loud=late, total=found.count())


def quarterly_for_me(user: User, now: datetime) -> Card | None:
    """Signatures and decisions that wait for the reader; nothing where none do."""
    signing = [
        Row(review.name, _page(review), review.due_at, "overdue since" if review.due_at <= now else "due", "Sign")
        for review in to_sign(user)
    ]
    deciding = [
        Row(decision.question, reverse("admin:reports_quarterlyreview_decision", args=[decision.review_id, decision.pk]), action="Decide",
            detail=decision.review.name)
        for decision in to_decide(user)
    ]  # fmt: skip
    rows = (*signing, *deciding)
    if not rows:
        return None
    return Card("quarterly-mine", "Quarterly reviews that wait for you", "", rows[:ROWS], _list(), total=len(rows))


def pack_of_the_review(quarter: Quarter) -> Row | None:
    """The pack that comes of the whole organisation's review; None where there is no review. At most two queries."""
    reviews = QuarterlyReview.objects.filter(quarter=str(quarter), unit=None).only("quarter", "state", "opened_at", "frozen_id")
    review = reviews.order_by("-number").first()
    if review is None:
        return None
    finished = FinishedPack.objects.filter(frozen=review.frozen_id).only("frozen_id", "finished_at").first()
    if finished is not None:
        there = reverse("admin:reports_frozenfigures_change", args=[finished.frozen_id])
        return Row(f"The pack of {quarter} is signed and finished", there, finished.finished_at, "finished", "See it")
    if review.is_signed:
        return Row(
            f"The pack of {quarter} is being made", reverse("admin:reports_frozenfigures_change", args=[review.frozen_id]), action="See it"
        )
    return Row(
        f"The pack of {quarter} comes with the last signature of its review", _page(review), quarter.end, "quarter ended", "See the review"
    )


def quarterly_actions(user: User, now: datetime) -> Card | None:
    """Actions of quarterly reviews that are the reader's; for whoever prepares reviews those of people who left, too."""
    mine = open_actions(now).filter(owner=user)
    if may(user, PREPARE):
        mine = mine | open_actions(now).filter(owner__is_active=False)
    shown = list(mine[:ROWS])
    rows = tuple(
        Row(
            action.title,
            reverse("admin:reports_quarterlyaction_change", args=[action.pk]),
            action="Settle" if action.owner_id == user.pk else "Give it to somebody",
            detail=f"{'Overdue: it was to be' if action.due_on < now.date() else 'To be'} done by {action.due_on.day} {action.due_on:%B %Y}.",
        )
        for action in shown
    )
    late = any(action.due_on < now.date() for action in shown)
    more = f"{reverse('admin:reports_quarterlyaction_changelist')}?is=mine"
    return Card("quarterly-actions", "Actions from quarterly reviews", "", rows, more, loud=late, total=mine.count()) if rows else None


def _page(review: object) -> str:
    return reverse("admin:reports_quarterlyreview_change", args=[review.pk])  # type: ignore[attr-defined]


def _list() -> str:
    return reverse("admin:reports_quarterlyreview_changelist")
