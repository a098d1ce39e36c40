"""Many comparisons at once: which may be called findings so that few of those called are chance. Pure."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def adjusted(chances: ArrayLike) -> NDArray[np.float64]:
    """For each comparison the smallest false-discovery rate at which it is a finding, in the order given.

    With the m chances in ascending order, p(i)·m/i, and none larger than that of a later one. Calling those up to q findings keeps the
    expected share of false ones among them to at most q, for independent comparisons and for those that lean the same way. Source:
    Y. Benjamini and Y. Hochberg, Controlling the false discovery rate, Journal of the Royal Statistical Society B 57 (1995), 289-300;
    Y. Benjamini and D. Yekutieli, Annals of Statistics 29 (2001), 1165-1188, for the dependence.
    """
    given = np.asarray(chances, dtype=np.float64)
    order = np.argsort(given, kind="stable")
    scaled = given[order] * len(given) / np.arange(1, len(given) + 1)
    found = np.empty_like(given)
    found[order] = np.minimum(1.0, np.minimum.accumulate(scaled[::-1])[::-1])
    return found
