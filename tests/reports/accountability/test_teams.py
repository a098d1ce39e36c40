"""The table of teams: what it says is what the records of its people say together, and what it keeps back is nowhere."""

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import numpy as np
import pytest
from django.core.cache import cache
from hypothesis import given, settings
from hypothesis import strategies as st

from incidents.lifecycle import services as lifecycle
from incidents.models import Drill, DrillPart, HandOff, Incident
from policies.models import Approval, BusinessUnit
from policies.models import Team as TeamRow
from reports.accountability import queries, team_queries
from reports.accountability.chapter import chapter_of, told
from reports.accountability.definitions import FEWEST, Outcome
from reports.accountability.team_definitions import MEASURES, Answers
from reports.accountability.teams import OTHERS, TOGETHER, Team, out_of_hours, told_of
from reports.metrics.moments import microseconds
from reports.metrics.population import Population
from reports.packs.reading import ANALYSES
from tests.factories.portal import person
from tests.incidents.escalation.conftest import Scene, make_scene

SATURDAY_NOON = datetime(2026, 1, 3, 12, tzinfo=UTC)


def answers(alerts: list[tuple[int, bool, bool]], **counts: dict[int, int]) -> Answers:
    columns = list(zip(*alerts, strict=True)) or [(), (), ()]
    person_, asked, answered = (np.array(each) for each in columns)
    at = np.full(len(alerts), microseconds(SATURDAY_NOON), dtype=np.int64)
    return Answers(person_.astype(np.int64), at, asked.astype(bool), answered.astype(bool), **counts)


def team(name: str, *members: int, unit: int | None = None) -> Team:
    return Team(name, "UTC", unit, frozenset(members))


def test_a_quarter_without_anything_tells_nothing() -> None:
    assert told_of([], answers([])) == []
    assert told_of([team("A", 1, 2)], answers([(1, True, True)])) == []
    assert chapter_of in ANALYSES


def test_the_sums_of_a_team_stand_beside_all_together() -> None:
    alerts = [(who, True, number != 3) for who in range(10) for number in range(6)]
    rows = told_of([team("Cards", *range(5)), team("Payments", *range(5, 10))], answers(alerts, reviews={1: 4, 2: 4, 3: 4, 7: 2}))
    assert [(row.name, row.people) for row in rows] == [("Cards", 5), ("Payments", 5), (TOGETHER, 10)]
    cards, payments, whole = (row.numbers for row in rows)
    assert (cards["team_alerts"], cards["team_alerts_out_of_hours"], cards["team_alerts_answered"]) == (30, 30, 25)
    assert whole["team_alerts_answered"] == 50
    assert (cards["team_drills"], whole["team_drills"]) == (0, 0)
    # Two reviews of one person could be subtracted from the total, so the twelve are kept back too, and the total.
    assert (cards["team_reviews"], payments["team_reviews"]) == (None, None)


def test_a_large_number_of_one_person_is_kept_back() -> None:
    rows = told_of(
        [team("A", *range(5)), team("B", *range(5, 10))], answers([(w, True, True) for w in range(10)], given={0: 40, 6: 9, 7: 9, 8: 9})
    )
    assert [row.numbers["team_hand_offs_given"] for row in rows] == [None, None, 67]


def test_a_part_that_leaves_a_small_rest_is_kept_back() -> None:
    alerts = [(w, True, (w, n) not in {(0, 0), (1, 0)}) for w in range(10) for n in range(4)]
    [one, other, _] = told_of([team("A", *range(5)), team("B", *range(5, 10))], answers(alerts))
    assert (one.numbers["team_alerts_asked"], one.numbers["team_alerts_answered"]) == (20, None)
    assert (other.numbers["team_alerts_asked"], other.numbers["team_alerts_answered"]) == (20, None)


def test_a_part_that_leaves_what_one_person_did_not_do_is_kept_back() -> None:
    """Thirty less twenty-four are the six of one person."""
    alerts = [(who, True, who not in {3, 8}) for who in range(10) for _ in range(6)]
    [one, other, _] = told_of([team("A", *range(5)), team("B", *range(5, 10))], answers(alerts))
    for row in (one, other):
        assert (row.numbers["team_alerts_asked"], row.numbers["team_alerts_answered"]) == (30, None)


def test_who_had_most_of_one_number_does_not_learn_the_other_by_taking_their_own_away() -> None:
    """Six together: whoever knows that five of B's are theirs would know that A has one."""
    drills = {0: 1, 5: 5, **dict.fromkeys(range(10, 15), 2)}
    [a, b, c, _] = told_of([team(name, *range(5 * n, 5 * n + 5)) for n, name in enumerate("ABC")], answers([], reviews=dict.fromkeys(range(15), 9), drills=drills))  # fmt: skip
    assert [each.numbers["team_drills"] for each in (a, b, c)] == [None, None, None]


COUNTS = st.dictionaries(st.integers(0, 14), st.integers(0, 7), max_size=15)


