"""Somebody's own words, and who reaches whose record."""

from datetime import datetime
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from audit.ledger.models import LedgerEvent
from policies.models import BusinessUnit, Team
from portal.foundation.errors import InvalidInput, NotAllowed, NotFound
from portal.models import User
from reports.accountability.models import AccountabilityComment
from reports.accountability.readers import lines_for, people_for, teams_for
from reports.accountability.services import LONGEST, comment, open_record, open_team
from tests.factories.portal import person

pytestmark = pytest.mark.django_db


def told(kind: str) -> list[LedgerEvent]:
    return list(LedgerEvent.objects.filter(type=kind).order_by("pk"))


def test_somebody_adds_their_own_words_which_nobody_changes(now: datetime) -> None:
    kim = person("Kim")
    made = comment(" I was on leave in May. ", quarter="2026Q2", actor=kim, now=now)
    assert (made.person, made.text, made.quarter) == (kim, "I was on leave in May.", "2026Q2")
    [event] = told("accountability.commented")
    assert (event.actor_id, event.object_pk) == (str(kim.pk), str(kim.pk))
    assert "leave" not in str(event.__dict__)
    for statement in ("UPDATE reports_accountabilitycomment SET text = 'x'", "DELETE FROM reports_accountabilitycomment"):
        with pytest.raises(DatabaseError, match="never changed"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


@pytest.mark.parametrize("text", ["", " \n\t", "x" * (LONGEST + 1), "a\x00b", "half \ud83d"])
def test_words_that_cannot_be_kept_are_refused_in_words(now: datetime, text: str) -> None:
    with pytest.raises(InvalidInput, match=r"Write what|Use at most|no text has"):
        comment(text, quarter="2026Q2", actor=person("Kim"), now=now)
    assert not AccountabilityComment.objects.exists()
    assert not told("accountability.commented")


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "مرحبا", "🔥" * 100, "<script>alert(1)</script>", "x" * LONGEST])
def test_odd_words_are_kept_as_they_are(now: datetime, text: str) -> None:
    assert comment(text, quarter="2026Q2", actor=person("Kim"), now=now).text == text


def test_neither_the_portal_itself_nor_somebody_who_left_says_anything(now: datetime) -> None:
    for nobody in (None, person("Gone", is_active=False)):
        with pytest.raises(NotAllowed):
            comment("x", quarter="2026Q2", actor=nobody, now=now)


@pytest.fixture
def house() -> dict[str, Any]:
    """Payments with a part, Cards; Lending beside them. Mia manages in Payments, Rob reports to her from nowhere."""
    payments = BusinessUnit.objects.create(name="Payments")
    cards = BusinessUnit.objects.create(name="Cards", part_of=payments)
    lending = BusinessUnit.objects.create(name="Lending")
    people: dict[str, Any] = {"Mia": person("Mia", roles=("manager",))}
    people |= {name: person(name, roles=("responder",)) for name in ("Pia", "Cem", "Lea")}
    people |= {"Rob": person("Rob", roles=("responder",), manager=people["Mia"]), "Ora": person("Ora", roles=("compliance",))}
    for name, unit, members in (("Pay", payments, ("Mia", "Pia")), ("Card", cards, ("Cem",)), ("Lend", lending, ("Lea",))):
        people[name] = Team.objects.create(name=name, business_unit=unit)
        people[name].members.add(*(people[each] for each in members))
    return people


def names(rows: Any) -> set[str]:
    return {str(row) for row in rows}


def test_everybody_reaches_their_own_a_manager_the_own_units_and_compliance_all(house: dict[str, Any]) -> None:
    assert names(people_for(house["Pia"])) == {"Pia"}
    assert names(people_for(house["Mia"])) == {"Mia", "Pia", "Cem", "Rob"}
    assert {"Mia", "Pia", "Cem", "Rob", "Lea", "Ora"} <= names(people_for(house["Ora"]))
    assert names(teams_for(house["Pia"])) == set()
    assert lines_for(house["Pia"]) == {house["Pay"].pk}
    assert lines_for(house["Mia"]) == {house["Pay"].pk, house["Card"].pk}
    assert names(teams_for(house["Mia"])) == {"Pay", "Card"}
    assert names(teams_for(house["Ora"])) >= {"Pay", "Card", "Lend"}


@pytest.mark.parametrize("role", ["responder", "commander", "approver", "auditor", "stakeholder", "administrator"])
def test_no_other_role_reaches_anybody_else(house: dict[str, Any], role: str) -> None:
    reader = person("Reader", roles=(role,))
    house["Pay"].members.add(reader)
    User.objects.filter(pk=house["Pia"].pk).update(manager=reader)
    assert names(people_for(reader)) == {"Reader"}


def test_a_manager_in_no_unit_reaches_who_reports_to_them_alone(house: dict[str, Any]) -> None:
    lone = person("Lone", roles=("manager",))
    User.objects.filter(pk=house["Lea"].pk).update(manager=lone)
    assert names(people_for(lone)) == {"Lone", "Lea"}
    assert not teams_for(lone).exists()


def test_units_in_a_circle_end(house: dict[str, Any]) -> None:
    BusinessUnit.objects.filter(name="Payments").update(part_of=BusinessUnit.objects.get(name="Cards"))
    assert names(teams_for(house["Mia"])) == {"Pay", "Card"}


def test_a_look_is_told_before_it_is_given_and_out_of_reach_is_as_nobody(house: dict[str, Any], now: datetime) -> None:
    asked: dict[str, Any] = {"quarter": "2026Q1", "now": now}
    assert open_record(house["Cem"].pk, reader=house["Mia"], **asked) == house["Cem"]
    assert open_record(house["Mia"].pk, reader=house["Mia"], **asked) == house["Mia"]
    assert open_team(house["Card"].pk, reader=house["Mia"], **asked) == house["Card"]
    assert open_team(house["Pay"].pk, reader=house["Mia"], **asked) == house["Pay"]
    assert [event.object_pk for event in told("accountability.read")] == [str(house["Cem"].pk), str(house["Card"].pk)]
    for key in (house["Lea"].pk, 0, 10**17):
        with pytest.raises(NotFound):
            open_record(key, reader=house["Mia"], **asked)
    with pytest.raises(NotFound):
        open_team(house["Lend"].pk, reader=house["Mia"], **asked)
    assert len(told("accountability.read")) == 2
