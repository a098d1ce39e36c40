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
        """The shortest time, in seconds, within which at least `share` (0 to 1) have ended; None when so many never did as far as is known.

        Where just that share has ended, any time until the next ending would do, and the middle of the two is given: so without open cases
        the median is the usual one. Source: R. Brookmeyer and J. Crowley, A confidence interval for the median survival time, Biometrics 38
        (1982), 29-41.
        """
        reached = np.flatnonzero(self.waiting <= 1 - share + 1e-9)
        if not len(reached):
            return None
        first = int(reached[0])
        just = abs(float(self.waiting[first]) - (1 - share)) <= 1e-9 and first + 1 < len(self.seconds)
        return float(self.seconds[first] + self.seconds[first + 1]) / 2 if just else float(self.seconds[first])


def curve(seconds: ArrayLike, ended: ArrayLike) -> Curve:
    """`seconds` that each case is known to have lasted, none negative, and whether it `ended` then or is open, or was broken off.

    At each time t at which d of the n cases that had lasted at least t ended, the share still waiting falls by the factor 1 - d/n. A case
    that was last known at t counts among those n. Source: E. L. Kaplan and P. Meier, Nonparametric estimation from incomplete
    observations, Journal of the American Statistical Association 53 (1958), 457-481.
    """
    lasted, over = np.asarray(seconds, dtype=np.float64), np.asarray(ended, dtype=bool)
    order = np.argsort(lasted)
    lasted, over = lasted[order], over[order]
    first = np.flatnonzero(np.diff(lasted, prepend=-1))
    times = lasted[first]
    endings = np.add.reduceat(over, first, dtype=np.int64) if len(times) else np.empty(0, dtype=np.int64)
    at_risk = len(lasted) - first
    waiting = np.cumprod(1 - endings / at_risk, dtype=np.float64)
    known_until = float(lasted[-1]) if len(lasted) else None
    return Curve(times[endings > 0], waiting[endings > 0], known_until)
