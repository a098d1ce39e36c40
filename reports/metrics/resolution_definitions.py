"""How long incidents took, how many there were in a day, and how many came back. One pure function a figure; its docstring is its definition."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from .escalation_definitions import estimated
from .incidents import Incidents, contradicts
from .levels import NEVER, SECOND, Truth, Whole
from .moments import microseconds
from .statistics import share_of, spread

DAY = 86_400 * SECOND
WINDOWS = (7, 30, 90)


def time_to_resolve(given: Incidents) -> dict[str, Any]:
    """MTTR: seconds from the opening of an incident to its resolution, the last one when it was reopened.

    Population: incidents opened in the period, drills left out. Count, mean, median, 90th and 95th percentile of those resolved; beside them
    median and 90th percentile after Kaplan and Meier over all, where an incident without a resolution counts as open until the last event
    about any incident of the period, of whatever unit; where just so many have ended, the middle between that ending and the next; without an open one the same as beside. Not given when so many never ended. How many are open is given. Resolutions before the opening are errors: left out and counted.
    """
    wrong = contradicts(given)
    done = (given.resolved != NEVER) & ~wrong
    still = given.resolved == NEVER
    seconds = np.sort((given.resolved[done] - given.opened[done]) / SECOND)
    waited = np.maximum(given.known_until - given.opened[still], 0) / SECOND
    over = np.concatenate((np.ones(len(seconds), dtype=bool), np.zeros(len(waited), dtype=bool)))
    return {
        **spread(seconds.tolist()),
        **estimated(np.concatenate((seconds, waited)), over),
        "open": int(still.sum()),
        "contradicting": int(wrong.sum()),
    }


def frequency(given: Incidents, start: datetime, end: datetime) -> dict[str, Any]:
    """Incidents opened a day and a week: those opened in the period, divided by its days and by a seventh of them, rounded to 3 decimals.

    Only the days count that have begun by the last event about any incident of the period, of whatever unit, so that neither a period that
    still runs nor data that end early make it smaller, and a unit or service that was quiet since is not made larger. The busiest day is by UTC, the first of several that are equal; not given without incidents. Drills are left out.
    """
    first, last = microseconds(start), microseconds(end)
    days = max(1, -(-(min(last, max(given.known_until, first)) - first) // DAY))
    by_day = np.bincount((given.opened - first) // DAY) if len(given) else np.zeros(0, dtype=np.int64)
    busiest = int(by_day.argmax()) if len(given) else None
    return {
        "days": int(days),
        "per_day": round(len(given) / days, 3),
        "per_week": round(7 * len(given) / days, 3),
        "busiest_day": None if busiest is None else str(np.datetime64(first + busiest * DAY, "us"))[:10],
        "on_the_busiest_day": None if busiest is None else int(by_day[busiest]),
    }


@dataclass(frozen=True, slots=True)
class Returns:
    """A row an incident opened in the period: the key of its service or component (0: none), and the microseconds since the last resolution
    of another one of the same, NEVER where there was none."""

    of: Whole
    since: Whole

    def where(self, chosen: Truth) -> "Returns":
        return Returns(self.of[chosen], self.since[chosen])


def returns(of: Whole, opened: Whole, others: Iterable[tuple[Whole, Whole, Whole]]) -> Returns:
    """`of` and `opened`: the period's incidents. `others`: key, opening and resolution of all that may have gone before, these included."""
    known = list(others)
    key, began, ended = (np.concatenate([each[place] for each in known]) for place in range(3))
    told = (ended != NEVER) & (ended >= began) & (key != 0)
    key, ended = key[told], ended[told]
    groups, code = np.unique(np.concatenate((of, key)), return_inverse=True)
    if not len(groups) or not len(key):
        return Returns(of, np.full(len(of), NEVER, dtype=np.int64))
    low = int(min(ended.min(), opened.min() if len(opened) else ended.min()))
    width = int(max(ended.max(), opened.max() if len(opened) else ended.max())) - low + 1
    place_of, place_among = code[: len(of)], code[len(of) :]
    line = np.sort(place_among * width + (ended - low))
    asked = place_of * width + (opened - low)
    # Strictly before: what is resolved in the instant of its own opening does not come back to itself.
    at = np.searchsorted(line, asked, side="left") - 1
    found = (at >= 0) & (line[np.maximum(at, 0)] >= place_of * width) & (of != 0)
    return Returns(of, np.where(found, asked - line[np.maximum(at, 0)], NEVER))


def recurrence(given: Returns) -> dict[str, Any]:
    """Incidents that came back: opened within 7, 30 or 90 days after the last resolution of another incident of the same service (or component).

    Population: incidents opened in the period whose service (component) is known, drills left out; the service that stands in where an
    import knew none is no service. Shares are of these, in percent. It is looked back from each opening, so the end of the period cuts nothing off; for its beginning, incidents opened up to 90 days before the
    period count as the earlier ones. An earlier incident that is still open has no resolution to count from, and one whose resolution
    contradicts its opening is left out.
    """
    known = given.of != 0
    among = int(known.sum())
    told: dict[str, Any] = {"of": among}
    for days in WINDOWS:
        back = int((known & (given.since != NEVER) & (given.since <= days * DAY)).sum())
        told |= {f"within_{days}_days": back, f"share_{days}_days": share_of(back, among)}
    return told


Measure = tuple[Callable[..., Any], str, str]
MEASURES: tuple[Measure, ...] = (
    (time_to_resolve, "Time to resolve (MTTR), with the open ones", "seconds"),
    (frequency, "Frequency", "incidents"),
    (recurrence, "Recurrence", "incidents"),
)
