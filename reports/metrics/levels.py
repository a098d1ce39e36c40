"""From the engine's steps to visits: one row for each level that a run entered, when, how it was left, and who was alerted there.

Everything is a column of numbers, because a quarter has hundreds of thousands of steps. Times are whole microseconds since 1970 in UTC.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Self

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.int64]
Truth = NDArray[np.bool_]

NEVER = np.iinfo(np.int64).min
NOBODY = 0
SECOND = 1_000_000


class Action(IntEnum):
    """What a step did, as a number; the names are those of EscalationStep.Action, but for the last.

    LEVEL_PASSED_OVER is 'passed over' that names no place within the level: nobody of all of it was alerted, and it was not entered.
    """

    STARTED = 0
    LEVEL = 1
    PAGED = 2
    REMINDED = 3
    REPEATED = 4
    PASSED_OVER = 5
    ACKNOWLEDGED = 6
    MILESTONE = 7
    SILENT = 8
    HELD = 9
    RESUMED = 10
    RAISED = 11
    LOWERED = 12
    BYPASSED = 13
    TAKEN_OVER = 14
    HANDED_OVER = 15
    ENDED = 16
    EXHAUSTED = 17
    LEVEL_PASSED_OVER = 18


class Cause(IntEnum):
    """Why a run went from one level to the next, the most telling first when a pass has several."""

    BYPASSED = 0
    BY_HAND = 1
    DE_ESCALATED = 2
    MILESTONE = 3
    SILENT = 4
    BEGAN_AGAIN = 5
    WINDOW = 6
    NOT_LEFT = 7
    REGRADED = 8

    @property
    def words(self) -> str:
        return _CAUSES[self]


_CAUSES = {
    Cause.BYPASSED: "levels bypassed",
    Cause.BY_HAND: "moved up by hand",
    Cause.DE_ESCALATED: "de-escalated",
    Cause.MILESTONE: "not resolved in time",
    Cause.SILENT: "silent after acknowledging",
    Cause.BEGAN_AGAIN: "began again",
    Cause.WINDOW: "not acknowledged in time",
    Cause.NOT_LEFT: "not left",
    Cause.REGRADED: "regraded to a severity that begins higher",
}
_TOLD_BY = {
    Cause.BYPASSED: Action.BYPASSED,
    Cause.BY_HAND: Action.RAISED,
    Cause.DE_ESCALATED: Action.LOWERED,
    Cause.MILESTONE: Action.MILESTONE,
    Cause.SILENT: Action.SILENT,
    Cause.BEGAN_AGAIN: Action.REPEATED,
}


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps of all runs, ordered by run, sequence and part. `run` is the place of its row among the runs; `level` 0: none.

    `late` is 1 for a step that came noticeably after it was due, `regraded` for the first of a pass that found the incident's severity
    beginning above the run's level.
    """

    run: Whole
    sequence: Whole
    action: Whole
    at: Whole
    level: Whole
    person: Whole
    actor: Whole
    late: Whole
    regraded: Whole

    def __len__(self) -> int:
        return len(self.run)


@dataclass(frozen=True, slots=True)
class Visits:
    """One row for each level entered, ordered by run and time.

    `left` is when the next level was entered or the way ended, NEVER while the run stays; `cause` is why the next level was entered;
    `next_level` 0 when none was. `alerted` counts people; `first_alert` is NEVER when nobody was. `acknowledged` is when somebody did
    while the run was here, NEVER when nobody did. `ran_out` is 1 when the window closed with nobody further to alert before anybody did, else 0.
    `begun_at` is the level at which the run began.
    """

    run: Whole
    level: Whole
    begun_at: Whole
    entered: Whole
    left: Whole
    cause: Whole
    next_level: Whole
    alerted: Whole
    first_alert: Whole
    acknowledged: Whole
    ran_out: Whole

    def __len__(self) -> int:
        return len(self.run)

    @property
    def went_up(self) -> Truth:
        """Whether a higher level was entered from here: an escalation."""
        return self.next_level > self.level

    def where(self, chosen: Truth) -> Self:
        return type(self)(*(getattr(self, name)[chosen] for name in self.__slots__))


