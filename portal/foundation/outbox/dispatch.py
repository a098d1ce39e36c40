"""Sending what is due: claim a message, call its channel outside any transaction, write down what happened.

At least once: a worker that dies while sending leaves a lease behind, and the message is taken again when that ends.
"""

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from portal.foundation.channels.base import Message, channels, is_alert
from portal.foundation.errors import DeliveryFailed
from portal.foundation.people.addresses import EMAIL
from portal.foundation.people.models import ContactPoint, ContactRule

from .backoff import delay_after
from .handlers import outcomes
from .models import DeliveryAttempt, OutboxMessage
from .services import FORGOTTEN, is_due

logger = logging.getLogger(__name__)
State = OutboxMessage.State
# Longer than the longest call of a channel: a message must not be taken twice while its first sending still runs.
LEASE = timedelta(seconds=90)
# One task stays well below the workers' own time limit; what is left is taken by the next.
LONGEST_ROUND = timedelta(seconds=60)


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


def deliver_due(*, now: datetime) -> int:
    """Sends every message that is due, for up to a minute; the number of those taken. Safe to run in several workers at once."""
    watch, taken = Stopwatch(now), 0
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
    ways = contacts_of(message.person_id, urgent=message.urgent, alert=is_alert(message.kind))
    contacts = [contact for contact in ways if message.contact_id in (None, contact.pk)]
    if message.contact_position >= len(contacts):
        with transaction.atomic():
            _give_up(message, None, watch.now())
        return
    contact, started_at = contacts[message.contact_position], watch.now()
    outcome = _call(contact, message)
    _record(message, contact, outcome, started_at, watch.now(), another_way=message.contact_position + 1 < len(contacts))


def contacts_of(person_id: int | None, *, urgent: bool = False, alert: bool = True) -> list[ContactPoint]:
    """The ways to reach an active person, first choice first: those in their rules for this urgency, then all others in their order.

    E-mail carries no alert, and nothing urgent, so it is none of the ways then. Two queries.
    """
    found = ContactPoint.objects.filter(person_id=person_id, active=True, person__is_active=True).order_by("order", "id")
    urgency = ContactRule.Urgency.URGENT if urgent else ContactRule.Urgency.NORMAL
    rules = ContactRule.objects.filter(person_id=person_id, urgency=urgency).order_by("position")
    return in_order(found, lambda: list(rules.values_list("contact_id", flat=True)), urgent=urgent, alert=alert)


def in_order(
    contacts: Iterable[ContactPoint], rules: Callable[[], Sequence[int]], *, urgent: bool = False, alert: bool = True
) -> list[ContactPoint]:
    """One person's active `contacts`, which stand in their own order, as they are tried. `rules` gives those chosen, asked only if need be."""
    ways = [contact for contact in contacts if contact.channel != EMAIL or not (urgent or alert)]
    chosen = {contact: place for place, contact in enumerate(rules())} if len(ways) > 1 else {}
    # A way that no rule names is never lost: it comes after those that are named. Sorting keeps their own order.
    return sorted(ways, key=lambda contact: chosen.get(contact.pk, len(chosen)))


def _call(contact: ContactPoint, message: OutboxMessage) -> Outcome:
    channel = channels.get(contact.channel)
    if channel is None:
        return Outcome(False, "This channel is not known.", permanent=True)
    letter = Message(str(message.idempotency_key), message.kind, message.person_name, message.title, message.body, message.link)
    try:
        return Outcome(True, channel.send(contact.address, letter))
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
        )
        still_ours = message.state == State.SENDING and (message.tries, message.contact_position) == (ours.tries, ours.contact_position)
        if outcome.succeeded:
            _finish(message, State.DELIVERED, now)
        elif not still_ours:
            # Cancelled meanwhile, or taken by another worker after our lease: that one decides what follows.
            return
        else:
            delay = delay_after(message.tries, another_way=another_way, asked=outcome.retry_after) if not outcome.permanent else None
            if delay is None and not another_way:
                _give_up(message, attempt, now)
                return
            _postpone(message, now + (delay or timedelta()), next_way=delay is None)
        _tell(message, attempt, now)


def _postpone(message: OutboxMessage, until: datetime, *, next_way: bool) -> None:
    message.state, message.next_attempt_at = State.PENDING, until
    if next_way:
        message.contact_position, message.tries = message.contact_position + 1, 0
    message.save(update_fields=["state", "next_attempt_at", "contact_position", "tries"])


def _give_up(message: OutboxMessage, attempt: DeliveryAttempt | None, now: datetime) -> None:
    current = OutboxMessage.objects.select_for_update(of=("self",)).get(pk=message.pk)
    if current.state != State.SENDING:
        return
    logger.error(
        "Message %s to %s could not be delivered: %s", current.kind, current.person_name, attempt.detail if attempt else "no way left"
    )
    _finish(current, State.FAILED, now)
    _tell(current, attempt, now)


def _finish(message: OutboxMessage, state: str, now: datetime) -> None:
    message.state, message.finished_at, message.next_attempt_at = state, now, None
    if message.secret:
        message.body = FORGOTTEN
    message.save(update_fields=["state", "finished_at", "next_attempt_at", "body"])


def _tell(message: OutboxMessage, attempt: DeliveryAttempt | None, now: datetime) -> None:
    """The kind's handler hears of it. Its failing must not undo the record: the message would be sent again."""
    handler = outcomes.get(message.kind)
    if handler is None:
        return
    try:
        with transaction.atomic():
            handler(message, attempt, now)
    except Exception:
        logger.exception("The outcome of message %s could not be told to its subject.", message.pk)
