"""Times that have all ended: whether one group's are longer, and by how much. Pure."""

from math import sqrt

import numpy as np
from numpy.typing import ArrayLike

from .shares import Z95, Numbers

# A difference of times is found to the hundredth of a second.
PRECISION = 0.01


def rank_sum_z(part: ArrayLike, whole: ArrayLike) -> Numbers:
    """How many standard deviations longer the part's times are than the rest's. Axes: (parts,) strata, times in ascending order.

    `part` and `whole` count the cases at each time, part included in the whole. Of each stratum the sum of the part's mid-ranks, less its
    mean, weighted with 1/(N + 1) and summed; the variance takes account of ties. With one stratum this is the test of Mann and Whitney
    (On a test of whether one of two random variables is stochastically larger than the other, Annals of Mathematical Statistics 18 (1947),
    50-60), with several that of van Elteren (Bulletin of the Institute of International Statistics 37 (1960), 351-361).
    """
    mine, every = np.asarray(part, dtype=np.float64), np.asarray(whole, dtype=np.float64)
    size, of = mine.sum(axis=-1), every.sum(axis=-1)
    middle = np.cumsum(every, axis=-1) - (every - 1) / 2
    above = (mine * middle).sum(axis=-1) - size * (of + 1) / 2
    ties = np.divide((every**3 - every).sum(axis=-1), of * (of - 1), out=np.zeros_like(of), where=of > 1)
    variance = size * (of - size) * (of + 1 - ties) / 12
    weight = 1 / (of + 1)
    spread = np.sqrt((weight**2 * variance).sum(axis=-1))
    return np.asarray(np.divide((weight * above).sum(axis=-1), spread, out=np.zeros_like(spread), where=spread > 0))


def hodges_lehmann(ones: ArrayLike, others: ArrayLike, z: float = Z95) -> tuple[float, float, float]:
    """By how much `ones` are larger than `others`: the median of all differences of pairs, and its interval of about 95 %.

    The interval runs between the k-th smallest and the k-th largest difference, k being what the normal approximation of Mann and Whitney
    gives. Source: J. L. Hodges and E. L. Lehmann, Estimates of location based on rank tests, Annals of Mathematical Statistics 34 (1963),
    598-611; M. Hollander and D. A. Wolfe, Nonparametric Statistical Methods, 1973, 4.3. The pairs are counted, not written out.
    """
    first, second = np.sort(np.asarray(ones, dtype=np.float64)), np.sort(np.asarray(others, dtype=np.float64))
    pairs = len(first) * len(second)
    if not pairs:
        raise ValueError("A difference needs two groups.")
    reach = z * sqrt(pairs * (len(first) + len(second) + 1) / 12)
    lowest = max(1, round(pairs / 2 - reach))
    middle = (_difference(first, second, (pairs + 1) // 2) + _difference(first, second, pairs // 2 + 1)) / 2
    return middle, _difference(first, second, lowest), _difference(first, second, pairs + 1 - lowest)


def _difference(first: Numbers, second: Numbers, rank: int) -> float:
    """The difference with this rank among all pairs, the smallest being 1, by halving the span in which it lies."""
    low, high = float(first[0] - second[-1]), float(first[-1] - second[0])
    if _at_most(first, second, low) >= rank:
        return low
    while high - low > PRECISION / 4:
        middle = (low + high) / 2
        low, high = (low, middle) if _at_most(first, second, middle) >= rank else (middle, high)
    return high


def _at_most(first: Numbers, second: Numbers, difference: float) -> int:
    # A hair wider, so that a difference that is exactly the bound is counted in spite of binary fractions.
    return int((len(second) - np.searchsorted(second, first - difference - 1e-9, side="left")).sum())
