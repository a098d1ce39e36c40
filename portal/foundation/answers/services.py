"""Taking an answer: whoever gave it is known and so is the message; what it asks for is done once, and kept with its way."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import OperationalError, transaction

from portal.foundation import patience
from portal.foundation.adminkit.frame import frames
from portal.foundation.errors import InvalidInput, NotAllowed, PortalError, WrongState
from portal.foundation.outbox.models import OutboxMessage
from portal.foundation.request_context import current_origin, origin

from .answerers import ACKNOWLEDGE, answerers
from .models import Callback
from .ways import LINK, Way


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of an answer, in `words` for whoever gave it. `status` is that of the error when it was not `done`."""

    done: bool
    words: str
    status: int = 200


def answer(message: OutboxMessage, person: Any, verb: str, way: Way, *, now: datetime, digest: str) -> Answered:
    """`person` answers `message`: what its kind's answerer does with `verb`, the message's answer, a Callback and an audit event.

    `digest` makes the call the same call again: a repeat has no second effect and is told what came of the first. Never raises for what
    a person may have done wrong: a refusal changes nothing, is recorded, and its words come back.
    """
    try:
        return _answer(message, person, verb, way, now, digest)
    except OperationalError as error:
        if patience.in_vain(error):
            raise
        # Of two that wait for each other the database ends one; by now the other is through.
        return _answer(message, person, verb, way, now, digest)


def digest_of(*parts: object) -> str:
    """What stands for a call in Callback.digest."""
    return hashlib.sha256("\n".join(str(part) for part in parts).encode("utf-8", "surrogatepass")).hexdigest()


def note(way: Way, *, digest: str, told: str, outcome: str, now: datetime, person: Any = None) -> bool:
    """Keeps a call that was genuine and answers no message; False when it was kept before."""
    kept = {"source": way.source, "kind": way.kind, "received_at": now, "person": person, "told": told[:60], "outcome": outcome[:250]}
    return Callback.objects.get_or_create(digest=digest, defaults=kept)[1]


def told_before(digest: str) -> str | None:
    """What came of the same call earlier; None when there was none."""
    return Callback.objects.filter(digest=digest).values_list("outcome", flat=True).first()


def _answer(message: OutboxMessage, person: Any, verb: str, way: Way, now: datetime, digest: str) -> Answered:
    came = current_origin()
    with origin(way.origin, request_id=came.request_id, address=came.address), transaction.atomic():
        kept = {"source": way.source, "kind": way.kind, "received_at": now, "message": message, "person": person, "told": verb[:60]}
        Callback.objects.get_or_create(digest=digest, defaults={**kept, "outcome": ""})
        # The row is the lock: the same call twice at once does its work one after the other.
        callback = Callback.objects.select_for_update(of=("self",)).get(digest=digest)
        current = OutboxMessage.objects.get(pk=message.pk)
        # One link may be tried again after a refusal, for it is one call however often it is pressed; each other call stands for one press.
        if callback.outcome and (current.answered_at is not None or way is not LINK):
            return Answered(current.answered_at is not None, callback.outcome, 200 if current.answered_at else WrongState.status)
        told = _carry_out(current, person, verb, way, now)
        callback.outcome, callback.received_at = told.words[:250], now
        callback.save(update_fields=["outcome", "received_at"])
    return told


def _carry_out(message: OutboxMessage, person: Any, verb: str, way: Way, now: datetime) -> Answered:
    act = frames["act"]
    why = f"Answered {way.words}."
    try:
        with act("message.answered", actor=person, now=now, subject=message, why=why) as running:
            words = _do(message, person, verb, now, why)
            # Asked of the database, not of this row: another way may have been as fast.
            OutboxMessage.objects.filter(pk=message.pk, answered_at__isnull=True).update(
                answered_at=now, answered_by=person, answer_way=way.name
            )
            running.details.update(way=way.name, verb=verb, outcome=words)
    except PortalError as error:
        with act("message.answer_refused", actor=person, now=now, subject=message, why=why) as running:
            running.details.update(way=way.name, verb=verb, outcome=error.message)
        return Answered(False, error.message, error.status)
    return Answered(True, words)


def _do(message: OutboxMessage, person: Any, verb: str, now: datetime, why: str) -> str:
    answerer = answerers.get(message.kind)
    if answerer is None or verb != ACKNOWLEDGE:
        raise InvalidInput("This message cannot be answered like that.")
    if not person.is_active:
        raise NotAllowed("Your account in the portal is not active, so your answer does not count.")
    if message.answered_at is not None:
        raise WrongState("This message was answered before.")
    return answerer.acknowledge(message, person, now=now, reason=why)
