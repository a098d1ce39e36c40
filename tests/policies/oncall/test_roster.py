"""Who sits behind targets and why, who was passed over, with a constant number of queries."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from policies.decisions.escalation_facts import Passed, Seat
from policies.decisions.ruleset import LevelRule, PolicySnapshot, TargetRule
from policies.models import DutyAbsence, OnCallSchedule, Region, Role, Team
from policies.oncall.roster import roster_at
from portal.models import Availability, User
from tests.factories import policies as make
from tests.factories.portal import contact, person

pytestmark = pytest.mark.django_db


def reachable(name: str, **fields: Any) -> User:
    someone = person(name, **fields)
    contact(someone)
    return someone


def target(place: int, of: Role | Team | OnCallSchedule | User) -> TargetRule:
    if isinstance(of, Role):
        return TargetRule(place, None, None, of.name, role_id=of.pk)
    if isinstance(of, OnCallSchedule):
        return TargetRule(place, None, of.pk, of.name)
    if isinstance(of, User):
        return TargetRule(place, of.pk, None, str(of))
    return TargetRule(place, None, None, f"on call in {of.name}", team_id=of.pk)


def snapshot(*of: Role | Team | OnCallSchedule | User, **wanted: Any) -> PolicySnapshot:
    targets = tuple(target(place, thing) for place, thing in enumerate(of, start=1))
    return PolicySnapshot((), (LevelRule(1, "Line", "functional", timedelta(minutes=15), timedelta(minutes=5), targets, **wanted),), None)


def seat(of: Role | Team | OnCallSchedule | User, now: datetime, **wanted: Any) -> Seat:
    (found,) = roster_at(snapshot(of, **wanted), now).seats
    return found


def two_layers(above: User, under: User, name: str = "Payments") -> OnCallSchedule:
    return make.schedule(name=name, layers=[{"people": [under], "name": "Under"}, {"people": [above], "name": "Above"}])


def test_a_role_is_its_holder(now: datetime) -> None:
    ana = reachable("Ana Ruiz")
    found = seat(Role.objects.create(name="Head of payments", holder=ana, deputy=reachable("Tom Berg")), now)
    assert (found.person_id, found.why, found.problem) == (ana.pk, "Holds the role Head of payments.", "")


def test_the_deputy_takes_the_place_of_a_holder_who_cannot_be_alerted(now: datetime) -> None:
    tom = reachable("Tom Berg")
    found = seat(Role.objects.create(name="Head of payments", holder=person("Ana Ruiz"), deputy=tom), now)
    assert (found.person_id, found.problem) == (tom.pk, "")
    assert found.why == "Deputy in the role Head of payments."
    assert [passed.why for passed in found.passed] == ["Ana Ruiz has no active contact point."]


def test_the_deputy_stands_in_for_a_role_that_nobody_holds(now: datetime) -> None:
    found = seat(Role.objects.create(name="Head of payments", deputy=reachable("Tom Berg")), now)
    assert found.why == "Deputy in the role Head of payments. Nobody holds it."


def test_a_role_with_nobody_and_one_with_nobody_who_can_be_alerted_say_so(now: datetime) -> None:
    assert seat(Role.objects.create(name="Empty"), now).problem == "Nobody holds the role Empty."
    gone = Role.objects.create(name="Gone", holder=person("Ana Ruiz", is_active=False), deputy=person("Tom Berg"))
    assert seat(gone, now).problem == "Ana Ruiz is inactive. Tom Berg has no active contact point."


def test_a_team_is_whoever_is_on_call_in_the_first_in_its_order_of_its_schedules_with_somebody_on_duty(now: datetime) -> None:
    team, ana, kim = Team.objects.create(name="Payments"), reachable("Ana Ruiz"), reachable("Kim Park")
    make.schedule(name="Empty", team=team, order=1)
    make.schedule(kim, name="Americas", team=team, order=3)
    make.schedule(ana, name="Europe", team=team, order=2)
    found = seat(team, now)
    assert (found.person_id, found.why) == (ana.pk, "On call by the rotation of First line (Europe).")
    assert [other.person_id for other in found.others] == [kim.pk]


def test_a_team_skips_whoever_is_on_call_but_cannot_be_alerted(now: datetime) -> None:
    team, ana, kim = Team.objects.create(name="Payments"), person("Ana Ruiz"), reachable("Kim Park")
    make.schedule(ana, name="A", team=team)
    make.schedule(kim, name="B", team=team)
    found = seat(team, now)
    assert (found.person_id, found.why) == (kim.pk, "On call by the rotation of First line (B).")
    assert found.passed == (Passed(ana.pk, "Ana Ruiz", "Ana Ruiz has no active contact point."),)


def test_the_layers_under_the_final_view_stand_in_for_whoever_is_absent(now: datetime) -> None:
    ana, tom = reachable("Ana Ruiz"), reachable("Tom Berg")
    schedule = two_layers(ana, tom)
    assert [seat(schedule, now).person_id, *(other.person_id for other in seat(schedule, now).others)] == [ana.pk, tom.pk]
    DutyAbsence.objects.create(person=ana, starts_at=now, ends_at=now + timedelta(days=2), made_at=now)
    found = seat(schedule, now)
    assert (found.person_id, [passed.why for passed in found.passed]) == (tom.pk, ["Ana Ruiz is away until 4 Mar 09:00 UTC: on leave."])


def test_whoever_said_to_be_busy_or_away_stands_back_and_is_told_of(now: datetime) -> None:
    ana, tom = reachable("Ana Ruiz"), reachable("Tom Berg")
    schedule = two_layers(ana, tom)
    said = Availability.objects.create(person=ana, state="busy", since=now, until=now + timedelta(hours=1))
    assert [passed.why for passed in seat(schedule, now).passed] == ["Ana Ruiz is busy until 10:00 UTC: said to be busy."]
    assert seat(schedule, now + timedelta(hours=1)).person_id == ana.pk
    Availability.objects.filter(pk=said.pk).update(state="away")
    alone = seat(ana, now)
    assert (alone.person_id, alone.problem, alone.standing) == (ana.pk, "", "away")
    assert alone.hindrance == "Ana Ruiz is away until 10:00 UTC: said to be away."


def test_somebody_whose_only_contact_is_email_is_passed_over(now: datetime) -> None:
    ana, tom = person("Ana Ruiz"), reachable("Tom Berg")
    contact(ana, "mailto:ana@bank.example", channel="email")
    found = seat(Role.objects.create(name="Head of payments", holder=ana, deputy=tom), now)
    assert found.person_id == tom.pk
    assert [passed.why for passed in found.passed] == ["Ana Ruiz can be reached by e-mail only, which carries no alert."]


def test_what_a_level_wants_decides_among_those_on_duty(now: datetime) -> None:
    ana, tom = reachable("Ana Ruiz", skills="Cards"), reachable("Tom Berg", skills="databases, cards", languages="de-AT")
    Region.objects.create(name="Spain").people.add(ana)
    schedule = two_layers(ana, tom)
    wanting = {"skills": ("databases",), "languages": ("de",)}
    found = seat(schedule, now, **wanting)
    assert (found.person_id, found.why) == (tom.pk, "On call by the rotation of Under (Payments). Has databases and language de.")
    assert [passed.why for passed in found.passed] == ["Ana Ruiz lacks databases and language de; Tom Berg has more of what is wanted."]
    spain = Region.objects.get(name="Spain")
    assert seat(schedule, now, region_id=spain.pk, region="Iberia").person_id == ana.pk
    assert seat(schedule, now, skills=("mainframes",)).person_id == ana.pk


def test_a_team_with_nobody_on_call_says_so(now: datetime) -> None:
    assert seat(Team.objects.create(name="Payments"), now).problem == "Nobody is on call in Payments."


def test_more_targets_take_no_more_queries(now: datetime) -> None:
    spain = Region.objects.create(name="Spain")

    def some(count: int) -> int:
        things: list[Role | Team] = []
        for number in range(count):
            team = Team.objects.create(name=f"Team {count} {number}")
            make.schedule(reachable(f"Person {count} {number}"), name=f"Schedule {count} {number}", team=team)
            things += [team, Role.objects.create(name=f"Role {count} {number}", holder=reachable(f"Holder {count} {number}"))]
        wanting = snapshot(*things, region_id=spain.pk, region="Spain")
        with CaptureQueriesContext(connection) as seen:
            assert all(not found.problem for found in roster_at(wanting, now).seats)
        return len(seen)

    assert some(1) == some(5) <= 12
