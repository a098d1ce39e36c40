"""How bad it is: readings held against thresholds, and the priority of impact and urgency."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
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
    by_measure: dict[str, list[Reading]] = {}
    for reading in sorted((reading for reading in readings if reading.observed_at <= at), key=lambda reading: reading.observed_at):
        by_measure.setdefault(reading.measure, []).append(reading)
    worst: Verdict | None = None
    for threshold in thresholds:
        reasons = _reasons(threshold, by_measure, at)
        if not reasons:
            continue
        if worst is None or (threshold.severity.value, -threshold.start_level) < (worst.severity.value, -worst.start_level):
            worst = Verdict(threshold.severity, threshold.start_level, threshold.name, reasons)
    return worst


def _reasons(threshold: ThresholdRule, by_measure: dict[str, list[Reading]], at: datetime) -> tuple[str, ...]:
    """Why `threshold` holds, one sentence a condition that does; empty when it does not hold."""
    found = [_reason(criterion, by_measure.get(criterion.measure, []), at) for criterion in threshold.criteria]
    holding = tuple(reason for reason in found if reason)
    return holding if threshold.combine == "any" or len(holding) == len(found) else ()


def _reason(criterion: CriterionRule, readings: list[Reading], at: datetime) -> str:
    """A sentence when the condition holds: the latest reading lies in the window, and for `for_at_least` none spoke against it.

    It held for that long when it held at the last reading not younger than that, however old, and at every one since: between
    two readings things are taken to stay as they were read.
    """
    if not readings or readings[-1].observed_at < at - criterion.window:
        return ""
    since = at - criterion.for_at_least
    older = [reading for reading in readings if reading.observed_at <= since]
    needed = older[-1:] + [reading for reading in readings if reading.observed_at > since]
    if not older and criterion.for_at_least > timedelta(0):
        return ""
    if not all(criterion.comparison.holds(reading.value, criterion.value) for reading in needed):
        return ""
    return f"{criterion.words.name} {in_unit(readings[-1].value, criterion.words)} {condition(criterion)}"


def condition(criterion: CriterionRule) -> str:
    """'is at least 5 % for 5 min'."""
    lasting = f" for {words.duration(criterion.for_at_least)}" if criterion.for_at_least else ""
    return f"{criterion.comparison.words} {in_unit(criterion.value, criterion.words)}{lasting}"


def in_unit(value: Decimal, measure: MeasureWords) -> str:
    """'5 %', '10,000 users'."""
    return words.amount(value, measure.unit)