def visits_of(steps: Steps, ended: Whole) -> Visits:
    """`ended`: when each run ended, NEVER while it is live."""
    entering = steps.action == Action.LEVEL
    rows = np.flatnonzero(entering)
    run = steps.run[rows]
    count = len(rows)
    follows = np.zeros(count, dtype=bool)
    follows[:-1] = run[1:] == run[:-1]
    left = ended[run] if count else np.empty(0, dtype=np.int64)
    left[follows] = steps.at[rows][1:][follows[:-1]]
    next_level = np.zeros(count, dtype=np.int64)
    next_level[follows] = steps.level[rows][1:][follows[:-1]]
    causes = _causes(steps)[rows]
    cause = np.full(count, Cause.NOT_LEFT, dtype=np.int64)
    cause[follows] = causes[1:][follows[:-1]]
    visit_of = np.cumsum(entering) - 1
    inside = (visit_of >= 0) & (run[visit_of] == steps.run) if count else np.zeros(len(steps), dtype=bool)
    acknowledged = _first(steps, inside & (steps.action == Action.ACKNOWLEDGED), visit_of, count)
    ran_out = _first(steps, inside & (steps.action == Action.EXHAUSTED), visit_of, count)
    return Visits(
        run=run,
        level=steps.level[rows],
        begun_at=_first_level(run, steps.level[rows]),
        entered=steps.at[rows],
        left=left,
        cause=cause,
        next_level=next_level,
        alerted=np.bincount(visit_of[inside & (steps.action == Action.PAGED)], minlength=count).astype(np.int64),
        first_alert=_first(steps, inside & (steps.action == Action.PAGED), visit_of, count),
        acknowledged=acknowledged,
        ran_out=((ran_out != NEVER) & ((acknowledged == NEVER) | (ran_out <= acknowledged))).astype(np.int64),
    )


def _first_level(run: Whole, level: Whole) -> Whole:
    """For each visit the level of its run's first one."""
    first = np.ones(len(run), dtype=bool)
    first[1:] = run[1:] != run[:-1]
    return np.asarray(level[first][np.cumsum(first) - 1]) if len(run) else level


def _causes(steps: Steps) -> Whole:
    """For each step the cause that its pass tells; a pass is what the engine did to a run at one look."""
    if not len(steps):
        return np.empty(0, dtype=np.int64)
    begins = np.ones(len(steps), dtype=bool)
    begins[1:] = (steps.run[1:] != steps.run[:-1]) | (steps.sequence[1:] != steps.sequence[:-1])
    pass_of = np.cumsum(begins) - 1
    told = np.full(pass_of[-1] + 1, Cause.WINDOW, dtype=np.int64)
    told[pass_of[steps.regraded == 1]] = Cause.REGRADED
    for cause in sorted(_TOLD_BY, reverse=True):
        told[pass_of[steps.action == _TOLD_BY[cause]]] = cause
    return np.asarray(told[pass_of])


def _first(steps: Steps, chosen: Truth, visit_of: Whole, count: int) -> Whole:
    """The time of the first chosen step of each visit. Steps are in the order of time, so writing backwards leaves the first."""
    found = np.full(count, NEVER, dtype=np.int64)
    rows = np.flatnonzero(chosen)[::-1]
    found[visit_of[rows]] = steps.at[rows]
    return found


@dataclass(frozen=True, slots=True)
class Acts:
    """What people did about an incident while its run was under way: acknowledged, took over, moved the escalation, noted, changed its state."""

    run: Whole
    person: Whole
    at: Whole


def acted(visits: Visits, steps: Steps, acts: Acts) -> Truth:
    """For each visit, whether somebody who was alerted there did something about the incident afterwards."""
    alerts = np.flatnonzero((steps.action == Action.PAGED) & (steps.person != NOBODY))
    found = np.zeros(len(visits), dtype=bool)
    if not len(alerts) or not len(acts.run):
        return found
    visit_of = np.cumsum(steps.action == Action.LEVEL)[alerts] - 1
    alerts, visit_of = alerts[visit_of >= 0], visit_of[visit_of >= 0]
    keys, last = _last_act(acts)
    asked = _key(steps.run[alerts], steps.person[alerts])
    place = np.minimum(np.searchsorted(keys, asked), len(keys) - 1)
    answered = (keys[place] == asked) & (last[place] >= steps.at[alerts])
    found[visit_of[answered & (visits.run[visit_of] == steps.run[alerts])]] = True
    return found


def _last_act(acts: Acts) -> tuple[Whole, Whole]:
    """Each run and person with the time of the last thing that they did."""
    order = np.lexsort((acts.at, _key(acts.run, acts.person)))
    keys = _key(acts.run, acts.person)[order]
    lasts = np.append(keys[1:] != keys[:-1], True)
    return keys[lasts], acts.at[order][lasts]


def _key(run: Whole, person: Whole) -> Whole:
    return np.asarray((run << 32) | person)
