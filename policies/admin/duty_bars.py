"""Slots drawn in proportion, in minutes on the clock."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from policies.decisions.rota import Slot

MINUTES = 1_440


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch from `x` on, in minutes from the left edge; `person` (0 is nobody) tells two of one colour apart."""

    x: int
    width: int
    colour: int
    person: int


def day_bars(parts: Sequence[tuple[Slot, int]], begin: datetime, end: datetime, zone: str) -> tuple[Bar, ...]:
    """The bars of one day of `zone`, which lasts from `begin` until `end`; `parts` are its slots with their colours."""
    tz = ZoneInfo(zone)
    drawn = []
    for slot, colour in parts:
        left = 0 if slot.since <= begin else _minute(slot.since.astimezone(tz))
        right = MINUTES if slot.until >= end else _minute(slot.until.astimezone(tz))
        drawn.append(Bar(left, max(right - left, 0), colour, slot.person.person_id if slot.person else 0))
    return tuple(drawn)


def joined(bars: Iterable[Bar]) -> Iterator[Bar]:
    """Bars of one person that touch, as one."""
    last: Bar | None = None
    for bar in bars:
        if last is not None and (last.colour, last.person) == (bar.colour, bar.person) and last.x + last.width == bar.x:
            last = Bar(last.x, last.width + bar.width, last.colour, last.person)
            continue
        if last is not None:
            yield last
        last = bar
    if last is not None:
        yield last


def _minute(local: datetime) -> int:
    return local.hour * 60 + local.minute
