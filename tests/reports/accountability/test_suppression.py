"""What is kept back does not come out by subtraction: every table that would look the same is tried, one after the other."""

from itertools import product

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from reports.accountability.definitions import FEWEST
from reports.accountability.suppression import Groups, disjoint, kept_back

COLUMN = st.lists(st.integers(0, 9), min_size=1, max_size=4)


def could_be(values: list[int], hidden: frozenset[int], total: bool, most: list[int | None]) -> dict[int, set[int]]:
    """By hidden place every number that it has in some column of the same looks. Without a total every number up to 30 is one."""
    together = sum(values[place] for place in hidden)
    found: dict[int, set[int]] = {place: set() for place in hidden}
    choices = [range(min(values[place], 1), (most[place] if most[place] is not None else 36) + 1) for place in sorted(hidden)]
    for tried in product(*choices):
        if not total or sum(tried) == together:
            for place, number in zip(sorted(hidden), tried, strict=True):
                found[place].add(number)
    return found


@settings(max_examples=150, deadline=None)
@given(COLUMN)
def test_a_small_number_could_be_any_of_five(values: list[int]) -> None:
    risky = {place for place, value in enumerate(values) if 0 < value < FEWEST}
    hidden, total = kept_back(values, risky, [None] * len(values))
    assert risky <= hidden
    for numbers in could_be(values, hidden, total, [None] * len(values)).values():
        assert len(numbers) >= FEWEST
    assert bool(hidden) == bool(risky)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from([0, 5, 6, 9])), min_size=1, max_size=4))
def test_so_could_a_part_of_what_is_known(parts: list[tuple[int, int]]) -> None:
    values, wholes = [part for part, _ in parts], [part + rest for part, rest in parts]
    risky = {place for place, value in enumerate(values) if 0 < value < FEWEST}
    hidden, total = kept_back(values, risky, list(wholes))
    assume(total)
    for place, numbers in could_be(values, hidden, total, list(wholes)).items():
        assert len(numbers) >= FEWEST, (place, parts, hidden)


def test_one_small_number_takes_the_smallest_other_with_it() -> None:
    assert kept_back([20, 3, 7, 40], {1}, [None] * 4) == ({1, 2}, True)


def test_two_ones_take_a_third_with_them_for_their_sum_would_tell_them() -> None:
    assert kept_back([1, 1, 30, 12], {0, 1}, [None] * 4) == ({0, 1, 3}, True)


@pytest.mark.parametrize("values", [[3], [2, 0, 0], [30, 0]])
def test_where_nothing_else_hides_a_number_the_column_and_its_total_are_kept_back(values: list[int]) -> None:
    assert kept_back(values, {0}, [None] * len(values)) == (frozenset(range(len(values))), False)


def test_nothing_is_kept_back_where_nothing_is_small() -> None:
    assert kept_back([5, 0, 17], (), [None] * 3) == (frozenset(), True)
    assert kept_back([], (), []) == (frozenset(), True)


def people(*numbers: int) -> set[int]:
    return set(numbers)


def test_each_person_counts_once_in_the_smallest_of_their_teams() -> None:
    teams = {"Large": set(range(12)), "Small": set(range(5))}
    assert disjoint(teams, set(range(12))) == Groups({"Large": frozenset(range(5, 12)), "Small": frozenset(range(5))}, frozenset())


def test_a_team_that_differs_from_another_by_one_person_does_not_tell_of_them() -> None:
    teams = {"With": set(range(7)), "Without": set(range(6))}
    found = disjoint(teams, set(range(7)) | set(range(20, 26)))
    assert found.told == {"Without": frozenset(range(6))}
    assert found.others == {6, *range(20, 26)}


def test_what_is_left_over_is_never_a_few() -> None:
    teams = {"A": set(range(5)), "B": set(range(5, 11))}
    found = disjoint(teams, set(range(12)))
    assert found.told == {"B": frozenset(range(5, 11))}
    assert found.others == {*range(5), 11}
    assert disjoint({"A": set(range(3))}, set(range(4))) == Groups({}, frozenset())
    assert disjoint({}, set()) == Groups({}, frozenset())


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.text(max_size=3), st.frozensets(st.integers(0, 20)), max_size=6), st.frozensets(st.integers(0, 25)))
def test_groups_share_nobody_lose_nobody_and_are_never_a_few(teams: dict[str, frozenset[int]], counted: frozenset[int]) -> None:
    found = disjoint(teams, counted)
    groups = found.in_order
    assert all(len(group) >= FEWEST for group in groups)
    assert sum(map(len, groups)) == len(frozenset().union(*groups)) if groups else True
    assert not groups or frozenset().union(*groups) == counted
    assert all(group <= teams[name] for name, group in found.told.items())
