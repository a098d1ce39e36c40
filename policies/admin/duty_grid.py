"""A schedule's calendar as a page shows it: weeks of days, each with who is on duty, who learns, who is away, and holidays."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from policies.decisions.rota import RotaPerson, RotaSnapshot, Slot, Source, layer_slots, slots
from portal.foundation import words

from .duty_bars import MINUTES, Bar, day_bars, joined
from .duty_period import Period

# Shifts of weeks are shown with their real ends; beyond this, 'earlier' and 'further on' are enough.
AROUND = timedelta(days=35)
COLOURS = 12
SOURCES = {
    Source.LAYER: "Rotation",
    Source.OVERRIDE: "Override",
    Source.SWAP: "Swap",
    Source.COVER: "Cover",
    Source.CALENDAR: "Calendar",
    Source.GAP: "Gap",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A slot, or the part of it that falls on one day. `hours` are that part's, in the schedule's zone; `span` is the whole in words, and
    `yours` the same in the reader's zone where that is another one. `actions` are words and address."""

    slot: Slot
    hours: str
    span: str
    yours: str
    colour: int
    actions: tuple[tuple[str, str], ...] = ()

    @property
    def gap(self) -> bool:
        return self.slot.person is None

    @property
    def who(self) -> str:
        return self.slot.person.name if self.slot.person else "Nobody"

    @property
    def kind(self) -> str:
        return SOURCES[self.slot.source]

    @property
    def why(self) -> str:
        return " ".join((self.slot.why, *self.slot.passed))


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the schedule's zone. `outside` belongs to the month before or after."""

    day: date
    outside: bool
    today: bool
    entries: tuple[Entry, ...]
    learning: tuple[Entry, ...]
    away: tuple[str, ...]
    notes: tuple[str, ...]
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days; `bars` run through all of them."""

    days: tuple[Day, ...]
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom the calendar is drawn: their zone, and what they can do with a slot, as words and address; `sees_why` somebody is away."""

    zone: str
    now: datetime
    actions: Callable[[Slot], tuple[tuple[str, str], ...]]
    sees_why: bool = True


def colour_of(person: RotaPerson | None) -> int:
    """A person's colour, the same on every page; 0 is nobody's. Names stand beside it: people may share one."""
    return person.person_id * 7 % COLOURS + 1 if person else 0


def final_view(rota: RotaSnapshot, period: Period) -> list[Slot]:
    """The slots that touch the period, with their own ends where these are near. Before its first plan a schedule has no gaps."""
    around = slots(rota, period.since - AROUND, period.until + AROUND)
    begins = rota.plans[0].effective_from if rota.plans else period.until
    planned = (replace(slot, since=max(slot.since, begins)) if slot.person is None else slot for slot in around)
    return [slot for slot in planned if slot.until > period.since and slot.since < min(period.until, slot.until)]


def entries(found: Sequence[Slot], period: Period, reader: Reader) -> list[Entry]:
    """Each slot as a whole, for a table."""
    return [_entry(slot, "", period, reader) for slot in found]


def weeks(rota: RotaSnapshot, period: Period, reader: Reader, holidays: Mapping[date, str]) -> list[Week]:
    """The period in weeks. `holidays` names the days of the schedule's holiday calendars."""
    on_duty = _by_day([_entry(slot, "", period, reader) for slot in final_view(rota, period)], period)
    learning = _by_day([_entry(slot, "", period, reader) for slot in _shadows(rota, period)], period)
    today = reader.now.astimezone(ZoneInfo(period.zone)).date()
    names = {person.person_id: person.name for person in rota.everybody()}
    made = []
    for day in period.days():
        outside = period.month is not None and (day.year, day.month) != (period.month.year, period.month.month)
        begin, end = _bounds(day, period.zone)
        away = [
            f"{names[a.person_id]} ({a.what})" if reader.sees_why else names[a.person_id]
            for a in rota.absences
            if a.starts_at < end and a.ends_at > begin and a.person_id in names
        ]  # fmt: skip
        notes = [*([holidays[day]] if day in holidays else []), *_clock_change(begin, end)]
        parts = on_duty[day]
        made.append(
            Day(
                day, outside, day == today, tuple(parts), tuple(learning[day]), tuple(dict.fromkeys(away)), tuple(notes), day_bars([(entry.slot, entry.colour) for entry in parts], begin, end, period.zone)
            )
        )  # fmt: skip
    return [_week(made[start : start + 7]) for start in range(0, len(made), 7)]


