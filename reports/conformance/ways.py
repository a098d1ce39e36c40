"""The timing of policy versions as tables of numbers, one row for each version and track that runs follow. Durations are microseconds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from policies.decisions.escalation_levels import start
from policies.decisions.ruleset import LevelRule, PolicySnapshot
from policies.decisions.vocabulary import Severity

Whole = NDArray[np.int64]
MICROSECOND = timedelta(microseconds=1)
SEVERITIES = ("", *(severity.value for severity in Severity))
# A reminder that is due less than this before the window closes, or before the next one, may be overtaken by it.
APART = timedelta(minutes=1)
NONE = -1


@dataclass(frozen=True, slots=True)
class Ways:
    """By way, severity and level: `window`, `wait` (to the next person) and `reminders`; a window of NONE is a level that is not there.

    By way and level: `up_to` counts the levels up to that number, `needs_rca`. `begins` is the level at which a start level begins, by way
    and start level. `resolve_within` is NONE without a milestone. Levels beyond the last known column do not exist.
    """

    window: Whole
    wait: Whole
    reminders: Whole
    up_to: Whole
    needs_rca: NDArray[np.bool_]
    begins: Whole
    resolve_within: Whole

    @property
    def top(self) -> int:
        """The last column of the levels."""
        return int(self.window.shape[2]) - 1


def ways_of(snapshots: Sequence[PolicySnapshot]) -> Ways:
    """The tables of `snapshots`, each with the levels of its track."""
    count = len(snapshots)
    top = 1 + max((level.number for snapshot in snapshots for level in snapshot.levels), default=0)
    by_severity = (count, len(SEVERITIES), top + 1)
    window, wait, reminders = (np.full(by_severity, empty, dtype=np.int64) for empty in (NONE, NONE, 0))
    up_to, begins = np.zeros((count, top + 1), dtype=np.int64), np.zeros((count, top + 1), dtype=np.int64)
    needs_rca, resolve = np.zeros((count, top + 1), dtype=bool), np.full(count, NONE, dtype=np.int64)
    for way, snapshot in enumerate(snapshots):
        for place, severity in enumerate(SEVERITIES):
            for level in snapshot.at_pace_of(severity).levels:
                cell = (way, place, level.number)
                window[cell], wait[cell] = level.window // MICROSECOND, level.backup_after // MICROSECOND
                reminders[cell] = _planned(level)
        for level in snapshot.levels:
            needs_rca[way, level.number] = level.needs_rca
            up_to[way, level.number] = 1
        for number in range(top + 1):
            first = start(snapshot, number)
            begins[way, number] = first.number if first else 0
        if snapshot.resolve_within is not None:
            resolve[way] = snapshot.resolve_within // MICROSECOND
    return Ways(window, wait, reminders, np.cumsum(up_to, axis=1), needs_rca, begins, resolve)


def _planned(level: LevelRule) -> int:
    """How many reminders a whole window of the level must see: those that nothing overtakes."""
    told, later = 0, level.window
    for before in sorted({one for one in level.reminders if one < level.window}, reverse=True):
        if before >= APART and (told == 0 or later - before >= APART):
            told, later = told + 1, before
    return told
