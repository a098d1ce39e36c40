"""The incidents behind a figure, and how often each counts in it. Loads numpy: only where somebody asks for them.

What is picked here is what the definition of the figure counts; a test holds the sum against the figure for every line of every figure.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reports.metrics.escalation_definitions import Escalations, answered, asked, met, missed
from reports.metrics.levels import NEVER, Cause, Truth, Whole

from .columns import TIMES, Facts, joined, without_facts
from .counted import counted
from .places import Places
from .selection import COMPONENT, Dimension, Selection

Test = Callable[[Facts, Mapping[str, Sequence[Any]]], Truth]


@dataclass(frozen=True, slots=True)
class Behind:
    """Primary keys of incidents, the one opened last first, and how often each counts."""

    keys: list[int]
    times: list[int]

    @property
    def sum(self) -> int:
        return sum(self.times)


@dataclass(frozen=True, slots=True)
class Picked:
    """The incidents of a part: columns with their escalations, and what `days` hold as lists, with the rows of a day that are meant, None for all.

    `seen_until`: the last thing told about any incident of these days, of the part or not; NEVER when nothing was.
    """

    columns: Facts
    days: Sequence[tuple[Mapping[str, Sequence[Any]], list[int] | None]]
    seen_until: int = NEVER

    def told(self, name: str) -> list[Any]:
        """The facts of that name, times in microseconds. Of a dozen a line needs one or two."""
        if name in TIMES:
            return [None if at == NEVER else at for at in getattr(self.columns, name).tolist()]
        return list(chain.from_iterable(day[name] if rows is None else map(day[name].__getitem__, rows) for day, rows in self.days))


def picked(days: Iterable[bytes], selection: Selection, places: Places) -> Picked:
    """The incidents of `selection` out of packed days. Raises OtherFormat."""
    tests = [_test(dimension, part, places) for dimension, part in selection.conditions]
    columns: list[Facts] = []
    lists: list[tuple[Mapping[str, Sequence[Any]], list[int] | None]] = []
    seen = NEVER
    for content in days:
        day, told = without_facts(content)
        seen = max(seen, int(day.told.max(initial=NEVER)))
        if tests:
            chosen = np.logical_and.reduce([test(day, told) for test in tests])
            columns.append(day.where(chosen))
            lists.append((told, np.flatnonzero(chosen).tolist()))
        else:
            columns.append(day)
            lists.append((told, None))
    return Picked(joined(columns), lists, seen)


def incidents_behind(given: Picked, line: str, level: int | None = None) -> Behind | None:
    """What `line`, such as 'windows.missed', counts; of one level when that is named. None when nothing is known to stand behind it."""
    name, _, part = line.partition(".")
    times = _of_facts(given, name, part) if level is None else None
    if times is None:
        times = _of_escalations(given.columns, name, part, level)
    if times is None:
        return None
    rows = np.flatnonzero(times)[::-1]
    return Behind(given.columns.keys[rows].tolist(), times[rows].tolist())


def _test(dimension: str, part: str, places: Places) -> Test:
    """What tells of a day which of its incidents are of a part."""
    key = int(part) if part.isdecimal() and len(part) < 19 else -1
    if dimension == Dimension.SEVERITY.value:
        return lambda day, told: np.array([severity == part for severity in told["severity"]], dtype=bool)
    if dimension == Dimension.UNIT.value:
        # By place in a table: to look each service up would take as long as all the rest.
        within = np.zeros(max(places.services, default=0) + 2, dtype=bool)
        within[[service for service in places.services if key in places.units_of(service)]] = True
        return lambda day, told: within[np.minimum(day.services, len(within) - 1)]
    column = {Dimension.SERVICE.value: "services", COMPONENT: "components", Dimension.TEAM.value: "teams"}[dimension]
    return lambda day, told: np.asarray(getattr(day, column) == key)


def _of_facts(given: Picked, name: str, part: str) -> Whole | None:
    if name == "incidents_opened" and not part:
        return np.ones(len(given.columns.keys), dtype=np.int64)
    told = counted(given.columns, name, part)
    if told is not None:
        return told
    found = _FACTS.get(f"{name}.{part}" if part else name)
    if name == "incidents_by_priority":
        found = (("priority",), lambda priority: part == ("unknown" if priority is None else f"P{priority}"))
    if found is None:
        return None
    named, counts = found
    return np.fromiter(map(int, map(counts, *map(given.told, named))), dtype=np.int64, count=len(given.columns.keys))


def _ends(opened: int, ended: int | None) -> bool:
    return ended is not None and ended >= opened


def _contradicts(opened: int, ended: int | None) -> bool:
    return ended is not None and ended < opened


# By line, the facts that it is counted by, and how often an incident counts.
_FACTS: dict[str, tuple[tuple[str, ...], Callable[..., Any]]] = {
    "sla_breached": (("made_sla",), lambda made: made is False),
    "reopened": (("reopen_count",), lambda count: count > 0),
    "reassigned": (("reassignment_count",), lambda count: count > 0),
    "with_problem": (("has_problem",), bool),
    "with_change": (("has_change",), bool),
    "functional_escalations": (("functional_escalations",), int),
    "time_to_acknowledge_seconds.count": (("opened_at", "acknowledged_at"), _ends),
    "time_to_resolve_seconds.count": (("opened_at", "resolved_at"), _ends),
    "time_to_resolve.count": (("opened_at", "resolved_at"), _ends),
    "time_to_resolve.open": (("resolved_at",), lambda at: at is None),
    "time_to_resolve.contradicting": (("opened_at", "resolved_at"), _contradicts),
    "negative_durations": (
        ("opened_at", "acknowledged_at", "resolved_at"),
        lambda opened, acknowledged, resolved: _contradicts(opened, acknowledged) + _contradicts(opened, resolved),
    ),
    "never_acknowledged": (("acknowledged_at",), lambda at: at is None),
    "unresolved": (("resolved_at",), lambda at: at is None),
    "sla_unknown": (("made_sla",), lambda made: made is None),
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
    "time_to_acknowledge_level_seconds.count": answered,
    "time_to_acknowledge_level_seconds.without": lambda whole: asked(whole) & ~answered(whole),
    "windows.met": met,
    "windows.missed": missed,
    "windows.neither": lambda whole: asked(whole) & ~met(whole) & ~missed(whole),
    "woken_for_nothing.count": lambda whole: _higher(whole) & asked(whole) & ~whole.acted,
    "woken_for_nothing.of": lambda whole: _higher(whole) & asked(whole),
}
_RUNS: dict[str, Callable[[Escalations], NDArray[Any]]] = {
    "runs": lambda whole: np.ones(len(whole.incident), dtype=np.int64),
    "premature.count": lambda whole: _escalated(whole) & whole.resolved & ~_with_a_visit(whole, _higher(whole) & whole.acted),
    "premature.of": _escalated,
    "skipped_levels": lambda whole: whole.passed_over,
    "exhausted_runs": lambda whole: whole.exhausted,
    "late_steps.count": lambda whole: whole.late,
    "late_steps.of": lambda whole: whole.steps,
}
