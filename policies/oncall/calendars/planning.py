"""What a calendar would change: the rows to make and to end, and what does not fit together. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from policies.decisions.rota import RotaPerson


@dataclass(frozen=True, slots=True)
class Stretch:
    """Somebody's time as a calendar tells it. `priority` counts for duty only; `pk` is that of the row it stands in, if it does."""

    uid: str
    person: RotaPerson
    starts_at: datetime
    ends_at: datetime
    priority: int = 0
    pk: int = 0


@dataclass(frozen=True, slots=True)
class Rows:
    """What bringing a calendar in does to the rows there are."""

    new: tuple[Stretch, ...]
    ended: tuple[Stretch, ...]
    kept: int


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two people at one time with the same priority: the one made later wins, which nobody may have meant."""

    since: datetime
    until: datetime
    first: str
    second: str


def rows_to_change(standing: Iterable[Stretch], wanted: Iterable[Stretch], now: datetime) -> Rows:
    """What makes the rows say the same as the calendar from `now` on. What began before is compared by its rest, so that it stays."""
    there: dict[tuple[object, ...], list[Stretch]] = {}
    for stretch in standing:
        there.setdefault(_identity(stretch, now), []).append(stretch)
    new, kept = [], 0
    for stretch in wanted:
        same = there.get(_identity(stretch, now))
        if same:
            same.pop()
            kept += 1
        elif stretch.ends_at > now:
            new.append(Stretch(stretch.uid, stretch.person, max(stretch.starts_at, now), stretch.ends_at, stretch.priority))
    return Rows(tuple(new), tuple(stretch for left in there.values() for stretch in left), kept)


def _identity(stretch: Stretch, now: datetime) -> tuple[object, ...]:
    return stretch.uid, stretch.person.person_id, stretch.priority, max(stretch.starts_at, now), stretch.ends_at


def overlaps(stretches: Iterable[Stretch]) -> list[Overlap]:
    """Where a calendar names two people at one time with the same priority; each with the latest-ending one before."""
    found: list[Overlap] = []
    last: dict[int, Stretch] = {}
    for stretch in sorted(stretches, key=lambda each: (each.starts_at, each.ends_at)):
        before = last.get(stretch.priority)
        if before is not None and before.ends_at > stretch.starts_at and before.person != stretch.person:
            end = min(before.ends_at, stretch.ends_at)
            found.append(Overlap(stretch.starts_at, end, before.person.name, stretch.person.name))
        if before is None or stretch.ends_at > before.ends_at:
            last[stretch.priority] = stretch
    return found


def by_person(stretches: Iterable[Stretch]) -> list[tuple[str, int]]:
    """Names with their number of stretches, the most first."""
    return Counter(stretch.person.name for stretch in stretches).most_common()
