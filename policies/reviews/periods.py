"""The periods that reviews look at: quarters and years of the calendar, in a policy's own time zone. Pure."""

import calendar
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

# A policy that was in force for less than this within a period has nothing to be reviewed there.
LEAST_LIFE = timedelta(days=1)
# Beyond this the calendar ends, and with it the first instant after a period.
LAST_YEAR = 9998

Span = tuple[datetime, datetime | None]


class Rhythm(StrEnum):
    """How often something is looked at again; the values are the kinds of reviews."""

    QUARTERLY = "thresholds"
    YEARLY = "policy"

    @property
    def months(self) -> int:
        return 3 if self is Rhythm.QUARTERLY else 12


@dataclass(frozen=True, slots=True)
class Period:
    """A quarter or a year: `start` is its first instant, `end` the first one after it. `name` is 2026Q3 or 2026."""

    name: str
    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        return self.end - self.start


def period_of(rhythm: Rhythm, at: datetime, zone: ZoneInfo) -> Period:
    """The period that `at` lies in, by the calendar of `zone`."""
    local = at.astimezone(zone)
    return _period(rhythm, local.year, (local.month - 1) // rhythm.months, zone)


def before(rhythm: Rhythm, period: Period, zone: ZoneInfo) -> Period:
    """The period that ended when `period` began."""
    return period_of(rhythm, period.start - timedelta(days=1), zone)


def ended_periods(rhythm: Rhythm, since: datetime, now: datetime, zone: ZoneInfo) -> Iterator[Period]:
    """Every period that `since` lies in or that began after it, and that is over at `now`, the oldest first."""
    period = period_of(rhythm, since, zone)
    while period.end <= now:
        yield period
        period = period_of(rhythm, period.end, zone)


def quarters_within(period: Period, zone: ZoneInfo) -> tuple[Period, ...]:
    """The quarters that a year consists of; a quarter consists of itself."""
    return tuple(ended_periods(Rhythm.QUARTERLY, period.start, period.end, zone))


def lived(spans: Iterable[Span], period: Period) -> timedelta:
    """How long within `period` at least one of `spans` lasted; a span without an end goes on."""
    total, reached = timedelta(0), period.start
    for start, end in sorted(spans, key=lambda span: span[0]):
        first, last = max(start, reached), min(end or period.end, period.end)
        if last > first:
            total += last - first
            reached = last
    return total


def deserves_review(spans: Iterable[Span], period: Period) -> bool:
    """Whether a policy with versions in force during `spans` lived in `period`: for a day at least."""
    return lived(spans, period) >= LEAST_LIFE


def days_in_words(period: Period, zone: ZoneInfo) -> str:
    """'1 July to 30 September 2026'."""
    first = period.start.astimezone(zone)
    last = (period.end - timedelta(hours=1)).astimezone(zone)
    return f"{first.day} {calendar.month_name[first.month]} to {last.day} {calendar.month_name[last.month]} {last.year}"


def _period(rhythm: Rhythm, year: int, number: int, zone: ZoneInfo) -> Period:
    if year > LAST_YEAR:
        raise ValueError(f"There is no review of the year {year}.")
    following = (year, number + 1) if (number + 1) * rhythm.months < 12 else (year + 1, 0)
    name = f"{year:04d}Q{number + 1}" if rhythm is Rhythm.QUARTERLY else f"{year:04d}"
    return Period(name, _first_instant(rhythm, year, number, zone), _first_instant(rhythm, *following, zone))


def _first_instant(rhythm: Rhythm, year: int, number: int, zone: ZoneInfo) -> datetime:
    """Midnight in `zone`, as an instant: where the clocks skip it, the instant at which they do."""
    return datetime(year, number * rhythm.months + 1, 1, tzinfo=zone).astimezone(ZoneInfo("UTC"))
