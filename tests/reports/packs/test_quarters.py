"""Quarters: what names one, and where it begins and ends."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.packs.quarters import NotAQuarter, Progress, Quarter, weeks_of

quarters = st.builds(Quarter, st.integers(1, 9998), st.integers(1, 4))


@given(quarters)
def test_a_quarter_reads_back_and_meets_the_next_one_without_a_gap(quarter: Quarter) -> None:
    assert Quarter.parse(str(quarter)) == quarter
    assert quarter.end == quarter.next.start
    assert Quarter.of(quarter.start) == quarter == Quarter.of(quarter.end - timedelta(microseconds=1))


@given(quarters)
def test_weeks_begin_with_the_quarter_and_then_on_mondays(quarter: Quarter) -> None:
    weeks = weeks_of(quarter)
    assert weeks[0] == quarter.start
    assert all(week.weekday() == 0 for week in weeks[1:])
    assert weeks[-1] < quarter.end <= weeks[-1] + timedelta(days=7)
    assert 13 <= len(weeks) <= 15


@pytest.mark.parametrize("text", ["2016Q5", "2016Q0", "2016", "Q1", "16Q1", "2016Q1x", "", "0000Q1", "9999Q4", "２０１６Q1", "2016-Q1"])
def test_what_is_not_a_quarter_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(NotAQuarter) as refused:
        Quarter.parse(text)
    assert str(refused.value) == f"'{text}' is not a quarter; write the year and Q1 to Q4, such as 2016Q1."


@pytest.mark.parametrize("text", ["0000Q1", "0001Q1", "1969Q4", "2016Q2", "9998Q4", "9999Q4"])
def test_what_lies_before_all_services_or_ahead_cannot_be_asked_for_and_it_is_said_what_can(text: str) -> None:
    with pytest.raises(NotAQuarter) as refused:
        Quarter.asked_for(text, datetime(2016, 3, 31, 23, 59, tzinfo=UTC))
    assert str(refused.value) == f"{text} cannot be asked for; choose a quarter from 1970Q1 to 2016Q1, which runs."


@pytest.mark.parametrize("text", ["1970Q1", "2015q4", "2016Q1"])
def test_a_quarter_that_runs_or_is_over_can_be_asked_for(text: str) -> None:
    assert Quarter.asked_for(text, datetime(2016, 1, 1, tzinfo=UTC)) == Quarter.parse(text)


def test_a_quarter_may_be_written_in_small_letters() -> None:
    assert Quarter.parse(" 2016q1 ") == Quarter(2016, 1)


def test_a_moment_belongs_to_the_quarter_that_it_is_in_utc() -> None:
    assert Quarter.of(datetime(2016, 4, 1, 1, tzinfo=timezone(timedelta(hours=2)))) == Quarter(2016, 1)


def test_a_quarter_reads_as_days() -> None:
    assert Quarter(2016, 1).days_in_words == "1 January to 31 March 2016"
    assert Quarter(2015, 4).days_in_words == "1 October to 31 December 2015"


@pytest.mark.parametrize(
    ("now", "progress"),
    [
        (datetime(2015, 12, 31, 23, 59, tzinfo=UTC), Progress.TO_COME),
        (datetime(2016, 1, 1, tzinfo=UTC), Progress.RUNNING),
        (datetime(2016, 4, 1, tzinfo=UTC), Progress.OVER),
    ],
)
def test_a_quarter_is_to_come_then_runs_then_is_over(now: datetime, progress: Progress) -> None:
    assert Quarter(2016, 1).progress(now) is progress
