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

    A row a run: the key of the incident, whether that was resolved, whether the run ended with nobody reached, how many steps it has, how
    many of them were late, and how many levels it passed over, which are no visits. `acted` is a row a visit. `opened` is the number of incidents opened in the period, with a run or without.
    `known_until`: the moment up to which all is told, in microseconds.
    """

    opened: int
    incident: Whole
    resolved: Truth
    exhausted: Truth
    steps: Whole
    late: Whole
    passed_over: Whole
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
            passed_over=self.passed_over[chosen],
            visits=replace(visits, run=place[visits.run]),
            acted=self.acted[kept],
            known_until=self.known_until,
        )

    def of_visits(self, chosen: Truth) -> "Escalations":
        """All runs, but the chosen visits alone: for the measures OF_A_LEVEL, as the others are about whole runs."""
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

    Count, mean, median, 90th and 95th percentile, rounded to 3 decimals. Levels that were not left upwards have no such time, and levels that
    were passed over none of their own. Where clocks contradict each other and a time is negative, it is left out.
    """
    return _lasted(given, given.visits.went_up)


def time_to_escalate_by_cause(given: Escalations) -> dict[str, dict[str, Any]]:
    """MTTE by why the higher level was entered, the causes as in escalations_by_cause; those that did not happen have no times."""
    return {cause.words: _lasted(given, given.visits.went_up & (given.visits.cause == cause)) for cause in CAUSES}


def time_to_acknowledge_level_seconds(given: Escalations) -> dict[str, Any]:
    """MTTA of a level: seconds from the first alert at a level to the acknowledgement while the escalation was at it.

    Count, mean and percentiles of those acknowledged there; beside them median and 90th percentile after Kaplan and Meier over all levels
    at which somebody was alerted, where a level that was left without an acknowledgement counts as waiting until it was left, and one that
    still waits until the last event in the data; where just so many have ended, the middle between that ending and the next; without any such level the same as beside. Not given when so many never acknowledged. Negative times are left out.
    """
    waits = _waits(given)
    ended = np.sort(waits[0][waits[1]])
    return {**spread(ended.tolist()), **estimated(*waits), "without": int((~waits[1]).sum())}


def windows(given: Escalations) -> dict[str, Any]:
    """Levels at which somebody was alerted: how many were acknowledged before they were left (met), left because nobody did (missed).

    Missed is also the last level of a round, after which the way through the levels begins again, and the level at which nobody was left to
    alert, even if somebody acknowledged afterwards. Levels left by hand, for a missed milestone
    or a worse severity, by the end of the incident, or still waiting are neither and are given as neither.
    """
    counted = int(met(given).sum()), int(missed(given).sum())
    return {
        "met": counted[0],
        "missed": counted[1],
        "neither": int(asked(given).sum()) - sum(counted),
        "share": share_of(counted[0], sum(counted)),
    }


def premature(given: Escalations) -> dict[str, Any]:
    """Runs that were escalated and resolved without anybody of a higher level having done anything; share of those escalated. A reopened incident has
    a run each time.

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
    above = (given.visits.level > given.visits.begun_at) & asked(given)
    return _of(above & ~given.acted, above)


def skipped_levels(given: Escalations) -> int:
    """Levels that an escalation came to and passed over, as nobody was there who could be alerted, or a bypass left them out.

    A level counts each time that it was come to. Levels that the incident's severity begins above, or that the way down to a lower level
    leaves out, were not come to.
    """
    return int(given.passed_over.sum())


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
# What can be said of one level by its visits. The others are about whole runs: for one level they would be wrong, or the same at each.
OF_A_LEVEL: frozenset[Callable[[Escalations], Any]] = frozenset(
    {escalations, escalations_by_cause, time_to_escalate_seconds, time_to_acknowledge_level_seconds, windows, woken_for_nothing}
)


def of_a_level(given: Escalations) -> dict[str, Any]:
    """By name what can be said of the visits of one level."""
    return {function.__name__: function(given) for function, _, _ in MEASURES if function in OF_A_LEVEL}


def asked(given: Escalations) -> Truth:
    """For each visit whether anybody was alerted at it."""
    return np.asarray(given.visits.alerted > 0)


def answered(given: Escalations) -> Truth:
    """For each visit whether somebody who was alerted at it, or anybody else, acknowledged while the run was there, in time or not."""
    return np.asarray(asked(given) & (given.visits.acknowledged != NEVER))


def met(given: Escalations) -> Truth:
    return np.asarray(answered(given) & (given.visits.ran_out == 0))


def missed(given: Escalations) -> Truth:
    """For each visit whether its window closed in silence: the next level followed, the next round, or nobody was left."""
    onward = np.isin(given.visits.cause, (Cause.WINDOW, Cause.BEGAN_AGAIN)) & ~answered(given)
    return np.asarray(asked(given) & (onward | (given.visits.ran_out == 1)))


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


# Told of all escalations of a track alone.
OF_THE_WHOLE: tuple[tuple[Callable[..., Any], str, str], ...] = (
    (time_to_escalate_by_cause, "Time to escalate, by cause", "seconds"),
    (bottleneck, "Bottleneck", "share of the time waited"),
)


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


def _lasted(given: Escalations, picked: Truth) -> dict[str, Any]:
    """How long the picked visits lasted."""
    visits = given.visits
    rows = np.flatnonzero(picked & (visits.left >= visits.entered))
    return spread(np.sort((visits.left[rows] - visits.entered[rows]) / SECOND).tolist())


def _waits(given: Escalations) -> tuple[Seconds, Truth]:
    """Seconds waited at each level at which somebody was alerted, and whether an acknowledgement ended it."""
    rows = np.flatnonzero(asked(given))
    alert, acknowledged, left = (column[rows] for column in (given.visits.first_alert, given.visits.acknowledged, given.visits.left))
    over = acknowledged != NEVER
    until = np.where(over, acknowledged, np.maximum(np.where(left == NEVER, given.known_until, left), alert))
    good = until >= alert
    return ((until - alert) / SECOND)[good], over[good]


def _of(found: Truth, among: Truth) -> dict[str, Any]:
    count, whole = int(found.sum()), int(among.sum())
    return {"count": count, "of": whole, "share": share_of(count, whole)}
