"""How duty is spread over people: hours, nights, weekends, holidays, and rest between duties. Pure.

What is counted, so that a payroll office can check it:

- Hours are hours that passed: a night in which the clocks go back is an hour longer. A person on duty in two schedules at once is on
  duty once: the duty that began first is counted, of two that begin together the one that stands first.
- A night hour lies between 22:00 and 06:00 on the clocks of the schedule that the duty is of; a weekend hour on its Saturday or Sunday,
  a holiday hour on a day of the calendar of the plan in force then. An hour can be all three.
- A duty is a stretch without a break, in whatever schedules: a person who hands over to themselves has not ended it.
- Rest is the time between two duties of a person inside the period. A rest under 11 hours is counted as short: the EU working time
  directive asks for 11 consecutive hours in 24. On call is not always working time, so it is shown as a count and judged by people.
- Planned is what the rotations and calendars alone would have given, without overrides, swaps and absences.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from policies.decisions.rota import Plan, RotaSnapshot, slots
from policies.decisions.rota.clocks import on_day

NOTHING = timedelta(0)
DAY = timedelta(days=1)
NIGHT_BEGINS, NIGHT_ENDS = time(22), time(6)
SHORTEST_REST = timedelta(hours=11)
SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Held:
    """A stretch of somebody's duty, UTC, `until` excluded, with what the clocks and the calendar of its schedule say."""

    since: datetime
    until: datetime
    zone: str
    holidays: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class Figures:
    """What one person held in a period. `shortest_rest` is None with fewer than two duties; `ahead` is what is still to come of it."""

    hours: timedelta = NOTHING
    nights: timedelta = NOTHING
    weekends: timedelta = NOTHING
    holidays: timedelta = NOTHING
    duties: int = 0
    shortest_rest: timedelta | None = None
    short_rests: int = 0
    planned: timedelta = NOTHING
    ahead: timedelta = NOTHING


def fairness(rotas: Sequence[RotaSnapshot], since: datetime, until: datetime, now: datetime) -> dict[int, Figures]:
    """Figures of everybody who holds duty, or was to hold it, from `since` until `until`, by primary key.

    Only what lies before `now` counts as held; the rest is `ahead`. `planned` is of the whole period.
    """
    past = min(max(now, since), until)
    held, ahead = _held(rotas, since, past), _held(rotas, past, until)
    planned = _held([replace(rota, overrides=(), absences=()) for rota in rotas], since, until)
    return {
        person: replace(figures_of(held.get(person, ())), planned=_length(planned.get(person, ())), ahead=_length(ahead.get(person, ())))
        for person in sorted({*held, *ahead, *planned})
    }


def figures_of(duties: Iterable[Held]) -> Figures:
    """Figures of one person's duty, `planned` and `ahead` left aside."""
    once = _once(duties)
    blocks = _blocks(once)
    rests = [after[0] - before[1] for before, after in pairwise(blocks)]
    sums = [_of_kinds(duty) for duty in once]
    nights, weekends, holidays = (sum((found[kind] for found in sums), NOTHING) for kind in range(3))
    return Figures(
        hours=_length(once),
        nights=nights,
        weekends=weekends,
        holidays=holidays,
        duties=len(blocks),
        shortest_rest=min(rests, default=None),
        short_rests=sum(rest < SHORTEST_REST for rest in rests),
    )


def mean(figures: Sequence[Figures]) -> Figures:
    """The mean of a team; of rests, the shortest and the mean number of short ones, rounded."""
    count = len(figures) or 1
    rests = [one.shortest_rest for one in figures if one.shortest_rest is not None]
    return Figures(
        **{
            name: sum((getattr(one, name) for one in figures), NOTHING) / count
            for name in ("hours", "nights", "weekends", "holidays", "planned", "ahead")
        },
        duties=round(sum(one.duties for one in figures) / count),
        shortest_rest=min(rests, default=None),
        short_rests=round(sum(one.short_rests for one in figures) / count),
    )


def _held(rotas: Iterable[RotaSnapshot], since: datetime, until: datetime) -> Mapping[int, list[Held]]:
    """The final view as duty of people."""
    found: dict[int, list[Held]] = defaultdict(list)
    for rota in rotas:
        for slot in slots(rota, since, until):
            if slot.person is not None:
                found[slot.person.person_id] += _under_plans(rota, slot.since, slot.until)
    return found


def _under_plans(rota: RotaSnapshot, since: datetime, until: datetime) -> Iterator[Held]:
    """A slot cut where a new plan begins: it may have other clocks and other holidays."""
    begins = [plan.effective_from for plan in rota.plans if since < plan.effective_from < until]
    edges = [since, *begins, until]
    for begin, end in pairwise(edges):
        plan: Plan | None = rota.plan_at(begin)
        yield Held(begin, end, rota.zone_at(begin), plan.holidays if plan else frozenset())


def _once(duties: Iterable[Held]) -> list[Held]:
    """In order, every instant once."""
    once: list[Held] = []
    reached: datetime | None = None
    for duty in sorted(duties, key=lambda duty: duty.since):
        begin = duty.since if reached is None else max(duty.since, reached)
        if begin < duty.until:
            once.append(replace(duty, since=begin))
            reached = duty.until
    return once


def _blocks(once: Iterable[Held]) -> list[tuple[datetime, datetime]]:
    blocks: list[tuple[datetime, datetime]] = []
    for duty in once:
        if blocks and blocks[-1][1] == duty.since:
            blocks[-1] = (blocks[-1][0], duty.until)
        else:
            blocks.append((duty.since, duty.until))
    return blocks


def _length(duties: Iterable[Held]) -> timedelta:
    return sum((duty.until - duty.since for duty in _once(duties)), NOTHING)


def _of_kinds(duty: Held) -> tuple[timedelta, timedelta, timedelta]:
    """How much of a duty lies in nights, weekends and holidays of its zone."""
    nights, weekends, holidays = NOTHING, NOTHING, NOTHING
    zone = ZoneInfo(duty.zone)
    day, last = duty.since.astimezone(zone).date(), (duty.until - timedelta(microseconds=1)).astimezone(zone).date()
    while day <= last:
        begin, end = (on_day(at, time(), duty.zone) for at in (day, day + DAY))
        nights += _shared(duty, begin, on_day(day, NIGHT_ENDS, duty.zone)) + _shared(duty, on_day(day, NIGHT_BEGINS, duty.zone), end)
        today = _shared(duty, begin, end)
        weekends += today if day.weekday() >= SATURDAY else NOTHING
        holidays += today if day in duty.holidays else NOTHING
        day += DAY
    return nights, weekends, holidays


def _shared(duty: Held, begin: datetime, end: datetime) -> timedelta:
    return max(min(duty.until, end) - max(duty.since, begin), NOTHING)


def quarter_of(day: date) -> tuple[date, date]:
    """First and last day of the quarter that `day` lies in."""
    first = date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)
    following = date(first.year + (first.month == 10), (first.month + 2) % 12 + 1, 1)
    return first, following - DAY
