"""Readings held against thresholds."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from policies.decisions.ruleset import CriterionRule, ThresholdRule
from policies.decisions.severity import Reading, evaluate, priority_of
from policies.decisions.vocabulary import Comparison, Severity

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
FAILURES, USERS = "transaction_failure_percent", "affected_users"


def minutes(value: float) -> timedelta:
    return timedelta(minutes=value)


def criterion(value: str = "5", *, measure: str = FAILURES, window: float = 10, lasting: float = 0) -> CriterionRule:
    return CriterionRule(measure, Comparison.AT_LEAST, Decimal(value), minutes(window), minutes(lasting))


def threshold(*criteria: CriterionRule, combine: str = "all", severity: str = "SEV2", level: int = 1, name: str = "T") -> ThresholdRule:
    return ThresholdRule(name, combine, Severity(severity), level, criteria)


def readings(*pairs: tuple[float, str], measure: str = FAILURES) -> list[Reading]:
    """(minutes before AT, value)."""
    return [Reading(measure, Decimal(value), AT - minutes(ago)) for ago, value in pairs]


def holds(rule: ThresholdRule, found: Sequence[Reading]) -> bool:
    return evaluate((rule,), found, AT) is not None


def test_the_reason_is_a_sentence_with_units() -> None:
    verdict = evaluate((threshold(criterion(lasting=5)),), readings((6, "6"), (0, "7.20")), AT)
    assert verdict is not None
    assert verdict.reasons == ("Failed transactions 7.2 % is at least 5 % for 5 min",)
    users = evaluate((threshold(criterion("10000", measure=USERS)),), readings((0, "12000"), measure=USERS), AT)
    assert users is not None
    assert users.reasons == ("Affected users 12,000 users is at least 10,000 users",)


def test_at_once_needs_only_the_latest_reading() -> None:
    assert holds(threshold(criterion()), readings((0, "5")))
    assert holds(threshold(criterion()), readings((3, "1"), (0, "5")))
    assert not holds(threshold(criterion()), readings((3, "9"), (0, "4.9")))


def test_the_latest_reading_must_lie_in_the_window() -> None:
    assert holds(threshold(criterion(window=10)), readings((10, "9")))
    assert not holds(threshold(criterion(window=10)), readings((10.1, "9")))


def test_for_at_least_wants_the_condition_at_the_reading_before_and_at_every_one_since() -> None:
    rule = threshold(criterion(lasting=5))
    assert holds(rule, readings((6, "5"), (3, "6"), (0, "7")))
    assert holds(rule, readings((5, "5"), (0, "7")))
    assert not holds(rule, readings((4.9, "5"), (0, "7")))
    assert not holds(rule, readings((6, "5"), (3, "4"), (0, "7")))
    assert not holds(rule, readings((9, "9"), (6, "4"), (3, "6"), (0, "7")))
    assert not holds(rule, readings((0, "7")))


def test_readings_of_the_future_do_not_count() -> None:
    assert not holds(threshold(criterion()), readings((-1, "9")))
    assert holds(threshold(criterion()), readings((1, "9"), (-1, "0")))


def test_all_needs_every_condition_and_any_needs_one() -> None:
    both = (criterion(), criterion("100", measure=USERS))
    failing = readings((0, "9"))
    assert not holds(threshold(*both), failing)
    assert holds(threshold(*both, combine="any"), failing)
    assert holds(threshold(*both), failing + readings((0, "100"), measure=USERS))


@pytest.mark.parametrize("combine", ["all", "any"])
def test_a_threshold_without_conditions_never_holds(combine: str) -> None:
    assert not holds(threshold(combine=combine), readings((0, "9")))


def test_the_worst_severity_wins_whatever_the_order() -> None:
    minor, major = threshold(criterion("1"), severity="SEV3", name="minor"), threshold(criterion("5"), severity="SEV1", name="major")
    for rules in ((minor, major), (major, minor)):
        verdict = evaluate(rules, readings((0, "9")), AT)
        assert verdict is not None
        assert (verdict.threshold, verdict.severity) == ("major", Severity.SEV1)


def test_of_the_same_severity_the_higher_start_level_wins() -> None:
    verdict = evaluate((threshold(criterion("1"), level=1), threshold(criterion("2"), level=3, name="high")), readings((0, "9")), AT)
    assert verdict is not None
    assert (verdict.threshold, verdict.start_level) == ("high", 3)


def test_no_thresholds_or_no_readings_is_no_verdict() -> None:
    assert evaluate((), readings((0, "9")), AT) is None
    assert evaluate((threshold(criterion()),), [], AT) is None


@pytest.mark.parametrize(
    ("impact", "urgency", "priority"),
    [(1, 1, 1), (1, 2, 2), (2, 1, 2), (1, 3, 3), (2, 2, 3), (3, 1, 3), (2, 3, 4), (3, 2, 4), (3, 3, 4)],
)
def test_priority_is_the_matrix_of_impact_and_urgency(impact: int, urgency: int, priority: int) -> None:
    assert priority_of(impact, urgency) == priority


@pytest.mark.parametrize(("impact", "urgency"), [(0, 1), (4, 1), (1, -1)])
def test_there_is_no_priority_outside_the_matrix(impact: int, urgency: int) -> None:
    with pytest.raises(ValueError, match="from 1"):
        priority_of(impact, urgency)
