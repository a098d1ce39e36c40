"""What a threshold becomes, in the few words of the list."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from policies.decisions.ruleset import CriterionRule, ThresholdRule
from policies.decisions.vocabulary import Comparison, Severity
from policies.severity.shifts import Shift, bound, lasting, shifts

MINUTE = timedelta(minutes=1)
RATE = CriterionRule("transaction_failure_percent", Comparison.AT_LEAST, Decimal("5.000"), 10 * MINUTE, timedelta(0))
SLOW = CriterionRule("latency_ms", Comparison.ABOVE, Decimal(900), 5 * MINUTE, 2 * MINUTE)
RULE = ThresholdRule("Payments failing", "all", Severity.SEV2, 1, (RATE, SLOW))


def test_a_condition_is_said_in_a_few_words() -> None:
    assert (bound(RATE), lasting(RATE)) == ("at least 5 %", "in 10 min")
    assert (bound(SLOW), lasting(SLOW)) == ("above 900 ms", "in 5 min, for 2 min")


def test_what_says_the_same_is_no_change() -> None:
    assert shifts(RULE, replace(RULE, criteria=(replace(RATE, value=Decimal(5)), SLOW))) == ()


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (None, [Shift("threshold", "in force", "")]),
        (replace(RULE, criteria=(replace(RATE, value=Decimal(7)), SLOW)), [Shift("Failed transactions", "5 %", "7 %")]),
        (
            replace(RULE, criteria=(replace(RATE, comparison=Comparison.ABOVE), SLOW)),
            [Shift("Failed transactions", "at least 5 %", "above 5 %")],
        ),
        (
            replace(RULE, criteria=(replace(RATE, window=20 * MINUTE), SLOW)),
            [Shift("Failed transactions, observed", "in 10 min", "in 20 min")],
        ),
        (replace(RULE, criteria=(RATE,)), [Shift("Latency (95th percentile)", "above 900 ms", "")]),
        (replace(RULE, criteria=(RATE, SLOW, SLOW)), [Shift("Latency (95th percentile)", "", "above 900 ms")]),
        (replace(RULE, severity=Severity.SEV1), [Shift("severity", "SEV2", "SEV1")]),
        (replace(RULE, start_level=2), [Shift("starts at", "level 1", "level 2")]),
        (replace(RULE, combine="any"), [Shift("holds when", "all of its conditions", "any of its conditions")]),
        (replace(RULE, runbook_id=3), [Shift("runbook", "none", "another")]),
    ],
)
def test_each_change_is_told(after: ThresholdRule | None, expected: list[Shift]) -> None:
    assert list(shifts(RULE, after)) == expected
