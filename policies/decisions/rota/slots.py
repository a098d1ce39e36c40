"""The final view: every stretch of time with whoever is on duty in it and why, gaps included.

Painted from the top: overrides, the one made last first, then calendars kept elsewhere, then layers, the highest first. What is
painted once stays.
"""

import itertools
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from .clocks import DAY, handover, instant, length, on_day, shift_at
from .values import Absence, Holidays, Imported, Layer, Override, Plan, RotaPerson, RotaSnapshot, Source

# When each person is away, in order.
Absences = Mapping[int, Sequence[Absence]]


@dataclass(frozen=True, slots=True)
class Slot:
    """From `since` until `until` (excluded, UTC) `person` is on duty, or nobody. `source` and `why` say what put them there.

    `number` tells two shifts of one layer, or two overrides, apart. `passed` says in words who would have been on duty and is away.
    """

    since: datetime
    until: datetime
    person: RotaPerson | None
    source: Source
    why: str
    layer: str = ""
    number: int = 0
    passed: tuple[str, ...] = ()


def slots(rota: RotaSnapshot, since: datetime, until: datetime) -> list[Slot]:
    """The final view from `since` until `until`, in order, without a hole: where nobody is on duty stands a gap."""
    found: list[Slot] = []
    open_slots = [Slot(since, until, None, Source.GAP, f"Nobody is on call in {rota.name}.")] if since < until else []
    away = _by_person(rota.absences, since, until)
    for single in _singles(rota):
        if single.since < until and single.until > since:
            open_slots = _paint(open_slots, [single], away, found)
    for plan, begin, end in _plans(rota, since, until):
        for layer in reversed([layer for layer in plan.layers if not layer.shadow]):
            open_slots = _paint(open_slots, layer_slots(layer, plan, begin, end), away, found)
    return _joined(sorted([*found, *open_slots], key=lambda slot: slot.since))


def gaps(rota: RotaSnapshot, since: datetime, until: datetime, *, without: Collection[int] = ()) -> list[tuple[datetime, datetime]]:
    """Every stretch with nobody on duty, in order. Duty of people in `without` counts as nobody's."""
    found: list[tuple[datetime, datetime]] = []
    for slot in slots(rota, since, until):
        if slot.person is not None and slot.person.person_id not in without:
            continue
        if found and found[-1][1] == slot.since:
            found[-1] = (found[-1][0], slot.until)
        else:
            found.append((slot.since, slot.until))
    return found


def layer_slots(layer: Layer, plan: Plan, since: datetime, until: datetime) -> list[Slot]:
    """Whose turn it is in one layer from `since` until `until`, absences and everything above left aside."""
    since = max(since, handover(layer, 0, plan.time_zone))
    if not layer.people or since >= until:
        return []
    found = []
    # A view has thousands of shifts: what is the same for all is looked up once.
    why, people, zone, long = turn_in_words(layer), layer.people, plan.time_zone, length(layer)
    shift = shift_at(layer, since, zone)
    following = datetime.combine(layer.starts_on, layer.handover_at) + (shift + 1) * long
    ends = instant(following, zone)
    for begin, end in _open_hours(layer, plan, since, until):
        while begin < end:
            while ends <= begin:
                shift, following = shift + 1, following + long
                ends = instant(following, zone)
            cut = min(end, ends)
            found.append(Slot(begin, cut, people[shift % len(people)], Source.LAYER, why, layer.name, shift))
            begin = cut
    return found


def is_open(layer: Layer, plan: Plan, at: datetime) -> bool:
    """Whether the layer has a duty at `at` by its hours and holidays."""
    if not layer.windows and layer.holidays is Holidays.ANY:
        return True
    today = at.astimezone(ZoneInfo(plan.time_zone)).date()
    days = (today + step * DAY for step in (-2, -1, 0, 1))
    return any(begin <= at < end for day in days for begin, end in _windows(layer, plan, day, plan.time_zone))


