"""How values read."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from reports.document import Cell, Kind, duration_in_words, number_in_words, shown


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (0.01, "< 0.1 s"),
        (45, "45 s"),
        (59.96, "60 s"),
        (60, "1 min"),
        (89, "1 min 29 s"),
        (119, "1 min 59 s"),
        (120, "2 min"),
        (599.4, "9 min 59 s"),
        (599.7, "10 min"),
        (631, "11 min"),
        (3599, "1 h"),
        (3600, "1 h"),
        (4800, "1 h 20 min"),
        (86_399, "1 d"),
        (86_400, "1 d"),
        (273_600, "3 d 4 h"),
        (86_400_000, "1,000 d"),
        (-90.0, "−1 min 30 s"),
    ],
)
def test_a_duration_reads_in_its_two_largest_units(seconds: float, words: str) -> None:
    assert duration_in_words(seconds) == words


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0"), (10_000, "10,000"), (2.5, "2.5"), (2.0, "2"), (0.01, "< 0.1"), (-3.25, "-3.2"), (99.97, "100")]
)
def test_a_number_has_separators_and_no_trailing_zeros(number: float, words: str) -> None:
    assert number_in_words(number) == words


@pytest.mark.parametrize(
    ("value", "kind", "words"),
    [
        (None, Kind.INTEGER, "–"),
        (True, Kind.YES_NO, "yes"),
        (12.5, Kind.PERCENT, "12.5 %"),
        (4800, Kind.DURATION, "1 h 20 min"),
        (datetime(2016, 3, 1, 10, 12, tzinfo=timezone(timedelta(hours=2))), Kind.DATETIME, "2016-03-01 08:12"),
        (datetime(2016, 3, 1, 10, 12, tzinfo=UTC), Kind.DATETIME, "2016-03-01 10:12"),
        ("as it is", Kind.TEXT, "as it is"),
    ],
)
def test_a_cell_reads_by_its_kind(value: Cell, kind: Kind, words: str) -> None:
    assert shown(value, kind) == words
