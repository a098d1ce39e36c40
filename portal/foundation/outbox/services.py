"""Queueing what must leave and taking back what need not: rows only, in the transaction of the business."""

import logging
from collections.abc import Collection
from datetime import datetime
from functools import partial
from typing import Any, NotRequired, TypedDict, Unpack

from django.db import DatabaseError, transaction
from django.db.models import Q

from .models import OutboxMessage
from .settling import FORGOTTEN, OPEN

logger = logging.getLogger(__name__)
WAITING = (OutboxMessage.State.PENDING, OutboxMessage.State.SENDING)
DELIVER = "portal.tasks.deliver_due"
# One wake-up delivers everything that is due, so a longer queue of them only costs.
MOST_WAKE_UPS = 10


class Letter(TypedDict):
    """What a message needs. `person` gets it; with `contact` it goes to that contact point and no other.

    An `urgent` one follows the person's rules for what cannot wait. The text of a `secret` one is not shown, and forgotten once it left. A
    `confidential` one carries title and body only over channels that are cleared for it, elsewhere `discreet_title` and the link. One of a
    `drill` goes nowhere but where the drill allows.
    """

    kind: str
    person: Any
    subject_ref: str
    title: str
    body: str
    link: str
    idempotency_key: str
    contact: NotRequired[Any]
    secret: NotRequired[bool]
    urgent: NotRequired[bool]
    confidential: NotRequired[bool]
    discreet_title: NotRequired[str]
    drill: NotRequired[bool]


def queue(*, now: datetime, **letter: Unpack[Letter]) -> OutboxMessage:
    """Puts a message into the outbox, to be sent once the running transaction has committed; see `Letter`.

    The same `idempotency_key` again returns the message that already stands there.
    """
    message = draft(**letter)
    message.created_at = message.next_attempt_at = now
    values = {field.attname: getattr(message, field.attname) for field in message._meta.concrete_fields}
    message, made = OutboxMessage.objects.get_or_create(idempotency_key=values.pop("idempotency_key"), defaults=values)
    if made:
        transaction.on_commit(partial(wake_delivery, now=now))
    return message


def draft(**letter: Unpack[Letter]) -> OutboxMessage:
    """A message that stands nowhere yet, for `queue_all`."""
    person = letter["person"]
    return OutboxMessage(
        kind=letter["kind"],
        person=person,
        person_name=str(person)[:150],
        contact=letter.get("contact"),
        secret=letter.get("secret", False),
        urgent=letter.get("urgent", False),
        confidential=letter.get("confidential", False),
        discreet_title=letter.get("discreet_title", "")[:250],
        drill=letter.get("drill", False),
        subject_ref=letter["subject_ref"],
        title=letter["title"][:250],
        body=letter["body"],
        link=letter["link"][:300],
        idempotency_key=letter["idempotency_key"],
    )


def queue_all(messages: Collection[OutboxMessage], *, now: datetime) -> None:
    """Puts many drafts into the outbox in one statement. One whose idempotency key already stands there changes nothing."""
    for message in messages:
        message.created_at = message.next_attempt_at = now
    OutboxMessage.objects.bulk_create(messages, ignore_conflicts=True)


def cancel_waiting(subject_ref: str, *, now: datetime) -> int:
    """Takes back every message about `subject_ref` that has not been handed over or has no receipt yet; the number of them.

    One that is on its way this very moment may still arrive; if it does, it counts as delivered.
    """
    waiting = OutboxMessage.objects.filter(subject_ref=subject_ref, state__in=OPEN)
    waiting.filter(secret=True).update(body=FORGOTTEN)
    return waiting.update(state=OutboxMessage.State.CANCELLED, finished_at=now, next_attempt_at=None)


def is_due(now: datetime) -> Q:
    """Waiting messages whose time has come, and those whose worker did not come back before its lease ended."""
    return Q(state__in=WAITING, next_attempt_at__lte=now)


def wake_delivery(*, now: datetime) -> None:
    """Asks a worker to deliver what is due. Losing the wake-up loses nothing: a sweep looks every minute."""
    from django_q.models import OrmQ
    from django_q.tasks import async_task

    try:
        if OutboxMessage.objects.filter(is_due(now)).exists() and OrmQ.objects.count() < MOST_WAKE_UPS:
            async_task(DELIVER, save=False)
    except DatabaseError:
        logger.warning("No worker could be woken; the next sweep delivers what is due.")
