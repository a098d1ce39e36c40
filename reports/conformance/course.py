"""The recorded course of a population's runs, with all that the rules of timing and route ask of it."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from policies.decisions.escalation_words import in_words
from reports.metrics.levels import Action

from .passes import MOVED, OVER, Passes, Runs, Steps, Windows, bits, passes_of, windows_of
from .values import Deviation, Kind, moment
from .ways import MICROSECOND, SEVERITIES, Ways

Whole = NDArray[np.int64]
Truth = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Record:
    """What the engine wrote down of the incident with some passes, by run and sequence: severity (a place among SEVERITIES), start level,
    and 1 where the severity was another than at its look before.
    """

    run: Whole
    sequence: Whole
    severity: Whole
    start_level: Whole
    regraded: Whole


@dataclass(frozen=True, slots=True)
class Course:
    """`of` is the pass of each step; times are microseconds since 1970. `known` says which passes have their record, `judged` which can be
    held against a version.
    """

    runs: Runs
    steps: Steps
    passes: Passes
    windows: Windows
    ways: Ways
    of: Whole
    known: Truth
    judged: Truth
    known_until: int

    @property
    def way(self) -> Whole:
        """Of each pass."""
        return np.asarray(self.runs.way[self.passes.run])

    @property
    def closes_a_window(self) -> Truth:
        """The passes that went on because a window was over: no order, no milestone, no silence, no worse severity made them."""
        over = self.passes.has(OVER) & ~self.passes.has(MOVED) & (self.windows.begun >= 0)
        return over & (~self.raised | self.passes.has(bits(Action.REPEATED)))

    @property
    def raised(self) -> Truth:
        """The passes at which the incident's start level lay above the run's, and no de-escalation had answered that."""
        start = self.passes.start_level
        higher = (start > self.windows.level) & (self.begins_at > self.windows.level) & (self.windows.begun >= 0)
        return higher & (start > self._answered)

    @property
    def begins_at(self) -> Whole:
        """The level at which the policy begins, by the start level that each pass recorded."""
        return np.asarray(self.ways.begins[self.way, np.minimum(self.passes.start_level, self.ways.top)])

    @property
    def regraded(self) -> Truth:
        """The severity is another than at the engine's look before, or at the run's pass before: what the new pace makes due is not late."""
        before = self.windows.previous
        return np.asarray((self.passes.regraded == 1) | (before >= 0) & (self.passes.severity != self.passes.severity[before]))

    @property
    def _answered(self) -> Whole:
        """For each pass the highest start level that a de-escalation before it in its run has answered."""
        found = np.zeros(len(self.passes), dtype=np.int64)
        lowered = np.flatnonzero(self.passes.has(bits(Action.LOWERED)))
        ends = np.searchsorted(self.passes.run, self.passes.run[lowered], side="right")
        for place, end in zip(lowered.tolist(), ends.tolist(), strict=True):
            found[place + 1 : end] = np.maximum(found[place + 1 : end], self.passes.start_level[place])
        return found

    def deviation(
        self, kind: Kind, place: int, expected: str, happened: str, *, rationale: str = "", people: tuple[int, ...] = ()
    ) -> Deviation:
        """One that the pass at `place` shows."""
        run = int(self.passes.run[place])
        level = int(self.passes.entered[place] or self.passes.level[place] or self.windows.level[place])
        return Deviation(
            kind, int(self.runs.incident[run]), moment(self.passes.at[place]), expected, happened, int(self.runs.key[run]),
            (int(self.passes.sequence[place]),), level or None, rationale, people,
        )  # fmt: skip

    def places(self, chosen: Truth) -> Iterator[int]:
        yield from np.flatnonzero(chosen & self.judged).tolist()


def course_of(runs: Runs, steps: Steps, record: Record, ways: Ways, known_until: int, unreadable: Whole | None = None) -> Course:
    """Puts the passes together; what was recorded with none of them is taken to be as the pass before had it.

    `unreadable` are the keys of the runs whose version is not known any more: no pass of theirs is told.
    """
    passes, of = passes_of(steps)
    known = _put_in(passes, record)
    lost = np.isin(runs.key, [] if unreadable is None else unreadable)
    return Course(runs, steps, passes, windows_of(passes, runs, ways), ways, of, known, ~lost[passes.run], known_until)


def _put_in(passes: Passes, record: Record) -> Truth:
    """Writes the record into its passes, and what is missing from the pass before of the same run."""
    known = np.zeros(len(passes), dtype=bool)
    if not len(passes):
        return known
    keys = (passes.run << 32) | passes.sequence
    wanted = (record.run << 32) | record.sequence
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    found = keys[place] == wanted
    known[place[found]] = True
    last = np.maximum.accumulate(np.where(known, np.arange(len(passes)), -1))
    mine = (last >= 0) & (passes.run[last] == passes.run)
    for column, values in ((passes.severity, record.severity), (passes.start_level, record.start_level)):
        column[place[found]] = values[found]
        column[mine] = column[last[mine]]
    passes.regraded[place[found]] = record.regraded[found]
    return known


def severity_in_words(place: int) -> str:
    return f" at {SEVERITIES[place]}" if place else ""


def minutes(microseconds: int) -> str:
    """A duration in words, from microseconds."""
    return in_words(int(microseconds) * MICROSECOND)
