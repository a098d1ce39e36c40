"""Mean and percentiles, held against two libraries that know nothing of ours."""

import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.metrics.statistics import mean, percentile, share_of, spread

durations = st.lists(st.integers(0, 10_000_000).map(lambda thousandths: thousandths / 1000), min_size=1, max_size=60)


@given(durations, st.sampled_from([0, 0.1, 0.25, 0.5, 0.9, 0.99, 1]))
def test_a_percentile_is_numpys(values: list[float], share: float) -> None:
    assert percentile(sorted(values), share) == pytest.approx(float(np.percentile(values, share * 100)), rel=1e-12, abs=1e-9)


@given(durations)
def test_mean_and_median_are_those_of_the_standard_library(values: list[float]) -> None:
    assert mean(values) == pytest.approx(statistics.fmean(values))
    assert percentile(sorted(values), 0.5) == pytest.approx(statistics.median(values))


@given(durations)
def test_the_order_of_the_values_does_not_matter(values: list[float]) -> None:
    assert spread(values) == spread(values[::-1]) == spread(sorted(values))


def test_of_nothing_there_is_a_count_and_nothing_else() -> None:
    assert spread([]) == {"count": 0, "mean": None, "p50": None, "p90": None, "p95": None}


def test_of_one_value_everything_is_that_value() -> None:
    assert spread([42.5]) == {"count": 1, "mean": 42.5, "p50": 42.5, "p90": 42.5, "p95": 42.5}


def test_between_two_values_a_percentile_is_interpolated() -> None:
    assert spread([0, 100]) == {"count": 2, "mean": 50, "p50": 50, "p90": 90, "p95": 95}


def test_figures_have_at_most_three_decimals() -> None:
    assert spread([0, 0, 1])["mean"] == 0.333


@pytest.mark.parametrize(("part", "whole", "expected"), [(0, 0, None), (0, 5, 0), (1, 3, 33.333), (5, 5, 100)])
def test_a_share_is_a_percentage_and_of_nothing_there_is_none(part: int, whole: int, expected: float | None) -> None:
    assert share_of(part, whole) == expected
