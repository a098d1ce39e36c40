"""One rule: `may` for one object and `visible_to` for all say the same, whatever way a right comes by."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from incidents.models import Incident
from policies.models import BusinessUnit
from portal.foundation import clock
from portal.foundation.access.checks import may, may_somewhere, visible_to
from portal.foundation.access.explained import explain
from portal.foundation.access.grants import grant
from portal.foundation.access.models import ObjectGrant
from portal.foundation.access.places import SEE, view_right
from portal.foundation.granting.services import give
from portal.models import User
from tests.factories.portal import person
from tests.shared import shared

from .organisation import Organisation, organisation

pytestmark = pytest.mark.django_db
WORK = "incidents.acknowledge_incident"


@shared
def bank(now: datetime) -> Organisation:
    return organisation(now)


def granted(right: str, thing: Any) -> User:
    found = person("Gus")
    grant(right, found, thing)
    return found


def seen(actor: Any, model: Any, right: str = "") -> set[int]:
    return set(visible_to(actor, model.objects.all(), right or view_right(model)).values_list("pk", flat=True))


def incidents_of(bank: Organisation, *names: str) -> set[int]:
    return {bank.incidents[name].pk for name in names}


@pytest.mark.parametrize(
    ("right", "on", "reached"),
    [
        ("incidents.view_incident", lambda bank: bank.incidents["paying"], ("paying",)),
        ("incidents.work_incident", lambda bank: bank.incidents["paying"], ("paying",)),
        ("policies.work_service_incidents", lambda bank: bank.services["lending"], ("lending",)),
        ("policies.see_unit_incidents", lambda bank: bank.cards, ("paying",)),
        ("policies.work_unit_incidents", lambda bank: bank.bank, ("paying", "lending")),
        ("policies.view_service", lambda bank: bank.services["other"], ()),
        # Comes with an appointment only.
        ("policies.audit_unit", lambda bank: bank.bank, ()),
    ],
)
def test_a_grant_reaches_what_hangs_on_its_object_and_every_question_agrees(
    bank: Organisation, right: str, on: Any, reached: tuple[str, ...]
) -> None:
    actor, now = granted(right, on(bank)), clock.now()
    wanted = incidents_of(bank, *reached)
    assert seen(actor, Incident) == wanted
    assert may_somewhere(actor, "incidents.view_incident") is bool(wanted)
    assert {each.pk for each in bank.incidents.values() if may(actor, WORK, each)} == (wanted if "work" in right else set())
    for thing in bank.everything():
        right_to_see = view_right(thing)
        answer = may(actor, right_to_see, thing)
        assert answer is (thing.pk in seen(actor, type(thing))), (right, thing)
        if isinstance(thing, Incident | BusinessUnit):
            told = explain(actor, right_to_see, thing, now)
            assert told.allowed is answer is any(way.counts for way in told.ways), (right, thing, told)
            assert bool(told.missing) is not answer


def test_a_grant_to_a_group_is_its_members(bank: Organisation) -> None:
    guests, gus = Group.objects.create(name="Guests"), person("Gus")
    grant(SEE.rights["policies.businessunit"], guests, bank.cards)
    assert not may(gus, "incidents.view_incident", bank.incidents["paying"])
    gus.groups.add(guests)
    gus = User.objects.get(pk=gus.pk)
    assert seen(gus, Incident) == incidents_of(bank, "paying")
    (way,) = explain(gus, "incidents.view_incident", bank.incidents["paying"], clock.now()).ways
    assert way.counts
    assert "through the group Guests" in way.words


@pytest.mark.parametrize(("starts", "ends"), [(-2, -1), (1, 2)])
def test_outside_of_its_dates_a_grant_counts_for_nothing_at_once(bank: Organisation, starts: int, ends: int) -> None:
    """Before any job comes by."""
    gus, now, day = person("Gus"), clock.now(), timedelta(days=1)
    give(SEE, gus, bank.services["paying"], actor=None, now=now - 3 * day, reason="For the move", until=now + 9 * day)
    assert may(gus, "incidents.view_incident", bank.incidents["paying"])
    ObjectGrant.objects.update(starts_at=now + starts * day, until=now + ends * day)
    gus = User.objects.get(pk=gus.pk)
    assert not may(gus, "incidents.view_incident", bank.incidents["paying"])
    assert seen(gus, Incident) == set()
    told = explain(gus, "incidents.view_incident", bank.incidents["paying"], now)
    assert not told.allowed
    assert not told.ways[0].counts
    assert ("begins" if starts > 0 else "ended") in told.ways[0].words


def test_nobody_inactive_sees_anything_by_a_grant(bank: Organisation) -> None:
    gus = granted("policies.see_unit_incidents", bank.bank)
    gus.is_active = False
    assert seen(gus, Incident) == set()
    assert not may(gus, "incidents.view_incident", bank.incidents["paying"])


def test_django_asks_the_same_rule(bank: Organisation) -> None:
    gus, ana = granted("policies.see_service_incidents", bank.services["paying"]), person("Ana", roles=("responder",))
    assert gus.has_perm("incidents.view_incident", bank.incidents["paying"])
    assert not gus.has_perm("incidents.view_incident", bank.incidents["other"])
    assert not gus.has_perm("incidents.view_incident")
    assert ana.has_perm("incidents.view_incident", bank.incidents["other"])
    assert not ana.has_perm("policies.approve_policyversion")


def test_who_only_looks_uses_no_other_right_whatever_other_roles_give(bank: Organisation) -> None:
    both = person("Both", roles=("auditor", "commander"))
    grant("policies.work_service_incidents", both, bank.services["paying"])
    assert may(both, "incidents.view_incident", bank.incidents["other"])
    for right in ("incidents.acknowledge_incident", "incidents.change_incident", "policies.change_policyversion"):
        assert not may(both, right, bank.incidents["paying"])
        assert not both.has_perm(right)


def test_grants_cost_two_questions_however_many_there_are(bank: Organisation) -> None:
    gus = granted("policies.see_unit_incidents", bank.bank)
    for thing in bank.services.values():
        grant("policies.see_service_incidents", gus, thing)
    gus, model = User.objects.get(pk=gus.pk), Incident
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert len(visible_to(gus, model.objects.all(), "incidents.view_incident")) == 3
        for each in bank.incidents.values():
            may(gus, WORK, each)
    roles, grants, units, rows = range(4)
    assert len(asked) == len((roles, grants, units, rows))
