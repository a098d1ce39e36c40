"""The stretch of a schedule's calendar that a page shows: a month, a week, or any period up to 400 days."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from policies.decisions.rota.clocks import on_day
from policies.oncall.models import EARLIEST, LATEST

DAY = timedelta(days=1)
MOST_DAYS = 400
VIEWS = (("month", "Month"), ("week", "Week"), ("table", "Table"))


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `first` until `end` (excluded) on the clocks of `zone`. `month` is the month a month's view is of, by its first day."""

    view: str
    first: date
    end: date
    zone: str
    month: date | None = None

    @property
    def since(self) -> datetime:
        """The instant at which the first day begins."""
        return _midnight(self.first, self.zone)

    @property
    def until(self) -> datetime:
        """The instant at which the last day is over."""
        return _midnight(self.end, self.zone)

    @property
    def title(self) -> str:
        """'March 2026', '2 to 8 Mar 2026'."""
        if self.month is not None:
            return f"{self.month:%B %Y}"
        last = self.end - DAY
        begin = f"{self.first.day}" if (self.first.year, self.first.month) == (last.year, last.month) else _short(self.first, last)
        return f"{begin} to {last.day} {last:%b %Y}"

    @property
    def before(self) -> date | None:
        """A day in the period before; None where the calendar ends."""
        found = (self.month or self.first) - DAY
        return found if found >= EARLIEST else None

    @property
    def after(self) -> date | None:
        """A day in the period after; None where the calendar ends."""
        found = _month_after(self.month) if self.month is not None else self.end
        return found if found < LATEST else None

    def days(self) -> list[date]:
        """Every day, in order."""
        return [self.first + step * DAY for step in range((self.end - self.first).days)]


def asked_period(query: Mapping[str, str], zone: str, now: datetime) -> tuple[Period, str]:
    """What `?view=…&on=…`, or `?view=table&from=…&to=…`, asks for, and in words what was wrong with it; then the nearest that can be."""
    today = now.astimezone(ZoneInfo(zone)).date()
    if query.get("view") == "table":
        return _table(query, zone, today)
    on, problem = _day(query.get("on", ""), today)
    if query.get("view") == "week":
        first = on - on.weekday() * DAY
        return Period("week", first, first + 7 * DAY, zone), problem
    month = on.replace(day=1)
    last = _month_after(month) - DAY
    first = month - month.weekday() * DAY
    return Period("month", first, last + (7 - last.weekday()) * DAY, zone, month), problem


def _table(query: Mapping[str, str], zone: str, today: date) -> tuple[Period, str]:
    first, wrong = _day(query.get("from", "") or query.get("on", ""), today)
    last, also_wrong = _day(query.get("to", ""), min(first + 29 * DAY, LATEST))
    problem = wrong or also_wrong
    if not problem and last < first:
        problem = "The last day is before the first. Choose a later one."
        last = first
    if not problem and last - first >= MOST_DAYS * DAY:
        problem = f"That are {(last - first).days + 1:,} days. At most {MOST_DAYS} are shown at once: choose a shorter period."
        last = first + (MOST_DAYS - 1) * DAY
    if problem:
        last = max(first, min(last, first + (MOST_DAYS - 1) * DAY))
    return Period("table", first, last + DAY, zone), problem


def _day(text: str, instead: date) -> tuple[date, str]:
    text = text.strip()
    if not text:
        return instead, ""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return instead, f"'{text[:20]}' is no day. Write it as 2026-03-02."
    if not EARLIEST <= found <= LATEST:
        return instead, f"{text[:20]} is out of reach. Choose a day from {EARLIEST.year} to {LATEST.year}."
    return found, ""


def _month_after(month: date) -> date:
    return (month + 31 * DAY).replace(day=1)


def _midnight(day: date, zone: str) -> datetime:
    return on_day(day, datetime.min.time(), zone)


def _short(first: date, last: date) -> str:
    return f"{first.day} {first:%b}" if first.year == last.year else f"{first.day} {first:%b %Y}"
