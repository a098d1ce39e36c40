"""Patience with a failing receiver: little while another way is left, more on the last."""

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
