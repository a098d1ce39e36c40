"""Durations and numbers as people say and type them."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.foundation import words


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (45, "45 s"),
        (900, "15 min"),
        (4_800, "1 h 20 min"),
        (86_400, "1 d"),
        (90_061, "1 d 1 h 1 min 1 s"),
        (-90, "-1 min 30 s"),
    ],
)
def test_durations_are_said_in_parts(seconds: int, said: str) -> None:
    assert words.duration(timedelta(seconds=seconds)) == said


@pytest.mark.parametrize(
    ("typed", "seconds"),
    [
        ("15 min", 900),
        ("15min", 900),
        (" 1 h 30 min ", 5_400),
        ("1h30m", 5_400),
        ("2 days", 172_800),
        ("90 s", 90),
        ("0:15:00", 900),
        ("1:30", 5_400),
        ("36:00:00", 129_600),
        ("1 HOUR", 3_600),
    ],
)
def test_durations_are_read_as_people_type_them(typed: str, seconds: int) -> None:
    assert words.parse_duration(typed) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "typed", ["", " ", "15", "min", "15 parsecs", "-5 min", "1.5 h", "0:75", "1:2:3:4", "٣ min", "5 min later", "9" * 99 + " s"]
)
def test_what_is_no_duration_is_refused_with_an_example(typed: str) -> None:
    with pytest.raises(ValueError, match="such as 15 min"):
        words.parse_duration(typed)


@given(st.integers(0, 10**8))
def test_what_is_said_can_be_typed(seconds: int) -> None:
    value = timedelta(seconds=seconds)
    assert words.parse_duration(words.duration(value)) == value


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("10000", "10,000"),
        ("2.500", "2.5"),
        ("0.000", "0"),
        ("100", "100"),
        ("1E+3", "1,000"),
        ("-1234.50", "-1,234.5"),
        ("0.001", "0.001"),
    ],
)
def test_numbers_have_no_trailing_zeros(value: str, said: str) -> None:
    assert words.number(Decimal(value)) == said


def test_amounts_lists_and_counts() -> None:
    assert words.amount(Decimal("5.0"), "%") == "5 %"
    assert words.amount(12, "") == "12"
    assert [words.listed(items) for items in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]
    assert (words.counted(1, "day"), words.counted(2, "day"), words.counted(3, "policy", "policies")) == ("1 day", "2 days", "3 policies")


@pytest.mark.parametrize(
    "typed", ["", "  ", "\u200b", "\ufeff\u2060", "\u202e\u202c", "\u3164", "\uffa0\u115f", "\u2800", "\ufe0f", "\U000e0041", "\x00"]
)
def test_where_nothing_is_seen_nothing_was_said(typed: str) -> None:
    assert words.visible(typed) == ""


@pytest.mark.parametrize("typed", [".", "ok", "عربي", "🔥", "❤\ufe0f", "👩\u200d🚒", "\u202eabc", "क्\u200d", "한", "\u0301"])
def test_what_is_seen_stays_as_it_was_typed(typed: str) -> None:
    assert words.visible(f" {typed}\n") == typed
