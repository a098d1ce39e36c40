"""Times of which some are still open, held against published figures and against the formula written out slowly."""

import statistics
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.metrics.survival import curve

# Weeks of remission under 6-MP: Freireich et al., Blood 21 (1963), the standard example of the method; '+' is a case that was still in it.
REMISSION = {
    6: "...+",
    7: ".",
    9: "+",
    10: ".+",
    11: "+",
    13: ".",
    16: ".",
    17: "+",
    19: "+",
    20: "+",
    22: ".",
    23: ".",
    25: "+",
    32: "++",
    34: "+",
    35: "+",
}
PUBLISHED = {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}


def test_the_standard_example_gives_the_published_curve() -> None:
    cases = [(week, how == ".") for week, all_of_it in REMISSION.items() for how in all_of_it]
    found = curve(*zip(*cases, strict=True))
    assert {int(at): round(share, 3) for at, share in zip(found.seconds, found.waiting, strict=True)} == pytest.approx(
        PUBLISHED, abs=0.0006
    )
    assert (found.within(0.5), found.within(0.9), found.known_until) == (23, None, 35)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 12), st.booleans()), max_size=25), st.sampled_from([0.25, 0.5, 0.9]))
def test_it_is_the_formula_written_out(cases: list[tuple[int, bool]], share: float) -> None:
    waiting, expected = Fraction(1), None
    times = sorted({seconds for seconds, ended in cases if ended})
    for at, following in zip(times, [*times[1:], None], strict=False):
        at_risk = sum(seconds >= at for seconds, _ in cases)
        waiting *= 1 - Fraction(sum(ended and seconds == at for seconds, ended in cases), at_risk)
        left = 1 - Fraction(share).limit_denominator(100)
        if expected is None and waiting <= left:
            expected = (at + following) / 2 if waiting == left and following is not None else at
    assert curve([seconds for seconds, _ in cases], [ended for _, ended in cases]).within(share) == expected


def test_without_open_cases_it_is_the_share_that_ended() -> None:
    found = curve([4, 1, 3, 2], [True] * 4)
    assert (found.within(0.4), found.within(0.6), found.within(1)) == (2, 3, 4)


@given(st.lists(st.integers(0, 99), min_size=1, max_size=30))
def test_without_open_cases_the_median_is_the_usual_one(seconds: list[int]) -> None:
    assert curve(seconds, [True] * len(seconds)).within(0.5) == statistics.median(seconds)


@pytest.mark.parametrize(("seconds", "ended"), [([], []), ([5, 6], [False, False])])
def test_where_nothing_ended_there_is_no_median(seconds: list[int], ended: list[bool]) -> None:
    assert curve(seconds, ended).within(0.5) is None
