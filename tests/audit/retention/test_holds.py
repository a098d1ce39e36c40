"""What is held stays, and only somebody else lets go of it."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from audit.models import LegalHold
from audit.retention.holds import lift_hold, place_hold
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from tests.factories.portal import person

from .long_ago import told

pytestmark = pytest.mark.django_db
OBJECT = {"object_model": "incidents.incident", "object_pk": "12"}


def held(actor: Any, now: Any, **on: str) -> LegalHold:
    return place_hold(actor=actor, now=now, reason="Matter 7.", **on)


def test_a_hold_is_placed_by_one_and_lifted_by_another_with_an_event_each(ana: Any, tom: Any, now: Any) -> None:
    hold = held(ana, now, **OBJECT)
    lift_hold(hold, actor=tom, now=now, reason="Matter 7 is settled.")
    hold.refresh_from_db()
    assert (hold.lifted_by, hold.lifted_at, hold.lift_reason) == (tom, now, "Matter 7 is settled.")
    assert [event["details"]["on"] for kind in ("hold.placed", "hold.lifted") for event in told(kind)] == ["incidents.incident:12"] * 2


@pytest.mark.parametrize("is_superuser", [False, True])
def test_who_placed_it_does_not_lift_it(now: Any, is_superuser: bool) -> None:
    sue = person("Sue", roles=("compliance",), is_superuser=is_superuser)
    with pytest.raises(NotAllowed, match="somebody else"):
        lift_hold(held(sue, now), actor=sue, now=now, reason="Done.")


def test_the_portal_itself_lifts_nothing(ana: Any, now: Any) -> None:
    with pytest.raises(NotAllowed):
        lift_hold(held(ana, now), actor=None, now=now, reason="Done.")


def test_a_hold_is_lifted_once(ana: Any, tom: Any, now: Any) -> None:
    hold = held(ana, now)
    lift_hold(hold, actor=tom, now=now, reason="Settled.")
    with pytest.raises(WrongState, match="already"):
        lift_hold(hold, actor=tom, now=now, reason="Again.")


@pytest.mark.parametrize("role", ["auditor", "manager", "administrator"])
def test_only_compliance_places_and_only_they_and_approvers_lift(role: str, ana: Any, now: Any) -> None:
    other = person("Olga", roles=(role,))
    with pytest.raises(NotAllowed):
        held(other, now)
    with pytest.raises(NotAllowed):
        lift_hold(held(ana, now), actor=other, now=now, reason="Settled.")


def test_an_approver_lifts_and_does_not_place(ana: Any, now: Any) -> None:
    abe, hold = person("Abe", roles=("approver",)), held(ana, now)
    with pytest.raises(NotAllowed):
        held(abe, now)
    lift_hold(hold, actor=abe, now=now, reason="Settled.")
    assert LegalHold.objects.get().lifted_by == abe


def test_a_hold_needs_its_reason_and_a_whole_object(ana: Any, tom: Any, now: Any) -> None:
    with pytest.raises(InvalidInput):
        place_hold(actor=ana, now=now, reason="  ")
    with pytest.raises(InvalidInput, match="kind and its key"):
        held(ana, now, object_model="incidents.incident")
    with pytest.raises(InvalidInput):
        lift_hold(held(ana, now), actor=tom, now=now, reason="")


@pytest.mark.parametrize(
    "attack",
    [
        "DELETE FROM audit_legalhold",
        "UPDATE audit_legalhold SET lifted_at = placed_at",
        "UPDATE audit_legalhold SET lifted_at = placed_at, lifted_by_id = placed_by_id",
        "UPDATE audit_legalhold SET object_model = 'incidents.incident', object_pk = '1'",
        "UPDATE audit_legalhold SET object_pk = '13'",
        "UPDATE audit_legalhold SET id = id + 1000",
        "UPDATE audit_legalhold SET reason = 'none'",
    ],
)
def test_the_database_lets_nobody_lift_it_past_the_portal(attack: str, ana: Any, now: Any) -> None:
    held(ana, now)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(attack)


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="only SQLite writes rows over")
def test_a_hold_is_not_written_over(ana: Any, tom: Any, now: Any) -> None:
    hold = held(ana, now)
    columns = "id, reason, object_model, object_pk, placed_at, placed_by_id, lifted_at, lifted_by_id, lift_reason"
    for lifted in ("NULL, NULL", f"'2026-01-01', {tom.pk}"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"INSERT OR REPLACE INTO audit_legalhold ({columns}) VALUES ({hold.pk}, 'x', 'a.b', '1', '2026-01-01', {ana.pk}, {lifted}, '')"  # noqa: S608
            )
