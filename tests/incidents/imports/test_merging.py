"""New records find their place among the known ones."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from incidents.imports.drafts import Record
from incidents.imports.merging import merged, places

from .logs import when

START = when("1/3/2016 08:00")


def a_record(name: str, minute: int, counter: int = -1) -> Record:
    at: datetime = START + timedelta(minutes=minute)
    return Record("INC1", at, counter, name, (name,), None, 1)


def names(records: list[Record]) -> str:
    return "".join(record.digest for record in records)


def test_records_count_in_the_order_of_their_time_and_ties_in_the_order_of_the_file() -> None:
    assert names(merged([], [a_record("c", 2), a_record("a", 0), a_record("d", 2), a_record("b", 0)])) == "abcd"


def test_a_tie_within_a_file_is_not_decided_by_the_counter() -> None:
    assert names(merged([], [a_record("a", 0, 9), a_record("b", 0, 1)])) == "ab"


def test_between_files_the_counter_decides_a_tie() -> None:
    assert names(merged([a_record("b", 0, 5)], [a_record("a", 0, 4), a_record("c", 0, 6)])) == "abc"


def test_without_a_counter_what_was_known_comes_first() -> None:
    assert names(merged([a_record("a", 0)], [a_record("b", 0)])) == "ab"


def test_a_file_that_repeats_known_records_says_where_the_new_ones_belong() -> None:
    known = [a_record("a", 0), a_record("d", 0)]
    assert names(merged(known, [a_record("a", 0), a_record("b", 0), a_record("c", 0), a_record("d", 0), a_record("e", 0)])) == "abcde"


def test_nothing_is_lost_when_two_files_contradict_each_other() -> None:
    merged_anyway = merged([a_record("a", 0), a_record("b", 0)], [a_record("b", 0), a_record("a", 0), a_record("c", 0)])
    assert sorted(names(merged_anyway)) == ["a", "b", "c"]


def test_places_give_the_order_among_records_of_the_same_time() -> None:
    assert places([a_record("a", 0), a_record("b", 0), a_record("c", 1), a_record("d", 2), a_record("e", 2)]) == [0, 1, 0, 0, 1]


@given(st.lists(st.integers(0, 4), max_size=12), st.data())
def test_any_split_into_two_files_gives_the_order_of_the_whole(minutes: list[int], data: st.DataObject) -> None:
    whole = [a_record(chr(97 + n), minute, n) for n, minute in enumerate(minutes)]
    first = data.draw(st.lists(st.booleans(), min_size=len(whole), max_size=len(whole)))
    known = merged([], [record for record, taken in zip(whole, first, strict=True) if taken])
    rest = [record for record, taken in zip(whole, first, strict=True) if not taken]
    assert names(merged(known, rest)) == names(merged([], whole))
    assert names(merged(known, whole)) == names(merged([], whole))
