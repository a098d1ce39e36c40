"""Answering by a button in Slack: the member who pressed it must be known, and hears what came of it where they pressed."""

from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction

from portal.foundation.channels.slack import respond
from portal.foundation.errors import DeliveryFailed, PortalError
from portal.foundation.outbox.models import OutboxMessage
from portal.foundation.outbox.tokens import message_of

from .answerers import ACKNOWLEDGE
from .senders import sender
from .services import Answered, answer, digest_of, note
from .ways import SLACK

TELL = "portal.tasks.tell_slack"
UNKNOWN = "The portal does not know this button any more. Please open the incident in the portal."


def take_press(*, token: str, member: str, pressed: str, said: str, respond_at: str, now: datetime) -> Answered:
    """`member` pressed 'Acknowledge' in the message behind `token` at `pressed`, Slack's own time of the press. `said` is the message's text.

    What came of it is told at `respond_at` by a worker, once the transaction is through; the call itself never waits for Slack.
    """
    digest = digest_of("slack", member, pressed, token)
    told = _answered(token, member, digest, now)
    if respond_at:
        transaction.on_commit(partial(_ask_a_worker, respond_at, _reply(told, said)))
    return told


def tell(respond_at: str, document: dict[str, Any]) -> str:
    """What a worker does: posts `document` to Slack; returns what came of it. A failure is no reason to try again, for the press was taken."""
    try:
        respond(respond_at, document)
    except DeliveryFailed as error:
        return error.message
    return "told"


def _answered(token: str, member: str, digest: str, now: datetime) -> Answered:
    opened = message_of(token)
    message = OutboxMessage.objects.filter(pk=opened[0]).first() if opened and now < opened[1] else None
    if message is None:
        note(SLACK, digest=digest, told=ACKNOWLEDGE, outcome=UNKNOWN, now=now)
        return Answered(False, UNKNOWN, 410)
    try:
        person = sender("slack", member, now=now, receiver=message.person_id)
    except PortalError as error:
        note(SLACK, digest=digest, told=ACKNOWLEDGE, outcome=error.message, now=now)
        return Answered(False, error.message, error.status)
    return answer(message, person, ACKNOWLEDGE, SLACK, now=now, digest=digest)


def _reply(told: Answered, said: str) -> dict[str, Any]:
    """In place of the message and its buttons when it was done; else a note that only whoever pressed can see."""
    if told.done:
        return {"replace_original": True, "text": f"{said}\n:white_check_mark: {told.words}".strip()}
    return {"replace_original": False, "response_type": "ephemeral", "text": told.words}


def _ask_a_worker(respond_at: str, document: dict[str, Any]) -> None:
    from django_q.tasks import async_task

    async_task(TELL, respond_at, document, save=False)
