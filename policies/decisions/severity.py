"""How bad it is: readings held against thresholds, and the priority of impact and urgency."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from portal.foundation import words

from .measures import MeasureWords
from .ruleset import CriterionRule, ThresholdRule
from .vocabulary import Severity

# ITIL's matrix of impact (first) and urgency (second), 1 high to 3 low.
PRIORITIES: dict[tuple[int, int], int] = {
    (1, 1): 1,
    (1, 2): 2,
    (2, 1): 2,
    (1, 3): 3,
    (2, 2): 3,
    (3, 1): 3,
    (2, 3): 4,
    (3, 2): 4,
    (3, 3): 4,
}


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of one measure, in the measure's unit, at the time it was observed."""

    measure: str
    value: Decimal
    observed_at: datetime


@dataclass(frozen=True, slots=True)
class Verdict:
    """The severity that follows, the level to start at, the threshold that says so, and why in words."""

    severity: Severity
    start_level: int
    threshold: str
    reasons: tuple[str, ...]


def priority_of(impact: int, urgency: int, matrix: Sequence[tuple[int, int, int]] = ()) -> int:
    """The priority (1 to 5) of an impact and an urgency (1 high to 3 low): by the policy's `matrix`, by ITIL's where it is silent.

    Raises ValueError outside the scales.
    """
    for row, column, priority in matrix:
        if (row, column) == (impact, urgency):
            return priority
    try:
        return PRIORITIES[impact, urgency]
    except KeyError:
        raise ValueError(f"There is no priority for impact {impact} and urgency {urgency}: both go from 1 (high) to 3 (low).") from None


def evaluate(thresholds: Sequence[ThresholdRule], readings: Iterable[Reading], at: datetime) -> Verdict | None:
    """The worst severity whose threshold holds at `at`, or None when none does. Readings after `at` do not count.

    Of two thresholds with the same severity the one that starts at the higher level wins, then the first in order.
    """
    by_measure = _by_measure(readings, at)
    worst: ThresholdRule | None = None
    for threshold in thresholds:
        # Only what would win is looked at: most of the time goes into conditions.
        if worst is None or _goes_before(threshold, worst):
            worst = threshold if _holds(threshold, by_measure, at) else worst
    if worst is None:
        return None
    return Verdict(worst.severity, worst.start_level, worst.name, _reasons(worst, by_measure, at))


def _by_measure(readings: Iterable[Reading], at: datetime) -> dict[str, list[Reading]]:
    """The readings that were known to have happened at `at`, the oldest first."""
    found: dict[str, list[Reading]] = {}
    for reading in readings:
        if reading.observed_at <= at:
            found.setdefault(reading.measure, []).append(reading)
    for series in found.values():
        if len(series) > 1:
            series.sort(key=_observed_at)
    return found


def _observed_at(reading: Reading) -> datetime:
    return reading.observed_at


def _goes_before(threshold: ThresholdRule, other: ThresholdRule) -> bool:
    if threshold.severity == other.severity:
        return threshold.start_level > other.start_level
    return threshold.severity < other.severity


def _holds(threshold: ThresholdRule, by_measure: dict[str, list[Reading]], at: datetime) -> bool:
    """Whether all of its conditions hold, or any. One without conditions holds never."""
    wanted = threshold.combine == "any"
    for criterion in threshold.criteria:
        if _condition_holds(criterion, by_measure.get(criterion.measure), at) is wanted:
            return wanted
    return not wanted and bool(threshold.criteria)


def _condition_holds(criterion: CriterionRule, readings: list[Reading] | None, at: datetime) -> bool:
    """Whether the latest reading lies in the window and holds, and for `for_at_least` none spoke against it.

    It held for that long when it held at the last reading not younger than that, however old, and at every one since: between
    two readings things are taken to stay as they were read.
    """
    if not readings or readings[-1].observed_at < at - criterion.window:
        return False
    holds, value = criterion.comparison.holds, criterion.value
    since = at - criterion.for_at_least
    for reading in reversed(readings):
        if not holds(reading.value, value):
            return False
        if reading.observed_at <= since:
            return True
    return False


def _reasons(threshold: ThresholdRule, by_measure: dict[str, list[Reading]], at: datetime) -> tuple[str, ...]:
    """Why `threshold` holds, one sentence a condition that does."""
    found = ((criterion, by_measure.get(criterion.measure)) for criterion in threshold.criteria)
    return tuple(
        _reason(criterion, readings[-1]) for criterion, readings in found if readings and _condition_holds(criterion, readings, at)
    )


def _reason(criterion: CriterionRule, latest: Reading) -> str:
    return f"{criterion.words.name} {in_unit(latest.value, criterion.words)} {condition(criterion)}"


def condition(criterion: CriterionRule) -> str:
    """'is at least 5 % for 5 min'."""
    lasting = f" for {words.duration(criterion.for_at_least)}" if criterion.for_at_least else ""
    return f"{criterion.comparison.words} {in_unit(criterion.value, criterion.words)}{lasting}"


def in_unit(value: Decimal, measure: MeasureWords) -> str:
    """'5 %', '10,000 users'."""
    return words.amount(value, measure.unit)
