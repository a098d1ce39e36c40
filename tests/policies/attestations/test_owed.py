"""Who owes what by when: plain values in, plain values out."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from policies.attestations.owed import Duty, InForce, Obligation, Standing, Training, obligations, overdue_days, people_of, training_state

START = datetime(2026, 3, 1, tzinfo=UTC)
TODAY = date(2026, 3, 10)
DAY = timedelta(days=1)
ANA, TOM = 1, 2
CARDS, LOANS = 10, 20


def duty(**fields: Any) -> Duty:
    given: dict[str, Any] = {
        "policy_id": CARDS, "people": frozenset({ANA}), "within_days": 14, "needs_training": False, "since": START - 99 * DAY,
    }  # fmt: skip
    return Duty(**{**given, **fields})


def owed(*duties: Duty, **fields: Any) -> list[Obligation]:
    given: dict[str, Any] = {"joined": {}, "accepted": {}, "trained": {}, "today": TODAY}
    return obligations(duties, {CARDS: InForce(7, START)}, **{**given, **fields})


def test_a_version_is_owed_from_its_start_for_the_days_given() -> None:
    [each] = owed(duty())
    assert (each.version_id, each.due_at) == (7, START + 14 * DAY)
    assert each.standing(START + 14 * DAY - timedelta(seconds=1)) is Standing.DUE
    assert each.standing(START + 14 * DAY) is Standing.OVERDUE
    assert overdue_days(each, START + 17 * DAY) == 3
    assert overdue_days(each, START) == 0


def test_who_came_later_gets_their_days_too() -> None:
    assert owed(duty(), joined={ANA: START + 5 * DAY})[0].due_at == START + 19 * DAY
    assert owed(duty(since=START + 8 * DAY))[0].due_at == START + 22 * DAY
    assert owed(duty(), joined={ANA: START - 5 * DAY})[0].due_at == START + 14 * DAY


def test_of_several_duties_the_shortest_counts_and_training_is_wanted_if_any_wants_it() -> None:
    [each] = owed(duty(), duty(within_days=3, needs_training=True))
    assert (each.due_at, each.training) == (START + 3 * DAY, Training.NONE)


def test_a_policy_with_nothing_in_force_asks_nothing() -> None:
    assert owed(duty(policy_id=LOANS)) == []


def test_the_acceptance_of_another_version_does_not_count() -> None:
    [each] = owed(duty(), accepted={(6, ANA): START, (7, TOM): START})
    assert each.accepted_at is None
    [each] = owed(duty(), accepted={(7, ANA): START + DAY})
    assert each.standing(START + 99 * DAY) is Standing.ACCEPTED


def test_the_earliest_due_stands_first() -> None:
    found = owed(duty(people=frozenset({ANA})), duty(people=frozenset({TOM}), within_days=2))
    assert [each.person_id for each in found] == [TOM, ANA]


@pytest.mark.parametrize(
    ("until", "wanted", "state"),
    [
        (None, True, Training.NONE), (None, False, Training.NOT_WANTED),
        (TODAY - DAY, True, Training.EXPIRED), (TODAY - DAY, False, Training.NOT_WANTED),
        (TODAY, True, Training.EXPIRING), (TODAY + 30 * DAY, True, Training.EXPIRING),
        (TODAY + 31 * DAY, True, Training.COUNTS), (TODAY + 31 * DAY, False, Training.COUNTS),
    ],
)  # fmt: skip
def test_training_counts_up_to_and_including_its_last_day(until: date | None, wanted: bool, state: Training) -> None:
    assert training_state(until, TODAY, wanted=wanted) is state


def test_those_who_left_owe_nothing() -> None:
    assert people_of(ANA, (), {TOM}) == frozenset()
    assert people_of(None, {ANA, TOM}, {TOM}) == {TOM}
