"""Answering by a text message: who wrote, which alert is meant, and the words that go back."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from portal.foundation.errors import NotAllowed, NotFound
from portal.foundation.outbox.models import OutboxMessage

from .answerers import ACKNOWLEDGE, answerers
from .senders import sender
from .services import answer, digest_of, note, told_before
from .texts import Said, read
from .ways import REPLY

# An alert that nobody answered for this long is looked up in the portal, not answered by one word.
ANSWERABLE_FOR = timedelta(days=7)
# More than anybody reads at night; the newest count.
MOST_MESSAGES = 200
# As many as fit into one text.
MOST_TOLD = 8
HOW = "To acknowledge an alert, answer ACK, or ACK and its number."
NOTHING_WAITS = "No alert waits for your answer."


@dataclass(frozen=True, slots=True)
class Waiting:
    """An alert that waits for a person's answer, by its newest message, and what to type for it."""

    message: OutboxMessage
    code: str
    name: str


def take_reply(number: str, text: str, *, key: str, now: datetime) -> str:
    """What came of `text` from `number`, in words to send back; empty when nothing should be sent back. `key` is the service's own for it.

    Without a code it counts only when exactly one alert waits for this person. An unknown number hears of it once a day: two machines
    must not talk to each other for ever.
    """
    digest = digest_of("telephone", "reply", key)
    before = told_before(digest)
    if before is not None:
        return before
    try:
        person = sender("sms", number, now=now)
    except NotFound as error:
        once = digest_of("telephone", "unknown", number, now.date())
        return error.message if note(REPLY, digest=once, told="from an unknown number", outcome=error.message, now=now) else ""
    except NotAllowed as error:
        note(REPLY, digest=digest, told="a reply", outcome=error.message, now=now)
        return error.message
    said = read(text)
    meant = list(islice(waiting_for(person, now, said.code), 2)) if said else []
    if len(meant) == 1:
        return answer(meant[0].message, person, ACKNOWLEDGE, REPLY, now=now, digest=digest).words
    words = _why_not(said, list(islice(waiting_for(person, now), MOST_TOLD + 1)))
    note(REPLY, digest=digest, told="a reply", outcome=words, now=now, person=person)
    return words


def waiting_for(person: Any, now: datetime, code: str = "") -> Iterator[Waiting]:
    """The alerts that reached `person` and still wait for an answer, newest first; several messages about one subject are one alert.

    With `code` only the one that it names. Looks no further than is asked for.
    """
    sent = OutboxMessage.objects.filter(person=person, kind__in=[kind for kind, _ in answerers], answered_at__isnull=True)
    reached = sent.filter(created_at__gt=now - ANSWERABLE_FOR, attempts__succeeded=True).order_by("-created_at", "pk").distinct()
    newest: dict[str, OutboxMessage] = {}
    for message in reached[:MOST_MESSAGES]:
        newest.setdefault(message.subject_ref, message)
    for message in newest.values():
        answerer = answerers[message.kind]
        own = answerer.code(message)
        standing = answerer.standing(message, person) if code in {"", own} else None
        if standing is not None and standing.waits:
            yield Waiting(message, own, standing.name)


def _why_not(said: Said | None, waiting: list[Waiting]) -> str:
    """Why nothing was acknowledged, and what to answer instead."""
    why = ""
    if said is None:
        why = f"That was not understood. {HOW} "
    elif said.code:
        why = f"No alert with the number {said.code} waits for your answer. "
    if not waiting:
        return why.strip() if said and said.code else f"{why}{NOTHING_WAITS}"
    choices = ", ".join(f"ACK {one.code} for {one.name}" for one in waiting[:MOST_TOLD])
    more = "; more are in the portal" if len(waiting) > MOST_TOLD else ""
    return f"{why}{'These wait' if len(waiting) > 1 else 'This waits'} for your answer: {choices}{more}."
