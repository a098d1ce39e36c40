"""Queueing what must leave and taking back what need not: rows only, in the transaction of the business."""

import logging
from datetime import datetime
from functools import partial
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import Q

from .models import OutboxMessage
from .settling import FORGOTTEN, OPEN

logger = logging.getLogger(__name__)
WAITING = (OutboxMessage.State.PENDING, OutboxMessage.State.SENDING)
DELIVER = "portal.tasks.deliver_due"
# One wake-up delivers everything that is due, so a longer queue of them only costs.
MOST_WAKE_UPS = 10


def queue(
    *,
    kind: str,
    person: Any,
    subject_ref: str,
    title: str,
    body: str,
    link: str,
    idempotency_key: str,
    now: datetime,
    contact: Any = None,
    secret: bool = False,
    urgent: bool = False,
) -> OutboxMessage:
    """Puts a message to `person` into the outbox, to be sent once the running transaction has committed.

    With `contact` it goes to that contact point and no other. An `urgent` one follows the person's rules for what cannot wait. The text of a `secret` one is not shown, and forgotten once it left.
    The same `idempotency_key` again returns the message that already stands there. Wakes a worker after the commit.
    """
    message, made = OutboxMessage.objects.get_or_create(
        idempotency_key=idempotency_key,
        defaults={
            "kind": kind,
            "person": person,
            "person_name": str(person)[:150],
            "contact": contact,
            "secret": secret,
            "urgent": urgent,
            "subject_ref": subject_ref,
            "title": title[:250],
            "body": body,
            "link": link[:300],
            "created_at": now,
            "next_attempt_at": now,
        },
    )
    if made:
        transaction.on_commit(partial(wake_delivery, now=now))
    return message


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
