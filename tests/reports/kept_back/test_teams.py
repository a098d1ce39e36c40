"""Whoever takes every number of the teams' table together works out none that is kept back, nor does whoever knows their own as well."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
import pytest

from reports.accountability.definitions import FEWEST
from reports.accountability.suppression import FEWEST_BEHIND
from reports.accountability.team_definitions import MEASURES, Answers
from reports.accountability.teams import TOGETHER, Row, Team, told_of
from reports.metrics.moments import microseconds
from tests.reports.accountability.test_teams import SATURDAY_NOON

from .solving import Known

BY_NAME = {measure.name: measure for measure in MEASURES}
# Other chapters tell how many hand-offs there were and how many of these were signed; each has one who gives and one who takes.
TOLD_ELSEWHERE = ("team_hand_offs_given", "team_hand_offs_given_signed", "team_hand_offs_taken", "team_hand_offs_taken_signed")


@dataclass
class Made:
    """An organisation with what each person did, by measure and person, and its table."""

    teams: list[Team]
    did: dict[str, dict[int, int]]
    rows: Sequence[Row]

    @property
    def groups(self) -> list[str]:
        return [row.name for row in self.rows if row.name != TOGETHER]

    def group_of(self) -> dict[int, str]:
        """Slowly, from the rule's words: each person in the smallest of their teams that has five who are in none before, the rest together."""
        left = {person for of in self.did.values() for person, count in of.items() if count}
        found: dict[int, str] = {}
        for team in sorted(self.teams, key=lambda each: (len(each.members), each.name)):
            mine = team.members & left
            if len(mine) >= FEWEST:
                # One that was too few people were left beside stands with them.
                found |= dict.fromkeys(mine, team.name if team.name in self.groups else self.groups[-1])
                left -= mine
        return found | dict.fromkeys(left, self.groups[-1])


def made(seed: int) -> Made:
    """Up to twenty-two people in up to four teams that overlap; most numbers are small, and some are one person's."""
    dice = Random(seed)
    people = range(dice.randrange(5, 23))
    teams = [Team(f"Team {place}", "UTC", place % 2, frozenset(dice.sample(people, dice.randrange(3, min(len(people), 9) + 1)))) for place in range(dice.randrange(1, 5)) if len(people) > 3]  # fmt: skip
    most = dice.choice((1, 3, 7))

    def counts(of: Mapping[int, int] | None = None) -> dict[int, int]:
        chance = dice.choice((0.1, 0.4, 0.9))
        return {who: dice.randint(0, of.get(who, 0)) if of is not None and dice.random() < 0.6 else of.get(who, 0) if of is not None else dice.randint(0, most) * (dice.random() < chance) for who in people}  # fmt: skip

    alerts = counts()
    asked = counts(alerts)
    answered = counts(asked)
    given, drills = counts(), counts()
    given_signed = counts(given)
    # As many are taken as given, by whom the dice say.
    taken, taken_signed = dict.fromkeys(people, 0), dict.fromkeys(people, 0)
    takers = dice.sample(people, dice.randint(1, len(people)))
    for who in people:
        for number in range(given[who]):
            taker = dice.choice(takers)
            taken[taker] += 1
            taken_signed[taker] += number < given_signed[who]
    columns = [(who, n < asked[who], n < answered[who]) for who in people for n in range(alerts[who])]
    person, is_asked, is_answered = (
        np.array([row[place] for row in columns], dtype=kind) for place, kind in enumerate((np.int64, bool, bool))
    )
    at = np.full(len(columns), microseconds(SATURDAY_NOON), dtype=np.int64)
    rest = {"drills": drills, "drills_agreed": counts(drills), "reviews": counts()}
    answers = Answers(person, at, is_asked, is_answered, given, given_signed, taken, taken_signed, **rest)
    did = {
        "team_alerts": alerts, "team_alerts_out_of_hours": alerts, "team_alerts_asked": asked, "team_alerts_answered": answered,
        "team_hand_offs_given": given, "team_hand_offs_given_signed": given_signed, "team_hand_offs_taken": taken,
        "team_hand_offs_taken_signed": taken_signed, "team_drills": drills, "team_drills_agreed": rest["drills_agreed"], "team_reviews": rest["reviews"],
    }  # fmt: skip
    return Made(teams, did, told_of(teams, answers))


