"""Sending what is due: claim a message, call its channel outside any transaction, write down what happened.

At least once: a worker that dies while sending leaves a lease behind, and the message is taken again when that ends.
"""

import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from portal.foundation.channels.base import Message, channels
from portal.foundation.channels.rules import Uses
from portal.foundation.errors import DeliveryFailed
from portal.foundation.people.models import ContactPoint

from .handlers import tell
from .models import DeliveryAttempt, OutboxMessage
from .receipts import settle_missing
from .services import is_due
from .settling import give_up, handed_over, not_handed_over, store
from .ways import contacts_of as contacts_of
from .ways import in_order as in_order
from .ways import ways_of

logger = logging.getLogger(__name__)
State = OutboxMessage.State
# Longer than the longest call of a channel: a message must not be taken twice while its first sending still runs.
LEASE = timedelta(seconds=90)
# One task stays well below the workers' own time limit; what is left is taken by the next.
LONGEST_ROUND = timedelta(seconds=60)
NO_WAY = "There is no active contact point left to try."


class Stopwatch:
    """The time as it goes on from the `now` that a door read once."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._begun = time.monotonic()

    def now(self) -> datetime:
        return self._now + self.elapsed()

    def elapsed(self) -> timedelta:
        return timedelta(seconds=time.monotonic() - self._begun)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one call of a channel went."""

    succeeded: bool
    detail: str
    permanent: bool = False
    retry_after: timedelta | None = None
    ref: str = ""
    receipts: bool = False


def deliver_due(*, now: datetime) -> int:
    """Sends every message that is due, for up to a minute; the number of those taken. Safe to run in several workers at once."""
    watch, taken = Stopwatch(now), 0
    settle_missing(now=now)
    while watch.elapsed() < LONGEST_ROUND:
        message = _claim(watch.now())
        if message is None:
            return taken
        taken += 1
        _deliver(message, watch)
    return taken


def _claim(now: datetime) -> OutboxMessage | None:
    """The longest waiting message that is due, now ours until its lease ends; None when there is none."""
    with transaction.atomic():
        due = OutboxMessage.objects.select_for_update(skip_locked=True, of=("self",)).filter(is_due(now))
        message = due.order_by("next_attempt_at", "created_at").first()
        if message is None:
            return None
        message.state, message.next_attempt_at, message.tries = State.SENDING, now + LEASE, message.tries + 1
        message.save(update_fields=["state", "next_attempt_at", "tries"])
    return message


def _deliver(message: OutboxMessage, watch: Stopwatch) -> None:
    contacts = ways_of([message])[message.pk]
    if message.contact_position >= len(contacts):
        _no_way(message, watch.now())
        return
    contact, started_at = contacts[message.contact_position], watch.now()
    outcome = _call(contact, message)
    _record(message, contact, outcome, started_at, watch.now(), another_way=message.contact_position + 1 < len(contacts))


def _call(contact: ContactPoint, message: OutboxMessage) -> Outcome:
    channel = channels.get(contact.channel)
    if channel is None:
        return Outcome(False, "This channel is not known.", permanent=True)
    letter = Message(
        str(message.idempotency_key), message.kind, message.person_name, message.title, message.body, message.link, str(message.pk)
    )
    try:
        handed = channel.send(contact.address, letter)
        return Outcome(True, handed.words, ref=handed.ref, receipts=handed.receipts)
    except DeliveryFailed as error:
        return Outcome(False, error.message, error.permanent, error.retry_after)
    except Exception as error:  # noqa: BLE001 - see below
        # The text and the traceback of an unforeseen error could hold the address.
        logger.error("Channel %s failed unexpectedly: %s", contact.channel, type(error).__name__)
        return Outcome(False, f"The channel failed ({type(error).__name__}).")


def _record(
    ours: OutboxMessage, contact: ContactPoint, outcome: Outcome, started_at: datetime, now: datetime, *, another_way: bool
) -> None:
    """One transaction: the attempt, what becomes of the message, and its subject hears of it."""
    with transaction.atomic():
        message = OutboxMessage.objects.select_for_update(of=("self",)).get(pk=ours.pk)
        attempt = DeliveryAttempt.objects.create(
            message=message,
            number=message.attempts.count() + 1,
            channel=contact.channel,
            contact_label=contact.label,
            started_at=started_at,
            finished_at=now,
            succeeded=outcome.succeeded,
            detail=outcome.detail[:500],
            provider_ref=outcome.ref[:120],
        )
        still_ours = message.state == State.SENDING and (message.tries, message.contact_position) == (ours.tries, ours.contact_position)
        if outcome.succeeded:
            receipt_by = now + Uses()[contact.channel].receipt_within if outcome.receipts and still_ours else None
            fared = handed_over(message, attempt, now, receipt_by=receipt_by)
        elif not still_ours:
            # Cancelled meanwhile, or taken by another worker after our lease: that one decides what follows.
            return
        else:
            fared = not_handed_over(message, attempt, now, another_way=another_way, permanent=outcome.permanent, asked=outcome.retry_after)
        store([message])
        tell([fared], now)


def _no_way(ours: OutboxMessage, now: datetime) -> None:
    with transaction.atomic():
        message = OutboxMessage.objects.select_for_update(of=("self",)).get(pk=ours.pk)
        if message.state == State.SENDING:
            fared = give_up(message, None, now, why=NO_WAY)
            store([message])
            tell([fared], now)
