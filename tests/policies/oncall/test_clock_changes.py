"""Where the clocks of a zone change."""

from datetime import UTC, datetime, timedelta

from policies.oncall.clock_changes import ClockChange, clock_changes

SINCE = datetime(2026, 3, 1, tzinfo=UTC)


def test_clock_changes_are_found_to_the_minute() -> None:
    assert clock_changes("Europe/Madrid", SINCE, SINCE + timedelta(days=90)) == [
        ClockChange(datetime(2026, 3, 29, 1, 0, tzinfo=UTC), timedelta(hours=1))
    ]
    assert [change.by for change in clock_changes("Australia/Lord_Howe", SINCE, SINCE + timedelta(days=90))] == [timedelta(minutes=-30)]
    assert clock_changes("UTC", SINCE, SINCE + timedelta(days=400)) == []
