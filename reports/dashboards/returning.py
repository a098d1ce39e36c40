"""Whether incidents came back, as a number an incident: what the definition tells apart and nothing more. Pure."""

import numpy as np

from reports.metrics.levels import NEVER, Truth, Whole
from reports.metrics.resolution_definitions import DAY, WINDOWS, Returns

# The service or component is not known; it is known and nothing came back. Above these each shorter window is a number higher.
NOT_KNOWN, NOT_BACK = 0, 1
LONGEST_FIRST = sorted(WINDOWS, reverse=True)


def numbered(back: Returns) -> Whole:
    """For each incident the shortest window that it came back within, as a number."""
    found = np.where(back.of == 0, NOT_KNOWN, NOT_BACK).astype(np.int64)
    known = (back.of != 0) & (back.since != NEVER)
    for number, days in enumerate(LONGEST_FIRST, NOT_BACK + 1):
        found[known & (back.since <= days * DAY)] = number
    return found


def told(numbers: Whole, of: Whole) -> Returns:
    """As the definition counts it: each incident as if it had come at the end of its window. `of`: keys of services or components."""
    since = np.array([NEVER, NEVER, *(days * DAY for days in LONGEST_FIRST)], dtype=np.int64)
    return Returns(np.where(numbers == NOT_KNOWN, 0, of), since[numbers])


def within(numbers: Whole, days: int) -> Truth:
    """Which came back within so many days."""
    return np.asarray(numbers >= NOT_BACK + 1 + LONGEST_FIRST.index(days))
