"""Queueing what must leave and taking back what need not: rows only, in the transaction of the business."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NotRequired, TypedDict, Unpack

from django.db.models import Q

from portal.foundation.many_rows import insert_all, made
from portal.foundation.secrecy import seal

from .models import SEALED_BODY, OutboxMessage
from .settling import FORGOTTEN, OPEN


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
    return OutboxMessage.objects.get_or_create(idempotency_key=values.pop("idempotency_key"), defaults=values)[0]


def draft(**letter: Unpack[Letter]) -> OutboxMessage:
    """A message that stands nowhere yet, for `queue_all`."""
    person = letter["person"]
    return made(
        OutboxMessage,
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
        body=seal(letter["body"], purpose=SEALED_BODY) if letter.get("secret") else letter["body"],
        link=letter["link"][:300],
        idempotency_key=letter["idempotency_key"],
    )


def queue_all(messages: Collection[OutboxMessage], *, now: datetime) -> None:
    """Puts many drafts into the outbox in one statement. One whose idempotency key already stands there changes nothing."""
    for message in messages:
        message.created_at = message.next_attempt_at = now
    insert_all(list(messages), unless_there=True)


def restrict_waiting(about: str, *, confidential: bool, discreet_title: str) -> int:
    """What waits about `about`, or a part of it ('about:part'), leaves as confidential, or no longer; how many messages that is."""
    waiting = OutboxMessage.objects.filter(Q(subject_ref=about) | Q(subject_ref__startswith=f"{about}:"), state__in=OPEN)
    return waiting.update(confidential=confidential, discreet_title=discreet_title[:250])


def cancel_waiting(*subject_refs: str, now: datetime) -> int:
    """Takes back every message about these that has not been handed over or has no receipt yet; the number of them.

    One that is on its way this very moment may still arrive; if it does, it counts as delivered.
    """
    waiting = OutboxMessage.objects.filter(subject_ref__in=subject_refs, state__in=OPEN)
    waiting.filter(secret=True).update(body=FORGOTTEN)
    return waiting.update(state=OutboxMessage.State.CANCELLED, finished_at=now, next_attempt_at=None)
