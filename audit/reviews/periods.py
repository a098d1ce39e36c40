"""The stretches of time that reviews look at: days, weeks, months and quarters of a calendar, one after the other without a gap. Pure."""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

# Beyond this the calendar ends, and with it the first instant after a stretch.
LAST_YEAR = 9998
# Whoever hears of a review a day ago has had no time for it, however late it was opened.
LEAST_TIME = timedelta(days=1)


class Rhythm(StrEnum):
    """How often the trail is looked at. A week begins on Monday."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"


@dataclass(frozen=True, slots=True)
class Span:
    """`since` is its first instant, `until` the first one after it."""

    since: datetime
    until: datetime


def due_spans(rhythm: Rhythm, since: datetime, now: datetime, zone: ZoneInfo) -> Iterator[Span]:
    """Every stretch from `since` on that is over at `now`, the oldest first. The first one may be shorter: it ends where the calendar's does."""
    while since < now and (until := end_after(rhythm, since, zone)) <= now:
        yield Span(since, until)
        since = until


def end_after(rhythm: Rhythm, since: datetime, zone: ZoneInfo) -> datetime:
    """The first instant after `since` at which a stretch of the calendar of `zone` begins."""
    day = following(rhythm, since.astimezone(zone).date())
    # Where a zone left a whole day out, two midnights are the same instant.
    while (end := first_instant(day, zone)) <= since:
        day = following(rhythm, day)
    return end


def beginning(rhythm: Rhythm, day: date) -> date:
    """The first day of the stretch that `day` lies in."""
    if rhythm is Rhythm.DAILY:
        return day
    if rhythm is Rhythm.WEEKLY:
        return day - timedelta(days=day.weekday())
    month = day.month if rhythm is Rhythm.MONTHLY else (day.month - 1) // 3 * 3 + 1
    return date(day.year, month, 1)


def following(rhythm: Rhythm, day: date) -> date:
    """The first day of the stretch after the one that `day` lies in."""
    if day.year > LAST_YEAR:
        raise ValueError(f"There is no review of the year {day.year}.")
    first = beginning(rhythm, day)
    if rhythm is Rhythm.DAILY:
        return first + timedelta(days=1)
    if rhythm is Rhythm.WEEKLY:
        return first + timedelta(weeks=1)
    months = first.month + (1 if rhythm is Rhythm.MONTHLY else 3)
    return date(first.year + (months > 12), months - 12 if months > 12 else months, 1)


def first_instant(day: date, zone: ZoneInfo) -> datetime:
    """Midnight in `zone`, as an instant: where the clocks skip it, the instant at which they do."""
    return datetime.combine(day, time(0), tzinfo=zone).astimezone(UTC)


def due_at(span: Span, days: int, opened_at: datetime) -> datetime:
    """When a review must be signed: so many days after what it looks at, and a day after it was opened at the earliest."""
    return max(span.until + timedelta(days=days), opened_at + LEAST_TIME)


def in_words(span: Span, zone: ZoneInfo) -> str:
    """'21 November 2026', '16 to 22 November 2026', '1 July to 30 September 2026'."""
    first, last = span.since.astimezone(zone).date(), (span.until - timedelta(microseconds=1)).astimezone(zone).date()
    end = f"{last.day} {calendar.month_name[last.month]} {last.year}"
    if first == last:
        return end
    if first.year != last.year:
        return f"{first.day} {calendar.month_name[first.month]} {first.year} to {end}"
    return f"{first.day}{'' if first.month == last.month else f' {calendar.month_name[first.month]}'} to {end}"
