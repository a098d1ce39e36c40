"""Many answers at once: one wins, the others are told who was faster. SQLite has one writer at a time, so this needs PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest
from django.db import connection, connections

from audit.models import LedgerEvent
from incidents.handoffs.services import accept, decline, offer
from incidents.models import HandOff, Incident
from portal.foundation.errors import PortalError
from tests.factories.portal import person

from .conftest import make_case

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="needs several writers at once"),
]


def at_once(*work: Any) -> list[str]:
    """What each was told: '' for whoever was first."""

    def one(step: Any) -> str:
        try:
            step()
        except PortalError as error:
            return error.message
        finally:
            connections.close_all()
        return ""

    with ThreadPoolExecutor(len(work)) as pool:
        return list(pool.map(one, work))


def test_of_a_team_that_accepts_at_once_one_has_it(now: datetime) -> None:
    case = make_case(now)
    members = [person(f"Member {number}", roles=("responder",)) for number in range(4)]
    made = case.offered(team=case.team(*members))
    said = at_once(*[lambda who=who: accept(made, actor=who, now=case.after(5)) for who in members])
    holder = Incident.objects.get().assigned_to
    assert (said.count(""), HandOff.objects.get().receiver) == (1, holder)
    assert {words for words in said if words} == {f"{holder} accepted it first and has it now."}
    assert LedgerEvent.objects.filter(type="handoff.accepted").count() == 1


def test_accepting_and_declining_at_once_is_one_of_them(now: datetime) -> None:
    case = make_case(now)
    made = case.offered()
    said = at_once(
        lambda: accept(made, actor=case.tom, now=case.after(5)),
        lambda: decline(made, actor=case.tom, now=case.after(5), reason="Busy"),
    )
    state, holder = HandOff.objects.get().state, Incident.objects.get().assigned_to
    assert said.count("") == 1
    assert (state, holder) in {("signed", case.tom), ("declined", case.ana)}


def test_two_offers_at_once_are_one(now: datetime) -> None:
    case = make_case(now)
    receivers = (case.tom, case.cara)
    said = at_once(*[lambda to=to: offer(case.incident, to=to, note="Yours", actor=case.ana, now=case.after(5)) for to in receivers])
    assert (said.count(""), HandOff.objects.count()) == (1, 1)
    assert any("already" in words for words in said)
