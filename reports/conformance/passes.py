"""From the steps of runs to passes: one row for each look at which something was done to a run, and the window that it found there."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reports.metrics.levels import NEVER, Action

from .ways import Ways

Whole = NDArray[np.int64]
Truth = NDArray[np.bool_]
NO_PLACE = -1


def bits(*actions: Action) -> int:
    return sum(1 << action for action in actions)


MOVED = bits(Action.RAISED, Action.LOWERED, Action.BYPASSED, Action.MILESTONE, Action.SILENT)
ANSWERED = bits(Action.ACKNOWLEDGED, Action.TAKEN_OVER, Action.HANDED_OVER)
OVER = bits(Action.LEVEL, Action.REPEATED, Action.EXHAUSTED)
LETS_GO_ON = bits(Action.RESUMED, Action.LEVEL, Action.SILENT, Action.ENDED) | ANSWERED


@dataclass(frozen=True, slots=True)
class Runs:
    """A row a run: keys of run and incident, its way among the `Ways`, from when its milestone counts, when it ended (NEVER: live)."""

    key: Whole
    incident: Whole
    way: Whole
    technical: Truth
    counts_from: Whole
    ended: Whole


@dataclass(frozen=True, slots=True)
class Steps:
    """A row a step, ordered by run, sequence and part. `run` is a place among the runs; `level` 0 and `position` NO_PLACE: none.

    `late` is by how many microseconds the engine said that it came late, 0 when it did not.
    """

    run: Whole
    sequence: Whole
    action: Whole
    at: Whole
    level: Whole
    position: Whole
    person: Whole
    actor: Whole
    late: Whole

    def __len__(self) -> int:
        return len(self.run)


@dataclass(frozen=True, slots=True)
class Passes:
    """A row a pass, ordered by run and sequence. `did` has a bit for each action; `entered` is the level entered, 0 for none.

    `begins`: the window of a level begins here. Of whoever was alerted: `person`, `level`, `position`. `severity` (a place among
    SEVERITIES), `start_level` and `regraded` are what the engine recorded of the incident. `step` is the first step of the pass.
    """

    run: Whole
    sequence: Whole
    at: Whole
    did: Whole
    late: Whole
    entered: Whole
    paged: Truth
    person: Whole
    level: Whole
    position: Whole
    begins: Truth
    severity: Whole
    start_level: Whole
    regraded: Whole
    step: Whole

    def __len__(self) -> int:
        return len(self.run)

    def has(self, actions: int) -> Truth:
        return np.asarray((self.did & actions) != 0)


def passes_of(steps: Steps) -> tuple[Passes, Whole]:
    """The passes, and for each step the place of its pass. What was recorded of the incident is put in by `with_record`."""
    first = np.ones(len(steps), dtype=bool)
    first[1:] = (steps.run[1:] != steps.run[:-1]) | (steps.sequence[1:] != steps.sequence[:-1])
    starts, of = np.flatnonzero(first), np.cumsum(first) - 1
    empty = np.zeros(len(starts), dtype=np.int64)
    did = np.bitwise_or.reduceat(np.left_shift(1, steps.action), starts) if len(starts) else empty
    late = np.maximum.reduceat(steps.late, starts) if len(starts) else empty
    entered, person, level = empty.copy(), empty.copy(), empty.copy()
    position, paged = np.full(len(starts), NO_PLACE, dtype=np.int64), np.zeros(len(starts), dtype=bool)
    entering, alerting = np.flatnonzero(steps.action == Action.LEVEL), np.flatnonzero(steps.action == Action.PAGED)
    entered[of[entering]] = steps.level[entering]
    paged[of[alerting]] = True
    for column, values in ((person, steps.person), (level, steps.level), (position, steps.position)):
        column[of[alerting]] = values[alerting]
    begins = paged & ((did & bits(Action.LEVEL, Action.SILENT)) != 0)
    found = Passes(
        steps.run[starts], steps.sequence[starts], steps.at[starts], did, late, entered, paged, person, level, position, begins,
        empty.copy(), np.ones_like(empty), empty.copy(), starts,
    )  # fmt: skip
    return found, of


@dataclass(frozen=True, slots=True)
class Windows:
    """What each pass found: the window that ran before it in its run.

    `begun` is the pass that began it, -1 where none had; `level` its level. `end` is when it closes and `next_turn` when the next person's
    turn comes, at the pace that the pass recorded; NEVER where there is no window. `answered`: somebody had acknowledged meanwhile.
    `previous` is the run's pass before, -1 for none.
    """

    begun: Whole
    level: Whole
    end: Whole
    next_turn: Whole
    answered: Truth
    previous: Whole


def windows_of(passes: Passes, runs: Runs, ways: Ways) -> Windows:
    """1 the window before each pass; 2 what its waits and rests have moved; 3 its end, by the last alert and the pace recorded."""
    count = len(passes)
    place = np.arange(count)
    same = np.zeros(count, dtype=bool)
    same[1:] = passes.run[1:] == passes.run[:-1]
    begun = _before(passes.begins, passes, place)
    there = begun >= 0
    level = np.where(there, passes.level[begun], 0)
    last = _before(passes.paged, passes, place)
    way = runs.way[passes.run] if count else passes.run
    capped = np.minimum(level, ways.top)
    wait, window = (table[way, passes.severity, capped] for table in (ways.wait, ways.window))
    waited = np.cumsum(np.where(passes.paged & ~passes.begins & there, wait, 0))
    rested = np.cumsum(_rests(passes, place))
    since = passes.at[last] + rested - rested[last]
    moved = waited[last] - waited[begun]
    known = there & (last >= begun) & (window > 0)
    answered = _before(passes.has(ANSWERED), passes, place)
    return Windows(
        begun=begun,
        level=level,
        end=np.where(known, since - moved + window, NEVER),
        next_turn=np.where(known, since + wait, NEVER),
        answered=answered >= np.maximum(begun, 0) if count else there,
        previous=np.where(same, place - 1, -1),
    )


def _before(chosen: Truth, passes: Passes, place: Whole) -> Whole:
    """For each pass the last chosen one before it in the same run; -1 for none."""
    found = np.full(len(place), -1, dtype=np.int64)
    if len(place) > 1:
        found[1:] = np.maximum.accumulate(np.where(chosen, place, -1))[:-1]
        found[(found >= 0) & (passes.run[found] != passes.run)] = -1
    return found


def _rests(passes: Passes, place: Whole) -> Whole:
    """By how much a pass that lets the alerting go on moves the window: the time since the first hold that nothing had ended before."""
    holds = passes.has(bits(Action.HELD))
    if not holds.any():
        return np.zeros(len(place), dtype=np.int64)
    first = holds & (_before(holds, passes, place) <= _before(passes.has(LETS_GO_ON), passes, place))
    since = _before(first, passes, place)
    return np.where(passes.has(bits(Action.RESUMED)) & (since >= 0), passes.at - passes.at[since], 0)
