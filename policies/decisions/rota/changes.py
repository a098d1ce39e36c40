"""What another plan, an absence or an override would change in who is on duty."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from .slots import Slot, slots
from .values import Absence, RotaPerson, RotaSnapshot


@dataclass(frozen=True, slots=True)
class Change:
    """From `since` until `until` (excluded, UTC) `after` would be on duty instead of `before`; None is nobody."""

    since: datetime
    until: datetime
    before: RotaPerson | None
    after: RotaPerson | None


def changes(before: RotaSnapshot, after: RotaSnapshot, since: datetime, until: datetime) -> list[Change]:
    """Every stretch from `since` until `until` in which the two put different people on duty, in order."""
    found: list[Change] = []
    for begin, end, one, other in _side_by_side(slots(before, since, until), slots(after, since, until)):
        if one == other:
            continue
        last = found[-1] if found else None
        if last is not None and (last.until, last.before, last.after) == (begin, one, other):
            found[-1] = replace(last, until=end)
        else:
            found.append(Change(begin, end, one, other))
    return found


def left_open(rota: RotaSnapshot, absence: Absence) -> list[Change]:
    """The stretches of `rota` that nobody takes over while `absence` lasts, each with whoever is on duty then by now."""
    away = replace(rota, absences=(*rota.absences, absence))
    return [change for change in changes(rota, away, absence.starts_at, absence.ends_at) if change.after is None]


def touched(found: list[Change]) -> tuple[RotaPerson, ...]:
    """Everybody who gets or loses duty, each once, in order of the first change."""
    return tuple(dict.fromkeys(person for change in found for person in (change.before, change.after) if person is not None))


def _side_by_side(one: list[Slot], other: list[Slot]) -> Iterator[tuple[datetime, datetime, RotaPerson | None, RotaPerson | None]]:
    """Two views of the same time, cut wherever either of them changes."""
    left, right = iter(one), iter(other)
    first, second = next(left, None), next(right, None)
    while first is not None and second is not None:
        begin, end = max(first.since, second.since), min(first.until, second.until)
        yield begin, end, first.person, second.person
        if first.until == second.until:
            first, second = next(left, None), next(right, None)
        elif first.until == end:
            first = next(left, None)
        else:
            second = next(right, None)
