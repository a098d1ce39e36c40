"""The figures of the escalations. One pure function a figure; its docstring is the definition that the pack and an auditor read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .levels import NEVER, SECOND, Cause, Truth, Visits, Whole
from .statistics import share_of, spread
from .survival import curve

Seconds = np.ndarray[Any, np.dtype[np.float64]]

# Why a higher level is entered, the most telling first.
CAUSES = (Cause.BYPASSED, Cause.BY_HAND, Cause.MILESTONE, Cause.SILENT, Cause.BEGAN_AGAIN, Cause.REGRADED, Cause.WINDOW)


@dataclass(frozen=True, slots=True)
class Escalations:
    """The runs of one track of the period's incidents, a row a run, and the levels they visited, a row a visit.

    A row a run: the key of the incident, whether that was resolved, whether the run ended with nobody reached, how many steps it has and
    how many of them were late. `acted` is a row a visit. `opened` is the number of incidents opened in the period, with a run or without.
    `known_until`: the moment up to which all is told, in microseconds.
    """

    opened: int
    incident: Whole
    resolved: Truth
    exhausted: Truth
    steps: Whole
    late: Whole
    visits: Visits
    acted: Truth
    known_until: int

    def of_runs(self, chosen: Truth, opened: int) -> "Escalations":
        """The chosen runs alone, with their visits; `opened` is the number of incidents that they are held against."""
        place = np.cumsum(chosen) - 1
        kept = chosen[self.visits.run]
        visits = self.visits.where(kept)
        return Escalations(
            opened=opened,
            incident=self.incident[chosen],
            resolved=self.resolved[chosen],
            exhausted=self.exhausted[chosen],
            steps=self.steps[chosen],
            late=self.late[chosen],
            visits=replace(visits, run=place[visits.run]),
            acted=self.acted[kept],
            known_until=self.known_until,
        )

    def of_visits(self, chosen: Truth) -> "Escalations":
        """All runs, but the chosen visits alone: for figures of a level."""
        return replace(self, visits=self.visits.where(chosen), acted=self.acted[chosen])


def runs(given: Escalations) -> int:
    """Escalations that began for the incidents opened in the period, each track by itself; a reopened incident has one for each opening."""
    return len(given.incident)


def escalations(given: Escalations) -> int:
    """Moves of a run from a level to a higher one, whatever the cause, summed over the period's incidents, whenever they happened."""
    return int(given.visits.went_up.sum())


def escalations_by_cause(given: Escalations) -> dict[str, int]:
    """Escalations by why the higher level was entered; the first of the list that applies.

    Levels bypassed by somebody with the right; moved up by hand; not resolved in time (the milestone); silent after acknowledging; the way
    through the levels began again; regraded to a severity that begins above the level; not acknowledged in time.
    """
    found = given.visits.cause[given.visits.went_up]
    return {cause.words: int((found == cause).sum()) for cause in CAUSES}


def escalation_density(given: Escalations) -> dict[str, Any]:
    """Escalations per incident opened in the period, rounded to 3 decimals, and the share of the incidents with at least one, in percent."""
    moved = len(np.unique(given.incident[given.visits.run[given.visits.went_up]]))
    each = round(escalations(given) / given.opened, 3) if given.opened else None
    return {"per_incident": each, "incidents": moved, "share": share_of(moved, given.opened)}


def time_to_escalate_seconds(given: Escalations) -> dict[str, Any]:
    """MTTE: seconds from entering a level to entering the next higher one, over the escalations of the period's incidents.

    Count, mean, median, 90th and 95th percentile, rounded to 3 decimals. Levels that were not left upwards have no such time. Where clocks
    contradict each other and a time is negative, it is left out.
    """
    visits = given.visits
    up = np.flatnonzero(visits.went_up & (visits.left >= visits.entered))
    return spread(np.sort((visits.left[up] - visits.entered[up]) / SECOND).tolist())


def time_to_acknowledge_level_seconds(given: Escalations) -> dict[str, Any]:
    """MTTA of a level: seconds from the first alert at a level to the acknowledgement while the escalation was at it.

    Count, mean and percentiles of those acknowledged there; beside them median and 90th percentile after Kaplan and Meier over all levels
    at which somebody was alerted, where a level that was left without an acknowledgement counts as waiting until it was left, and one that
    still waits until the last event in the data; without any such level the same as beside. Not given when so many never acknowledged. Negative times are left out.
    """
    waits = _waits(given)
    ended = np.sort(waits[0][waits[1]])
    return {**spread(ended.tolist()), **estimated(*waits), "without": int((~waits[1]).sum())}


def windows(given: Escalations) -> dict[str, Any]:
    """Levels at which somebody was alerted: how many were acknowledged before they were left (met), left because nobody did (missed).

    Levels left by hand, by the end of the incident, or still waiting are neither and are given as neither.
    """
    asked = given.visits.alerted > 0
    met = asked & (given.visits.acknowledged != NEVER)
    nobody = (given.visits.cause == Cause.NOT_LEFT) & given.exhausted[given.visits.run]
    missed = asked & ~met & ((given.visits.cause == Cause.WINDOW) | nobody)
    counted = int(met.sum()), int(missed.sum())
    return {
        "met": counted[0],
        "missed": counted[1],
        "neither": int(asked.sum()) - sum(counted),
        "share": share_of(counted[0], sum(counted)),
    }


