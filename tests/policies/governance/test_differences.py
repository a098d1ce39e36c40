"""Changes in words."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from policies.decisions.ruleset import CriterionRule, LevelRule, PolicySnapshot, TargetRule, ThresholdRule
from policies.decisions.vocabulary import Comparison, Severity
from policies.governance.differences import differences
from policies.governance.effect import ladder


def minutes(value: int) -> timedelta:
    return timedelta(minutes=value)


FAILED = CriterionRule("transaction_failure_percent", Comparison.AT_LEAST, Decimal(5), minutes(10), minutes(0))
ANA, TOM = TargetRule(1, 1, None, "Ana Ruiz"), TargetRule(1, 2, None, "Tom Berg")
FIRST = LevelRule(1, "First line", "functional", minutes(15), minutes(5), (ANA,))
SECOND = LevelRule(2, "Second line", "functional", minutes(15), minutes(5), (TOM,))
PAYMENTS = ThresholdRule("Payments failing", "all", Severity.SEV2, 1, (FAILED,))
BEFORE = PolicySnapshot((PAYMENTS,), (FIRST, SECOND), None)


def test_the_same_content_has_no_differences_and_a_new_name_is_none() -> None:
    renamed = replace(SECOND, targets=(replace(TOM, name="Tom van Berg"),))
    assert differences(BEFORE, BEFORE) == []
    assert differences(BEFORE, replace(BEFORE, levels=(FIRST, renamed))) == []


def test_windows_people_and_values_are_said_as_people_say_them() -> None:
    after = PolicySnapshot(
        (replace(PAYMENTS, criteria=(replace(FAILED, value=Decimal(8)),)),),
        (replace(FIRST, window=minutes(10)), replace(SECOND, targets=(ANA,))),
        timedelta(hours=4),
    )
    assert differences(BEFORE, after) == [
        "Resolution milestone added: 4 h.",
        "Level 1 window lowered from 15 min to 10 min.",
        "Primary of level 2: Ana Ruiz instead of Tom Berg.",
        "Payments failing: Failed transactions raised from 5 % to 8 %.",
    ]


def test_what_is_added_and_removed_is_named() -> None:
    latency = CriterionRule("latency_ms", Comparison.ABOVE, Decimal("1500"), minutes(10), minutes(5))
    after = PolicySnapshot(
        (replace(PAYMENTS, criteria=(FAILED, latency)), ThresholdRule("Down", "any", Severity.SEV1, 2, (FAILED, latency))),
        (replace(FIRST, targets=(ANA, replace(TOM, position=2))),),
        None,
    )
    said = differences(BEFORE, after)
    assert "Backup 1 of level 1 added: Tom Berg." in said
    assert "Level 2 removed: Second line, Tom Berg." in said
    assert "Payments failing: condition added: Latency (95th percentile) is above 1,500 ms for 5 min (readings of the last 10 min)." in said
    assert any(line.startswith("Threshold 'Down' added: SEV1 critical from level 2 when any condition holds:") for line in said)


def test_severity_start_level_combination_and_times_of_a_condition() -> None:
    changed = replace(
        PAYMENTS,
        severity=Severity.SEV1,
        start_level=2,
        combine="any",
        criteria=(replace(FAILED, for_at_least=minutes(5), window=minutes(20)),),
    )
    assert differences(BEFORE, replace(BEFORE, thresholds=(changed,))) == [
        "Payments failing: severity SEV1 critical instead of SEV2 major.",
        "Payments failing: starts at level 2 instead of level 1.",
        "Payments failing: holds when any condition holds, no longer when all conditions hold.",
        "Payments failing: Failed transactions must hold for 5 min instead of at once.",
        "Payments failing: Failed transactions is observed over 20 min instead of 10 min.",
    ]


def test_a_first_version_says_what_it_brings() -> None:
    said = differences(None, BEFORE)
    assert said[0] == "Level 1 added: First line, Ana Ruiz, window 15 min."
    assert said[2].startswith("Threshold 'Payments failing' added: SEV2 major from level 1 when Failed transactions is at least 5 %")


def test_the_ladder_says_who_is_alerted_when() -> None:
    backed = replace(FIRST, targets=(ANA, replace(TOM, position=2)))
    course = ladder(PolicySnapshot((), (backed, SECOND), None))
    assert [(alert.after, alert.name, alert.role) for alert in course.alerts] == [
        (minutes(0), "Ana Ruiz", "primary"),
        (minutes(5), "Tom Berg", "backup 1"),
        (minutes(15), "Tom Berg", "primary"),
    ]
    assert course.exhausted_after == minutes(30)


def test_a_level_without_people_is_passed_at_once() -> None:
    course = ladder(PolicySnapshot((), (replace(FIRST, targets=()), SECOND), None))
    assert [(alert.after, alert.level) for alert in course.alerts] == [(minutes(0), 2)]
