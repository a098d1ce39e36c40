"""Whether somebody can take an incident, from what they, a calendar and the engine said. Pure.

Of all that counts at an instant, the first of these wins:
1. the person said 'away';
2. the engine said 'busy': they hold a live incident;
3. whatever else the person said, 'available' as well as 'busy';
4. what a calendar says; 'away' before 'busy' before 'available' when several do;
5. nothing was said: available.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from portal.foundation.words import listed


class State(StrEnum):
    """What may be said of a person."""

    AVAILABLE = "available"
    BUSY = "busy"
    AWAY = "away"


class Source(StrEnum):
    """Who said it."""

    PERSON = "person"
    CALENDAR = "calendar"
    ENGINE = "engine"


@dataclass(frozen=True, slots=True)
class Statement:
    """Something said from `since` on, until before `until`; None: until something else is said. `about` is what it hangs on.

    `held` names what keeps the person busy, such as INC-000012.
    """

    state: State
    source: Source
    since: datetime
    until: datetime | None = None
    about: str = ""
    held: str = ""

    def counts(self, at: datetime) -> bool:
        return self.since <= at and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True)
class Presence:
    """What follows: the state, who said it (None when nobody did), until when, and why in words."""

    state: State = State.AVAILABLE
    source: Source | None = None
    until: datetime | None = None
    why: str = "Said nothing else, so available."
    about: str = ""

    @property
    def can_take(self) -> bool:
        return self.state is State.AVAILABLE


AVAILABLE = Presence()
_WHY = {
    (Source.PERSON, State.AWAY): "Said to be away.",
    (Source.PERSON, State.BUSY): "Said to be busy.",
    (Source.PERSON, State.AVAILABLE): "Said to be available.",
    (Source.ENGINE, State.BUSY): "Holds a live incident.",
    (Source.CALENDAR, State.AWAY): "Away by the calendar.",
    (Source.CALENDAR, State.BUSY): "Busy by the calendar.",
    (Source.CALENDAR, State.AVAILABLE): "Available by the calendar.",
}
_OF_ONE_SOURCE = (State.AWAY, State.BUSY, State.AVAILABLE)


def what_follows(statements: Iterable[Statement], at: datetime) -> Presence:
    """What follows at `at` of everything said of one person. Of several that weigh the same, the latest counts."""
    counting = [said for said in statements if said.counts(at)]
    if not counting:
        return AVAILABLE
    first = min(counting, key=lambda said: (_rank(said), -said.since.timestamp()))
    # Two incidents keep somebody busy until the later one is over.
    same = [said.until for said in counting if _rank(said) == _rank(first)] if first.source is not Source.PERSON else [first.until]
    until = None if None in same else max(moment for moment in same if moment is not None)
    held = [said.held for said in counting if said.held and _rank(said) == _rank(first)]
    why = f"Holds {listed(held)}." if held and first.source is Source.ENGINE else _WHY.get((first.source, first.state), "Said so.")
    return Presence(first.state, first.source, until, why, first.about)


def _rank(said: Statement) -> tuple[int, int]:
    if said.source is Source.PERSON and said.state is State.AWAY:
        return 0, 0
    if said.source is Source.ENGINE:
        return 1, _OF_ONE_SOURCE.index(said.state)
    return (2, 0) if said.source is Source.PERSON else (3, _OF_ONE_SOURCE.index(said.state))
