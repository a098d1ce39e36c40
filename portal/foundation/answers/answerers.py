"""What an answer does is known by whoever sent the message: apps register one answerer a kind at start."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from portal.foundation.outbox.models import OutboxMessage
from portal.foundation.outbox.tokens import answer_codes
from portal.foundation.registry import Registry

ACKNOWLEDGE = "acknowledge"


@dataclass(frozen=True, slots=True)
class Standing:
    """How the subject of a message stands. `name` is its number, which may be said anywhere; `waits`: an answer would change something.

    `words` is a sentence such as 'Tom Berg has acknowledged INC-000012.'; `link` leads to it in the portal.
    """

    name: str
    waits: bool
    words: str
    link: str = ""


class Answerer(Protocol):
    """What can be answered to messages of one kind."""

    def code(self, message: OutboxMessage) -> str:
        """What a reply names to mean this message's subject, such as '12'. Asks no database: every alert says it."""

    def standing(self, message: OutboxMessage, person: Any) -> Standing | None:
        """How the subject stands, as `person` is told it; None when there is none any more."""

    def acknowledge(self, message: OutboxMessage, person: Any, *, now: datetime, reason: str) -> str:
        """`person` acknowledges what the message was about; returns what that did, in a sentence without confidential details.

        Runs in the caller's transaction. Raises NotAllowed without the right, WrongState when nothing waits for an answer any more.
        """


answerers: Registry[Answerer] = Registry("answerer")


def register(kind: str, answerer: Answerer) -> None:
    """From now on messages of this kind carry a link and a code, and can be answered."""
    answerers.register(kind, answerer)
    answer_codes.register(kind, answerer.code)
