"""The one who attacks can do sums: held against trying every number."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .solving import Known

TIMES = st.dictionaries(st.sampled_from("abc"), st.sampled_from((-2, -1, 1, 2)), min_size=1)


@settings(max_examples=150, deadline=None)
@given(st.lists(TIMES, max_size=4), st.tuples(*[st.integers(0, 4)] * 3), st.integers(0, 2))
def test_it_finds_what_trying_every_number_finds(sums: list[dict[str, int]], real: tuple[int, int, int], loose: int) -> None:
    values = dict(zip("abc", real, strict=True))
    known = Known()
    for name in "abc":
        known.number(name, 0, 4)
    for times in sums:
        total = sum(values[name] * count for name, count in times.items())
        known.between(times, total - loose, total)
    fits = [
        tried
        for tried in product(range(5), repeat=3)
        if all(
            low <= sum(dict(zip("abc", tried, strict=True))[name] * n for name, n in times.items()) <= high
            for times, low, high in known.sums
        )
    ]
    for place, name in enumerate("abc"):
        assert known.could_be(name) == (min(each[place] for each in fits), max(each[place] for each in fits))


def test_a_total_less_the_others_is_the_one_that_is_missing() -> None:
    known = Known()
    known.is_sum(("cards", "loans", "mail"), 20)
    known.number("cards", 9, 9)
    assert known.could_be("loans") == (0, 11)
    known.is_sum(("mail", "cards"), 17)
    assert known.could_be("loans") == (3, 3)


def test_what_contradicts_itself_is_no_answer() -> None:
    known = Known()
    known.is_sum("ab", 3)
    known.is_sum("ab", 4)
    with pytest.raises(AssertionError, match="contradicts"):
        known.could_be("a")
