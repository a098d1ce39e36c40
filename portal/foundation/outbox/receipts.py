"""Receipts: what a provider reports about a message that it took, and what follows when it reports nothing.

Reports come late, twice and in any order, so each status has a rank, and none that is further back than the last counts.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db import transaction

from portal.foundation import words
from portal.foundation.channels.rules import Uses

from .handlers import Fared, tell
from .models import DeliveryAttempt, OutboxMessage
from .settling import OPEN, State, arrived, did_not_arrive, no_receipt, store
from .ways import ways_of


class Effect(StrEnum):
    """What came of a receipt."""

    UNKNOWN = "No message was handed over under this reference."
    REPEATED = "This, or something further, was reported before."
    RECORDED = "Recorded; nothing follows from it."
    ARRIVED = "The message counts as arrived."
    NOT_ARRIVED = "The message did not arrive; the next way is taken, or the last one again."


@dataclass(frozen=True, slots=True)
class Noted:
    """What came of a receipt, and the message it is about: of several that travelled as one, the first."""

    effect: Effect
    message: OutboxMessage | None = None


@transaction.atomic
def note_receipt(provider_ref: str, status: str, rank: int, *, good: bool, bad: bool, now: datetime, detail: str = "") -> Noted:
    """Takes a provider's report about what it calls `provider_ref`.

    `status` is its own word, `rank` how far that is (from 1; a later one is higher). `good`: it arrived; `bad`: it will not. `detail` tells
    people why, such as 'nobody picked up'. A repeat, an older report and one about a message that is settled do no harm.
    """
    found = DeliveryAttempt.objects.filter(provider_ref=provider_ref) if provider_ref else DeliveryAttempt.objects.none()
    keys = set(found.values_list("message_id", flat=True))
    if not keys:
        return Noted(Effect.UNKNOWN)
    messages = {message.pk: message for message in OutboxMessage.objects.select_for_update(of=("self",)).filter(pk__in=keys).order_by("pk")}
    # Read again under the lock: another report may have been faster.
    attempts = [attempt for attempt in found.order_by("message__created_at", "pk") if attempt.receipt_rank < rank]
    first = messages.get(attempts[0].message_id) if attempts else min(messages.values(), key=lambda message: message.created_at)
    if not attempts:
        return Noted(Effect.REPEATED, first)
    for attempt in attempts:
        attempt.receipt, attempt.receipt_rank, attempt.receipt_at = status[:20], rank, now
        if bad and detail:
            attempt.detail = f"{attempt.detail}; {detail}"[:500]
    DeliveryAttempt.objects.bulk_update(attempts, ["receipt", "receipt_rank", "receipt_at", "detail"])
    news = _follows(attempts, messages, good=good, bad=bad, why=detail or status, now=now)
    if not news:
        return Noted(Effect.RECORDED, first)
    store(fared.message for fared in news)
    tell(news, now)
    return Noted(Effect.ARRIVED if good else Effect.NOT_ARRIVED, first)


def _follows(
    attempts: list[DeliveryAttempt], messages: dict[UUID, OutboxMessage], *, good: bool, bad: bool, why: str, now: datetime
) -> list[Fared]:
    open_ones = [(messages[attempt.message_id], attempt) for attempt in attempts if messages[attempt.message_id].state in OPEN]
    if good:
        # Wherever it is by now: it has arrived, and need not go another way.
        return [arrived(message, attempt, now, why=why) for message, attempt in open_ones]
    if not bad:
        return []
    latest = _latest([message for message, _ in open_ones])
    waiting = [
        (message, attempt) for message, attempt in open_ones if message.state == State.AWAITING and latest[message.pk].pk == attempt.pk
    ]
    ways = ways_of([message for message, _ in waiting])
    return [
        did_not_arrive(message, attempt, now, another_way=message.contact_position + 1 < len(ways[message.pk]), why=why)
        for message, attempt in waiting
    ]


@transaction.atomic
def settle_missing(*, now: datetime, most: int = 200) -> int:
    """Takes the next way for messages whose receipt did not come in time; how many."""
    late = OutboxMessage.objects.select_for_update(skip_locked=True, of=("self",)).filter(state=State.AWAITING, next_attempt_at__lte=now)
    messages = list(late.order_by("next_attempt_at")[:most])
    if not messages:
        return 0
    latest, ways, uses, news = _latest(messages), ways_of(messages), Uses(), []
    for message in messages:
        attempt = latest.get(message.pk)
        within = words.duration(uses[attempt.channel].receipt_within) if attempt else ""
        why = f"No receipt came within {within}." if attempt else "No receipt came."
        news.append(no_receipt(message, attempt, now, another_way=message.contact_position + 1 < len(ways[message.pk]), why=why))
    store(messages)
    tell(news, now)
    return len(messages)


def _latest(messages: list[OutboxMessage]) -> dict[UUID, DeliveryAttempt]:
    """The last attempt of each message. One query."""
    attempts = DeliveryAttempt.objects.filter(message__in=messages).order_by("number")
    return {attempt.message_id: attempt for attempt in attempts}
