"""When a schedule makes its next pack, and of which quarter. Pure; all of it in UTC, as quarters are."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from audit.reviews.periods import Rhythm, beginning, following
from reports.packs.quarters import Quarter

# Days after a stretch began by which its pack is made, so that it is made in the stretch, however short that is.
MOST_DAYS: Mapping[Rhythm, int] = {Rhythm.QUARTERLY: 60, Rhythm.MONTHLY: 27, Rhythm.WEEKLY: 6}
# A failed pack is tried again after a quarter of an hour, then ever more rarely, once a day at last.
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=15), timedelta(days=1)
_DAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")


class Which(StrEnum):
    """The quarter that a pack is about, seen from the time at which it is due."""

    OVER = "over"
    RUNNING = "running"


@dataclass(frozen=True, slots=True)
class Plan:
    """Once in each quarter, month or week (from Monday), so many days after it began, at a full hour."""

    rhythm: Rhythm
    days: int
    hour: int
    which: Which

    @property
    def words(self) -> str:
        """'weekly, on Mondays at 06:00 UTC'; '5 days after the end of each quarter, at 06:00 UTC'."""
        at = f"at {self.hour:02d}:00 UTC"
        if self.rhythm is Rhythm.WEEKLY:
            return f"weekly, on {_DAYS[self.days]} {at}"
        if self.rhythm is Rhythm.MONTHLY:
            return f"monthly, on day {self.days + 1} {at}"
        if not self.days:
            return f"on the day after the end of each quarter, {at}"
        return f"{self.days} day{'' if self.days == 1 else 's'} after the end of each quarter, {at}"


@dataclass(frozen=True, slots=True)
class Due:
    """One pack that a plan asks for: in which stretch, when, and of which quarter."""

    period: str
    at: datetime
    quarter: Quarter


def next_run(plan: Plan, now: datetime, *, done: str = "") -> Due:
    """The first one after `now`. `done` is the stretch of the last one: it gets no second one, though the plan was changed since."""
    day = beginning(plan.rhythm, now.astimezone(UTC).date())
    while (due := _due(plan, day)).at <= now or due.period == done:
        day = following(plan.rhythm, day)
    return due


def last_run(plan: Plan, now: datetime) -> Due:
    """The newest one that was due by `now`. Those before it were missed, if nobody made them, and stay so."""
    day = beginning(plan.rhythm, now.astimezone(UTC).date())
    while (due := _due(plan, day)).at > now:
        day = beginning(plan.rhythm, day - timedelta(days=1))
    return due


def again_at(failed_at: datetime, tries: int) -> datetime:
    """When a pack that failed the `tries`-th time is tried again."""
    return failed_at + min(FIRST_PAUSE * 2.0 ** min(tries - 1, 10), LONGEST_PAUSE)


def _due(plan: Plan, day: date) -> Due:
    at = datetime.combine(day, time(plan.hour), tzinfo=UTC) + timedelta(days=plan.days)
    quarter = Quarter.of(at)
    return Due(f"{plan.rhythm.value}:{day.isoformat()}", at, quarter.previous if plan.which is Which.OVER else quarter)
