"""Asking the API who would be alerted first."""

import pytest

from policies.models import Region, Team
from portal.models import User
from tests.factories import policies as make
from tests.factories.portal import contact, person

from .test_policies import api_of

pytestmark = pytest.mark.django_db

DOOR = "/api/v1/routing/"


@pytest.fixture
def team() -> Team:
    """Ana is on call above Tom, who speaks German; nobody can reach Kim."""
    people: list[User] = [person("Ana Ruiz"), person("Tom Berg", languages="de"), person("Kim Park")]
    for someone in people[:2]:
        contact(someone)
    made = Team.objects.create(name="Payments")
    made.members.add(*people)
    Region.objects.create(name="Spain").people.add(people[0])
    make.schedule(name="Line", team=made, layers=[{"people": [people[1]]}, {"people": [people[0]]}])
    return made


def test_it_answers_in_order_with_reasons_and_says_who_is_left_out(team: Team) -> None:
    told = api_of(person("Ada", roles=("responder",))).get(DOOR, {"team": str(team.pk), "languages": "de", "urgent": "true"}).json()
    assert [(one["name"], one["because_of"], one["standing"]) for one in told["ordered"]] == [
        ("Tom Berg", "on call", "available"),
        ("Ana Ruiz", "on call", "available"),
    ]
    assert told["ordered"][0]["why"] == ["On call by the rotation of First line (Line).", "Has language de."]
    assert [(one["name"], one["why"]) for one in told["excluded"]] == [("Kim Park", "Kim Park has no active contact point.")]


def test_an_instant_and_a_region_can_be_asked_for(team: Team) -> None:
    api = api_of(person("Ada", roles=("responder",)))
    told = api.get(DOOR, {"region": "Spain", "at": "2026-03-02T09:00:00Z"}).json()
    assert (told["at"], told["ordered"][0]["name"]) == ("2026-03-02T09:00:00Z", "Ana Ruiz")
    assert api.get(DOOR, {"at": "2019-03-02T09:00:00Z"}).json()["ordered"] == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("team", "payments"),
        ("team", "9" * 40),
        ("team", "٣"),
        ("region", "Atlantis"),
        ("region", "a\x00b"),
        ("languages", "German"),
        ("skills", "x" * 251),
        ("urgent", "maybe"),
        ("at", "9999-12-31T23:59:59Z"),
        ("at", "yesterday"),
        ("colour", "blue"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words_at_its_name(name: str, value: str) -> None:
    answer = api_of(person("Ada", roles=("responder",))).get(DOOR, {name: value})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == name


def test_only_those_who_may_see_schedules_are_answered(team: Team) -> None:
    assert api_of(person("Sam", roles=("stakeholder",))).get(DOOR).status_code == 403
