"""Telephone calls that read a message out and take a key as the answer, through a service that speaks Twilio's API."""

import re

from django.conf import settings

from portal.foundation.errors import DeliveryFailed
from portal.foundation.people.addresses import problem_with

from . import telephone
from .base import CODE, Handed, Message
from .twiml import PAUSE, document, one_key, say

# Half a minute of speech. The document may have 4,000 letters and holds the text twice, in which a sign may take six.
LONGEST = 250
KEYS = "To acknowledge, press 1. To hear it again, press 9."
UNANSWERED = "No key was pressed, so nothing is acknowledged. Goodbye."
_DIGITS = re.compile(r"\d{4,}")


class Voice:
    """One call a message, its text twice: whoever is woken misses the first half of the first."""

    def not_set_up(self, address: str) -> str:
        return telephone.missing("TELEPHONE_VOICE_FROM")

    def problem_with(self, address: str) -> str:
        return problem_with("voice", address)

    def send(self, address: str, message: Message) -> Handed:
        if self.not_set_up(address):
            raise DeliveryFailed(self.not_set_up(address), permanent=True)
        # That somebody picked up is known at once, not only when the call is over; a busy line and the like count as completed.
        events = {"StatusCallbackEvent": ["answered", "completed"]} if telephone.callback(telephone.STATUS) else {}
        asked = {"From": settings.TELEPHONE_VOICE_FROM, "Twiml": spoken(message)}
        return telephone.submit("voice", "Calls", address, {**asked, **events})


def spoken(message: Message) -> str:
    """What the service is told to say, as TwiML. A code is read digit by digit; links are not read out.

    What can be answered is followed by the keys to press. Without a key nothing is acknowledged: a machine may have picked up.
    """
    text = f"{message.title}. {message.body}"
    if message.kind == CODE:
        text = _DIGITS.sub(lambda code: ", ".join(code.group()), text)
    text = text if len(text) <= LONGEST else text[:LONGEST].rsplit(" ", 1)[0]
    keypad = telephone.callback(telephone.KEYPAD) if message.answer_link else ""
    keys = say(KEYS) if keypad else ""
    told = f"{say(text)}{keys}{PAUSE}{say('I repeat.')}{say(text)}{keys}"
    return document(one_key(told, keypad) + say(UNANSWERED) if keypad else told)


def asked_again(text: str) -> str:
    """`text`, and then the keys once more: the answer to a key that means nothing."""
    return document(one_key(say(text) + say(KEYS), telephone.callback(telephone.KEYPAD)) + say(UNANSWERED))


def goodbye(text: str) -> str:
    """`text`, and the call is over."""
    return document(say(text))