@settings(max_examples=80, deadline=None)
@given(COUNTS, COUNTS, st.lists(st.frozensets(st.integers(0, 14), min_size=5), max_size=4))
def test_no_number_of_a_few_stands_in_any_row_nor_between_two_of_them(
    reviews: dict[int, int], drills: dict[int, int], teams: list[frozenset[int]]
) -> None:
    agreed = {who: count // 2 for who, count in drills.items()}
    rows = told_of(
        [Team(f"Team {place}", "UTC", None, each) for place, each in enumerate(teams)],
        answers([], reviews=reviews, drills=drills, drills_agreed=agreed),
    )
    for name in ("team_reviews", "team_drills", "team_drills_agreed"):
        numbers = [row.numbers[name] for row in rows]
        assert not [each for each in numbers if each is not None and 0 < each < FEWEST], (name, numbers)
        hidden = [each for each in numbers[:-1] if each is None]
        assert len(hidden) != 1 or numbers[-1] is None
    for row in rows:
        whole, part = row.numbers["team_drills"], row.numbers["team_drills_agreed"]
        assert part is None or (whole is not None and (whole == part or whole - part >= FEWEST))
        assert row.people >= FEWEST


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 10), st.integers(0, 10)), min_size=2, max_size=3))
def test_whoever_tries_every_table_that_looks_the_same_finds_five_numbers_for_each_that_is_kept_back(asked: list[tuple[int, int]]) -> None:
    """Drills asked for, and agreed to, of groups of five people each, spread over three of them."""
    drills, agreed = (
        {group * 5 + who: share for group, pair in enumerate(asked) for who, share in enumerate(spread(of(pair)))} for of in (max, min)
    )
    reviews = dict.fromkeys(range(5 * len(asked)), 9)
    teams = [team(f"Team {group}", *range(group * 5, group * 5 + 5)) for group in range(len(asked))]
    *rows, together = told_of(teams, answers([], drills=drills, drills_agreed=agreed, reviews=reviews))
    wholes, parts = ([row.numbers[name] for row in rows] for name in ("team_drills", "team_drills_agreed"))
    totals = together.numbers["team_drills"], together.numbers["team_drills_agreed"]
    could: dict[tuple[int, int], set[int]] = {}
    for tried in product(*(range(14) if whole is None else (whole,) for whole in wholes)):
        if totals[0] not in (None, sum(tried)):
            continue
        for also in product(*(range(most + 1) if part is None else (part,) for part, most in zip(parts, tried, strict=True))):
            if totals[1] in (None, sum(also)):
                for place, pair in enumerate(zip(tried, also, strict=True)):
                    for column, number in enumerate(pair):
                        could.setdefault((place, column), set()).add(number)
    for (place, column), numbers in could.items():
        if (wholes, parts)[column][place] is None:
            assert len(numbers) >= FEWEST, (place, column, numbers)


def spread(count: int) -> tuple[int, int, int]:
    return count - count // 2 - count // 4, count // 2, count // 4


def test_hours_are_those_of_the_teams_clocks_on_both_sides_of_a_change_of_time() -> None:
    moments = [datetime(2026, 3, 27, 20, 59, tzinfo=UTC), datetime(2026, 3, 27, 21, tzinfo=UTC), datetime(2026, 3, 30, 19, 59, tzinfo=UTC), datetime(2026, 3, 30, 20, tzinfo=UTC)]  # fmt: skip
    at = np.array([microseconds(each) for each in moments])
    assert out_of_hours(at, "Europe/Madrid").tolist() == [False, True, False, True]
    assert out_of_hours(np.zeros(0, dtype=np.int64), "UTC").tolist() == []


def test_the_chapter_of_a_unit_has_its_teams_with_the_same_numbers() -> None:
    alerts = [(who, True, True) for who in range(10) for _ in range(6)]
    rows = told_of([team("Cards", *range(5), unit=7), team("‮Pay 🔥 =1+1", *range(5, 10), unit=8)], answers(alerts))
    whole, part = told(rows, None), told(rows, (7,))
    [mine, together] = part.content["teams"]
    assert mine in whole.content["teams"]
    assert (mine["name"], together["name"]) == ("Cards", TOGETHER)
    assert told(rows, (9,)).sections == ()
    assert {each.name for each in whole.definitions} == {each.name for each in MEASURES}
    assert all(each.text for each in whole.definitions)


pytestmark = pytest.mark.django_db
START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)


@pytest.fixture
def scene(now: datetime) -> Scene:
    return make_scene(now)


