"""The pages that give rights, take them back, and say why."""

import re
from datetime import datetime
from html import unescape

import pytest
from django.test import Client

from policies.models import EscalationPolicy, PolicyVersion
from portal.foundation.access.grants import grant
from portal.foundation.access.models import AuditAppointment, ObjectGrant
from tests.factories.portal import person
from tests.shared import shared

from .organisation import Organisation, organisation

pytestmark = pytest.mark.django_db
GIVE, ACCESS = "/admin/portal/objectgrant/add/", "/admin/portal/objectgrant/access/"


@shared
def bank(now: datetime) -> Organisation:
    return organisation(now)


def words(answer: object) -> str:
    return unescape(answer.content.decode())  # type: ignore[attr-defined]


def test_a_manager_gives_after_one_more_look_and_takes_back(bank: Organisation, client: Client) -> None:
    mia, gus = person("Mia", roles=("manager",)), person("Gus")
    client.force_login(mia)
    shown = words(client.get(GIVE, {"on": f"policies.service:{bank.services['paying'].pk}"}))
    assert f'value="{bank.services["paying"].pk}" selected' in shown
    said = {"person": gus.pk, "level": "see", "service": bank.services["paying"].pk, "reason": "Helps", "last_day": "2100-01-01"}
    asked = words(client.post(GIVE, said))
    assert "Gus may then see the incidents of Service paying" in asked
    assert not ObjectGrant.objects.exists()
    sure = re.search(r'name="sure" value="(\w+)"', asked)
    assert sure is not None
    other = {**said, "service": bank.services["lending"].pk, "sure": sure.group(1)}
    assert "Gus may then see the incidents of Service lending" in words(client.post(GIVE, other))
    assert client.post(GIVE, {**said, "sure": sure.group(1)}).status_code == 302
    given = ObjectGrant.objects.get()
    assert (given.user, given.given_by, given.until.year) == (gus, mia, 2099 if given.until.month == 12 else 2100)
    page = f"/admin/portal/objectgrant/{given.pk}/"
    assert "Take back" in words(client.get(f"{page}change/"))
    client.post(f"{page}do/take-back/", {"reason": "Over"})
    given.refresh_from_db()
    assert given.end_reason == "Over"
    assert words(client.post(GIVE, {"level": "see", "reason": "x"})).count("one of them") == 1


def test_compliance_appoints_an_auditor(bank: Organisation, client: Client) -> None:
    client.force_login(person("Carla", roles=("compliance",)))
    rae = person("Rae")
    page = "/admin/portal/auditappointment/add/"
    said = {"person": rae.pk, "units": [bank.cards.pk], "last_day": "2100-01-01", "reason": "Audit"}
    assert client.post(page, said).status_code == 302
    made = AuditAppointment.objects.get()
    assert "Rae audits Cards." in words(client.get(f"/admin/portal/auditappointment/{made.pk}/change/"))
    assert client.get("/admin/portal/auditappointment/").status_code == 200
    client.force_login(person("Ana", roles=("responder",)))
    assert client.get(page).status_code == 403


def test_the_page_says_why_somebody_sees_an_incident_and_why_not(bank: Organisation, client: Client) -> None:
    mia, gus = person("Mia", roles=("manager",)), person("Gus")
    grant("policies.see_unit_incidents", gus, bank.bank)
    client.force_login(mia)
    on = f"incidents.incident:{bank.incidents['paying'].pk}"
    assert f"{ACCESS}?on=" in words(client.get(f"/admin/incidents/incident/{bank.incidents['paying'].pk}/change/"))
    shown = words(client.get(ACCESS, {"on": on, "person": gus.pk}))
    assert "Gus can see" in shown
    assert "Granted on the business unit Bank, without an end." in shown
    assert "The right to acknowledge an incident is missing" in shown
    other = words(client.get(ACCESS, {"on": f"incidents.incident:{bank.incidents['other'].pk}", "person": gus.pk}))
    assert "Gus cannot see" in other
    assert "on the business unit Beside" in other
    assert "0 roles, 0 grants" in words(client.get(f"/admin/portal/objectgrant/person/{gus.pk}/"))
    for wrong in ("", "x", "policies.service:", "policies.service:999999", "auth.permission:1", "incidents.incident:1 or 1=1"):
        assert client.get(ACCESS, {"on": wrong}).status_code == 404, wrong


def test_the_page_says_who_can_approve_and_why_the_author_may_not(bank: Organisation, client: Client, now: datetime) -> None:
    ana, ben = person("Ana", roles=("approver", "manager")), person("Ben", roles=("approver",))
    version = PolicyVersion.objects.create(
        policy=EscalationPolicy.objects.earliest("pk"), number=1, author=ana, created_at=now, change_reason="First"
    )
    client.force_login(person("Mia", roles=("manager",)))
    shown = words(client.get(ACCESS, {"on": f"policies.policyversion:{version.pk}"}))
    assert "Who can approve it?" in shown
    assert f'<strong>{ben}</strong> <span class="ak-quiet">Approvers</span>: may.' in shown
    assert "nobody approves their own change" in shown
    assert "Who can approve this?" in words(client.get(f"/admin/policies/policyversion/{version.pk}/change/"))


def test_who_may_not_see_access_does_not(bank: Organisation, client: Client) -> None:
    client.force_login(person("Ana", roles=("responder",)))
    assert client.get(ACCESS, {"on": f"policies.service:{bank.services['paying'].pk}"}).status_code == 403
    assert client.get(f"/admin/portal/objectgrant/person/{person('Gus').pk}/").status_code == 403
    assert client.get("/admin/portal/objectgrant/").status_code == 403
