"""Quarters and years in every zone: without gaps, without overlaps, and open on their first following day."""

import zoneinfo
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.reviews.periods import (
    Period,
    Rhythm,
    before,
    days_in_words,
    deserves_review,
    ended_periods,
    lived,
    period_of,
    quarters_within,
)

ZONES = st.sampled_from(sorted(zoneinfo.available_timezones()))
MOMENTS = st.integers(0, 4_000_000_000).map(lambda second: datetime.fromtimestamp(second, UTC))
RHYTHMS = st.sampled_from(list(Rhythm))
MADRID = ZoneInfo("Europe/Madrid")


@given(RHYTHMS, MOMENTS, ZONES)
def test_every_instant_lies_in_one_period_and_periods_follow_one_another(rhythm: Rhythm, at: datetime, name: str) -> None:
    zone = ZoneInfo(name)
    period = period_of(rhythm, at, zone)
    assert period.start <= at < period.end
    assert period_of(rhythm, period.start, zone) == period_of(rhythm, period.end - timedelta(microseconds=1), zone) == period
    following = period_of(rhythm, period.end, zone)
    assert following.start == period.end
    assert before(rhythm, following, zone) == period


@given(MOMENTS, st.integers(0, 1500), ZONES)
def test_what_has_ended_ended_and_nothing_is_left_out(since: datetime, days: int, name: str) -> None:
    zone, now = ZoneInfo(name), since + timedelta(days=days)
    ended = list(ended_periods(Rhythm.QUARTERLY, since, now, zone))
    assert all(period.end <= now for period in ended)
    assert len({period.name for period in ended}) == len(ended)
    assert all(first.end == second.start for first, second in pairwise(ended))
    last = ended[-1].end if ended else period_of(Rhythm.QUARTERLY, since, zone).start
    assert period_of(Rhythm.QUARTERLY, now, zone).start == last


@given(MOMENTS, ZONES)
def test_a_year_is_its_four_quarters(at: datetime, name: str) -> None:
    zone = ZoneInfo(name)
    year = period_of(Rhythm.YEARLY, at, zone)
    quarters = quarters_within(year, zone)
    assert [quarter.name for quarter in quarters] == [f"{year.name}Q{number}" for number in (1, 2, 3, 4)]
    assert (quarters[0].start, quarters[-1].end) == (year.start, year.end)
    assert sum((quarter.length for quarter in quarters), timedelta(0)) == year.length


@pytest.mark.parametrize(
    ("zone", "first_instant_after"),
    [
        ("UTC", datetime(2026, 7, 1, tzinfo=UTC)),
        ("Europe/Madrid", datetime(2026, 6, 30, 22, tzinfo=UTC)),
        ("Pacific/Kiritimati", datetime(2026, 6, 30, 10, tzinfo=UTC)),
        ("America/Los_Angeles", datetime(2026, 7, 1, 7, tzinfo=UTC)),
        ("Asia/Kathmandu", datetime(2026, 6, 30, 18, 15, tzinfo=UTC)),
    ],
)
def test_a_quarter_ends_at_midnight_where_the_policy_is(zone: str, first_instant_after: datetime) -> None:
    just_before = first_instant_after - timedelta(microseconds=1)
    since = datetime(2026, 5, 1, tzinfo=UTC)
    assert list(ended_periods(Rhythm.QUARTERLY, since, just_before, ZoneInfo(zone))) == []
    [ended] = ended_periods(Rhythm.QUARTERLY, since, first_instant_after, ZoneInfo(zone))
    assert (ended.name, ended.end) == ("2026Q2", first_instant_after)


def test_a_period_is_told_in_days() -> None:
    assert days_in_words(period_of(Rhythm.QUARTERLY, datetime(2026, 8, 1, tzinfo=UTC), MADRID), MADRID) == "1 July to 30 September 2026"
    assert days_in_words(period_of(Rhythm.YEARLY, datetime(2026, 8, 1, tzinfo=UTC), MADRID), MADRID) == "1 January to 31 December 2026"


MARCH = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
Q1 = Period("2026Q1", datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("spans", "length"),
    [
        ([], 0),
        ([(MARCH, None)], 31),
        ([(MARCH, None), (MARCH + 5 * DAY, None)], 31),
        ([(MARCH, MARCH + DAY), (MARCH + 3 * DAY, MARCH + 4 * DAY)], 2),
        ([(MARCH, MARCH + 2 * DAY), (MARCH + DAY, MARCH + 3 * DAY)], 3),
        ([(MARCH - 365 * DAY, None)], 90),
        ([(Q1.end, None)], 0),
        ([(Q1.start - 9 * DAY, Q1.start)], 0),
    ],
)
def test_a_policy_lived_while_any_of_its_versions_was_in_force(spans: list[tuple[datetime, datetime | None]], length: int) -> None:
    assert lived(spans, Q1) == length * DAY


def test_a_policy_that_began_on_the_last_evening_is_not_reviewed_for_that_quarter() -> None:
    assert not deserves_review([(Q1.end - timedelta(hours=23), None)], Q1)
    assert deserves_review([(Q1.end - timedelta(hours=24), None)], Q1)
