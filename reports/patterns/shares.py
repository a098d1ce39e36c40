"""Shares: their intervals, and the chance of as many cases as were counted. Pure."""

from functools import lru_cache
from math import comb, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

Numbers = NDArray[np.float64]
Whole = NDArray[np.int64]

# The normal deviate of a two-sided 95 % interval.
Z95 = 1.959963984540054
# Probabilities below this are not told apart: the sums lose their last digits there.
LEAST = 1e-12
_SEEN = 1e-18


def wilson(count: float, of: float, z: float = Z95) -> tuple[float, float]:
    """The interval for a share of `count` in `of`, without continuity correction; (0, 1) of nothing.

    Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927), 209-212.
    """
    if of <= 0:
        return 0.0, 1.0
    share, square = count / of, z * z
    middle, reach = share + square / (2 * of), z * sqrt(share * (1 - share) / of + square / (4 * of * of))
    return max(0.0, (middle - reach) / (1 + square / of)), min(1.0, (middle + reach) / (1 + square / of))


def newcombe(count: float, of: float, other_count: float, other_of: float, z: float = Z95) -> tuple[float, float]:
    """The interval for the difference of two independent shares, the first less the second.

    Source: R. G. Newcombe, Interval estimation for the difference between independent proportions, Statistics in Medicine 17 (1998),
    873-890, method 10: square and add the distances of both Wilson intervals.
    """
    if of <= 0 or other_of <= 0:
        return -1.0, 1.0
    one, two = count / of, other_count / other_of
    (low1, high1), (low2, high2) = wilson(count, of, z), wilson(other_count, other_of, z)
    below, above = sqrt((one - low1) ** 2 + (high2 - two) ** 2), sqrt((high1 - one) ** 2 + (two - low2) ** 2)
    return one - two - below, one - two + above


@lru_cache(maxsize=4)
def _table(size: int) -> Numbers:
    return np.concatenate(([0.0], np.cumsum(np.log(np.arange(1, size + 1, dtype=np.float64)))))


def log_factorials(most: int) -> Numbers:
    """The logarithms of the factorials from 0 to at least `most`."""
    # Powers of two, so that the table is made anew a handful of times and not for every question.
    return _table(1 << max(10, int(most).bit_length()))


def drawn(of: int, bad: int, draws: int) -> tuple[int, Numbers]:
    """How probable each number of bad ones is among `draws` out of `of` with `bad` bad ones: the least number, and its probability and on.

    The hypergeometric distribution; numbers at either end whose probability is below 1e-18 are left out.
    """
    least, most = max(0, draws + bad - of), min(bad, draws)
    log = log_factorials(of)
    hit = np.arange(least, most + 1)
    exponent = (
        log[bad] - log[hit] - log[bad - hit] + log[of - bad] - log[draws - hit] - log[of - bad - draws + hit]
        - (log[of] - log[draws] - log[of - draws])
    )  # fmt: skip
    chance = np.exp(exponent)
    seen = np.flatnonzero(chance >= _SEEN)
    first, last = (int(seen[0]), int(seen[-1])) if len(seen) else (0, 0)
    return least + first, chance[first : last + 1]


def as_many_by_chance(count: ArrayLike, of: ArrayLike, all_bad: ArrayLike, all_of: ArrayLike) -> float:
    """The chance of at least so many bad cases in a part if it were drawn at random from the whole, stratum by stratum; exact, one-sided.

    `count` bad ones of `of` in the part, `all_bad` of `all_of` in the whole, part included, an entry a stratum. With one stratum this is
    Fisher's exact test (R. A. Fisher, The Design of Experiments, 1935); with several the exact conditional test of a common odds ratio of 1
    (A. Agresti, Categorical Data Analysis, 1990, 7.4): the sum of independent hypergeometric numbers.
    """
    counts, sizes, bad, whole = (np.atleast_1d(np.asarray(each, dtype=np.int64)) for each in (count, of, all_bad, all_of))
    least, chance = 0, np.ones(1)
    for draws, hits, everything in zip(sizes.tolist(), bad.tolist(), whole.tolist(), strict=True):
        first, more = drawn(everything, hits, draws)
        least, chance = least + first, np.convolve(chance, more)
    wanted = int(counts.sum()) - least
    if wanted <= 0:
        return 1.0
    return float(min(1.0, max(LEAST, chance[wanted:].sum()))) if wanted < len(chance) else LEAST


def binomial_tail(count: int, of: int, chance: float) -> float:
    """The chance of `count` or more successes in `of` independent tries that succeed with `chance`; summed exactly."""
    if count <= 0:
        return 1.0
    if chance <= 0 or count > of:
        return 0.0 if count > of or chance <= 0 else 1.0
    if chance >= 1:
        return 1.0
    if of <= 50:
        return min(1.0, sum(comb(of, hits) * chance**hits * (1 - chance) ** (of - hits) for hits in range(count, of + 1)))
    log, hits_of = log_factorials(of), np.arange(count, of + 1)
    exponent = log[of] - log[hits_of] - log[of - hits_of] + hits_of * np.log(chance) + (of - hits_of) * np.log1p(-chance)
    return float(min(1.0, np.exp(exponent).sum()))


def away(of: Whole, bad: Whole, rest_of: Whole, rest_bad: Whole) -> Numbers:
    """How many standard deviations more bad cases a part has than draws from the whole would give; the strata on the last axis are summed.

    The statistic of Mantel and Haenszel (Journal of the National Cancer Institute 22 (1959), 719-748) without continuity correction.
    """
    whole, hits = of + rest_of, bad + rest_bad
    share = np.divide(hits, whole, out=np.zeros(whole.shape), where=whole > 0)
    others = np.divide(rest_of, whole - 1, out=np.zeros(whole.shape), where=whole > 1)
    spread = np.sqrt((of * share * (1 - share) * others).sum(axis=-1))
    return np.asarray(np.divide((bad - of * share).sum(axis=-1), spread, out=np.zeros(spread.shape), where=spread > 0))


def expected_in(of: Whole, rest_bad: Whole, rest_of: Whole) -> tuple[Numbers, Numbers]:
    """How many bad cases a part would have at the rest's shares, stratum by stratum, and how many of its cases that speaks of.

    Direct standardisation: along the last axis (strata) the part's cases times the rest's share. A stratum in which the rest has nothing
    says nothing, and the part's cases in it are not counted.
    """
    known = rest_of > 0
    share = np.divide(rest_bad, rest_of, out=np.zeros(np.broadcast_shapes(rest_bad.shape, rest_of.shape)), where=known)
    counted = np.where(known, of, 0)
    return (counted * share).sum(axis=-1), counted.sum(axis=-1).astype(np.float64)
