"""Cases of one day are not independent: one outage opens twenty incidents. By how much that widens what chance does. Pure."""

import numpy as np
from numpy.typing import NDArray

from .shares import Numbers


def design_effects(
    part: NDArray[np.int64], parts: int, day: NDArray[np.int64], days: int, score: Numbers
) -> tuple[Numbers, NDArray[np.int64]]:
    """For each part the design effect of its days, at least 1, and on how many days it has cases.

    `part` is the part of each case, `day` its day, `score` what the comparison adds up. With r the scores less their part's mean, and D days
    with cases: the sum over days of (sum of r)², over the sum of r², times D/(D - 1): by so much the variance of the sum is larger than it
    would be if the cases were independent. Below 1 it would sharpen the comparison on the word of few days, so 1 is the least. Source:
    J. N. K. Rao and A. J. Scott, A simple method for the analysis of clustered binary data, Biometrics 48 (1992), 577-585.
    """
    sizes = np.bincount(part, minlength=parts)
    means = np.divide(np.bincount(part, score, minlength=parts), sizes, out=np.zeros(parts), where=sizes > 0)
    rest = score - means[part]
    place = part * days + day
    by_day = np.bincount(place, rest, minlength=parts * days).reshape(parts, days)
    busy = (np.bincount(place, minlength=parts * days).reshape(parts, days) > 0).sum(axis=1)
    alone = np.bincount(part, rest**2, minlength=parts)
    raw = np.divide((by_day**2).sum(axis=1), alone, out=np.ones(parts), where=alone > 0)
    widened = raw * np.divide(busy, busy - 1, out=np.ones(parts), where=busy > 1)
    return np.maximum(1.0, np.where(alone > 0, widened, 1.0)), busy
