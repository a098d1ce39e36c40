"""Times of which some have not ended, counted in classes, so that every part of a quarter is compared at once. Pure."""

from dataclasses import dataclass
from math import erfc, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .shares import LEAST, Z95, Numbers

# Twenty-four classes to each power of ten: neighbours differ by a tenth, which is finer than any difference that is told.
PER_TEN = 24
CLASSES = 9 * PER_TEN + 1


def classes(seconds: ArrayLike) -> NDArray[np.int64]:
    """The class of each time: 0 below a second, then 24 to each power of ten, the last one for 30 years and more."""
    known = np.maximum(np.asarray(seconds, dtype=np.float64), 1e-9)
    return np.asarray(np.clip(np.floor(PER_TEN * np.log10(known)).astype(np.int64) + 1, 0, CLASSES - 1))


def middle_of(place: int) -> float:
    """The time in seconds that stands for a class: the geometric middle of its bounds."""
    return 0.5 if place == 0 else float(10 ** ((place - 0.5) / PER_TEN))


@dataclass(frozen=True, slots=True)
class LogRank:
    """Endings of the part seen and expected, the variance of their difference, and the same for the rest; an entry a part."""

    observed: Numbers
    expected: Numbers
    variance: Numbers
    rest_observed: Numbers
    rest_expected: Numbers

    @property
    def z(self) -> Numbers:
        """How many standard deviations fewer ended than expected: above 0 the part is slower."""
        return np.divide(self.expected - self.observed, np.sqrt(self.variance), out=np.zeros_like(self.observed), where=self.variance > 0)

    @property
    def pace(self) -> Numbers:
        """How fast the part's cases end against the rest's: 0.5 is half as fast. NaN where one of both has no endings to expect.

        (O1/E1)/(O2/E2); D. G. Altman, Practical Statistics for Medical Research, 1991, 13.4.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray((self.observed / self.expected) / (self.rest_observed / self.rest_expected))

    def pace_between(self, place: int, widened: float = 1.0) -> tuple[float, float]:
        """The 95 % interval of the pace: its logarithm has the standard error sqrt(1/E1 + 1/E2), times the root of the design effect."""
        reach = Z95 * sqrt(widened * (1 / self.expected[place] + 1 / self.rest_expected[place]))
        pace = float(self.pace[place])
        return pace * float(np.exp(-reach)), pace * float(np.exp(reach))


def log_rank(ended: ArrayLike, still: ArrayLike, all_ended: ArrayLike, all_still: ArrayLike) -> LogRank:
    """Whether a part's cases end as fast as those of the rest. Axes: (parts,) strata, times in ascending order.

    `ended` and `still` are how many of the part's cases ended at each time, or were last known there and open; `all_…` those of the whole,
    part included. At each time d of the r cases at risk ended, of which the part had r1: expected are d·r1/r, with the hypergeometric
    variance; both summed over times and strata. Sources: N. Mantel, Evaluation of survival data and two new rank order statistics arising
    in its consideration, Cancer Chemotherapy Reports 50 (1966), 163-170; R. Peto et al., British Journal of Cancer 35 (1977), 1-39.
    """
    one, two = np.asarray(ended, dtype=np.float64), np.asarray(still, dtype=np.float64)
    every, open_ = np.asarray(all_ended, dtype=np.float64), np.asarray(all_still, dtype=np.float64)
    at_risk, risk = _from_the_end(one + two), _from_the_end(every + open_)
    part = np.divide(at_risk, risk, out=np.zeros(np.broadcast_shapes(at_risk.shape, risk.shape)), where=risk > 0)
    expected = every * part
    left = np.divide(risk - every, risk - 1, out=np.zeros_like(risk), where=risk > 1)
    variance = expected * (1 - part) * left
    observed, expected_, total = one.sum(axis=(-2, -1)), expected.sum(axis=(-2, -1)), every.sum(axis=(-2, -1))
    return LogRank(observed, expected_, variance.sum(axis=(-2, -1)), total - observed, total - expected_)


def _from_the_end(counts: Numbers) -> Numbers:
    return np.asarray(np.cumsum(counts[..., ::-1], axis=-1)[..., ::-1])


def hazards(all_ended: Numbers, all_still: Numbers) -> Numbers:
    """The sum of d/r up to and including each time (Nelson and Aalen): how many endings a case at risk so long would expect."""
    risk = _from_the_end(all_ended + all_still)
    return np.asarray(np.cumsum(np.divide(all_ended, risk, out=np.zeros_like(risk, dtype=np.float64), where=risk > 0), axis=-1))


def medians_of(ended: Numbers, still: Numbers) -> Numbers:
    """As `median_of` along the last axis; NaN where fewer than half ended."""
    risk = _from_the_end(np.asarray(ended + still, dtype=np.float64))
    waiting = np.cumprod(1 - np.divide(ended, risk, out=np.zeros_like(risk), where=risk > 0), axis=-1)
    over = waiting <= 0.5 + 1e-12
    middles = np.array([middle_of(place) for place in range(ended.shape[-1])])
    return np.where(over.any(axis=-1), middles[over.argmax(axis=-1)], np.nan)


def median_of(ended: Numbers, still: Numbers, share: float = 0.5) -> float | None:
    """The time in seconds within which `share` have ended, after Kaplan and Meier, over classes; None when so many never did."""
    risk = _from_the_end(ended + still)
    waiting = np.cumprod(1 - np.divide(ended, risk, out=np.zeros_like(risk, dtype=np.float64), where=risk > 0))
    reached = np.flatnonzero(waiting <= 1 - share + 1e-12)
    return middle_of(int(reached[0])) if len(reached) else None


def upper_tail(z: float) -> float:
    """The chance that a standard normal value exceeds `z`."""
    return max(LEAST, 0.5 * erfc(z / sqrt(2)))
