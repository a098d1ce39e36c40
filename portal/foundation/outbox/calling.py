"""One call of a channel, outside any transaction and without the database: it may run in a thread of its own."""

import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from portal.foundation.channels.base import Message, channels
from portal.foundation.errors import DeliveryFailed
from portal.foundation.people.models import ContactPoint

from .models import OutboxMessage

logger = logging.getLogger(__name__)


class Stopwatch:
    """The time as it goes on from the `now` that a door read once."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._begun = time.monotonic()

    def now(self) -> datetime:
        return self._now + self.elapsed()

    def elapsed(self) -> timedelta:
        return timedelta(seconds=time.monotonic() - self._begun)


@dataclass(frozen=True, slots=True)
class Parcel:
    """What one call hands over: one message, or several that travel as one, of which the first leads.

    `another_way` holds those for which a further contact point is left, should this one fail. `fault` is the planned failure of a drill,
    in words: no call is made then.
    """

    contact: ContactPoint
    messages: tuple[OutboxMessage, ...]
    letter: Message
    lane: str
    another_way: frozenset[UUID]
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one call of a channel went."""

    succeeded: bool
    detail: str
    permanent: bool = False
    retry_after: timedelta | None = None
    ref: str = ""
    receipts: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """A parcel with how its call went, and when."""

    parcel: Parcel
    outcome: Outcome
    started_at: datetime
    finished_at: datetime


def call(parcel: Parcel, now: datetime) -> Result:
    """Hands `parcel` over. Never raises: whatever goes wrong is an outcome."""
    watch = Stopwatch(now)
    outcome = Outcome(False, parcel.fault, permanent=True) if parcel.fault else _handed(parcel.contact, parcel.letter)
    return Result(parcel, outcome, now, watch.now())


def _handed(contact: ContactPoint, letter: Message) -> Outcome:
    channel = channels.get(contact.channel)
    if channel is None:
        return Outcome(False, "This channel is not known.", permanent=True)
    try:
        handed = channel.send(contact.address, letter)
        return Outcome(True, handed.words, ref=handed.ref, receipts=handed.receipts)
    except DeliveryFailed as error:
        return Outcome(False, error.message, error.permanent, error.retry_after)
    except Exception as error:  # noqa: BLE001 - see below
        # The text and the traceback of an unforeseen error could hold the address.
        logger.error("Channel %s failed unexpectedly: %s", contact.channel, type(error).__name__)
        return Outcome(False, f"The channel failed ({type(error).__name__}).")
