"""Answering by a key during a call: the call leads to the message and to whom it was made."""

from datetime import datetime

from portal.foundation.channels.base import Message
from portal.foundation.channels.rules import Uses
from portal.foundation.channels.voice import asked_again, goodbye, spoken
from portal.foundation.outbox.letters import letter_for
from portal.foundation.outbox.models import DeliveryAttempt, OutboxMessage
from portal.foundation.people.models import ContactPoint

from .answerers import ACKNOWLEDGE
from .services import answer, digest_of
from .ways import KEYPAD

YES, AGAIN = "1", "9"
NOT_KNOWN = "The portal does not know this call. Please look at your messages."
SEVERAL = "This call was about several messages. Please answer them in the portal."
NOT_A_KEY = "This key means nothing here."


def take_key(call: str, key: str, *, now: datetime) -> str:
    """What is said next to whoever pressed `key` during the call that the service calls `call`, as TwiML.

    Only '1' acknowledges: a voicemail presses nothing, and nobody acknowledges by picking up or hanging up.
    """
    attempts = DeliveryAttempt.objects.filter(provider_ref=call, channel=ContactPoint.Channel.VOICE).select_related("message__person")
    messages = [attempt.message for attempt in attempts[:2]]
    if not messages or messages[0].person is None:
        return goodbye(NOT_KNOWN)
    if len(messages) > 1:
        return goodbye(SEVERAL)
    message = messages[0]
    if key == YES:
        told = answer(message, message.person, ACKNOWLEDGE, KEYPAD, now=now, digest=digest_of("telephone", "keypad", call, key))
        return goodbye(told.words)
    return spoken(_letter(message, now)) if key == AGAIN else asked_again(NOT_A_KEY)


def _letter(message: OutboxMessage, now: datetime) -> Message:
    """The message as anybody may hear it who picks up a telephone: of a confidential one no details."""
    return letter_for(message, ContactPoint(channel=ContactPoint.Channel.VOICE), Uses()[ContactPoint.Channel.VOICE], now)