def _week(days: list[Day]) -> Week:
    bars = (Bar(bar.x + place * MINUTES, bar.width, bar.colour, bar.person) for place, day in enumerate(days) for bar in day.bars)
    return Week(tuple(days), tuple(joined(bars)))


def _shadows(rota: RotaSnapshot, period: Period) -> list[Slot]:
    """Turns of people who learn, plan by plan, without those who are away."""
    found = []
    for place, plan in enumerate(rota.plans):
        begin = max(plan.effective_from, period.since)
        end = min(rota.plans[place + 1].effective_from if place + 1 < len(rota.plans) else period.until, period.until)
        for layer in plan.layers:
            found += [turn for turn in layer_slots(layer, plan, begin, end) if layer.shadow and begin < end and not _is_away(rota, turn)]
    return found


def _is_away(rota: RotaSnapshot, turn: Slot) -> bool:
    person = turn.person
    return person is not None and any(
        away.person_id == person.person_id and away.starts_at <= turn.since and away.ends_at >= turn.until for away in rota.absences
    )


def _by_day(found: Sequence[Entry], period: Period) -> dict[date, list[Entry]]:
    """Each entry on every day it touches, with that day's hours."""
    on: dict[date, list[Entry]] = defaultdict(list)
    tz = ZoneInfo(period.zone)
    for entry in found:
        day = max(entry.slot.since, period.since).astimezone(tz).date()
        while day < period.end:
            begin, end = _bounds(day, period.zone)
            if begin >= entry.slot.until:
                break
            hours = _hours(max(entry.slot.since, begin), min(entry.slot.until, end), begin, end, tz)
            on[day].append(Entry(entry.slot, hours, entry.span, entry.yours, entry.colour, entry.actions))
            day += timedelta(days=1)
    return on


def _hours(since: datetime, until: datetime, begin: datetime, end: datetime, tz: ZoneInfo) -> str:
    if (since, until) == (begin, end):
        return "all day"
    return f"{since.astimezone(tz):%H:%M}–{'24:00' if until == end else format(until.astimezone(tz), '%H:%M')}"


def _bounds(day: date, zone: str) -> tuple[datetime, datetime]:
    one = Period("day", day, day + timedelta(days=1), zone)
    return one.since, one.until


def _clock_change(begin: datetime, end: datetime) -> list[str]:
    longer = end - begin - timedelta(days=1)
    if not longer:
        return []
    return [
        f"The clocks go {'back' if longer > timedelta(0) else 'forward'}: this day is {words.duration(abs(longer))} {'longer' if longer > timedelta(0) else 'shorter'}."
    ]


def _entry(slot: Slot, hours: str, period: Period, reader: Reader) -> Entry:
    whole, yours = span(slot.since, slot.until, period.zone), span(slot.since, slot.until, reader.zone)
    early, late = slot.since <= period.since - AROUND, slot.until >= period.until + AROUND
    told = f"{'since ' if early else ''}{whole}{' and further on' if late else ''}"
    return Entry(slot, hours, told, yours if yours != whole else "", colour_of(slot.person), reader.actions(slot))


def span(since: datetime, until: datetime, zone: str) -> str:
    """'Mon 2 Mar 2026, 09:00 to Mon 9 Mar 2026, 09:00 CET'; the day once where both ends share it, the zone's names where they differ."""
    tz = ZoneInfo(zone)
    begin, end = since.astimezone(tz), until.astimezone(tz)
    names = words.zone(begin.tzname() or zone), words.zone(end.tzname() or zone)
    first = f"{begin:%a} {begin.day} {begin:%b %Y}, {begin:%H:%M}{'' if names[0] == names[1] else ' ' + names[0]}"
    last = f"{end:%H:%M}" if begin.date() == end.date() else f"{end:%a} {end.day} {end:%b %Y}, {end:%H:%M}"
    return f"{first} to {last} {names[1]}"
