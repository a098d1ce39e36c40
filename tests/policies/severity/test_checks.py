"""What keeps thresholds from being submitted."""

from datetime import timedelta
from decimal import Decimal

from policies.decisions.vocabulary import Comparison, CriterionRule, Severity, ThresholdRule
from policies.severity.checks import check_thresholds

CRITERION = CriterionRule("latency_ms", Comparison.ABOVE, Decimal(900), timedelta(minutes=10), timedelta(0))


def threshold(*criteria: CriterionRule, start: int = 1) -> ThresholdRule:
    return ThresholdRule("Slow", "all", Severity.SEV3, start, criteria)


def test_a_complete_threshold_has_no_findings() -> None:
    assert check_thresholds([threshold(CRITERION)], {1}) == []


def test_a_threshold_without_conditions_or_with_a_level_that_is_not_there_blocks() -> None:
    findings = check_thresholds([threshold(start=3)], {1, 2})
    assert [finding.blocking for finding in findings] == [True, True]
    assert "has no condition" in findings[0].text
    assert "starts at level 3, which does not exist" in findings[1].text


def test_no_threshold_is_allowed_but_said() -> None:
    (finding,) = check_thresholds([], {1})
    assert not finding.blocking


def test_the_same_condition_twice_is_said() -> None:
    assert "twice" in check_thresholds([threshold(CRITERION, CRITERION)], {1})[0].text
