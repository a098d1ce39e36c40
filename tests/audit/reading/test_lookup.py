"""The index by itself: sets of events in blocks, asked in order, counted and estimated."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.models import TrailPosting
from audit.reading import lookup
from audit.reading.bitmaps import BLOCK, bitmap, block_of, packed, place_of, places_down, unpacked
from audit.reading.lookup import Count, Lookup
from audit.reading.searching import about
from audit.reading.terms import ALL, Question
from audit.reading.things import Window

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


def made_up(chance: random.Random) -> tuple[dict[int, set[int]], Question, set[int] | None]:
    """Some terms' events among some thousand in thirty blocks, a question, and what it is asked among. No event has two terms of one group."""
    every = {chance.randrange(30) * BLOCK + chance.choice([0, 1, 2, BLOCK - 1, *range(900, 950)]) for _ in range(1_000)}
    groups, held = [], {}
    for at in range(chance.randrange(1, 5)):
        terms = [10 * at + each for each in range(1, chance.randrange(2, 4))]
        share = chance.choice([0.02, 0.3, 0.9, 1.0])
        for event in every:
            if chance.random() < share:
                held.setdefault(chance.choice(terms), set()).add(event)
        groups.append(frozenset(terms))
    never = frozenset({99} if chance.random() < 0.4 else ())
    held[99] = {event for event in every if chance.random() < 0.2}
    held[ALL] = every
    among = {event for event in every if chance.random() < chance.choice([0.1, 0.7])} if chance.random() < 0.5 else None
    return held, Question(tuple(groups), never), among


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(12))
def test_an_answer_is_the_same_as_by_looking_at_each_event(seed: int) -> None:
    chance = random.Random(seed)
    held, question, among = made_up(chance)
    for term, events in held.items():
        for block in {block_of(event) for event in events}:
            filed(term, block, [place_of(event) for event in events if block_of(event) == block])

    def answers(event: int) -> bool:
        within = all(any(event in held.get(term, ()) for term in group) for group in question.groups)
        return within and not any(event in held[term] for term in question.never) and (among is None or event in among)

    looked = sorted((event for event in held[ALL] if answers(event)), reverse=True)
    meant = None if among is None else Window(sorted(among), None).in_blocks()
    for gently in (False, True):
        asked = Lookup(question, meant)
        assert list(asked.events(gently=gently)) == looked
        assert asked.count() == Count(len(looked))
    middle = chance.choice(sorted(held[ALL]))
    assert list(Lookup(question, meant).events(before=middle)) == [event for event in looked if event < middle]
    assert list(Lookup(question, meant).events(after=middle)) == [event for event in reversed(looked) if event > middle]


@pytest.mark.django_db
def test_large_sets_are_read_only_where_the_smallest_have_something_in_common(monkeypatch: pytest.MonkeyPatch) -> None:
    for block in range(60):
        filed(A, block, [1, 2])
        filed(B, block, [2, 3] if block == 17 else [3, 4])
        filed(C, block, list(range(1, BLOCK)))
    read: list[tuple[int, int]] = []
    events = lookup._events
    monkeypatch.setattr(lookup, "_events", lambda pairs: (read.extend(pairs), events(pairs))[1])
    asked = Lookup(asks({C}, {A}, {B}))
    assert list(asked.events()) == [17 * BLOCK + 2]
    assert asked.count() == Count(1)
    assert len([term for term, _ in read if term in (A, B)]) == 120
    # All of the first blocks' at once; of the rest the one where it mattered.
    assert [block for term, block in read if term == C] == [*range(59, 35, -1), 17]
    read.clear()
    assert list(Lookup(asks({A}), dict.fromkeys(range(30), 2)).events()) == [block * BLOCK + 1 for block in range(29, -1, -1)]


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
    assert about(Count(1_001, is_exact=False, is_least=True)) == "at least 1,001"
