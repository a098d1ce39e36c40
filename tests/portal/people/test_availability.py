"""What follows of what a person, a calendar and the engine say, and the saying of it."""

from datetime import timedelta
from typing import Any

import pytest

from audit.models import LedgerEvent
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from portal.foundation.people.availability import Source, State, Statement, what_follows
from portal.foundation.people.queries import availability_of
from portal.foundation.presence import clear_availability, set_availability
from portal.models import Availability, User
from tests.conftest import NOW
from tests.factories.portal import person

HOUR = timedelta(hours=1)


def said(state: str, source: str, *, ago: int = 1, until: int | None = None) -> Statement:
    return Statement(State(state), Source(source), NOW - ago * HOUR, None if until is None else NOW + until * HOUR)


@pytest.mark.parametrize(
    ("statements", "state", "source"),
    [
        ([], "available", None),
        ([said("away", "person"), said("busy", "engine")], "away", "person"),
        ([said("available", "person"), said("busy", "engine")], "busy", "engine"),
        ([said("available", "person"), said("away", "calendar")], "available", "person"),
        ([said("busy", "person"), said("away", "calendar")], "busy", "person"),
        ([said("busy", "calendar"), said("away", "calendar", ago=2)], "away", "calendar"),
        ([said("away", "person", until=0)], "available", None),
        ([said("away", "person", ago=-1)], "available", None),
        ([said("away", "person", until=0), said("busy", "engine")], "busy", "engine"),
    ],
)
def test_the_first_in_the_order_wins_while_it_counts(statements: list[Statement], state: str, source: str | None) -> None:
    follows = what_follows(statements, NOW)
    assert (follows.state, follows.source) == (state, source)
    assert follows.can_take is (state == "available")


def test_two_incidents_keep_somebody_busy_until_the_later_is_over() -> None:
    assert what_follows([said("busy", "engine", until=1), said("busy", "engine", ago=2, until=3)], NOW).until == NOW + 3 * HOUR
    assert what_follows([said("busy", "engine", until=1), said("busy", "engine", ago=2)], NOW).until is None


@pytest.fixture
def ana(db: None) -> User:
    return person("Ana")


def state_of(user: User, at: Any) -> str:
    return availability_of([user.pk], at)[user.pk].state.value


def test_a_newer_statement_ends_the_one_before_and_the_past_stays(ana: User) -> None:
    set_availability(ana, "away", until=NOW + 8 * HOUR, actor=ana, now=NOW, reason="Dentist")
    set_availability(ana, "busy", until=NOW + 2 * HOUR, actor=ana, now=NOW + HOUR)
    assert [state_of(ana, NOW + part * HOUR / 2) for part in (-1, 0, 1, 2, 3, 4)] == [
        "available",
        "away",
        "away",
        "busy",
        "busy",
        "available",
    ]
    assert Availability.objects.count() == 2
    assert LedgerEvent.objects.filter(type="availability.set").count() == 2


def test_the_engine_says_a_thing_once_and_each_incident_ends_for_itself(ana: User) -> None:
    for _ in range(2):
        set_availability(ana, "busy", until=None, actor=None, now=NOW, source="engine", subject_ref="incidents.incident:1")
    set_availability(ana, "busy", until=None, actor=None, now=NOW, source="engine", subject_ref="incidents.incident:2")
    assert Availability.objects.count() == 2
    assert clear_availability(ana, actor=None, now=NOW + HOUR, source="engine", subject_ref="incidents.incident:1")
    assert state_of(ana, NOW + HOUR) == "busy"
    assert clear_availability(ana, actor=None, now=NOW + HOUR, source="engine", subject_ref="incidents.incident:2")
    assert not clear_availability(ana, actor=None, now=NOW + HOUR, source="engine", subject_ref="incidents.incident:2")
    assert state_of(ana, NOW + HOUR) == "available"


def test_others_speak_for_somebody_only_by_right(ana: User) -> None:
    with pytest.raises(NotAllowed):
        set_availability(ana, "away", until=None, actor=person("Tom"), now=NOW)
    set_availability(ana, "away", until=None, actor=person("Max", roles=("manager",)), now=NOW, reason="Called in sick")
    assert state_of(ana, NOW) == "away"


@pytest.mark.parametrize(
    ("state", "until"), [("dead", None), ("", None), ("away", NOW), ("away", NOW - HOUR), ("away", NOW + 9_000 * HOUR)]
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(ana: User, state: str, until: Any) -> None:
    with pytest.raises(InvalidInput):
        set_availability(ana, state, until=until, actor=ana, now=NOW)
    assert not Availability.objects.exists()


def test_nobody_speaks_for_an_account_that_is_not_active(ana: User) -> None:
    ana.is_active = False
    with pytest.raises(WrongState):
        set_availability(ana, "away", until=None, actor=None, now=NOW)


def test_many_people_cost_one_query_and_one_for_the_incidents_they_hold(ana: User, django_assert_num_queries: Any) -> None:
    others = [person().pk for _ in range(3)]
    with django_assert_num_queries(2):
        assert set(availability_of([ana.pk, *others], NOW)) == {ana.pk, *others}