def _open_hours(layer: Layer, plan: Plan, since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The stretches in which the layer has a duty at all, in order and apart from each other."""
    if not layer.windows and layer.holidays is Holidays.ANY:
        yield since, until
        return
    zone, begin, end = plan.time_zone, since, since
    # From two days before, for a window over midnight; local days may begin before or after those of UTC.
    day = since.astimezone(ZoneInfo(zone)).date() - 2 * DAY
    last = until.astimezone(ZoneInfo(zone)).date() + DAY
    while day <= last:
        for window_begin, window_end in _windows(layer, plan, day, zone):
            if window_end <= since or window_begin >= until:
                continue
            if window_begin > end:
                if begin < end:
                    yield begin, end
                begin = max(window_begin, since)
                end = begin
            end = max(end, min(window_end, until))
        day += DAY
    if begin < end:
        yield begin, end


def _windows(layer: Layer, plan: Plan, day: date, zone: str) -> list[tuple[datetime, datetime]]:
    if layer.holidays is not Holidays.ANY and (day in plan.holidays) is not (layer.holidays is Holidays.ONLY):
        return []
    if not layer.windows:
        return [(on_day(day, time(), zone), on_day(day + DAY, time(), zone))]
    weekday, found = day.weekday(), []
    for window in layer.windows:
        if weekday in window.weekdays:
            end_day = day if window.ends > window.starts else day + DAY
            found.append((on_day(day, window.starts, zone), on_day(end_day, window.ends, zone)))
    return sorted(found) if len(found) > 1 else found


def _singles(rota: RotaSnapshot) -> Iterator[Slot]:
    """What is told stretch by stretch, the winner first."""
    for number, made in reversed(list(enumerate(rota.overrides))):
        yield Slot(made.starts_at, made.ends_at, made.person, Source(made.kind), override_in_words(made), number=number)
    for number, told in by_priority(rota):
        yield Slot(told.starts_at, told.ends_at, told.person, Source.CALENDAR, calendar_in_words(told), number=number)


def by_priority(rota: RotaSnapshot) -> list[tuple[int, Imported]]:
    """What calendars say, the winner first, each with its number."""
    return sorted(enumerate(rota.imported), key=lambda found: (-found[1].priority, -found[0]))


def _plans(rota: RotaSnapshot, since: datetime, until: datetime) -> Iterator[tuple[Plan, datetime, datetime]]:
    """The plans that count between `since` and `until`, each with its part of that time."""
    for plan, following in itertools.zip_longest(rota.plans, rota.plans[1:]):
        begin = max(plan.effective_from, since)
        end = min(following.effective_from, until) if following else until
        if begin < end:
            yield plan, begin, end


def _by_person(absences: Iterable[Absence], since: datetime, until: datetime) -> Absences:
    """Who is away between `since` and `until` and when, in order."""
    mine: dict[int, list[Absence]] = defaultdict(list)
    for absence in absences:
        if absence.starts_at < until and absence.ends_at > since:
            mine[absence.person_id].append(absence)
    return {person: sorted(times, key=lambda absence: absence.starts_at) for person, times in mine.items()}


def _paint(open_slots: Sequence[Slot], painted: Sequence[Slot], away: Absences, found: list[Slot]) -> list[Slot]:
    """Puts `painted` into what is still open, adding to `found`; what stays open. Both are in order and without overlap."""
    left: list[Slot] = []
    first, many = 0, len(painted)
    for gap in open_slots:
        position, ends = gap.since, gap.until
        while first < many and painted[first].until <= position:
            first += 1
        place = first
        while place < many and painted[place].since < ends:
            paint = painted[place]
            place += 1
            begin, end = max(paint.since, position), min(paint.until, ends)
            if begin >= end:
                continue
            if position < begin:
                left.append(_cut(gap, position, begin, gap.passed))
            times = away.get(paint.person.person_id) if away and paint.person else None
            if times is None:
                found.append(_cut(paint, begin, end, gap.passed))
            else:
                for part_begin, part_end, absence in _presence(begin, end, times):
                    if absence is None:
                        found.append(_cut(paint, part_begin, part_end, gap.passed))
                    else:
                        left.append(_cut(gap, part_begin, part_end, (*gap.passed, away_in_words(paint.person))))
            position = end
        if position < ends:
            left.append(gap if position == gap.since else _cut(gap, position, ends, gap.passed))
    return left


def _cut(slot: Slot, since: datetime, until: datetime, passed: tuple[str, ...]) -> Slot:
    """A part of a slot. Far quicker than dataclasses.replace, and there are thousands of parts."""
    if slot.since == since and slot.until == until and slot.passed == passed:
        return slot
    return Slot(since, until, slot.person, slot.source, slot.why, slot.layer, slot.number, passed)


def _presence(begin: datetime, end: datetime, absences: Sequence[Absence]) -> Iterator[tuple[datetime, datetime, Absence | None]]:
    """`begin` to `end` cut where somebody with these absences goes away or comes back."""
    while begin < end:
        away = next((absence for absence in absences if absence.ends_at > begin and absence.starts_at < end), None)
        if away is None:
            cut = end
        elif away.starts_at > begin:
            cut, away = away.starts_at, None
        else:
            cut = min(away.ends_at, end)
        yield begin, cut, away
        begin = cut


def turn_in_words(layer: Layer) -> str:
    return f"On call by the rotation of {layer.name}."


def calendar_in_words(told: Imported) -> str:
    return f"On call by the calendar {told.calendar}."


def away_in_words(person: RotaPerson | None) -> str:
    """Not why: that is for few, and these words go into timelines, messages and the audit trail."""
    return f"{person.name if person else 'Somebody'} is away."


def override_in_words(made: Override) -> str:
    """Not why, as of an absence."""
    instead = f" for {made.instead_of}" if made.instead_of else ""
    how = {"override": "Takes over", "swap": "Swapped the shift", "cover": "Covers the shift"}[made.kind.value]
    return f"{how}{instead}."


def _joined(ordered: list[Slot]) -> list[Slot]:
    """Parts that a plan's change or an absence cut, and that are one duty all the same, put together."""
    joined: list[Slot] = []
    for slot in ordered:
        if joined and joined[-1].until == slot.since and _same(joined[-1], slot):
            joined[-1] = _cut(joined[-1], joined[-1].since, slot.until, joined[-1].passed)
        else:
            joined.append(slot)
    return joined


def _same(one: Slot, other: Slot) -> bool:
    return (one.person, one.source, one.number, one.layer, one.passed) == (
        other.person,
        other.source,
        other.number,
        other.layer,
        other.passed,
    )
