"""Patience with a failing receiver: little while another way is left, more on the last."""

from datetime import timedelta
from itertools import count, takewhile

import pytest

from portal.foundation.outbox.backoff import delay_after


@pytest.mark.parametrize(("another_way", "total"), [(True, 20), (False, 230)])
def test_a_contact_point_is_given_up_after_its_time(another_way: bool, total: int) -> None:
    delays = list(takewhile(lambda delay: delay is not None, (delay_after(tries, another_way=another_way) for tries in count(1))))
    assert sum(delay.total_seconds() for delay in delays if delay) == total
    assert delays == sorted(delays)  # type: ignore[type-var]


def test_an_impossible_count_gives_up() -> None:
    assert delay_after(0, another_way=False) is None


@pytest.mark.parametrize(
    ("asked", "another_way", "waits"),
    [(3, True, 5), (15, True, 15), (16, True, None), (3, False, 5), (90, False, 90), (3_600, False, 120)],
)
def test_a_receiver_that_wants_to_be_left_alone_is_waited_for_only_on_the_last_way(
    asked: int, another_way: bool, waits: int | None
) -> None:
    delay = delay_after(1, another_way=another_way, asked=timedelta(seconds=asked))
    assert delay == (None if waits is None else timedelta(seconds=waits))
