"""The auditor's visit: called in for a scope and a time, reads what is in it and nothing else, every look is recorded, and it ends."""

from datetime import timedelta
from typing import Any

import pytest

from audit.models import LedgerEvent
from policies.models import DutyAbsence
from portal.foundation import clock
from portal.foundation.access.masks import BLANK
from portal.models import AuditAppointment, BrowserSession
from tests.factories.portal import person
from tests.portal.access.organisation import Organisation, organisation

from .chromium import CHROMIUM, PASSWORD, browser, signed_in

__all__ = ["browser"]
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.the_same_on_any_database,
    pytest.mark.skipif(CHROMIUM is None, reason="There is no Chromium on this machine."),
]
DAY = timedelta(days=1)
INCIDENTS = "/admin/incidents/incident/"


@pytest.fixture
def bank() -> Organisation:
    now = clock.now()
    made = organisation(now)
    person("Priya Nair", username="priya", password=PASSWORD, roles=("compliance",))
    person("Helene Fischer", username="helene", password=PASSWORD)
    DutyAbsence.objects.create(person=person("Ill"), starts_at=now, ends_at=now + DAY, made_at=now, kind="sick")
    return made


def test_an_auditor_reads_what_is_in_scope_until_the_appointment_ends(
    bank: Organisation, browser: Any, live_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    priya, helene = (signed_in(browser, live_server.url, name) for name in ("priya", "helene"))
    for page in (priya, helene):
        page.wait_for_url("**/admin/")
    reads_nothing(helene, live_server.url)

    appoints(priya, live_server.url, units="Cards")
    reads_one_unit_and_changes_nothing(helene, live_server.url, bank)
    finds_the_looks(priya, live_server.url)
    ends_it(priya, live_server.url)
    reads_nothing(helene, live_server.url)

    appoints(priya, live_server.url)
    reads_everything_but_what_is_masked(helene, live_server.url)
    later = clock.now() + 4 * DAY
    monkeypatch.setattr(clock, "now", lambda: later)
    reads_nothing(helene, live_server.url)
    assert priya.refused == helene.refused == []


def appoints(page: Any, address: str, *, units: str = "") -> None:
    page.goto(f"{address}/admin/portal/auditappointment/")
    page.get_by_role("link", name="Appoint an auditor").first.click()
    page.select_option("[name=person]", label="Helene Fischer")
    if units:
        page.select_option("[name=units]", label=units)
    else:
        page.check("[name=everything]")
    page.fill("[name=last_day]", f"{clock.now() + 2 * DAY:%Y-%m-%d}")
    page.fill("[name=reason]", "The yearly audit of card payments")
    page.click("form[data-keep] [type=submit]")
    page.wait_for_url("**/change/")
    assert f"Helene Fischer audits {units or 'everything'}." in page.inner_text("#content-main")


def reads_nothing(page: Any, address: str) -> None:
    """Neither the way to it is shown, nor does its address open."""
    page.goto(f"{address}/admin/")
    assert page.get_by_role("link", name="Audit trail").count() == 0
    for closed in (INCIDENTS, "/admin/audit/ledgerevent/", "/admin/policies/dutyabsence/"):
        assert page.goto(f"{address}{closed}").status == 403, closed


def reads_one_unit_and_changes_nothing(page: Any, address: str, bank: Organisation) -> None:
    page.goto(f"{address}{INCIDENTS}")
    listed = page.inner_text("#changelist")
    assert "Trouble of paying" in listed
    assert "Trouble of lending" not in listed
    page.goto(f"{address}{INCIDENTS}{bank.incidents['paying'].pk}/change/")
    assert "Trouble of paying" in page.inner_text("#content-main")
    assert page.locator(".ak-verbs a, .inc-verbs a, .inc-verbs button").filter(has_text="Acknowledge").count() == 0
    page.goto(f"{address}{INCIDENTS}{bank.incidents['lending'].pk}/change/")
    assert "Trouble of lending" not in page.content()
    assert page.goto(f"{address}{INCIDENTS}add/").status == 403
    # The trail belongs to no unit.
    assert page.goto(f"{address}/admin/audit/ledgerevent/").status == 403


def finds_the_looks(page: Any, address: str) -> None:
    page.goto(f"{address}/admin/audit/ledgerevent/?who=Helene&type=auditor.looked")
    page.wait_for_url("**person=**")
    told = page.inner_text(".tr-log")
    looks = LedgerEvent.objects.filter(type="auditor.looked").count()
    assert looks >= 3
    assert page.locator(".tr-log tbody tr").count() == looks
    assert "Helene Fischer" in told
    assert INCIDENTS in told


def ends_it(page: Any, address: str) -> None:
    made = AuditAppointment.objects.get(ended_at=None)
    page.goto(f"{address}/admin/portal/auditappointment/{made.pk}/change/")
    page.get_by_role("link", name="End it now").click()
    page.fill("[name=reason]", "She has seen what she came for")
    page.click("form[data-keep] [type=submit]")
    page.wait_for_url("**/change/")
    assert "over" in page.inner_text("#content-main")


def reads_everything_but_what_is_masked(page: Any, address: str) -> None:
    page.goto(f"{address}{INCIDENTS}")
    assert "Trouble of lending" in page.inner_text("#changelist")
    page.goto(f"{address}/admin/policies/dutyabsence/")
    away = page.inner_text("#changelist")
    assert "Ill" in away
    assert BLANK in away
    assert "sick" not in away.lower()
    assert page.goto(f"{address}/admin/audit/ledgerevent/").status == 200
    assert BrowserSession.objects.exists()
