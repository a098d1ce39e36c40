"""A schedule as plain values."""

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum


class Unit(StrEnum):
    """What the length of a shift is counted in."""

    HOURS = "hours"
    DAYS = "days"
    WEEKS = "weeks"


class Holidays(StrEnum):
    """What a layer does on the public holidays of its plan's calendar."""

    ANY = "any"
    NOT = "not"
    ONLY = "only"


class OverrideKind(StrEnum):
    """How somebody came to stand in for the rotation."""

    OVERRIDE = "override"
    SWAP = "swap"
    COVER = "cover"


class Source(StrEnum):
    """What puts somebody on duty; GAP is nobody."""

    LAYER = "layer"
    OVERRIDE = "override"
    SWAP = "swap"
    COVER = "cover"
    CALENDAR = "calendar"
    GAP = "gap"


@dataclass(frozen=True, slots=True)
class RotaPerson:
    """Somebody who can be on duty."""

    person_id: int
    name: str


@dataclass(frozen=True, slots=True)
class Window:
    """Local hours on `weekdays` (Monday is 0): from `starts` until `ends`, on the next day when `ends` is not later; both the same is a
    whole day. The weekday is that of the start."""

    weekdays: frozenset[int]
    starts: time
    ends: time


@dataclass(frozen=True, slots=True)
class Layer:
    """People who take turns. Shift number 0 begins on `starts_on` at `handover_at`, local time, and is the first person's.

    A shift lasts `every` `unit`s; hours must divide a day (1, 2, 3, 4, 6, 8, 12). Without `windows` the duty is round the clock. A
    `shadow` layer learns: it is shown and told, and never counts as on duty.
    """

    name: str
    starts_on: date
    handover_at: time
    every: int
    unit: Unit
    people: tuple[RotaPerson, ...]
    windows: tuple[Window, ...] = ()
    holidays: Holidays = Holidays.ANY
    shadow: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What a schedule was published to be from `effective_from` on, until the next plan. Of `layers`, a later one goes over an earlier."""

    effective_from: datetime
    time_zone: str
    layers: tuple[Layer, ...]
    holidays: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class Override:
    """Somebody takes over from `starts_at` until `ends_at`, which is excluded."""

    person: RotaPerson
    starts_at: datetime
    ends_at: datetime
    reason: str
    kind: OverrideKind = OverrideKind.OVERRIDE
    instead_of: str = ""


@dataclass(frozen=True, slots=True)
class Imported:
    """A stretch of duty that a calendar kept elsewhere gives somebody. Of two at one time the higher `priority` wins, then the later made."""

    person: RotaPerson
    starts_at: datetime
    ends_at: datetime
    calendar: str
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Absence:
    """A person is away from `starts_at` until `ends_at`, which is excluded, and on duty nowhere meanwhile."""

    person_id: int
    starts_at: datetime
    ends_at: datetime
    what: str = "absent"


@dataclass(frozen=True, slots=True)
class RotaSnapshot:
    """A schedule as plain values. `plans` stand in the order of their start, the rest in that in which it was made.

    Of two overrides at one time the later made wins. Overrides go over calendars, and these over layers.
    """

    name: str
    plans: tuple[Plan, ...] = ()
    overrides: tuple[Override, ...] = ()
    absences: tuple[Absence, ...] = ()
    imported: tuple[Imported, ...] = ()

    def plan_at(self, at: datetime) -> Plan | None:
        """The plan that counts at `at`; None before the first."""
        return next((plan for plan in reversed(self.plans) if plan.effective_from <= at), None)

    def zone_at(self, at: datetime) -> str:
        """The time zone the schedule is planned in at `at`; the first plan's before that, UTC without any."""
        plan = self.plan_at(at) or next(iter(self.plans), None)
        return plan.time_zone if plan else "UTC"

    def everybody(self) -> tuple[RotaPerson, ...]:
        """Everybody who is named anywhere, each once: people who stand in and people who learn too."""
        in_layers = (person for plan in self.plans for layer in plan.layers for person in layer.people)
        standing_in = (made.person for made in self.overrides)
        told = (duty.person for duty in self.imported)
        return tuple(dict.fromkeys((*in_layers, *standing_in, *told)))

    def people(self) -> tuple[RotaPerson, ...]:
        """Everybody whom a layer or a calendar can put on duty, each once."""
        by_layer = (p for plan in self.plans for layer in plan.layers if not layer.shadow for p in layer.people)
        return tuple(dict.fromkeys((*by_layer, *(duty.person for duty in self.imported))))
