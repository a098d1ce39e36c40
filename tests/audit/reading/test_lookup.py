"""The index by itself: sets of events in blocks, asked in order, counted and estimated."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.models import TrailPosting
from audit.reading.bitmaps import BLOCK, bitmap, packed, places_down, unpacked
from audit.reading.lookup import Count, Lookup
from audit.reading.searching import about
from audit.reading.terms import ALL, Question

A, B, C = 1, 2, 3


@settings(max_examples=40, deadline=None)
@given(st.sets(st.integers(0, BLOCK - 1), max_size=200))
def test_a_set_is_kept_as_it_is(places: set[int]) -> None:
    held = bitmap(places)
    assert unpacked(packed(held)) == held
    assert list(places_down(held)) == sorted(places, reverse=True)


def filed(term: int, block: int, places: list[int]) -> None:
    TrailPosting.objects.create(term=term, block=block, count=len(places), events=packed(bitmap(places)))


def asks(*groups: set[int], never: set[int] = frozenset()) -> Question:  # type: ignore[assignment]
    return Question(tuple(frozenset(group) for group in groups), frozenset(never))


@pytest.mark.django_db
def test_groups_are_joined_and_intersected_across_blocks_in_either_order() -> None:
    filed(A, 0, [1, 2, 3])
    filed(B, 0, [2, 3])
    filed(A, 5, [7])
    filed(B, 4, [7])
    filed(C, 5, [7, 8])
    assert list(Lookup(asks({A})).events()) == [5 * BLOCK + 7, 3, 2, 1]
    assert list(Lookup(asks({A}, {B})).events()) == [3, 2]
    assert list(Lookup(asks({A}, {B, C})).events()) == [5 * BLOCK + 7, 3, 2]
    assert list(Lookup(asks({A}, never={B})).events()) == [5 * BLOCK + 7, 1]
    assert list(Lookup(asks({A, C})).events(before=5 * BLOCK + 8)) == [5 * BLOCK + 7, 3, 2, 1]
    assert list(Lookup(asks({A})).events(after=2)) == [3, 5 * BLOCK + 7]
    assert list(Lookup(asks({9})).events()) == []


@pytest.mark.django_db
def test_what_every_event_of_a_block_answers_need_not_be_read() -> None:
    for block in (0, 1):
        filed(ALL, block, list(range(BLOCK)))
        filed(A, block, list(range(BLOCK)))
    filed(B, 0, [5, 6])
    filed(C, 0, [6])
    filed(B, 1, [9])
    last = 2 * BLOCK - 1
    assert next(Lookup(asks({A})).events()) == last
    assert next(Lookup(asks({A}, {ALL}, {A})).events()) == last
    assert list(Lookup(asks({A}, {B}, {A})).events()) == [BLOCK + 9, 6, 5]
    assert list(Lookup(asks({A}, {B}, {ALL}, never={C})).events()) == [BLOCK + 9, 5]


@pytest.mark.django_db
def test_a_long_trail_takes_few_queries_and_is_estimated(django_assert_max_num_queries: pytest.FixtureRequest) -> None:
    rows = [TrailPosting(term=A, block=block, count=100, events=packed(bitmap(range(100)))) for block in range(200)]
    rows += [TrailPosting(term=B, block=block, count=50, events=packed(bitmap(range(50)))) for block in range(200)]
    rows.append(TrailPosting(term=C, block=3, count=1, events=packed(bitmap([7]))))
    TrailPosting.objects.bulk_create(rows)
    with django_assert_max_num_queries(2):  # type: ignore[operator]
        common = Lookup(asks({A}, {B}))
        first = [number for number, _ in zip(common.events(), range(51), strict=False)]
        assert common.count() == Count(10_000, is_exact=False)
    assert first[:2] == [199 * BLOCK + 49, 199 * BLOCK + 48]
    with django_assert_max_num_queries(2):  # type: ignore[operator]
        rare = Lookup(asks({A}, {C}))
        assert list(rare.events()) == [3 * BLOCK + 7]
        assert rare.count() == Count(1)
    with django_assert_max_num_queries(4):  # type: ignore[operator]
        assert len(list(Lookup(asks({A}, {B})).events())) == 10_000


def test_numbers_in_words() -> None:
    assert [about(Count(n)) for n in (0, 312, 12_345)] == ["0", "312", "12,345"]
    assert [about(Count(n, is_exact=False)) for n in (99, 12_345, 1_234_567, 3_000_000)] == [
        *("about 99", "about 12,000"),
        *("about 1.2 million", "about 3 million"),
    ]
