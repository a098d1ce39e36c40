"""When a value asks 'are you sure?': tables of cases, and that whatever is typed gets an answer."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.decisions.ruleset import CriterionRule
from policies.decisions.vocabulary import Comparison
from policies.severity.plausibility import far_from_history

MINUTE = timedelta(minutes=1)


def condition(value: str | Decimal, measure: str = "affected_users", window: timedelta = 10 * MINUTE) -> CriterionRule:
    return CriterionRule(measure, Comparison.AT_LEAST, Decimal(value), window, timedelta(0))


def asked(value: str, *past: str, measure: str = "affected_users") -> str:
    return far_from_history(condition(value, measure), [condition(one, measure) for one in past])


@pytest.mark.parametrize(
    ("value", "past"),
    [
        ("500", ["500"]),
        ("1500", ["500"]),
        ("167", ["500"]),
        ("1000", ["500", "900"]),
        ("2700", ["900", "500"]),
        ("0", ["0", "500"]),
        ("40", ["0", "20"]),
        ("1000000", []),
        ("0", []),
        ("99999999999", ["50000000000"]),
    ],
)
def test_a_value_near_what_it_was_or_without_a_history_is_not_asked_about(value: str, past: list[str]) -> None:
    assert asked(value, *past) == ""


@pytest.mark.parametrize(
    ("value", "past", "words"),
    [
        ("1501", ["500"], "Affected users: 1,501 users is more than 3 times every value it had: until now 500 users."),
        ("3000", ["500", "900"], "more than 3 times every value it had: until now between 500 and 900 users."),
        ("166", ["500"], "166 users is less than a third of every value it had: until now 500 users."),
        ("100", ["9", "300", "10"], "100 users is 10 times the current 10 users or more."),
        ("10", ["9", "300", "100"], "10 users is a tenth of the current 100 users or less."),
        ("0", ["500"], "0 users was never used before: until now 500 users."),
        ("7", ["0", "0"], "7 users, and until now it was always 0."),
        ("-1", ["5"], "-1 users is below zero, which no reading can be."),
        ("-1", [], "below zero"),
        ("99999999999", ["5"], "99,999,999,999 users is more than 3 times"),
        ("0.001", ["5"], "0.001 users is less than a third"),
    ],
)
def test_a_value_far_from_its_history_is_asked_about_with_the_reason(value: str, past: list[str], words: str) -> None:
    assert words in asked(value, *past)


def test_a_share_typed_where_per_cent_is_meant_is_recognised() -> None:
    rate = "transaction_failure_percent"
    assert "It looks like a share of one instead of per cent." in asked("0.05", "5", measure=rate)
    assert "5 % is how to type it" in asked("0.05", measure=rate)
    assert asked("5", measure=rate) == ""
    assert asked("0.5", "0.4", measure=rate) == ""


def test_a_time_typed_in_another_unit_is_recognised() -> None:
    assert "seconds instead of minutes" in asked("300", "5", measure="downtime_minutes")
    assert "hours instead of minutes" in asked("1", "60", measure="downtime_minutes")
    assert "seconds instead of milliseconds" in asked("2", "2000", measure="latency_ms")
    assert "looks like" not in asked("90", "5", measure="downtime_minutes")


@pytest.mark.parametrize(("window", "expected"), [(1, False), (100, False), (101, True)])
def test_a_window_ten_times_as_long_is_asked_about(window: int, expected: bool) -> None:
    said = far_from_history(condition("5", window=window * MINUTE), [condition("5", window=10 * MINUTE)])
    assert ("more than 10 times as long" in said) is expected


def test_a_window_ten_times_shorter_is_asked_about() -> None:
    said = far_from_history(condition("5", window=timedelta(seconds=59)), [condition("5", window=10 * MINUTE)])
    assert said == (
        "Affected users would be judged by the readings of the last 59 s instead of 10 min, which is more than 10 times shorter."
    )


def test_a_value_that_is_no_number_is_left_to_the_form() -> None:
    assert far_from_history(condition(Decimal("NaN")), [condition("5")]) == ""
    assert far_from_history(condition(Decimal("Infinity")), [condition("5")]) == ""


values = st.decimals(min_value=-(10**11), max_value=10**11, places=3, allow_nan=False)
measures = st.sampled_from(["affected_users", "transaction_failure_percent", "downtime_minutes", "latency_ms", "orders_waiting"])


@given(value=values, past=st.lists(values, max_size=5), measure=measures)
def test_every_value_gets_an_answer_and_what_counts_now_is_never_asked_about(value: Decimal, past: list[Decimal], measure: str) -> None:
    history = [condition(one, measure) for one in past]
    assert isinstance(far_from_history(condition(value, measure), history), str)
    if value >= 0:
        assert far_from_history(condition(value, measure), [*history, condition(value, measure)]) == ""
