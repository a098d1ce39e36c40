"""Signs of life and the tallies of lanes."""

from datetime import datetime, timedelta

import pytest

from portal.foundation.signs.beats import beat, last_beat
from portal.foundation.signs.tally import count, write_down
from portal.models import LaneTally, SignOfLife

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_counted_yet(now: datetime) -> None:
    """Tests before these sent messages in the same process, and counted."""
    write_down(now=now)
    LaneTally.objects.all().delete()


def test_the_last_sign_counts_even_when_the_clock_was_set_back(now: datetime) -> None:
    assert last_beat("sender") is None
    beat("sender", now=now)
    beat("sender", now=now - timedelta(hours=1))
    assert last_beat("sender") == now - timedelta(hours=1)
    assert SignOfLife.objects.get(pk="sender").beats == 2


def test_a_lane_remembers_since_when_nothing_gets_through(now: datetime) -> None:
    for minute, outcomes in enumerate(([True], [False, False], [False])):
        for succeeded in outcomes:
            count("sms", succeeded=succeeded)
        write_down(now=now + timedelta(minutes=minute))
    lane = LaneTally.objects.get()
    assert (lane.channel, lane.sent, lane.failed, lane.failures_in_a_row) == ("sms", 1, 3, 3)
    assert lane.failing_since == now + timedelta(minutes=1)
    count("sms", succeeded=True)
    count("sms", succeeded=False)
    write_down(now=now)
    lane.refresh_from_db()
    assert (lane.failures_in_a_row, lane.failing_since) == (1, now)


def test_nothing_counted_is_nothing_written(now: datetime, django_assert_num_queries: object) -> None:
    with django_assert_num_queries(0):  # type: ignore[operator]
        write_down(now=now)
