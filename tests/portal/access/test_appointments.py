"""An auditor who was called in: for a scope and a time, reading only, and every look leaves a trace."""

from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client

from audit.events.stories import parsed
from audit.events.unwritable import TrailUnavailable
from audit.models import LedgerEvent
from policies.models import DutyAbsence, EscalationPolicy, Service
from portal.foundation import clock
from portal.foundation.access.checks import may, visible_to
from portal.foundation.access.elevation import is_above
from portal.foundation.access.grants import grant
from portal.foundation.access.held import rights_at_hand
from portal.foundation.access.masks import BLANK
from portal.foundation.access.models import AuditAppointment, ObjectGrant
from portal.foundation.access.roles import is_a_look
from portal.foundation.errors import Conflict, InvalidInput, NotAllowed, PortalError
from portal.foundation.granting.appointments import appoint, dismiss
from portal.foundation.granting.services import end_what_is_over
from portal.models import User
from tests.factories.portal import person
from tests.shared import shared

from .organisation import Organisation, organisation

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
VIEW = "incidents.view_incident"


@shared
def bank(now: datetime) -> Organisation:
    return organisation(now)


def fresh(user: User) -> User:
    """As the next request reads it."""
    return User.objects.get(pk=user.pk)


def appointed(**said: Any) -> User:
    now = clock.now()
    auditor = said.pop("person", None) or person("Rae")
    given = {"actor": person("Carla", roles=("compliance",)), "now": now, "until": now + DAY, "reason": "Yearly audit", **said}
    appoint(auditor, **given)
    return fresh(auditor)


def test_an_auditor_of_a_unit_sees_that_unit_and_nothing_before_or_after(bank: Organisation) -> None:
    rae, now = appointed(scope=[bank.bank]), clock.now()
    assert {name for name, each in bank.incidents.items() if may(rae, VIEW, each)} == {"paying", "lending"}
    assert visible_to(rae, EscalationPolicy.objects.all(), "policies.view_escalationpolicy").count() == 2
    assert not may(rae, VIEW)
    for starts, until in ((now + DAY, now + 2 * DAY), (now - 2 * DAY, now - DAY)):
        AuditAppointment.objects.update(starts_at=starts, until=until)
        ObjectGrant.objects.update(starts_at=starts, until=until)
        assert visible_to(fresh(rae), Service.objects.all(), "policies.view_service").count() == 0


def test_an_auditor_of_everything_reads_everything_and_only_reads(bank: Organisation) -> None:
    """Other roles count for nothing meanwhile, whoever gives them."""
    rae = appointed(person=person("Rae", roles=("commander", "approver")), everything=True)
    assert may(rae, VIEW)
    assert may(rae, "audit.view_ledgerevent")
    assert all(is_a_look(right) or right == "portal.only_look" for right in rights_at_hand(rae))
    assert not may(rae, "incidents.acknowledge_incident", bank.incidents["paying"])
    assert not rae.has_perm("policies.approve_policyversion")
    dismiss(AuditAppointment.objects.get(), actor=person("Carlo", roles=("compliance",)), now=clock.now(), reason="Done")
    assert may(fresh(rae), "incidents.acknowledge_incident")


@pytest.mark.parametrize(
    ("case", "error"),
    [
        ({"actor": ("manager",)}, NotAllowed),
        ({"person": "self"}, NotAllowed),
        ({"person": "root"}, InvalidInput),
        ({"everything": False}, InvalidInput),
        ({"scope": True}, InvalidInput),
        ({"until": -1}, InvalidInput),
        ({"reason": ""}, InvalidInput),
        ({"twice": True}, Conflict),
    ],
)
def test_what_is_no_appointment_is_refused(bank: Organisation, case: dict[str, Any], error: type[PortalError]) -> None:
    now, actor = clock.now(), person("Carla", roles=case.get("actor", ("compliance",)))
    people = {"self": actor, "root": person("Root", is_superuser=True)}
    rae = people.get(case.get("person", "")) or person("Rae")
    said = {"actor": actor, "now": now, "reason": case.get("reason", "Audit"), "until": now + case.get("until", 1) * DAY}
    said |= {"everything": case.get("everything", True), "scope": [bank.bank] if case.get("scope") else []}
    if case.get("twice"):
        appoint(rae, **said)
    with pytest.raises(error):
        appoint(rae, **said)
    assert AuditAppointment.objects.count() == int(case.get("twice", False))


def test_what_was_given_for_a_time_is_taken_back_by_itself(bank: Organisation) -> None:
    rae, now = appointed(scope=[bank.cards, bank.services["other"]]), clock.now()
    assert end_what_is_over(now=now) == 0
    assert end_what_is_over(now=now + 2 * DAY) == 3
    assert end_what_is_over(now=now + 2 * DAY) == 0
    assert not ObjectGrant.objects.filter(ended_at=None).exists()
    assert not may(fresh(rae), VIEW, bank.incidents["other"])


def test_every_look_is_recorded_and_nothing_is_shown_without(bank: Organisation, client: Client) -> None:
    client.force_login(appointed(everything=True))
    page = f"/admin/incidents/incident/{bank.incidents['paying'].pk}/change/"
    assert client.get(page).status_code == 200
    assert client.get("/api/v1/incidents/", {"state": "new"}).status_code == 200
    looks = [parsed(event.payload)["details"] for event in LedgerEvent.objects.filter(type="auditor.looked").order_by("id")]
    assert looks == [{"path": page}, {"path": "/api/v1/incidents/", "asked": {"state": "new"}}]
    with patch("audit.web.looks.tell_look", side_effect=TrailUnavailable()):
        assert client.get(page).status_code == 503


def test_an_auditor_does_not_read_why_somebody_was_away(bank: Organisation, client: Client) -> None:
    now = clock.now()
    DutyAbsence.objects.create(person=person("Ill"), starts_at=now, ends_at=now + DAY, made_at=now, kind="sick")
    rae = appointed(everything=True)
    (away,) = visible_to(rae, DutyAbsence.objects.all(), "policies.view_dutyabsence")
    assert away.kind == BLANK
    client.force_login(rae)
    assert client.get(f"/admin/policies/dutyabsence/{away.pk}/history/").status_code == 404
    listed = "/admin/policies/dutyabsence/"
    assert client.get(listed).content.decode().count(BLANK) == 1
    # Asking for it in the address would tell it, too.
    assert client.get(listed, {"kind__exact": "sick"}).status_code == 400
    assert client.get("/api/v1/on-call/absences/").json()["results"][0]["kind"] == BLANK
    ana = person("Ana", roles=("responder",))
    assert visible_to(ana, DutyAbsence.objects.all(), "policies.view_dutyabsence").get().kind == "sick"


def test_an_administrator_does_not_become_an_auditor_or_somebody_with_a_grant(bank: Organisation) -> None:
    rae, gus, ada = appointed(everything=True), person("Gus"), person("Ada", roles=("administrator",))
    grant("policies.see_service_incidents", gus, bank.services["paying"])
    assert is_above(rae, ada)
    assert is_above(gus, ada)
    assert not is_above(person("New"), ada)
