"""Whether a change may begin: which freezes stand against it, and why. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Touched:
    """A service that a change touches, by its key, with the business unit that it belongs to."""

    service: int
    unit: int | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """A change as a freeze sees it. `approved_at` is when it was approved as an emergency, None where it was not."""

    number: str
    touches: tuple[Touched, ...]
    approved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Frozen:
    """A freeze. `units` are the unit that it covers and all its parts; `over_at` is None while nobody knows when it ends.

    `what` says what it covers, in words, and `incident` is the number of the one that it follows, '' where it follows none.
    """

    key: int
    begins_at: datetime
    over_at: datetime | None
    what: str
    reason: str
    everything: bool = False
    services: frozenset[int] = frozenset()
    units: frozenset[int] = frozenset()
    incident: str = ""

    def holds_at(self, at: datetime) -> bool:
        """From its beginning on, up to its end, which counts no more; one lifted before it began never holds."""
        return self.begins_at <= at and (self.over_at is None or at < self.over_at)

    def covers(self, touches: Iterable[Touched]) -> bool:
        return self.everything or any(
            each.service in self.services or (each.unit is not None and each.unit in self.units) for each in touches
        )

    def in_words(self) -> str:
        until = f"until {when(self.over_at)}" if self.over_at else "while the escalation lasts"
        follows = f", for {self.incident}" if self.incident else ""
        return f"Changes to {self.what} are frozen from {when(self.begins_at)} {until}{follows}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether a change may begin, the reasons in words, and the freezes that cover it at that time, approved past or not."""

    may: bool
    reasons: tuple[str, ...]
    freezes: tuple[Frozen, ...]


def freezes_against(change: Planned, freezes: Iterable[Frozen], at: datetime) -> tuple[Frozen, ...]:
    """Those that hold at `at` and cover something that the change touches, the one that began first at the top."""
    found = [freeze for freeze in freezes if freeze.holds_at(at) and freeze.covers(change.touches)]
    return tuple(sorted(found, key=lambda freeze: (freeze.begins_at, freeze.key)))


def may_start(change: Planned, freezes: Iterable[Frozen], at: datetime) -> Answer:
    """A change may begin when no freeze covers it, or when it was approved as an emergency by then."""
    against = freezes_against(change, freezes, at)
    if not against:
        reason = f"No freeze covers it at {when(at)}."
        if not change.touches:
            reason += " It is not on record what it touches, so only freezes of everything were looked for."
        return Answer(True, (reason,), ())
    told = tuple(freeze.in_words() for freeze in against)
    if change.approved_at is not None and change.approved_at <= at:
        return Answer(True, (f"It was approved as an emergency at {when(change.approved_at)}.", *told), against)
    return Answer(False, (*told, "It may begin when somebody else than its requester has approved it as an emergency."), against)


def when(at: datetime) -> str:
    """'2 Mar 2026, 09:00 UTC'."""
    at = at.astimezone(UTC)
    return f"{at.day} {at:%b %Y, %H:%M} UTC"
