"""Telling people of reviews: that one is open, overdue or to be signed, that an action is theirs, overdue, or of somebody who left.

Looks at what is so now and who was told: what was due and not sent, after an outage for instance, is sent once, and nobody gets a pile.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import Group

from audit.duties.telling import holders_of
from portal.foundation import words
from portal.foundation.outbox.models import OutboxMessage
from portal.foundation.outbox.services import draft, queue_all
from portal.foundation.people.models import User

from .addresses import link_to
from .models import ROLE_TITLES, QuarterlyReview
from .people_only import PREPARE, SIGN
from .queries import live, open_actions, progress_of
from .signing import of_round
from .states import ReviewState

OPENED, OVERDUE, TO_SIGN = "quarterly_review.opened", "quarterly_review.overdue", "quarterly_review.to_sign"
ACTION, ACTION_OVERDUE, ACTION_LEFT = "quarterly_review.action", "quarterly_review.action_overdue", "quarterly_review.action_left"
AGAIN = timedelta(days=7)


def remind(*, now: datetime) -> int:
    """Queues every message that is due and was not queued before; how many."""
    keepers = list(holders_of(PREPARE))
    messages = [*_of_reviews(keepers, now), *_of_actions(keepers, now)]
    keys = [one.idempotency_key for one in messages]
    known = set(OutboxMessage.objects.filter(idempotency_key__in=keys).values_list("idempotency_key", flat=True))
    new = [one for one in messages if one.idempotency_key not in known]
    queue_all(new, now=now)
    return len(new)


def signers_of(review: QuarterlyReview) -> list[User]:
    """Active people who can give the next signature: of its role, with the right, and not among those who signed."""
    steps = list(of_round(review))
    waiting = [step for step in steps if step.by_id is None]
    if review.state != ReviewState.SIGNING or not waiting:
        return []
    group = Group.objects.filter(name=ROLE_TITLES.get(waiting[0].role, ""))
    signed = [step.by_id for step in steps if step.by_id is not None]
    return list(holders_of(SIGN).filter(groups__in=group).exclude(pk__in=signed))


def _of_reviews(keepers: list[User], now: datetime) -> Iterable[OutboxMessage]:
    reviews = list(live())
    known = progress_of(reviews)
    fresh = [review for review in reviews if review.state == ReviewState.PREPARING]
    if fresh:
        # One letter for all that opened together: a house has many units.
        newest = max(fresh, key=lambda review: (review.opened_at, review.pk))
        body = f"{words.counted(len(fresh), 'quarterly review waits', 'quarterly reviews wait')} to be prepared, this one until {_day(newest.due_at)}."
        for person in keepers:
            yield _letter(
                OPENED, person, newest, f"Quarterly reviews are open: {newest.quarter}", body, f"{newest.quarter}:{newest.opened_at.date()}"
            )
    for review in reviews:
        if review.state == ReviewState.SIGNING:
            body = f"It is put up for signature: {known[review.pk].words(review.state)}. It is due on {_day(review.due_at)}."
            for person in signers_of(review):
                key = f"{review.pk}:{review.round}:{known[review.pk].signed}"
                yield _letter(TO_SIGN, person, review, f"To be signed by you: {review}", body, key)
        if review.due_at <= now and review.state != ReviewState.PROVISIONAL:
            late = now - review.due_at
            body = f"It should have been signed by {_day(review.due_at)}. {known[review.pk].words(review.state).capitalize()}."
            for person in keepers:
                yield _letter(OVERDUE, person, review, f"Overdue: quarterly review {review}", body, f"{review.pk}:{late // AGAIN}")


def _of_actions(keepers: list[User], now: datetime) -> Iterable[OutboxMessage]:
    """The owner is told once, and every week that it is late; of one whose owner left, whoever prepares reviews hears every week."""
    for action in open_actions(now):
        late = (now.date() - action.due_on).days
        where = f"Agreed in the quarterly review {action.review}."
        if not action.owner.is_active:
            week = (now.date() - action.made_at.date()).days // AGAIN.days
            for person in keepers:
                body = f"{action.owner} has left and still has it. {where} Give it to somebody who is here."
                yield _letter(ACTION_LEFT, person, action, f"Nobody has it: {action.title}", body, f"{action.pk}:{action.owner_id}:{week}")
            continue
        title = f"To be done by {action.due_on.day} {action.due_on:%B %Y}: {action.title}"
        yield _letter(ACTION, action.owner, action, title, where, f"{action.pk}")
        if late > 0:
            body = f"It is overdue for {words.counted(late, 'day')}; {action.owner} has it. {where}"
            for person in {action.owner, *keepers}:
                key = f"{action.pk}:{action.due_on.isoformat()}:{late // AGAIN.days}"
                yield _letter(ACTION_OVERDUE, person, action, f"Overdue: {action.title}", body, key)


def _letter(kind: str, person: User, thing: Any, title: str, body: str, key: str) -> OutboxMessage:
    return draft(
        kind=kind,
        person=person,
        subject_ref=f"{thing._meta.label_lower}:{thing.pk}",
        title=title,
        body=body,
        link=link_to(thing),
        idempotency_key=f"{kind}:{key}:{person.pk}",
    )


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"
