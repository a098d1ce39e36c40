"""Drawing a sample that nobody picks and an auditor can draw again."""

import hashlib

import pytest

from audit.reviews.sampling import Candidate, Rule, Selection, draw, ordinal, seed_of

SEED = seed_of(7, "2026-03-01T00:00:00.000000Z", 400, "ab" * 32)
POPULATION = [
    Candidate(place, hashlib.sha256(bytes([place])).digest(), "access.denied" if place % 10 == 3 else "x.y") for place in range(100)
]
LEAF = {one.place: one.leaf for one in POPULATION}


def by_hand(k: int) -> list[int]:
    """As docs/rules/log-review.md says it."""
    lots = sorted(POPULATION, key=lambda one: hashlib.sha256(f"{SEED}:".encode() + one.leaf).hexdigest())
    return sorted(one.place for one in lots[:k])


def test_all_are_all_and_the_digest_is_over_their_leaf_hashes() -> None:
    drawn = draw(Rule(Selection.ALL), SEED, POPULATION)
    assert list(drawn.sample) == list(range(100))
    assert drawn.entries == 100
    assert drawn.digest == hashlib.sha256(b"".join(one.leaf for one in POPULATION)).hexdigest()


def test_so_many_at_random_are_those_with_the_smallest_lots() -> None:
    drawn = draw(Rule(Selection.RANDOM, 8), SEED, POPULATION)
    assert list(drawn.sample) == by_hand(8)
    assert list(draw(Rule(Selection.RANDOM, 8), "0" * 64, POPULATION).sample) != by_hand(8)


def test_every_nth_begins_where_the_seed_says() -> None:
    assert list(draw(Rule(Selection.EVERY, 10), SEED, POPULATION).sample) == list(range(int(SEED, 16) % 10, 100, 10))


def test_types_that_are_always_looked_at_are_taken_and_not_counted() -> None:
    drawn = draw(Rule(Selection.EVERY, 30, ("access.denied",)), SEED, POPULATION)
    assert list(drawn.always) == [place for place in range(100) if place % 10 == 3]
    others = [place for place in range(100) if place % 10 != 3]
    assert list(drawn.sample) == others[int(SEED, 16) % 30 :: 30]


def test_more_than_there_are_is_all_of_them() -> None:
    assert len(draw(Rule(Selection.RANDOM, 500), SEED, POPULATION)) == 100
    assert len(draw(Rule(Selection.RANDOM, 500), SEED, [])) == 0


def test_another_checkpoint_gives_another_seed() -> None:
    assert (
        len({SEED, seed_of(7, "2026-03-01T00:00:00.000000Z", 401, "ab" * 32), seed_of(8, "2026-03-01T00:00:00.000000Z", 400, "ab" * 32)})
        == 3
    )


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (Rule(Selection.ALL), "every entry"),
        (Rule(Selection.EVERY, 12), "every 12th entry"),
        (Rule(Selection.RANDOM, 1500, ("a.b", "c.d")), "1,500 entries at random, and every entry of type a.b and c.d"),
    ],
)
def test_a_rule_in_words(rule: Rule, said: str) -> None:
    assert rule.in_words() == said


def test_ordinals() -> None:
    assert [ordinal(value) for value in (1, 2, 3, 11, 22, 113, 1001)] == ["1st", "2nd", "3rd", "11th", "22nd", "113th", "1,001st"]
