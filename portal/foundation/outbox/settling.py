"""What follows for a message from how a try fared: it has left, has arrived, is tried again, takes the next way, or is given up.

The functions change the message in memory and say what there is to tell; `store` writes many of them at once.
"""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from .backoff import delay_after
from .handlers import Fared, News
from .models import DeliveryAttempt, OutboxMessage

logger = logging.getLogger(__name__)
State = OutboxMessage.State
FORGOTTEN = "This text was meant for the receiver alone and is no longer kept."
COLUMNS = ("state", "next_attempt_at", "finished_at", "contact_position", "tries", "lane", "bundle_id")
# Neither settled nor taken back: something can still follow for these.
OPEN = frozenset({State.PENDING, State.SENDING, State.AWAITING})


def handed_over(message: OutboxMessage, attempt: DeliveryAttempt, now: datetime, *, receipt_by: datetime | None) -> Fared:
    """The channel took it. With `receipt_by` it counts as arrived only once a receipt says so, until then at the latest."""
    if receipt_by is None:
        _finish(message, State.BUNDLED if message.bundle_id else State.DELIVERED, now)
    else:
        message.state, message.next_attempt_at = State.AWAITING, receipt_by
    return Fared(message, attempt, News.HANDED, "in one message with others" if message.bundle_id else "")


def arrived(message: OutboxMessage, attempt: DeliveryAttempt, now: datetime, *, why: str) -> Fared:
    """A receipt says that it is there."""
    _finish(message, State.BUNDLED if message.bundle_id else State.DELIVERED, now)
    return Fared(message, attempt, News.ARRIVED, why)


def not_handed_over(
    message: OutboxMessage,
    attempt: DeliveryAttempt,
    now: datetime,
    *,
    another_way: bool,
    permanent: bool = False,
    asked: timedelta | None = None,
) -> Fared:
    """The channel did not take it: after a wait it is tried again, then the next way is taken, and without one it is given up."""
    delay = delay_after(message.tries, another_way=another_way, asked=asked) if not permanent else None
    if delay is None:
        return _next_way(message, attempt, now, another_way=another_way, why=attempt.detail)
    _wait(message, now + delay)
    return Fared(message, attempt, News.TRIED, attempt.detail)


def did_not_arrive(message: OutboxMessage, attempt: DeliveryAttempt, now: datetime, *, another_way: bool, why: str) -> Fared:
    """The channel took it, and then said that nobody got it. The next way is taken at once; the last one is tried again, as after failing."""
    if another_way:
        return _next_way(message, attempt, now, another_way=True, why=why)
    delay = delay_after(message.tries, another_way=False)
    if delay is None:
        return give_up(message, attempt, now, why=why)
    _wait(message, now + delay)
    return Fared(message, attempt, News.TRIED, why)


def no_receipt(message: OutboxMessage, attempt: DeliveryAttempt | None, now: datetime, *, another_way: bool, why: str) -> Fared:
    """The receipt did not come in time. The last way is not tried again: it may well have arrived, and would arrive twice."""
    return _next_way(message, attempt, now, another_way=another_way, why=why)


def give_up(message: OutboxMessage, attempt: DeliveryAttempt | None, now: datetime, *, why: str) -> Fared:
    logger.error("Message %s to %s could not be delivered: %s", message.kind, message.person_name, why)
    _finish(message, State.FAILED, now)
    return Fared(message, attempt, News.FAILED, why)


def store(messages: Iterable[OutboxMessage]) -> None:
    """Writes what became of `messages`: one statement for all that became the same."""
    same: dict[tuple[Any, ...], list[UUID]] = {}
    for message in messages:
        forgets = message.secret and message.finished_at is not None
        same.setdefault((forgets, *(getattr(message, name) for name in COLUMNS)), []).append(message.pk)
    for (forgets, *values), keys in same.items():
        columns = dict(zip(COLUMNS, values, strict=True)) | ({"body": FORGOTTEN} if forgets else {})
        OutboxMessage.objects.filter(pk__in=keys).update(**columns)


def _next_way(message: OutboxMessage, attempt: DeliveryAttempt | None, now: datetime, *, another_way: bool, why: str) -> Fared:
    if not another_way:
        return give_up(message, attempt, now, why=why)
    message.contact_position, message.tries, message.lane = message.contact_position + 1, 0, ""
    _wait(message, now)
    return Fared(message, attempt, News.REROUTED, why)


def _wait(message: OutboxMessage, until: datetime) -> None:
    message.state, message.next_attempt_at, message.bundle_id = State.PENDING, until, None


def _finish(message: OutboxMessage, state: str, now: datetime) -> None:
    message.state, message.finished_at, message.next_attempt_at = state, now, None
