"""What a channel is given to carry: the message as it is, what may be said of a confidential one, or several in one. Pure of queries."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from portal.foundation import words
from portal.foundation.channels.base import Message
from portal.foundation.channels.rules import Use
from portal.foundation.channels.sms import takes_replies
from portal.foundation.people.models import ContactPoint

from .models import OutboxMessage
from .tokens import answer_code, answer_link

# How many letters the titles of several messages may take together: what a text or a call carries whole, and what a chat still shows.
ROOM_FOR_TITLES = {"sms": 480, "voice": 240}
ROOM_ELSEWHERE = 3_000
# Enough for severity and number of an incident, by which it is found.
SHORTEST_TITLE = 24
DISCREET = "A confidential message"


def most_together(channel: str) -> int:
    """How many messages one bundle on this channel can name."""
    return _room(channel) // SHORTEST_TITLE


def letter_for(message: OutboxMessage, contact: ContactPoint, use: Use, now: datetime) -> Message:
    """One message as `contact` may get it: details of a confidential one only over a cleared channel, to an address that was verified."""
    title, body = _allowed(message, contact, use, now)
    return Message(
        key=message.idempotency_key,
        kind=message.kind,
        to=message.person_name,
        title=title,
        body=body,
        link=message.link,
        id=str(message.pk),
        answer_link=answer_link(message),
        answer_code=answer_code(message),
    )


def letter_for_all(messages: Sequence[OutboxMessage], contact: ContactPoint, use: Use, now: datetime) -> Message:
    """Several messages to one person as one. It lists all titles. An answer is to one of them: behind its link, or in a text by its number."""
    if len(messages) == 1:
        return letter_for(messages[0], contact, use, now)
    width = max(SHORTEST_TITLE, _room(contact.channel) // len(messages) - 1)
    codes = [answer_code(message) if contact.channel == "sms" and takes_replies() else "" for message in messages]
    allowed = [_allowed(message, contact, use, now)[0] for message in messages]
    titles = [_short(f"{code}: {title}" if code else title, width) for code, title in zip(codes, allowed, strict=True)]
    # The same messages together are the same letter, in whatever order and however often it is sent.
    key = hashlib.sha256("\n".join(sorted(message.idempotency_key for message in messages)).encode()).hexdigest()[:32]
    lead = messages[0]
    title = f"{words.counted(len(messages), 'message')} for you" + (", answer ACK and a number" if any(codes) else "")
    return Message(f"several-{key}", lead.kind, lead.person_name, title, "\n".join(titles), lead.link)


def _allowed(message: OutboxMessage, contact: ContactPoint, use: Use, now: datetime) -> tuple[str, str]:
    if not message.confidential or (use.cleared and contact.verified(now)):
        return message.title, message.text
    return message.discreet_title or DISCREET, ""


def _room(channel: str) -> int:
    return ROOM_FOR_TITLES.get(channel, ROOM_ELSEWHERE)


def _short(title: str, width: int) -> str:
    title = " ".join(title.split())
    return title if len(title) <= width else f"{title[: width - 1].rstrip()}…"
