"""Indexes as ranges."""

from hypothesis import given, settings
from hypothesis import strategies as st

from audit.retention.ranges import as_ranges, digest, portions

INDEXES = st.sets(st.integers(0, 60)).map(sorted)


def test_neighbours_are_one_range_as_long_as_it_is_narrow_enough() -> None:
    assert as_ranges([1, 2, 3, 5, 7, 8], widest=2) == [(1, 2), (3, 3), (5, 5), (7, 8)]
    assert as_ranges([]) == []


@settings(max_examples=60, deadline=None)
@given(INDEXES, st.integers(1, 9))
def test_ranges_hold_exactly_the_indexes(indexes: list[int], widest: int) -> None:
    ranges = as_ranges(indexes, widest)
    assert [index for first, last in ranges for index in range(first, last + 1)] == indexes
    assert all(last - first < widest for first, last in ranges)


@settings(max_examples=60, deadline=None)
@given(INDEXES, st.integers(3, 9))
def test_portions_hold_all_ranges_once_and_not_too_much(indexes: list[int], most: int) -> None:
    ranges = as_ranges(indexes, widest=3)
    parts = list(portions(ranges, most))
    assert [each for part in parts for each in part] == ranges
    assert all(sum(last - first + 1 for first, last in part) <= most for part in parts)


def test_the_digest_is_that_of_the_hashes_one_after_the_other() -> None:
    assert digest([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert digest([b"a", b"b"]) == digest([b"ab"]) != digest([b"b", b"a"])
