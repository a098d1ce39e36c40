"""The incidents behind a figure, and how often each counts in it. Loads numpy: only where somebody asks for them.

What is picked here is what the definition of the figure counts; a test holds the sum against the figure for every line of every figure.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reports.metrics.escalation_definitions import Escalations
from reports.metrics.facts import IncidentFact
from reports.metrics.levels import NEVER, Cause, Truth, Whole

from .columns import Facts


@dataclass(frozen=True, slots=True)
class Behind:
    """Primary keys of incidents, the one opened last first, and how often each counts."""

    keys: list[int]
    times: list[int]

    @property
    def sum(self) -> int:
        return sum(self.times)


def incidents_behind(given: Facts, line: str, level: int | None = None) -> Behind | None:
    """What `line`, such as 'windows.missed', counts; of one level when that is named. None when nothing is known to stand behind it."""
    name, _, part = line.partition(".")
    times = _of_facts(given, name, part) if level is None else None
    if times is None:
        times = _of_escalations(given, name, part, level)
    if times is None:
        return None
    rows = np.flatnonzero(times)[::-1]
    return Behind(given.keys[rows].tolist(), times[rows].tolist())


def _of_facts(given: Facts, name: str, part: str) -> Whole | None:
    if name == "incidents_by_priority":
        return _each(given, lambda fact: fact.priority_name == part)
    counts = _FACTS.get(f"{name}.{part}" if part else name)
    return None if counts is None else _each(given, counts)


def _each(given: Facts, counts: Callable[[IncidentFact], Any]) -> Whole:
    return np.array([int(counts(fact)) for fact in given.facts], dtype=np.int64)


def _ends(seconds: float | None) -> bool:
    return seconds is not None and seconds >= 0


def _contradicts(seconds: float | None) -> bool:
    return seconds is not None and seconds < 0


_FACTS: dict[str, Callable[[IncidentFact], Any]] = {
    "incidents_opened": lambda fact: 1,
    "sla_breached": lambda fact: fact.made_sla is False,
    "reopened": lambda fact: fact.reopen_count > 0,
    "reassigned": lambda fact: fact.reassignment_count > 0,
    "with_problem": lambda fact: fact.has_problem,
    "with_change": lambda fact: fact.has_change,
    "functional_escalations": lambda fact: fact.functional_escalations,
    "time_to_acknowledge_seconds.count": lambda fact: _ends(fact.seconds_to_acknowledge),
    "time_to_resolve_seconds.count": lambda fact: _ends(fact.seconds_to_resolve),
    "negative_durations": lambda fact: _contradicts(fact.seconds_to_acknowledge) + _contradicts(fact.seconds_to_resolve),
    "never_acknowledged": lambda fact: fact.acknowledged_at is None,
    "unresolved": lambda fact: fact.resolved_at is None,
    "sla_unknown": lambda fact: fact.made_sla is None,
}


def _of_escalations(given: Facts, name: str, part: str, level: int | None) -> Whole | None:
    whole = given.escalations if level is None else given.escalations.of_visits(given.escalations.visits.level == level)
    key = f"{name}.{part}" if part else name
    if name == "escalations_by_cause":
        cause = next((cause for cause in Cause if cause.words == part), None)
        picked: Any = None if cause is None else whole.visits.went_up & (whole.visits.cause == cause)
        return None if picked is None else _by_visits(given, whole, picked)
    if key in _VISITS:
        return _by_visits(given, whole, _VISITS[key](whole))
    if key in _RUNS:
        return _by_runs(given, _RUNS[key](whole))
    if key == "escalation_density.incidents":
        return np.minimum(_by_visits(given, whole, whole.visits.went_up), 1)
    return None


def _by_visits(given: Facts, whole: Escalations, picked: Truth) -> Whole:
    return _by_runs(given, np.bincount(whole.visits.run[picked], minlength=len(whole.incident)))


def _by_runs(given: Facts, times: NDArray[Any]) -> Whole:
    """From a number a run to a number an incident."""
    counted = np.zeros(len(given.keys), dtype=np.int64)
    np.add.at(counted, given.rows_of_runs, times.astype(np.int64))
    return counted


def _asked(whole: Escalations) -> Truth:
    return whole.visits.alerted > 0


def _met(whole: Escalations) -> Truth:
    return np.asarray(_asked(whole) & (whole.visits.acknowledged != NEVER))


def _missed(whole: Escalations) -> Truth:
    nobody = (whole.visits.cause == Cause.NOT_LEFT) & whole.exhausted[whole.visits.run]
    return np.asarray(_asked(whole) & ~_met(whole) & ((whole.visits.cause == Cause.WINDOW) | nobody))


def _higher(whole: Escalations) -> Truth:
    return np.asarray(whole.visits.level > whole.visits.begun_at)


def _with_a_visit(whole: Escalations, picked: Truth) -> Truth:
    found = np.zeros(len(whole.incident), dtype=bool)
    found[whole.visits.run[picked]] = True
    return found


def _escalated(whole: Escalations) -> Truth:
    return _with_a_visit(whole, whole.visits.went_up)


_VISITS: dict[str, Callable[[Escalations], Truth]] = {
    "escalations": lambda whole: whole.visits.went_up,
    "time_to_escalate_seconds.count": lambda whole: whole.visits.went_up,
    "time_to_acknowledge_level_seconds.count": _met,
    "time_to_acknowledge_level_seconds.without": lambda whole: _asked(whole) & ~_met(whole),
    "windows.met": _met,
    "windows.missed": _missed,
    "windows.neither": lambda whole: _asked(whole) & ~_met(whole) & ~_missed(whole),
    "woken_for_nothing.count": lambda whole: _higher(whole) & _asked(whole) & ~whole.acted,
    "woken_for_nothing.of": lambda whole: _higher(whole) & _asked(whole),
    "skipped_levels": lambda whole: ~_asked(whole),
}
_RUNS: dict[str, Callable[[Escalations], NDArray[Any]]] = {
    "runs": lambda whole: np.ones(len(whole.incident), dtype=np.int64),
    "premature.count": lambda whole: _escalated(whole) & whole.resolved & ~_with_a_visit(whole, _higher(whole) & whole.acted),
    "premature.of": _escalated,
    "exhausted_runs": lambda whole: whole.exhausted,
    "late_steps.count": lambda whole: whole.late,
    "late_steps.of": lambda whole: whole.steps,
}
