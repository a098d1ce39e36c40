"""The stretches of time that reviews look at."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.reviews.periods import Rhythm, Span, due_at, due_spans, end_after, first_instant, following, in_words

MADRID, UTC_ZONE = ZoneInfo("Europe/Madrid"), ZoneInfo("UTC")
ZONES = ("UTC", "Europe/Madrid", "Asia/Kolkata", "America/New_York", "Pacific/Apia", "Australia/Lord_Howe")


def spans(rhythm: Rhythm, since: str, now: str, zone: ZoneInfo = UTC_ZONE) -> list[tuple[str, str]]:
    begin, end = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (since, now))
    return [(f"{one.since:%m-%dT%H:%M}", f"{one.until:%m-%dT%H:%M}") for one in due_spans(rhythm, begin, end, zone)]


def test_every_missed_day_is_due() -> None:
    assert spans(Rhythm.DAILY, "2026-03-01", "2026-03-04T09:00") == [
        ("03-01T00:00", "03-02T00:00"),
        ("03-02T00:00", "03-03T00:00"),
        ("03-03T00:00", "03-04T00:00"),
    ]


def test_what_begins_where_the_calendar_ends_is_never_due_and_hinders_nothing() -> None:
    assert spans(Rhythm.QUARTERLY, "9999-12-31", "2026-03-08") == []


def test_what_is_not_over_is_not_due() -> None:
    assert spans(Rhythm.WEEKLY, "2026-03-02", "2026-03-08T23:59") == []
    assert spans(Rhythm.WEEKLY, "2026-03-02", "2026-03-09") == [("03-02T00:00", "03-09T00:00")]


def test_the_first_stretch_ends_where_the_calendars_does() -> None:
    assert spans(Rhythm.MONTHLY, "2026-02-10", "2026-04-01") == [("02-10T00:00", "03-01T00:00"), ("03-01T00:00", "04-01T00:00")]
    assert spans(Rhythm.QUARTERLY, "2025-12-20", "2026-04-02")[-1] == ("01-01T00:00", "04-01T00:00")


def test_days_are_those_of_the_plans_zone_across_a_change_of_the_clocks() -> None:
    assert spans(Rhythm.DAILY, "2026-03-28T23:00", "2026-03-31", MADRID) == [("03-28T23:00", "03-29T22:00"), ("03-29T22:00", "03-30T22:00")]


def test_a_day_that_a_zone_left_out_is_no_stretch() -> None:
    apia = ZoneInfo("Pacific/Apia")
    before = first_instant(date(2011, 12, 29), apia)
    found = list(due_spans(Rhythm.DAILY, before, first_instant(date(2012, 1, 1), apia), apia))
    assert [one.until > one.since for one in found] == [True, True]


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(Rhythm), st.integers(0, 40 * 366 * 24 * 60), st.sampled_from(ZONES))
def test_stretches_follow_each_other_without_a_gap(rhythm: Rhythm, minutes: int, name: str) -> None:
    since, zone = datetime(2000, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes), ZoneInfo(name)
    found = list(due_spans(rhythm, since, since + timedelta(days=200), zone))
    assert all(one.until > one.since for one in found)
    assert [one.since for one in found[1:]] == [one.until for one in found[:-1]]
    assert all(
        one.until.astimezone(zone).date() == first.astimezone(zone).date()
        for one in found
        for first in [end_after(rhythm, one.since, zone)]
    )


def test_it_is_due_after_its_days_and_a_day_after_it_was_opened_at_the_earliest() -> None:
    span = Span(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC))
    assert due_at(span, 3, datetime(2026, 3, 2, 0, 5, tzinfo=UTC)) == datetime(2026, 3, 5, tzinfo=UTC)
    late = datetime(2026, 3, 20, tzinfo=UTC)
    assert due_at(span, 3, late) == late + timedelta(days=1)


@pytest.mark.parametrize(
    ("since", "until", "said"),
    [
        ("2026-03-01", "2026-03-02", "1 March 2026"),
        ("2026-03-02", "2026-03-09", "2 to 8 March 2026"),
        ("2026-01-01", "2026-04-01", "1 January to 31 March 2026"),
        ("2025-12-29", "2026-01-05", "29 December 2025 to 4 January 2026"),
    ],
)
def test_a_stretch_in_words(since: str, until: str, said: str) -> None:
    span = Span(*(datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (since, until)))
    assert in_words(span, UTC_ZONE) == said


def test_the_calendar_ends() -> None:
    with pytest.raises(ValueError, match="9999"):
        following(Rhythm.DAILY, date(9999, 1, 1))
