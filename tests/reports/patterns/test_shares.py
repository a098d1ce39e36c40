"""Intervals and exact chances of shares, held against printed examples and against counting out every case."""

from itertools import combinations
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.patterns.shares import as_many_by_chance, binomial_tail, drawn, expected_in, newcombe, wilson


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0000, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilsons_interval_is_the_printed_one(count: int, of: int, low: float, high: float) -> None:
    """R. G. Newcombe, Statistics in Medicine 17 (1998), 857-872, table I, method 3."""
    assert wilson(count, of) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((10, 10), (0, 10), 0.6075, 1.0000),
    ],
)
def test_newcombes_interval_is_the_printed_one(one: tuple[int, int], other: tuple[int, int], low: float, high: float) -> None:
    """R. G. Newcombe, Statistics in Medicine 17 (1998), 873-890, table II, method 10."""
    assert newcombe(*one, *other) == pytest.approx((low, high), abs=5e-5)


def test_nothing_counted_may_be_anything() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    assert newcombe(0, 0, 3, 9) == (-1.0, 1.0)


def test_the_lady_tasting_tea() -> None:
    """R. A. Fisher, The Design of Experiments (1935), II: three of four cups told right, by chance in 17 of 70."""
    assert as_many_by_chance(3, 4, 4, 8) == pytest.approx(17 / 70)
    assert as_many_by_chance(4, 4, 4, 8) == pytest.approx(1 / 70)


def test_penicillin_in_rabbits() -> None:
    """A. Agresti, Categorical Data Analysis (1990), 7.4.4: five doses, cured without delay and with; exact one-sided 0.01997."""
    cured_at_once, at_once = [0, 3, 6, 5, 2], [6, 6, 6, 6, 2]
    cured, treated = [0, 3, 8, 11, 7], [11, 12, 12, 12, 7]
    assert as_many_by_chance(cured_at_once, at_once, cured, treated) == pytest.approx(0.01997, abs=5e-6)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=2), st.data())
@settings(max_examples=60, deadline=None)
def test_the_exact_chance_is_that_of_drawing_every_part(strata: list[tuple[int, int, int]], data: st.DataObject) -> None:
    """Each stratum: bad ones, good ones, and how many of both are drawn; every way to draw is counted."""
    strata = [(bad, good, min(draws, bad + good)) for bad, good, draws in strata]
    outcomes = {0: 1}
    for bad, good, draws in strata:
        hits = [sum(each < bad for each in some) for some in combinations(range(bad + good), draws)]
        outcomes = {
            total: sum(ways * hits.count(total - before) for before, ways in outcomes.items())
            for total in range(sum(bad_ for bad_, _, _ in strata) + 1)
        }
    wanted = data.draw(st.integers(0, max(outcomes)))
    naive = sum(ways for total, ways in outcomes.items() if total >= wanted) / sum(outcomes.values())
    spread = [wanted, *([0] * (len(strata) - 1))]
    found = as_many_by_chance(spread, [s[2] for s in strata], [s[0] for s in strata], [s[0] + s[1] for s in strata])
    assert found == pytest.approx(max(naive, 1e-12), rel=1e-9)


def test_the_draws_probabilities_are_one_together_even_of_a_million() -> None:
    least, chance = drawn(1_000_000, 30_000, 2_000)
    assert chance.sum() == pytest.approx(1, abs=1e-6)
    assert least + (np.arange(len(chance)) * chance).sum() == pytest.approx(60, abs=1e-3)


@pytest.mark.parametrize(
    ("count", "of", "chance"), [(3, 10, 0.2), (0, 5, 0.3), (5, 5, 0.9), (60, 200, 0.25), (6, 5, 0.5), (1, 5, 0.0), (2, 5, 1.0)]
)
def test_the_binomial_tail_is_the_sum_of_its_terms(count: int, of: int, chance: float) -> None:
    naive = sum(comb(of, hits) * chance**hits * (1 - chance) ** (of - hits) for hits in range(count, of + 1))
    assert binomial_tail(count, of, chance) == pytest.approx(naive, rel=1e-9)


def test_expected_is_what_the_part_would_have_at_the_others_shares() -> None:
    """Of 10 and 30 cases at 20 % and 50 %; a grade that the others don't have is not counted."""
    expected, counted = expected_in(np.array([10, 30, 7]), np.array([20, 5, 0]), np.array([100, 10, 0]))
    assert (float(expected), float(counted)) == (pytest.approx(17), 40)
