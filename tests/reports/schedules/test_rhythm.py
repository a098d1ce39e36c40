"""When the next pack is due, and of which quarter: by cases, and against a slow look at every hour."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.reviews.periods import Rhythm
from reports.packs.quarters import Quarter
from reports.schedules.rhythm import MOST_DAYS, Plan, Which, again_at, last_run, next_run

QUARTERLY = Plan(Rhythm.QUARTERLY, 5, 6, Which.OVER)
MONTHLY = Plan(Rhythm.MONTHLY, 0, 0, Which.RUNNING)
WEEKLY = Plan(Rhythm.WEEKLY, 2, 23, Which.RUNNING)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("plan", "now", "due", "quarter", "period"),
    [
        (QUARTERLY, "2026-11-23T08:00", "2027-01-06T06:00", "2026Q4", "quarterly:2027-01-01"),
        (QUARTERLY, "2027-01-01T00:00", "2027-01-06T06:00", "2026Q4", "quarterly:2027-01-01"),
        (QUARTERLY, "2027-01-06T05:59", "2027-01-06T06:00", "2026Q4", "quarterly:2027-01-01"),
        (QUARTERLY, "2027-01-06T06:00", "2027-04-06T06:00", "2027Q1", "quarterly:2027-04-01"),
        (MONTHLY, "2026-12-31T23:59", "2027-01-01T00:00", "2027Q1", "monthly:2027-01-01"),
        (MONTHLY, "2028-02-29T12:00", "2028-03-01T00:00", "2028Q1", "monthly:2028-03-01"),
        # The week began in the quarter before; the pack is due in the new one, and is about that.
        (WEEKLY, "2026-12-29T08:00", "2026-12-30T23:00", "2026Q4", "weekly:2026-12-28"),
        (WEEKLY, "2026-09-29T08:00", "2026-09-30T23:00", "2026Q3", "weekly:2026-09-28"),
        (Plan(Rhythm.WEEKLY, 3, 0, Which.RUNNING), "2026-09-29T08:00", "2026-10-01T00:00", "2026Q4", "weekly:2026-09-28"),
        (Plan(Rhythm.WEEKLY, 3, 0, Which.OVER), "2026-09-29T08:00", "2026-10-01T00:00", "2026Q3", "weekly:2026-09-28"),
    ],
)
def test_the_next_one_is_the_first_after_now(plan: Plan, now: str, due: str, quarter: str, period: str) -> None:
    found = next_run(plan, at(now))
    assert (found.at, str(found.quarter), found.period) == (at(due), quarter, period)


def test_it_goes_by_utc_wherever_now_was_read() -> None:
    auckland = timezone(timedelta(hours=13))
    # Already the first of January there, and still the last of December by UTC.
    now = datetime(2027, 1, 1, 9, 0, tzinfo=auckland)
    assert next_run(MONTHLY, now).at == at("2027-01-01T00:00")
    assert last_run(MONTHLY, now).at == at("2026-12-01T00:00")


def test_a_stretch_that_has_its_pack_gets_no_second_one_though_the_day_was_put_off() -> None:
    later = Plan(Rhythm.WEEKLY, 5, 23, Which.RUNNING)
    assert next_run(later, at("2026-12-31T00:00"), done="weekly:2026-12-28").at == at("2027-01-09T23:00")
    # Of another rhythm it says nothing.
    assert next_run(later, at("2026-12-31T00:00"), done="monthly:2026-12-01").at == at("2027-01-02T23:00")


plans = st.sampled_from(list(MOST_DAYS)).flatmap(
    lambda rhythm: st.builds(Plan, st.just(rhythm), st.integers(0, MOST_DAYS[rhythm]), st.integers(0, 23), st.sampled_from(Which))
)
hours = st.integers(0, 24 * 3000).map(lambda number: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(hours=number))


def due_in_that_hour(plan: Plan, hour: datetime) -> bool:
    """By the calendar, without knowing what a stretch is."""
    day = hour - timedelta(days=plan.days)
    begins = {
        Rhythm.WEEKLY: day.weekday() == 0,
        Rhythm.MONTHLY: day.day == 1,
        Rhythm.QUARTERLY: day.day == 1 and day.month in (1, 4, 7, 10),
    }
    return hour.hour == plan.hour and begins[plan.rhythm]


@given(plans, hours)
def test_next_and_last_are_what_a_look_at_every_hour_finds(plan: Plan, now: datetime) -> None:
    after, before = now + timedelta(hours=1), now
    while not due_in_that_hour(plan, after):
        after += timedelta(hours=1)
    while not due_in_that_hour(plan, before):
        before -= timedelta(hours=1)
    assert next_run(plan, now).at == after
    assert last_run(plan, now).at == before
    assert next_run(plan, now).period != last_run(plan, now).period
    about = Quarter.of(after)
    assert next_run(plan, now).quarter == (about if plan.which is Which.RUNNING else about.previous)


def test_what_fails_is_tried_ever_more_rarely_and_once_a_day_at_last() -> None:
    failed = at("2026-11-23T08:00")
    pauses = [again_at(failed, tries) - failed for tries in (1, 2, 3, 6, 7, 8, 400)]
    assert [pause.total_seconds() / 60 for pause in pauses] == [15, 30, 60, 480, 960, 1440, 1440]


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (QUARTERLY, "5 days after the end of each quarter, at 06:00 UTC"),
        (Plan(Rhythm.QUARTERLY, 1, 6, Which.OVER), "1 day after the end of each quarter, at 06:00 UTC"),
        (Plan(Rhythm.QUARTERLY, 0, 6, Which.OVER), "on the day after the end of each quarter, at 06:00 UTC"),
        (MONTHLY, "monthly, on day 1 at 00:00 UTC"),
        (WEEKLY, "weekly, on Wednesdays at 23:00 UTC"),
    ],
)
def test_a_plan_says_itself_in_words(plan: Plan, words: str) -> None:
    assert plan.words == words