def known_from(table: Made) -> Known:
    """Everything that stands in the table, and what everybody knows of sums."""
    known = Known()
    *rows, together = table.rows
    for name, measure in BY_NAME.items():
        total = together.numbers[name]
        for row in rows:
            value = row.numbers[name]
            # Where the total is told, nothing is kept back that is nothing, but for parts of what is kept back.
            is_some = total is not None and (not measure.part_of or row.numbers[measure.part_of] is not None)
            low, high = (int(is_some), 90) if value is None else (value, value)
            known.number((row.name, name), low, high)
            if measure.part_of:
                known.between({(row.name, measure.part_of): 1, (row.name, name): -1}, 0)
        known.number((TOGETHER, name), 0, 4_000)
        known.between({(row.name, name): 1 for row in rows} | {(TOGETHER, name): -1}, 0, 0)
        if total is not None:
            known.number((TOGETHER, name), total, total)
    for both in (("given", "taken"), ("given_signed", "taken_signed")):
        known.between({(TOGETHER, f"team_hand_offs_{side}"): sign for side, sign in zip(both, (1, -1), strict=True)}, 0, 0)
    return known


def hidden_in(table: Made) -> list[tuple[str, str]]:
    return [(row.name, name) for row in table.rows for name in BY_NAME if row.numbers[name] is None and row.name != TOGETHER]


def real(table: Made, group: str, name: str) -> dict[int, int]:
    return {who: table.did[name][who] for who, own in table.group_of().items() if own == group and table.did[name].get(who)}


SEEDS = range(100)


@pytest.mark.parametrize("seed", SEEDS)
def test_none_that_is_kept_back_comes_out_of_all_that_is_told(seed: int) -> None:
    table = made(seed)
    if not table.rows:
        return
    known = known_from(table)
    for group, name in hidden_in(table):
        # Of one group alone the total is its number, whoever keeps it back: docs/accountability.md says so.
        if len(table.groups) == 1 and name in TOLD_ELSEWHERE:
            continue
        low, high = known.could_be((group, name))
        assert low <= sum(real(table, group, name).values()) <= high
        assert high - low + 1 >= FEWEST, (seed, group, name, low, high)


@pytest.mark.parametrize("seed", SEEDS)
def test_nor_where_the_totals_are_known_from_other_chapters(seed: int) -> None:
    table = made(seed)
    if len(table.groups) < 2:
        return
    known = known_from(table)
    for name in TOLD_ELSEWHERE:
        total = sum(table.did[name].values())
        known.number((TOGETHER, name), total, total)
    for group, name in hidden_in(table):
        if name in TOLD_ELSEWHERE and any(table.did[name].values()):
            low, high = known.could_be((group, name))
            assert low < high, (seed, group, name, low)


@pytest.mark.parametrize("seed", SEEDS)
def test_nor_for_any_of_the_people_who_know_their_own(seed: int) -> None:
    table = made(seed)
    group_of = table.group_of() if table.rows else {}
    known = known_from(table) if table.rows else Known()
    hidden = hidden_in(table)
    # Of a group the one who has most of a number learns most.
    for name in BY_NAME:
        for mine in table.groups:
            who = max(
                (each for each, group in group_of.items() if group == mine), key=lambda each: table.did[name].get(each, 0), default=None
            )
            own = 0 if who is None else table.did[name].get(who, 0)
            # Who has all of it knows that the others have none.
            if (
                own in (0, sum(table.did[name].values()))
                or (len(table.groups) == 1 and name in TOLD_ELSEWHERE)
                or not any(measure == name for _, measure in hidden)
            ):
                continue
            insider = Known(dict(known.limits), list(known.sums))
            for measure in BY_NAME:
                insider.number((mine, measure), table.did[measure].get(who, 0), 90)
            for group, measure in hidden:
                if measure == name:
                    low, high = insider.could_be((group, measure))
                    assert low < high, (seed, who, mine, own, group, measure, low)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_difference_of_two_numbers_that_are_told_is_of_a_few(seed: int) -> None:
    table = made(seed)
    for row in table.rows:
        people = [who for who, group in table.group_of().items() if row.name in (group, TOGETHER)]
        for name, measure in BY_NAME.items():
            part = row.numbers[name]
            if part is None:
                continue
            behind = [who for who in people if table.did[name].get(who)]
            assert part == sum(table.did[name].get(who, 0) for who in people)
            assert not part or (part >= FEWEST and len(behind) >= FEWEST_BEHIND)
            whole = row.numbers[measure.part_of] if measure.part_of else None
            if whole is not None and whole != part:
                left = [who for who in people if table.did[measure.part_of].get(who, 0) > table.did[name].get(who, 0)]
                assert whole - part >= FEWEST, (seed, row.name, name)
                assert len(left) >= FEWEST_BEHIND, (seed, row.name, name)


def test_the_made_organisations_have_something_to_find() -> None:
    tables = [made(seed) for seed in SEEDS]
    assert sum(bool(table.rows) for table in tables) > 60
    assert sum(len(hidden_in(table)) > 3 for table in tables) > 40
    assert sum(value is not None and value > 0 for table in tables for row in table.rows for value in row.numbers.values()) > 300
