"""Which events are kept how long."""

from datetime import UTC, datetime

import pytest

from audit.retention.classes import BY_KEY, CLASSES, DEFAULT_MONTHS, class_of, ends_of, is_for_good, kept_from


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ("incident.declared", "incidents"),
        ("escalation.paged", "incidents"),
        ("policy_version.approved", "rules"),
        ("account.signed_in", "access"),
        ("message.sent", "messages"),
        ("ledger.heartbeat", "ledger"),
        ("evidence.proved", "ledger"),
        ("record.changed", "other"),
        ("something", "other"),
        ("", "other"),
        ("incidentally.named", "other"),
    ],
)
def test_an_event_belongs_to_the_class_of_its_first_word(kind: str, key: str) -> None:
    assert class_of(kind).key == key


@pytest.mark.parametrize(
    "kind",
    [
        "ledger.key_rotated",
        "ledger.restored",
        "evidence.exported",
        "retention.pruned",
        "retention.period_changed",
        "erasure.done",
        "hold.placed",
        "log_review.signed",
        "access_review.signed",
    ],
)
def test_what_a_verifier_needs_to_follow_the_ledger_is_kept_for_good(kind: str) -> None:
    assert is_for_good(kind)


@pytest.mark.parametrize("kind", ["ledger.heartbeat", "evidence.proved", "retentions.x", "incident.noted", "log_review.closed"])
def test_the_rest_is_not(kind: str) -> None:
    assert not is_for_good(kind)


@pytest.mark.parametrize(
    ("now", "months", "then"),
    [
        ("2026-03-31", 1, "2026-02-28"),
        ("2024-02-29", 12, "2023-02-28"),
        ("2026-01-15", 1, "2025-12-15"),
        ("2026-12-31", 84, "2019-12-31"),
        ("2026-06-30", 600, "1976-06-30"),
    ],
)
def test_months_are_those_of_the_calendar(now: str, months: int, then: str) -> None:
    assert kept_from(datetime.fromisoformat(f"{now}T10:00:00+00:00"), months) == datetime.fromisoformat(f"{then}T10:00:00+00:00")


def test_a_class_without_a_period_of_its_own_is_kept_seven_years() -> None:
    ends = ends_of({"incidents": 12}, datetime(2026, 5, 1, tzinfo=UTC))
    assert (ends["incidents"].year, ends["rules"].year, DEFAULT_MONTHS) == (2025, 2019, 84)


def test_no_first_word_is_in_two_classes() -> None:
    words = [word for one in CLASSES for word in one.beginnings]
    assert len(words) == len(set(words))
    assert len(BY_KEY) == len(CLASSES)
