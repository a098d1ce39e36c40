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
        return telephone.submit("sms", "Messages", address, {of: sender, "Body": in_short(message, replies=takes_replies())})


def takes_replies() -> bool:
    """Whether people can write back to where texts come from: a number or a messaging service, but no name in letters."""
    sender = settings.TELEPHONE_SMS_FROM
    return sender.startswith("+") or (sender.startswith("MG") and len(sender) == 34)


def in_short(message: Message, longest: int = LONGEST, *, replies: bool = True) -> str:
    """Title, body and how to answer, or else the link, in `longest` letters; the body gives way first, what stands at the end never."""
    text = f"{message.title}\n{message.body}".strip()
    end = _how_to_answer(message, replies) or message.link
    room = longest - len(end) - bool(end)
    short = text if len(text) <= room else f"{text[: room - 1].rstrip()}…"
    return f"{short}\n{end}" if end else short


def _how_to_answer(message: Message, replies: bool) -> str:
    """'Answer ACK 12, or open https://…'; the page behind the link leads on to the portal."""
    ways = [f"answer ACK {message.answer_code}"] if message.answer_code and replies else []
    ways += [f"open {message.answer_link}"] if message.answer_link else []
    return f"To acknowledge {' or '.join(ways)}" if ways else ""
