"""Whether a figure is unlike the earlier ones, or only as restless as ever: control limits for individual values."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import fsum

# Three standard deviations, estimated from the mean distance of neighbours: 3 / d2, with d2 = 1.128 for two values.
WIDTH = 3 / 1.128
FEWEST = 4


@dataclass(frozen=True, slots=True)
class Limits:
    """Between `low` and `high` a value says nothing new. All in the figure's own unit."""

    low: float
    middle: float
    high: float

    def judge(self, value: float) -> str:
        """'higher', 'lower' or '' for as ever."""
        return "higher" if value > self.high else "lower" if value < self.low else ""


def limits(earlier: Sequence[float], *, floor: float | None = 0.0) -> Limits | None:
    """The limits that `earlier` values, the oldest first, set for the next one; None of fewer than 4.

    Middle: their mean. Width: 2.66 times the mean absolute difference of neighbours, to either side. `floor` is the least that the
    figure can be. Source: NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.2.2, individuals control charts.
    """
    if len(earlier) < FEWEST:
        return None
    middle = fsum(earlier) / len(earlier)
    moving = [abs(after - before) for before, after in pairwise(earlier)]
    reach = WIDTH * fsum(moving) / len(moving)
    low = middle - reach if floor is None else max(floor, middle - reach)
    return Limits(low, middle, middle + reach)
