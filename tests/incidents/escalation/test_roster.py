"""Who sits behind roles and teams, in words, with a constant number of queries."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from incidents.escalation.roster import roster_at
from policies.decisions.escalation_facts import Seat
from policies.decisions.ruleset import LevelRule, PolicySnapshot, TargetRule
from policies.models import Role, Team
from portal.models import User
from tests.factories import policies as make
from tests.factories.portal import contact, person

pytestmark = pytest.mark.django_db


def reachable(name: str) -> User:
    someone = person(name)
    contact(someone)
    return someone


def target(place: int, of: Role | Team) -> TargetRule:
    if isinstance(of, Role):
        return TargetRule(place, None, None, of.name, role_id=of.pk)
    return TargetRule(place, None, None, f"on call in {of.name}", team_id=of.pk)


def snapshot(*of: Role | Team) -> PolicySnapshot:
    targets = tuple(target(place, thing) for place, thing in enumerate(of, start=1))
    return PolicySnapshot((), (LevelRule(1, "Line", "functional", timedelta(minutes=15), timedelta(minutes=5), targets),), None)


def seat(of: Role | Team, now: datetime) -> Seat:
    (found,) = roster_at(snapshot(of), now).seats
    return found


def test_a_role_is_its_holder(now: datetime) -> None:
    ana = reachable("Ana Ruiz")
    found = seat(Role.objects.create(name="Head of payments", holder=ana, deputy=reachable("Tom Berg")), now)
    assert (found.person_id, found.why, found.problem) == (ana.pk, "Holds the role Head of payments.", "")


def test_the_deputy_takes_the_place_of_a_holder_who_cannot_be_alerted(now: datetime) -> None:
    tom = reachable("Tom Berg")
    found = seat(Role.objects.create(name="Head of payments", holder=person("Ana Ruiz"), deputy=tom), now)
    assert (found.person_id, found.problem) == (tom.pk, "")
    assert found.why == "Deputy in the role Head of payments. Ana Ruiz has no active contact point."


def test_the_deputy_stands_in_for_a_role_that_nobody_holds(now: datetime) -> None:
    found = seat(Role.objects.create(name="Head of payments", deputy=reachable("Tom Berg")), now)
    assert found.why == "Deputy in the role Head of payments. Nobody holds it."


def test_a_role_with_nobody_and_one_with_nobody_who_can_be_alerted_say_so(now: datetime) -> None:
    assert seat(Role.objects.create(name="Empty"), now).problem == "Nobody holds the role Empty."
    gone = Role.objects.create(name="Gone", holder=person("Ana Ruiz", is_active=False), deputy=person("Tom Berg"))
    assert seat(gone, now).problem == "Ana Ruiz is inactive. Tom Berg has no active contact point."


def test_a_team_is_whoever_is_on_call_in_its_first_schedule_with_somebody_on_duty(now: datetime) -> None:
    team = Team.objects.create(name="Payments")
    make.schedule(name="A: empty", team=team)
    make.schedule(reachable("Kim Park"), name="C: nights", team=team)
    ana = reachable("Ana Ruiz")
    make.schedule(ana, name="B: days", team=team)
    found = seat(team, now)
    assert (found.person_id, found.why) == (ana.pk, "On call by the rotation of B: days.")


def test_a_team_skips_whoever_is_on_call_but_cannot_be_alerted(now: datetime) -> None:
    team, kim = Team.objects.create(name="Payments"), reachable("Kim Park")
    make.schedule(person("Ana Ruiz"), name="A", team=team)
    make.schedule(kim, name="B", team=team)
    found = seat(team, now)
    assert (found.person_id, found.why) == (kim.pk, "On call by the rotation of B. Ana Ruiz has no active contact point.")


def test_a_team_with_nobody_on_call_says_so(now: datetime) -> None:
    assert seat(Team.objects.create(name="Payments"), now).problem == "Nobody is on call in Payments."


def test_more_targets_take_no_more_queries(now: datetime) -> None:
    def some(count: int) -> int:
        things: list[Role | Team] = []
        for number in range(count):
            team = Team.objects.create(name=f"Team {count} {number}")
            make.schedule(reachable(f"Person {count} {number}"), name=f"Schedule {count} {number}", team=team)
            things += [team, Role.objects.create(name=f"Role {count} {number}", holder=reachable(f"Holder {count} {number}"))]
        with CaptureQueriesContext(connection) as seen:
            assert all(not found.problem for found in roster_at(snapshot(*things), now).seats)
        return len(seen)

    assert some(1) == some(6) <= 6
