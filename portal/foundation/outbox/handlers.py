"""Who wants to hear how a message fared: apps register one handler a kind at start."""

import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import transaction

from portal.foundation.registry import Registry

from .models import DeliveryAttempt, OutboxMessage

logger = logging.getLogger(__name__)


class News(StrEnum):
    """What became known about a message."""

    HANDED = "handed over"
    ARRIVED = "arrived"
    TRIED = "not handed over, to be tried again"
    REROUTED = "not reached, the next contact point is tried"
    FAILED = "given up"


@dataclass(frozen=True, slots=True)
class Fared:
    """How one message fared at its latest attempt, if it had one; `why` says what went wrong, or how the receipt reads."""

    message: OutboxMessage
    attempt: DeliveryAttempt | None
    news: News
    why: str = ""


Handler = Callable[[Sequence[Fared], datetime], None]

# Called in the transaction that records what happened, with everything of one kind that it records.
outcomes: Registry[Handler] = Registry("outcome handler")
# Called after that, with what providers call the messages whose receipts are awaited: a report may have been faster than the record.
referred: Registry[Callable[[Collection[str], datetime], None]] = Registry("what hears of new references")


def tell(news: Iterable[Fared], now: datetime) -> None:
    """The kinds' handlers hear of it. Their failing must not undo the record: the messages would be sent again."""
    by_kind: dict[str, list[Fared]] = {}
    for fared in news:
        by_kind.setdefault(fared.message.kind, []).append(fared)
    for kind, some in by_kind.items():
        handler = outcomes.get(kind)
        if handler is None or _told(handler, some, now) or len(some) == 1:
            continue
        # One that cannot be told must not keep the others from being told.
        for fared in some:
            _told(handler, [fared], now)


def _told(handler: Handler, some: Sequence[Fared], now: datetime) -> bool:
    try:
        with transaction.atomic():
            handler(some, now)
    except Exception:
        logger.exception("How %d messages fared could not be told, such as message %s.", len(some), some[0].message.pk)
        return False
    return True
