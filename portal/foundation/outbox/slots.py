"""How many messages one person gets over one channel: what fits goes by itself, the rest together, and nothing is dropped. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from portal.foundation.channels.limits import Limit

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Shared(Generic[T]):
    """`parcels` leave now, each one or several messages in one; `waiting` leave `until` that moment, when the next slot is free."""

    parcels: tuple[tuple[T, ...], ...]
    waiting: tuple[T, ...] = ()
    until: datetime | None = None


def share(messages: Sequence[T], sent: Sequence[datetime], limit: Limit | None, now: datetime, *, most_together: int) -> Shared[T]:
    """Shares the free slots of one person on one channel among `messages`, the most urgent first.

    `sent`: when something was handed over there; calls that still run count as now. The last free slot takes all that is left, as many as
    one message can name.
    """
    if limit is None or not messages:
        return Shared(tuple((message,) for message in messages))
    # What lies ahead was written before the clock was set back, and says nothing about now.
    recent = sorted(moment for moment in sent if now - limit.within < moment <= now)
    free = limit.most - len(recent)
    if len(messages) <= free:
        return Shared(tuple((message,) for message in messages))
    if free <= 0:
        # With one more than `most` behind us it is not the oldest that must leave first.
        return Shared((), tuple(messages), recent[-limit.most] + limit.within)
    alone, together = messages[: free - 1], messages[free - 1 : free - 1 + most_together]
    left = messages[free - 1 + most_together :]
    parcels = (*((message,) for message in alone), tuple(together))
    return Shared(parcels, tuple(left), min([*recent, now]) + limit.within if left else None)
