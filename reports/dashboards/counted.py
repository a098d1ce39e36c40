"""Which incidents count in frequency, recurrence and weeks. Pure."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from functools import partial

import numpy as np

from reports.metrics.levels import Truth, Whole
from reports.metrics.resolution_definitions import DAY, WINDOWS

from . import returning
from .columns import Facts, microseconds
from .figures import AGAIN


def counted(given: Facts, name: str, part: str) -> Whole | None:
    """1 for each incident that the line counts, else 0; None for a line that is told by something else."""
    if name == "incidents_by_week":
        return _opened_in_week(given, part)
    found = _LINES.get((name, part))
    return None if found is None else np.asarray(found(given), dtype=np.int64)


def _opened_in_week(given: Facts, monday: str) -> Whole | None:
    """Those opened from the day named to the next Monday; what was opened outside the quarter is not among them anyway."""
    try:
        start = datetime.combine(date.fromisoformat(monday), time(), UTC)
    except ValueError:
        return None
    first = microseconds(start)
    return np.asarray((given.opened_at >= first) & (given.opened_at < first + (7 - start.weekday()) * DAY), dtype=np.int64)


def _all(given: Facts) -> Truth:
    return np.ones(len(given.keys), dtype=bool)


def _on_the_busiest_day(given: Facts) -> Truth:
    days, counts = np.unique(given.opened_at // DAY, return_counts=True)
    return np.asarray(given.opened_at // DAY == days[counts.argmax()]) if len(days) else _all(given)


def _known(given: Facts, numbers: str) -> Truth:
    return np.asarray(getattr(given, numbers) != returning.NOT_KNOWN)


def _within(given: Facts, numbers: str, days: int) -> Truth:
    return returning.within(getattr(given, numbers), days)


_LINES: dict[tuple[str, str], Callable[[Facts], Truth]] = {
    ("frequency", "per_week"): _all,
    ("frequency", "per_day"): _all,
    ("frequency", "on_the_busiest_day"): _on_the_busiest_day,
    **{(figure, "of"): partial(_known, numbers=f"{of}_back") for of, figure in AGAIN.items()},
    **{
        (figure, f"within_{days}_days"): partial(_within, numbers=f"{of}_back", days=days)
        for of, figure in AGAIN.items()
        for days in WINDOWS
    },
}
