"""Times of which some have not ended yet: the product-limit estimate of Kaplan and Meier (1958).

A mean or a median of the ended cases alone is too short, because the longest waits are those that are still open. Here an open case
counts as waiting until the moment up to which it is known, and not a moment longer.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True)
class Curve:
    """How large a share still waits after each time at which one ended. `seconds` ascend; `waiting` runs from 1 towards 0.

    `known_until` is the longest time that is known of any case, in seconds; None without cases.
    """

    seconds: NDArray[np.float64]
    waiting: NDArray[np.float64]
    known_until: float | None

    def within(self, share: float) -> float | None:
        """The shortest time, in seconds, within which at least `share` (0 to 1) have ended; None when so many never did as far as is known."""
        reached = np.flatnonzero(self.waiting <= 1 - share + 1e-12)
        return float(self.seconds[reached[0]]) if len(reached) else None


def curve(seconds: ArrayLike, ended: ArrayLike) -> Curve:
    """`seconds` that each case is known to have lasted, none negative, and whether it `ended` then or is open, or was broken off.

    At each time t at which d of the n cases that had lasted at least t ended, the share still waiting falls by the factor 1 - d/n. A case
    that was last known at t counts among those n. Source: E. L. Kaplan and P. Meier, Nonparametric estimation from incomplete
    observations, Journal of the American Statistical Association 53 (1958), 457-481.
    """
    lasted, over = np.asarray(seconds, dtype=np.float64), np.asarray(ended, dtype=bool)
    order = np.argsort(lasted, kind="stable")
    lasted, over = lasted[order], over[order]
    times, first = np.unique(lasted, return_index=True)
    endings = np.add.reduceat(over, first, dtype=np.int64) if len(times) else np.empty(0, dtype=np.int64)
    at_risk = len(lasted) - first
    waiting = np.cumprod(1 - endings / at_risk, dtype=np.float64)
    known_until = float(lasted[-1]) if len(lasted) else None
    return Curve(times[endings > 0], waiting[endings > 0], known_until)
