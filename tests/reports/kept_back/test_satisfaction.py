"""Whoever has the packs of the whole and of every unit works out of no service, and of no unit, what is kept back of how satisfied people are."""

from dataclasses import dataclass
from random import Random
from typing import Any

import pytest

from reports.packs.satisfaction import (
    FEWEST,
    OTHERS,
    Answer,
    Heard,
    feedback_given,
    satisfaction,
    satisfaction_by_service,
    satisfaction_change,
)

from .solving import Known

NUMBERS = range(1, 6)
SEEDS = range(150)


@dataclass
class Made:
    """The numbers given about each service in this quarter and the one before, and the services of each unit with its parts."""

    now: dict[str, list[int]]
    before: dict[str, list[int]]
    units: dict[str, set[str]]

    def heard(self, unit: str | None) -> Heard:
        own = set(self.now) if unit is None else self.units[unit]
        return Heard(answers(self.now, own), answers(self.before, own), whole=unit is None)


def answers(given: dict[str, list[int]], own: set[str]) -> list[Answer]:
    return [
        Answer("customer", key, name, n, "waiting", name in own) for key, (name, numbers) in enumerate(given.items(), 1) for n in numbers
    ]


def made(seed: int) -> Made:
    """Some services of a few answers, some of many; people who are mostly of one mind, and of many."""
    dice = Random(seed)
    services = [f"Service {place}" for place in range(dice.randrange(1, 7))]
    mind = dice.choice(((5,), (4, 5), (1, 5), (1, 2, 3, 4, 5), (5, 5, 5, 5, 5, 5, 5, 1)))
    quarters = [{name: dice.choices(mind, k=dice.choice((0, 1, 2, 3, 4, 5, 6, 9))) for name in services} for _ in range(2)]
    cut = dice.randrange(len(services) + 1)
    units = {"Left": set(services[:cut]), "Right": set(services[cut:]), "All": set(services), "First": set(services[:1])}
    return Made(*quarters, units)


def told_in(pack: list[dict[str, Any]]) -> set[str]:
    return {row["service"] for row in pack} - {OTHERS}


def known_from(org: Made) -> Known:
    """As who has every pack, and knows how many answers there were about each service."""
    known = Known()
    for name, numbers in org.now.items():
        known.is_sum([(name, number) for number in NUMBERS], len(numbers))
        known.between({(name, 4): 1, (name, 5): 1, (name, "good"): -1}, 0, 0)
    told = told_in(satisfaction_by_service(org.heard(None)))
    for unit in (None, *org.units):
        heard = org.heard(unit)
        mine = set(org.now) if unit is None else org.units[unit] & told
        whole = satisfaction(heard)["customer"]
        if whole:
            for number in NUMBERS:
                known.is_sum([(name, number) for name in mine], whole["numbers"][str(number)])
        for row in satisfaction_by_service(heard):
            of = set(org.now) - told if row["service"] == OTHERS else {row["service"]}
            known.is_sum([(name, "good") for name in of], row["satisfied"])
        change = satisfaction_change(heard)["customer"]
        if change and unit is not None:
            of = mine & told_in(satisfaction_by_service(Heard(answers(org.before, set(org.before)))))
            known.is_sum([(name, "good") for name in of], round(change["share"] * change["with_number"] / 100))
    return known


def good(numbers: list[int]) -> int:
    return sum(number >= 4 for number in numbers)


def is_of_one_mind(org: Made) -> bool:
    """Where everybody is satisfied, or nobody, every part is: docs/pack.md says so."""
    everybody = [number for numbers in org.now.values() for number in numbers]
    return good(everybody) in (0, len(everybody))


@pytest.mark.parametrize("seed", SEEDS)
def test_how_satisfied_people_are_with_a_service_that_is_not_told_is_not_certain(seed: int) -> None:
    org = made(seed)
    if is_of_one_mind(org):
        return
    known = known_from(org)
    told = told_in(satisfaction_by_service(org.heard(None)))
    for name, numbers in org.now.items():
        low, high = known.could_be((name, "good"))
        assert low <= good(numbers) <= high
        assert name not in told or (low == high and len(numbers) >= FEWEST)
        assert name in told or not numbers or low < high, (seed, name, numbers)


@pytest.mark.parametrize("seed", SEEDS)
def test_nor_in_a_unit_of_which_only_some_services_are_told(seed: int) -> None:
    org = made(seed)
    if is_of_one_mind(org):
        return
    known = known_from(org)
    told = told_in(satisfaction_by_service(org.heard(None)))
    for unit, services in org.units.items():
        hidden = {name for name in services - told if org.now[name]}
        everything_hidden = {name for name in set(org.now) - told if org.now[name]}
        counted = feedback_given(org.heard(unit))["customer"]["with_number"]
        assert counted == sum(len(org.now[name]) for name in services)
        # What is left of the whole is a number that is told, of five or more.
        if hidden and hidden != everything_hidden:
            known.between({**{(name, "good"): 1 for name in hidden}, (unit, "hidden"): -1}, 0, 0)
            low, high = known.could_be((unit, "hidden"))
            assert low < high, (seed, unit, hidden)
        if hidden == everything_hidden and hidden:
            assert sum(len(org.now[name]) for name in hidden) >= FEWEST or satisfaction(org.heard(None))["customer"] is None


def test_others_of_one_mind_take_a_service_with_them() -> None:
    """Five who are all satisfied would tell of each of the services that they stand together for."""
    org = Made({"A": [5, 1, 5, 1, 5, 1], "B": [5, 5, 5], "C": [4, 4], "D": [1] * 9}, {}, {})
    rows = satisfaction_by_service(org.heard(None))
    assert [(row["service"], row["with_number"], row["satisfied"]) for row in rows] == [("D", 9, 0), (OTHERS, 11, 8)]


def test_where_everybody_is_of_one_mind_nothing_can_be_hidden_and_nothing_more_is_kept_back() -> None:
    org = Made({"A": [5] * 6, "B": [5, 5, 5], "C": [4, 4]}, {}, {})
    assert [row["service"] for row in satisfaction_by_service(org.heard(None))] == ["A", OTHERS]
    assert is_of_one_mind(org)


def test_the_made_organisations_have_something_to_find() -> None:
    hidden = [
        org for org in map(made, SEEDS) if not is_of_one_mind(org) and told_in(satisfaction_by_service(org.heard(None))) < set(org.now)
    ]
    assert len(hidden) > 50
