"""Rank sums and Hodges-Lehmann differences, held against the printed example and against every pair and every draw."""

from itertools import combinations
from math import sqrt
from statistics import median

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.patterns.ranks import hodges_lehmann, rank_sum_z

# M. Hollander and D. A. Wolfe, Nonparametric Statistical Methods (1973), 4.1: permeability of a membrane at term, and early.
AT_TERM = [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46]
EARLY = [1.15, 0.88, 0.90, 0.74, 1.21]


def counted(part: list[int], whole: list[int]) -> tuple[np.ndarray, np.ndarray]:
    size = max(whole) + 1
    return np.bincount(part, minlength=size)[None, :], np.bincount(whole, minlength=size)[None, :]


def places(values: list[float], among: list[float]) -> list[int]:
    return [sorted(set(among)).index(value) for value in values]


def test_permeability_of_a_membrane() -> None:
    """The book: 35 of 50 pairs larger at term; the difference 0.305, between -0.15 and 0.76 with 95.2 %."""
    z = rank_sum_z(*counted(places(AT_TERM, AT_TERM + EARLY), places(AT_TERM + EARLY, AT_TERM + EARLY)))
    assert float(z) == pytest.approx((35 - 25) / sqrt(10 * 5 * 16 / 12))
    # In hundredths, because a hundredth is what the function tells apart.
    found = hodges_lehmann([100 * each for each in AT_TERM], [100 * each for each in EARLY])
    assert found == pytest.approx((30.5, -15, 76), abs=0.02)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=5), st.lists(st.integers(0, 5), min_size=1, max_size=6))
@settings(max_examples=80, deadline=None)
def test_mean_and_variance_are_those_of_every_draw(part: list[int], rest: list[int]) -> None:
    whole = part + rest
    ranks = [sum(other < value for other in whole) + (sum(other == value for other in whole) + 1) / 2 for value in whole]
    sums = [sum(some) for some in combinations(ranks, len(part))]
    mean = sum(sums) / len(sums)
    spread = sqrt(sum((each - mean) ** 2 for each in sums) / len(sums))
    found = float(rank_sum_z(*counted(part, whole)))
    assert found == pytest.approx((sum(ranks[: len(part)]) - mean) / spread if spread > 1e-9 else 0.0, abs=1e-9)


def test_strata_are_weighted_by_their_size() -> None:
    part, whole = counted([3, 4], [0, 1, 2, 3, 4])
    more_part, more_whole = counted([0, 4], [0, 1, 2, 3, 4])
    one, two = float(rank_sum_z(part, whole)), float(rank_sum_z(more_part, more_whole))
    both = float(rank_sum_z(np.concatenate([part, more_part]), np.concatenate([whole, more_whole])))
    assert both == pytest.approx((one + two) / sqrt(2)), "equal strata weigh the same"


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=9), st.lists(st.integers(-50, 50), min_size=1, max_size=9))
@settings(max_examples=80, deadline=None)
def test_the_difference_is_the_median_of_all_pairs(ones: list[int], others: list[int]) -> None:
    pairs = sorted(one - other for one in ones for other in others)
    middle, low, high = hodges_lehmann(ones, others)
    assert middle == pytest.approx(median(pairs), abs=0.01)
    assert pairs[0] - 0.01 <= low <= middle + 0.01
    assert middle - 0.01 <= high <= pairs[-1] + 0.01


def test_a_difference_needs_two_groups() -> None:
    with pytest.raises(ValueError, match="two groups"):
        hodges_lehmann([], [1])
