"""Control limits, held against the handbook's own example."""

import pytest

from reports.metrics.control import limits

# NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.2.2: flow rates of ten batches.
FLOW = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]


def test_the_handbooks_example_gives_the_handbooks_limits() -> None:
    found = limits(FLOW)
    assert found is not None
    assert (found.low, found.middle, found.high) == pytest.approx((45.8159, 50.81, 55.8041), abs=0.0005)


@pytest.mark.parametrize(("value", "said"), [(56, "higher"), (55.8, ""), (50.8, ""), (45.9, ""), (45.8, "lower")])
def test_a_value_is_news_only_beyond_the_limits(value: float, said: str) -> None:
    found = limits(FLOW)
    assert found is not None
    assert found.judge(value) == said


def test_three_earlier_values_set_no_limits() -> None:
    assert limits([1, 2, 3]) is None


def test_what_cannot_be_negative_has_no_limit_below_nothing() -> None:
    steady, restless = limits([2, 2, 2, 2]), limits([0, 9, 0, 9])
    assert steady is not None
    assert restless is not None
    assert (steady.low, steady.high, restless.low) == (2, 2, 0)
    assert limits([0, 9, 0, 9], floor=None).low < 0  # type: ignore[union-attr]
