"""Answering by the link in a message: a page that asks first, for programs that look at links must not acknowledge."""

from dataclasses import dataclass
from datetime import datetime

from portal.foundation.channels.rules import Uses
from portal.foundation.outbox.letters import DISCREET
from portal.foundation.outbox.models import OutboxMessage
from portal.foundation.outbox.tokens import message_of

from .answerers import ACKNOWLEDGE, answerers
from .services import Answered, answer, digest_of
from .ways import LINK

UNKNOWN = "This link is not one of the portal's. It may have been cut off: copy the whole of it."
TOO_OLD = "This link counts for a day and is older than that. Sign in to the portal to answer."
FOR_NOBODY = "The person whom this message went to can no longer use the portal."


@dataclass(frozen=True, slots=True)
class Opened:
    """What stands behind a link. Without a `message` there is nothing to answer, and `words` say why; `waits`: it can be answered now."""

    status: int
    words: str
    message: OutboxMessage | None = None
    title: str = ""
    link: str = ""
    waits: bool = False


def open_link(token: str, *, now: datetime) -> Opened:
    """Looks, and changes nothing. Statuses: 404 for a token that the portal did not make, 410 for one that is used up or too old, 409 for a
    message about something that is over or that somebody else has."""
    opened = message_of(token)
    if opened is None:
        return Opened(404, UNKNOWN)
    key, until = opened
    message = OutboxMessage.objects.select_related("person", "answered_by").filter(pk=key).first()
    answerer = answerers.get(message.kind) if message else None
    if message is None or answerer is None or now >= until:
        return Opened(410, TOO_OLD)
    if message.person is None or not message.person.is_active:
        return Opened(410, FOR_NOBODY)
    standing = answerer.standing(message, message.person)
    if standing is None:
        return Opened(410, TOO_OLD)
    title = _title(message)
    if message.answered_at is not None:
        return Opened(410, f"This link has been used. {standing.words if not standing.waits else ''}".strip(), None, title, standing.link)
    if not standing.waits:
        return Opened(409, standing.words, None, title, standing.link)
    return Opened(200, standing.words, message, title, standing.link, waits=True)


def press(opened: Opened, *, now: datetime) -> Answered:
    """The receiver of the message confirmed. Nothing else identifies them: whoever has the link has the message."""
    if opened.message is None:
        return Answered(False, opened.words, opened.status)
    message = opened.message
    return answer(message, message.person, ACKNOWLEDGE, LINK, now=now, digest=digest_of("link", message.pk))


def _title(message: OutboxMessage) -> str:
    """The message's title as far as it went out already: of a confidential one only where every way that carried it is cleared."""
    if not message.confidential:
        return message.title
    channels = set(message.attempts.filter(succeeded=True).values_list("channel", flat=True))
    uses = Uses()
    cleared = bool(channels) and all(uses[channel].cleared for channel in channels)
    return message.title if cleared else message.discreet_title or DISCREET
