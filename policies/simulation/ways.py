"""How people would be reached: their ways in the order in which a message takes them, each with how long its receipt may take."""

from collections.abc import Collection
from datetime import timedelta
from typing import NamedTuple

from portal.foundation.channels.base import not_set_up
from portal.foundation.channels.rules import Uses
from portal.foundation.channels.telephone import callback
from portal.foundation.outbox.backoff import delay_after
from portal.foundation.outbox.models import OutboxMessage
from portal.foundation.outbox.ways import ways_of
from portal.foundation.people.models import ContactPoint

# Only these report back how a message fared; what any other channel takes counts as arrived.
WITH_RECEIPTS = frozenset({ContactPoint.Channel.SMS.value, ContactPoint.Channel.VOICE.value})
NO_TIME = timedelta(0)
FAILS, NOT_SET_UP = "fails in this simulation", "is not set up"


class Way(NamedTuple):
    """One contact point on a message's way. `receipt_within` None: handed over counts as arrived. `problem` says why it carries nothing."""

    channel: str
    label: str
    receipt_within: timedelta | None
    problem: str = ""


class Reaching:
    """The ways to everybody in `people`, urgent and not. Three queries."""

    def __init__(self, people: Collection[int], kind: str) -> None:
        asked = [OutboxMessage(person_id=person, urgent=urgent, kind=kind) for person in people for urgent in (True, False)]
        ways, self._uses = ways_of(asked) if asked else {}, Uses()
        # Without an address that the telephone service can reach, no receipt comes and none is waited for.
        self._receipts = bool(callback(""))
        self._ways = {(message.person_id or 0, message.urgent): ways[message.pk] for message in asked}

    def ways(self, person: int, urgent: bool, failing: Collection[str]) -> tuple[Way, ...]:
        """In order; none for somebody who is inactive or has no contact point that carries an alert."""
        return tuple(self._way(point, failing) for point in self._ways.get((person, urgent), ()))

    def reached_after(self, person: int, urgent: bool, failing: Collection[str]) -> timedelta | None:
        """How long until a message arrives, with the tries on ways that fail before it; None when it reaches nobody."""
        took = NO_TIME
        for way in self.ways(person, urgent, failing):
            if not way.problem:
                return took
            # What is not set up is given up at once.
            took += _tries() if way.problem == FAILS else NO_TIME
        return None

    def _way(self, point: ContactPoint, failing: Collection[str]) -> Way:
        problem = NOT_SET_UP if not_set_up(point.channel, point.address) else FAILS if point.channel in failing else ""
        within = self._uses[point.channel].receipt_within if self._receipts and point.channel in WITH_RECEIPTS else None
        return Way(point.channel, point.label, within, problem)


def _tries() -> timedelta:
    """How long a way is tried that fails while another is left."""
    took, tries = NO_TIME, 1
    while (wait := delay_after(tries, another_way=True)) is not None:
        took, tries = took + wait, tries + 1
    return took