def premature(given: Escalations) -> dict[str, Any]:
    """Escalated incidents that were resolved without anybody of a higher level having done anything about them; share of those escalated.

    Doing something: acknowledging, taking over, accepting, moving the escalation, a note or a change of state, after having been alerted.
    """
    visits = given.visits
    above = visits.level > visits.begun_at
    helped = np.zeros(len(given.incident), dtype=bool)
    helped[visits.run[above & given.acted]] = True
    up = np.zeros(len(given.incident), dtype=bool)
    up[visits.run[visits.went_up]] = True
    return _of(up & given.resolved & ~helped, up)


def woken_for_nothing(given: Escalations) -> dict[str, Any]:
    """Over-escalation: levels above the first at which somebody was alerted and nobody of those did anything; share of such levels."""
    asked = (given.visits.level > given.visits.begun_at) & (given.visits.alerted > 0)
    return _of(asked & ~given.acted, asked)


def skipped_levels(given: Escalations) -> int:
    """Levels entered at which nobody was alerted: nobody was there, all were busy or away, or a bypass left them out."""
    return int((given.visits.alerted == 0).sum())


def exhausted_runs(given: Escalations) -> int:
    """Escalations that ran out of levels with nobody having acknowledged; the owner of last resort was told."""
    return int(given.exhausted.sum())


def late_steps(given: Escalations) -> dict[str, Any]:
    """Steps that the engine made half a minute or more after they were due, and their share of all steps, in percent."""
    late, steps = int(given.late.sum()), int(given.steps.sum())
    return {"count": late, "of": steps, "share": share_of(late, steps)}


Measure = tuple[Callable[[Escalations], Any], str, str]
MEASURES: tuple[Measure, ...] = (
    (runs, "Escalations begun", "runs"),
    (escalations, "Escalations to a higher level", "moves"),
    (escalations_by_cause, "Escalations by cause", "moves"),
    (escalation_density, "Escalation density", "moves per incident"),
    (time_to_escalate_seconds, "Time to escalate (MTTE)", "seconds"),
    (time_to_acknowledge_level_seconds, "Time to acknowledge at a level (MTTA)", "seconds"),
    (windows, "Windows met and missed", "levels"),
    (premature, "Premature escalations", "runs"),
    (woken_for_nothing, "Levels woken for nothing", "levels"),
    (skipped_levels, "Levels at which nobody was alerted", "levels"),
    (exhausted_runs, "Nobody reached", "runs"),
    (late_steps, "Late steps", "steps"),
)


def bottleneck(by_name: Mapping[str, Escalations]) -> dict[str, Any]:
    """Where most time was waited: the group with the largest sum of seconds between first alert and acknowledgement, or leaving without one.

    Its share of that time over all groups, in percent. Not given when nobody waited.
    """
    waited = {name: float(_waits(given)[0].sum()) for name, given in by_name.items()}
    whole = sum(waited.values())
    if not whole:
        return {"name": None, "seconds": 0, "share": None}
    name = min(waited, key=lambda each: (-waited[each], each))
    return {"name": name, "seconds": round(waited[name], 3), "share": share_of_time(waited[name], whole)}


def share_of_time(part: float, whole: float) -> float:
    return round(100 * part / whole, 3)


def estimated(seconds: Seconds, ended: Truth) -> dict[str, Any]:
    """The median and the 90th percentile with open cases counted as waiting, in seconds; null when fewer ended.

    Where none is open they are those of the ended cases: an estimate would round them to a case, and look like another figure.
    """
    if len(seconds) and ended.all():
        plain = spread(seconds.tolist())
        return {"p50_with_open": plain["p50"], "p90_with_open": plain["p90"]}
    estimate = curve(seconds, ended)
    values = {"p50_with_open": estimate.within(0.5), "p90_with_open": estimate.within(0.9)}
    return {name: None if value is None else round(value, 3) for name, value in values.items()}


def _waits(given: Escalations) -> tuple[Seconds, Truth]:
    """Seconds waited at each level at which somebody was alerted, and whether an acknowledgement ended it."""
    asked = np.flatnonzero(given.visits.alerted > 0)
    alert, acknowledged, left = (column[asked] for column in (given.visits.first_alert, given.visits.acknowledged, given.visits.left))
    over = acknowledged != NEVER
    until = np.where(over, acknowledged, np.maximum(np.where(left == NEVER, given.known_until, left), alert))
    good = until >= alert
    return ((until - alert) / SECOND)[good], over[good]


def _of(found: Truth, among: Truth) -> dict[str, Any]:
    count, whole = int(found.sum()), int(among.sum())
    return {"count": count, "of": whole, "share": share_of(count, whole)}