def test_alerts_are_those_of_the_records_person_by_person(scene: Scene) -> None:
    opened = [scene.open(title=f"Number {number}") for number in range(9)]
    scene.engine(0)
    for place, one in enumerate(opened[:6]):
        lifecycle.acknowledge(one, actor=(scene.ana, scene.tom, scene.kim)[place % 3], now=scene.after(place + 1), reason="Mine")
        scene.engine(place + 1)
    for minute in (6, 15, 16, 31):
        scene.engine(minute)
    drill = scene.open(title="Drill")
    scene.engine(32)
    Incident.objects.filter(pk=drill.pk).update(origin="drill")
    found = team_queries.answers_in(Population(START, END))
    seen = set()
    for who in (scene.ana, scene.tom, scene.kim):
        slowly = queries.alerts_of([who.pk], Population(START, END), scene.after(90))
        mine = found.person == who.pk
        outcomes = [each.outcome for each in slowly]
        seen |= set(outcomes)
        assert int(mine.sum()) == len(slowly)
        assert int(found.answered[mine].sum()) == outcomes.count(Outcome.ANSWERED)
        assert int(found.asked[mine].sum()) == outcomes.count(Outcome.ANSWERED) + outcomes.count(Outcome.PASSED_ON)
        assert sorted(found.at[mine].tolist()) == sorted(microseconds(each.at) for each in slowly)
    assert {Outcome.ANSWERED, Outcome.PASSED_ON, Outcome.SPARED} <= seen


def handed_over(scene: Scene, giver: Any, state: str) -> None:
    """From `giver` to Tom, settled as `state` says."""
    made = HandOff.objects.create(
        incident=scene.open(), giver=giver, receiver=scene.tom, note="x", offered_at=scene.now, given_at=scene.now, kind="shift"
    )
    if state != "open":
        HandOff.objects.filter(pk=made.pk).update(state=state, received_at=scene.now if state == "signed" else None, settled_at=scene.now)


def test_hand_offs_and_drills_are_counted_by_person(scene: Scene) -> None:
    for state in ("signed", "open", "withdrawn"):
        handed_over(scene, scene.ana, state)
    found = team_queries.answers_in(Population(START, END))
    assert (found.given, found.given_signed) == ({scene.ana.pk: 2}, {scene.ana.pk: 1})
    assert (found.taken, found.taken_signed) == ({scene.tom.pk: 2}, {scene.tom.pk: 1})
    assert Drill.objects.count() == DrillPart.objects.count() == 0
    assert found.drills == {}
    assert sum(found.reviews.values()) == Approval.objects.count() == 1


def test_whoever_joined_after_the_quarter_is_not_in_the_team_of_then() -> None:
    one = TeamRow(name="Payments")
    one._history_date = END - timedelta(days=40)  # type: ignore[attr-defined]
    one.save()
    early, late = person("Early"), person("Late")
    one._history_date = END - timedelta(days=30)  # type: ignore[attr-defined]
    one.members.add(early)
    one._history_date = END + timedelta(days=1)  # type: ignore[attr-defined]
    one.members.add(late)
    early.is_active = False
    early.save()
    [then] = team_queries.teams_at(END)
    [now] = team_queries.teams_at(END + timedelta(days=2))
    assert (then.members, now.members) == ({early.pk}, {early.pk, late.pk})
    unknown = TeamRow.objects.create(name="Without a past")
    unknown.members.add(late)
    TeamRow.history.filter(id=unknown.pk).update(history_date=END + timedelta(days=9))
    assert {each.name: set(each.members) for each in team_queries.teams_at(END)}["Without a past"] == {late.pk}


@pytest.mark.parametrize("incidents", [1, 6])
def test_the_number_of_queries_depends_on_nothing(scene: Scene, incidents: int, django_assert_num_queries: Any) -> None:
    unit = BusinessUnit.objects.create(name="All")
    for number in range(incidents):
        scene.open(title=f"Number {number}")
        TeamRow.objects.create(name=f"Team {number}", business_unit=unit).members.add(scene.ana, person(f"Extra {number}"))
    for minute in (0, 5, 15):
        scene.engine(minute)
    with django_assert_num_queries(11):
        team_queries.teams_told(START, END)


def test_everybody_else_is_told_with_the_teams_that_are_too_small(scene: Scene) -> None:
    crowd = [person(f"Person {number}") for number in range(12)]
    large = TeamRow.objects.create(name="Large")
    large.members.add(*crowd[:6])
    TeamRow.objects.create(name="Small").members.add(*crowd[6:8])
    for giver in crowd:
        for _ in range(3):
            handed_over(scene, giver, "signed")
    rows = team_queries.teams_told(START, END)
    assert [(row.name, row.people, row.numbers["team_hand_offs_given"]) for row in rows] == [
        ("Large", 6, 18),
        (OTHERS, 8, 18),
        (TOGETHER, 14, 36),
    ]


def test_a_great_quarter_is_read_once_a_minute_for_those_who_turn_pages(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    monkeypatch.setattr(team_queries, "DEAR", timedelta(0))
    asked: list[int] = []
    monkeypatch.setattr(team_queries, "teams_told", lambda start, end: asked.append(1) or [])
    for _ in range(3):
        assert team_queries.teams_for_a_page(START, END) == []
    assert len(asked) == 1
    cache.clear()
