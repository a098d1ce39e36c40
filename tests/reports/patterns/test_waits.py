"""The log-rank test, held against the printed example and a slow computation time by time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.patterns.waits import CLASSES, classes, hazards, log_rank, median_of, medians_of, middle_of, upper_tail

# E. A. Gehan, Biometrika 52 (1965), 203-223: weeks of remission of leukaemia, 6-MP and placebo; + was still in remission.
TREATED = [(6, 1), (6, 1), (6, 1), (7, 1), (10, 1), (13, 1), (16, 1), (22, 1), (23, 1)]
TREATED += [(weeks, 0) for weeks in (6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35)]
PLACEBO = [(weeks, 1) for weeks in (1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23)]


def counts(cases: list[tuple[int, int]], ended: int, size: int = 40) -> np.ndarray:
    return np.bincount([time for time, over in cases if over == ended], minlength=size)[None, :]


def of(part: list[tuple[int, int]], rest: list[tuple[int, int]]):
    return log_rank(counts(part, 1), counts(part, 0), counts(part + rest, 1), counts(part + rest, 0))


def test_remission_of_leukaemia() -> None:
    """D. G. Kleinbaum and M. Klein, Survival Analysis, 2: observed 9 and 21, expected 19.26 and 10.74, chi-square 16.79."""
    found = of(TREATED, PLACEBO)
    assert (found.observed, found.rest_observed) == (9, 21)
    assert (float(found.expected), float(found.rest_expected)) == pytest.approx((19.25, 10.75), abs=0.01)
    assert float(found.z) ** 2 == pytest.approx(16.79, abs=0.005)
    assert float(found.z) > 0, "the treated wait longer"
    assert float(found.pace) == pytest.approx((9 / 19.25) / (21 / 10.75), abs=0.001)
    low, high = of_many(TREATED, PLACEBO).pace_between(0)
    assert low < 0.24 < high < 1


def of_many(part: list[tuple[int, int]], rest: list[tuple[int, int]]):
    ended, still = counts(part, 1)[None], counts(part, 0)[None]
    return log_rank(ended, still, counts(part + rest, 1), counts(part + rest, 0))


def test_parts_at_once_are_the_parts_one_by_one() -> None:
    both = log_rank(
        np.stack([counts(TREATED, 1), counts(PLACEBO, 1)]), np.stack([counts(TREATED, 0), counts(PLACEBO, 0)]),
        counts(TREATED + PLACEBO, 1), counts(TREATED + PLACEBO, 0),
    )  # fmt: skip
    assert both.z.tolist() == pytest.approx([float(of(TREATED, PLACEBO).z), float(of(PLACEBO, TREATED).z)])
    assert both.z[0] == pytest.approx(-both.z[1])


cases_ = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 1)), min_size=1, max_size=12)


@given(cases_, cases_)
@settings(max_examples=100, deadline=None)
def test_the_sums_are_those_of_every_time_by_itself(part: list[tuple[int, int]], rest: list[tuple[int, int]]) -> None:
    observed = expected = variance = 0.0
    for time in range(7):
        at_risk = [each for each in part + rest if each[0] >= time]
        mine = [each for each in part if each[0] >= time]
        ended, of_all = sum(each == (time, 1) for each in at_risk), len(at_risk)
        observed += sum(each == (time, 1) for each in mine)
        if of_all:
            expected += ended * len(mine) / of_all
        if of_all > 1:
            variance += ended * (len(mine) / of_all) * (1 - len(mine) / of_all) * (of_all - ended) / (of_all - 1)
    found = of(part, rest)
    assert (float(found.observed), float(found.expected), float(found.variance)) == pytest.approx((observed, expected, variance))


def test_strata_are_summed() -> None:
    stacked = log_rank(*(np.concatenate([each, each]) for each in (
        counts(TREATED, 1), counts(TREATED, 0), counts(TREATED + PLACEBO, 1), counts(TREATED + PLACEBO, 0),
    )))  # fmt: skip
    alone = of(TREATED, PLACEBO)
    assert (float(stacked.expected), float(stacked.variance)) == pytest.approx((2 * float(alone.expected), 2 * float(alone.variance)))


def test_classes_hold_their_times() -> None:
    seconds = np.array([0, 0.4, 1, 59.9, 60, 3_600, 1e12])
    found = classes(seconds)
    assert (found[0], found[1], found[-1]) == (0, 0, CLASSES - 1)
    assert (np.diff(found) >= 0).all()
    for second, place in zip(seconds[2:6], found[2:6], strict=True):
        assert 10 ** ((place - 1) / 24) <= second * (1 + 1e-9) < 10 ** (place / 24) * (1 + 1e-6)
        assert middle_of(int(place)) == pytest.approx(second, rel=0.06)


def test_medians_count_those_that_wait() -> None:
    ended, still = np.zeros(CLASSES), np.zeros(CLASSES)
    ended[classes([60])], still[classes([600])] = 2, 2
    assert median_of(ended, still) == pytest.approx(60, rel=0.06)
    still[classes([600])] = 3
    assert median_of(ended, still) is None


def test_hazards_are_summed_as_nelson_and_aalen_do() -> None:
    assert hazards(np.array([[1.0, 0.0, 2.0]]), np.array([[0.0, 1.0, 1.0]])).tolist() == [pytest.approx([1 / 5, 1 / 5, 1 / 5 + 2 / 3])]


@pytest.mark.parametrize(("z", "chance"), [(0, 0.5), (1.645, 0.05), (1.96, 0.025), (3.09, 0.001), (99, 1e-12)])
def test_the_normal_tail_is_that_of_the_tables(z: float, chance: float) -> None:
    assert upper_tail(z) == pytest.approx(chance, rel=0.005)


def test_medians_of_many_are_those_of_each() -> None:
    dice = np.random.default_rng(4)
    ended, still = (dice.integers(0, 3, (20, CLASSES)) * (dice.random((20, CLASSES)) < 0.1) for _ in range(2))
    still[3], ended[4] = 0, 0
    each = [median_of(one.astype(float), two.astype(float)) for one, two in zip(ended, still, strict=True)]
    assert [None if np.isnan(value) else value for value in medians_of(ended, still).tolist()] == each
    assert each[4] is None
