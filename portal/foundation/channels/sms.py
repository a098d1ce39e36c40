"""Text messages, through a service that speaks Twilio's API."""

from django.conf import settings

from portal.foundation.errors import DeliveryFailed
from portal.foundation.people.addresses import problem_with

from . import telephone
from .base import Handed, Message

# Four segments of 160 letters: whoever wants more opens the link.
LONGEST = 600


class Sms:
    """One text a message: title, as much of the body as fits, link."""

    def not_set_up(self, address: str) -> str:
        return telephone.missing("TELEPHONE_SMS_FROM")

    def problem_with(self, address: str) -> str:
        return problem_with("sms", address)

    def send(self, address: str, message: Message) -> Handed:
        if self.not_set_up(address):
            raise DeliveryFailed(self.not_set_up(address), permanent=True)
        sender = settings.TELEPHONE_SMS_FROM
        of = "MessagingServiceSid" if sender.startswith("MG") else "From"
        return Handed(telephone.submit("sms", "Messages", address, {of: sender, "Body": in_short(message)}))


def in_short(message: Message, longest: int = LONGEST) -> str:
    """Title, body and link in `longest` letters; the body gives way first, the link never."""
    link = f"\n{message.link}" if message.link else ""
    text = f"{message.title}\n{message.body}".strip()
    room = longest - len(link)
    return (text if len(text) <= room else f"{text[: room - 1].rstrip()}…") + link
