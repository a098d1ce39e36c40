"""Telephone calls that read a message out, through a service that speaks Twilio's API."""

import re
from xml.sax.saxutils import escape

from django.conf import settings

from portal.foundation.errors import DeliveryFailed
from portal.foundation.people.addresses import problem_with

from . import telephone
from .base import CODE, Handed, Message

# Half a minute of speech. The document may have 4,000 letters and holds the text twice, in which a sign may take six.
LONGEST = 300
_DIGITS = re.compile(r"\d{4,}")
# XML has no way to write these.
_UNSPEAKABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class Voice:
    """One call a message, its text twice: whoever is woken misses the first half of the first."""

    def not_set_up(self, address: str) -> str:
        return telephone.missing("TELEPHONE_VOICE_FROM")

    def problem_with(self, address: str) -> str:
        return problem_with("voice", address)

    def send(self, address: str, message: Message) -> Handed:
        if self.not_set_up(address):
            raise DeliveryFailed(self.not_set_up(address), permanent=True)
        return Handed(telephone.submit("voice", "Calls", address, {"From": settings.TELEPHONE_VOICE_FROM, "Twiml": spoken(message)}))


def spoken(message: Message) -> str:
    """What the service is told to say, as TwiML. A code is read digit by digit; links are not read out."""
    text = f"{message.title}. {message.body}"
    if message.kind == CODE:
        text = _DIGITS.sub(lambda code: ", ".join(code.group()), text)
    text = _UNSPEAKABLE.sub(" ", text)
    text = text if len(text) <= LONGEST else text[:LONGEST].rsplit(" ", 1)[0]
    say = f'<Say language="en-GB">{escape(text)}</Say>'
    return f'<Response>{say}<Pause length="1"/><Say language="en-GB">I repeat.</Say>{say}</Response>'
