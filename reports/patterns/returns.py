"""Incidents that come back: how many did, and how many would by the part's mere number of incidents. Pure."""

import numpy as np
from numpy.typing import NDArray

from .shares import Numbers, log_factorials

Whole = NDArray[np.int64]
Truth = NDArray[np.bool_]


def came_back(part: Whole, opened: Whole, resolved: Whole, soonest: int, latest: int) -> Truth:
    """For each incident whether another of its part was opened more than `soonest` and at most `latest` after it was resolved.

    `opened` ascends, `resolved` is never before it; all in one unit. Not for incidents without a part (-1).
    """
    order = np.lexsort((opened, part))
    first, last = (int(opened[0]), int(opened[-1])) if len(opened) else (0, 0)
    span = last - first + 2
    # One ascending line of all parts' openings, so that one search answers for all.
    line = part[order] * span + (opened[order] - first)
    ends = (np.minimum(resolved + wait, last) - first for wait in (soonest, latest))
    after, until = (np.searchsorted(line, part * span + end, side="right") for end in ends)
    return np.asarray((until > after) & (part >= 0))


def chance_to_come_back(size: int, opened: Whole, resolved: Whole, soonest: int, latest: int) -> Numbers:
    """For each incident of a part how likely it comes back if the part's `size` incidents were any of all the quarter's.

    `opened` are all incidents' openings, ascending; `resolved` the part's times of resolution. If m of the N - 1 other incidents were
    opened in the time that counts, none of the part's size - 1 others is among them with the probability
    C(N - 1 - m, size - 1) / C(N - 1, size - 1). So busy weeks, nights and week-ends are taken as they were for everybody.
    """
    others, draws = len(opened) - 1, size - 1
    after, until = (np.searchsorted(opened, resolved + wait, side="right") for wait in (soonest, latest))
    free = others - (until - after)
    log = log_factorials(max(others, 1))
    left = np.maximum(free, draws)
    none = np.exp(log[left] - log[left - draws] - log[others] + log[others - draws])
    return np.asarray(1 - np.where(free >= draws, none, 0.0))
