"""Times as a reader needs them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from portal.foundation.adminkit.moments import moment, relative, written

NOW = datetime(2026, 3, 2, 13, 5, tzinfo=UTC)


def test_a_time_is_written_in_the_readers_zone_with_its_name() -> None:
    with timezone.override(ZoneInfo("Europe/Madrid")):
        assert written(NOW) == "2 Mar 2026, 14:05 CET"


def test_utc_stands_on_hover_and_relative_time_beside_what_is_near() -> None:
    with timezone.override(ZoneInfo("America/New_York")):
        shown = moment(NOW - timedelta(minutes=3), NOW)
    assert 'title="2026-03-02 13:02:00 UTC"' in shown
    assert "08:02 EST, 3 min ago" in shown
    assert "ago" not in moment(NOW - timedelta(days=2), NOW)
    assert moment(None, NOW, empty="<never>") == "<never>"


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "now"), (30, "in 30 s"), (-30, "30 s ago"), (61, "in 1 min"), (7_500, "in 2 h 5 min"), (-3_600, "1 h ago")]
)
def test_relative_times_are_whole_minutes_from_a_minute_on(seconds: int, said: str) -> None:
    assert relative(NOW + timedelta(seconds=seconds), NOW) == said
