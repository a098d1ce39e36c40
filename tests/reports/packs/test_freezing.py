"""Freezing a quarter's figures."""

import json
from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from audit.ledger.models import LedgerEvent
from policies.models import BusinessUnit, Service
from portal.foundation.errors import InvalidInput, NotAllowed, PortalError, WrongState
from reports.models import FrozenFigures
from reports.packs.freezing import document_of, freeze
from reports.packs.quarters import Quarter
from reports.packs.services import read_document
from tests.factories.portal import person
from tests.factories.reports import fact, small_quarter, stored

pytestmark = pytest.mark.django_db
Q1 = Quarter(2016, 1)


def test_figures_are_frozen_with_their_digest_and_read_back_as_they_were(now: datetime) -> None:
    stored(*small_quarter())
    actor = person(roles=("compliance",))
    frozen = freeze(Q1, None, actor=actor, now=now)
    assert (frozen.quarter, frozen.unit, frozen.number, frozen.cut_off, frozen.frozen_by) == ("2016Q1", None, 1, now, actor)
    again = FrozenFigures.objects.get()
    assert document_of(again).content == read_document(Q1, None, now).content
    told = json.loads(LedgerEvent.objects.get(type="reports.figures_frozen").payload)
    assert told["details"] == {"quarter": "2016Q1", "unit": "", "number": 1, "bytes": frozen.size, "sha256": frozen.sha256}


def test_what_is_told_later_changes_the_data_and_not_the_frozen_figures(now: datetime) -> None:
    stored(*small_quarter())
    frozen = freeze(Q1, None, actor=None, now=now)
    stored(fact(number="LATER"))
    assert document_of(frozen).content["metrics"]["incidents_opened"] == 6
    anew = freeze(Q1, None, actor=None, now=now + timedelta(days=1), number=2, reason="One incident was told late.")
    assert document_of(anew).content["metrics"]["incidents_opened"] == 7


def test_the_figures_of_a_unit_are_those_of_its_services_and_of_its_parts(now: datetime) -> None:
    stored(fact(service="Cards"), fact(service="Cards"), fact(service="Terminals"), fact(service="Payroll"))
    unit = BusinessUnit.objects.create(name="Payments")
    part = BusinessUnit.objects.create(name="Shops", part_of=unit)
    Service.objects.filter(name="Cards").update(business_unit=unit)
    Service.objects.filter(name="Terminals").update(business_unit=part)
    document = document_of(freeze(Q1, unit, actor=None, now=now))
    assert document.content["metrics"]["incidents_opened"] == 3
    assert document.content["unit"] == {"name": "Payments", "parts": ["Shops"]}
    assert (document.name, document.title) == (f"pack-2016Q1-unit-{unit.pk}-payments", "Quarterly incident review: Payments")
    assert ("Business unit", "Payments, with Shops") in document.facts


def test_a_restatement_needs_its_number_and_a_reason(now: datetime) -> None:
    freeze(Q1, None, actor=None, now=now)
    with pytest.raises(InvalidInput, match="Say why the figures are stated anew"):
        freeze(Q1, None, actor=None, now=now, number=2, reason="  ")
    for number in (1, 3):
        with pytest.raises(WrongState, match=f"the next one is 2, not {number}"):
            freeze(Q1, None, actor=None, now=now, number=number, reason="Late entries.")
    assert freeze(Q1, None, actor=None, now=now, number=2, reason="Late entries.").reason == "Late entries."
    # A unit's figures have numbers of their own.
    assert freeze(Q1, BusinessUnit.objects.create(name="Payments"), actor=None, now=now).number == 1


@pytest.mark.parametrize("role", ["responder", "manager", "auditor", "administrator"])
def test_only_compliance_freezes_figures(role: str, now: datetime) -> None:
    with pytest.raises(NotAllowed, match="You may not freeze the figures of a quarter"):
        freeze(Q1, None, actor=person(roles=(role,)), now=now)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE reports_frozenfigures SET sha256 = '0'",
        "DELETE FROM reports_frozenfigures",
        "INSERT INTO reports_frozenfigures (quarter, number, cut_off, reason, document, size, sha256) "
        "SELECT quarter, 3, cut_off, 'Because.', document, size, sha256 FROM reports_frozenfigures",
        "INSERT INTO reports_frozenfigures (quarter, number, cut_off, reason, document, size, sha256) "
        "SELECT quarter, 2, cut_off, '', document, size, sha256 FROM reports_frozenfigures",
        "INSERT INTO reports_frozenfigures (quarter, number, cut_off, reason, document, size, sha256) "
        "SELECT quarter, 1, cut_off, '', document, size, sha256 FROM reports_frozenfigures",
    ],
)
def test_the_database_refuses_to_change_frozen_figures_or_to_leave_out_a_number(statement: str, now: datetime) -> None:
    freeze(Q1, None, actor=None, now=now)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_figures_that_somebody_got_at_are_not_printed(now: datetime) -> None:
    frozen = freeze(Q1, None, actor=None, now=now)
    frozen.sha256 = "0" * 64
    with pytest.raises(PortalError, match="are not what was frozen: their SHA-256 differs"):
        document_of(frozen)
