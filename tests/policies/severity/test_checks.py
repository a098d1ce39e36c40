"""What the checks say about thresholds beyond the table of tests/policies/governance/test_checks.py."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.decisions.ruleset import CriterionRule, ThresholdRule
from policies.decisions.severity import Reading, evaluate
from policies.decisions.vocabulary import Comparison, Severity
from policies.severity.bounds import follows
from policies.severity.checks import check_thresholds

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def when(comparison: str, value: int, measure: str = "latency_ms", window: int = 10, lasting: int = 0) -> CriterionRule:
    return CriterionRule(measure, Comparison(comparison), Decimal(value), window * MINUTE, lasting * MINUTE)


def threshold(
    *criteria: CriterionRule, name: str = "Slow", severity: Severity = Severity.SEV3, start: int = 1, combine: str = "all"
) -> ThresholdRule:
    return ThresholdRule(name, combine, severity, start, criteria)


def ids(*thresholds: ThresholdRule) -> list[str]:
    return [finding.id for finding in check_thresholds(thresholds, {1, 2})]


def test_a_complete_threshold_has_no_findings() -> None:
    assert ids(threshold(when(">", 900))) == []


def test_a_threshold_without_conditions_or_with_a_level_that_is_not_there_blocks() -> None:
    findings = check_thresholds([threshold(start=3)], {1, 2})
    assert [finding.blocking for finding in findings] == [True, True]
    assert "has no condition" in findings[0].text
    assert "starts at level 3, which does not exist" in findings[1].text


def test_a_harder_threshold_with_a_worse_severity_or_a_higher_level_is_a_ladder() -> None:
    easy = threshold(when(">=", 900))
    assert ids(easy, threshold(when(">=", 2000), name="Worse", severity=Severity.SEV2)) == []
    assert ids(easy, threshold(when(">=", 2000), name="Higher", start=2)) == []


def test_the_same_condition_with_two_severities_is_told_once() -> None:
    twins = threshold(when(">=", 900)), threshold(when(">=", 900), name="Twin", severity=Severity.SEV2)
    assert ids(*twins) == ids(*reversed(twins)) == ["threshold.inverted"]


def test_a_longer_time_to_hold_is_harder() -> None:
    lasting = threshold(when(">=", 900, lasting=5), name="Lasting")
    assert ids(threshold(when(">=", 900), severity=Severity.SEV2), lasting) == ["threshold.inverted"]
    assert ids(threshold(when(">=", 900)), threshold(when(">=", 900, lasting=5), name="Lasting", severity=Severity.SEV2)) == []


@pytest.mark.parametrize(("low", "high", "clash"), [(">=", "<=", False), (">", "<=", True), (">=", "<", True), (">", "<", True)])
def test_bounds_that_meet_in_one_value_clash_only_when_one_leaves_it_out(low: str, high: str, clash: bool) -> None:
    assert ("threshold.contradiction" in ids(threshold(when(low, 900), when(high, 900)))) is clash
    assert "threshold.contradiction" not in ids(threshold(when(low, 900), when(high, 900), combine="any"))


def test_what_lies_between_too_little_and_too_much_is_no_gap() -> None:
    assert ids(threshold(when("<", 5), name="Quiet"), threshold(when(">", 900))) == []
    assert ids(threshold(when(">=", 5), when("<", 10), name="Some"), threshold(when(">=", 10), severity=Severity.SEV2)) == []
    leaves_out_ten = threshold(when(">=", 5), when("<", 10), name="Some"), threshold(when(">", 10), severity=Severity.SEV2)
    assert ids(*leaves_out_ten) == ["threshold.gap"]


conditions = st.builds(
    when,
    st.sampled_from([">=", ">", "<=", "<"]),
    st.integers(0, 4),
    st.sampled_from(["latency_ms", "downtime_minutes"]),
    st.sampled_from([5, 10]),
    st.sampled_from([0, 3]),
)
rules = st.lists(conditions, min_size=1, max_size=3).flatmap(
    lambda some: st.sampled_from(["all", "any"]).map(lambda combine: threshold(*some, combine=combine))
)
readings = st.lists(
    st.builds(
        lambda measure, value, ago: Reading(measure, Decimal(value), AT - ago * MINUTE),
        st.sampled_from(["latency_ms", "downtime_minutes"]),
        st.integers(0, 4),
        st.integers(0, 12),
    ),
    max_size=5,
    unique_by=lambda reading: (reading.measure, reading.observed_at),
)


@settings(max_examples=150, deadline=None)
@given(rules, rules, readings)
def test_a_threshold_said_to_follow_holds_whenever_the_other_does(one: ThresholdRule, other: ThresholdRule, read: list[Reading]) -> None:
    if follows(one, other) and evaluate([one], read, AT):
        assert evaluate([other], read, AT)


@settings(max_examples=120, deadline=None)
@given(rules, readings)
def test_a_threshold_said_to_contradict_itself_never_holds(rule: ThresholdRule, read: list[Reading]) -> None:
    if "threshold.contradiction" in ids(rule):
        assert evaluate([rule], read, AT) is None
