"""A manager changes a threshold in a real browser: the list, the change, the replay, the start; an approver decides; two incidents
around the start are judged by different versions. Run where Playwright and Chromium are installed: `make browser`."""

import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from incidents.models import Incident
from policies.models import PolicyVersion, ReplayRun
from policies.simulation.services import carry_out
from portal.foundation import clock
from tests.factories import policies as make
from tests.factories.portal import contact, person

from .chromium import CHROMIUM, PASSWORD, browser, signed_in

__all__ = ["browser"]
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.the_same_on_any_database,
    pytest.mark.skipif(CHROMIUM is None, reason="There is no Chromium on this machine."),
]
MADRID = ZoneInfo("Europe/Madrid")
FRIDAY = datetime(2026, 3, 6, 10, 0, tzinfo=MADRID)
MONDAY = datetime(2026, 3, 9, 0, 0, tzinfo=MADRID)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> dict[str, datetime]:
    """What every door reads as the time."""
    told = {"now": FRIDAY}
    monkeypatch.setattr(clock, "now", lambda: told["now"])
    return told


@pytest.fixture
def first() -> PolicyVersion:
    """10,000 affected users are SEV2, in force since January, in Madrid's time."""
    since = datetime(2026, 1, 5, 9, 0, tzinfo=MADRID)
    on_call, backup = person("Ana On-Call"), person("Tom Backup")
    policy = make.policy(make.service("Customer app"), time_zone="Europe/Madrid", name="Customer app escalation")
    for somebody in (on_call, backup, policy.owner):
        contact(somebody)
    version = make.draft(policy, author=person("Mona Manager", username="mona", password=PASSWORD, roles=("manager",)), now=since)
    make.level(version, 1, on_call, backup)
    make.threshold(version, "Many customers", severity="SEV2", criteria=({"measure": "affected_users", "value": Decimal(10_000)},))
    return make.approve(version, now=since)


def test_a_manager_changes_a_threshold_and_an_approver_lets_it_start_on_monday(
    first: PolicyVersion, time: dict[str, datetime], browser: Any, live_server: Any
) -> None:
    person("Anton Approver", username="anton", password=PASSWORD, roles=("approver",))
    person("Rita Responder", username="rita", password=PASSWORD, roles=("responder",))
    past_incident(first)

    manager = signed_in(browser, live_server.url, "mona")
    the_manager_changes_the_number(manager, live_server.url)
    draft = PolicyVersion.objects.get(state="draft")
    says_when_it_starts(manager, draft, live_server.url)
    sees_what_it_would_have_done(manager, draft, live_server.url)
    submits(manager, draft, live_server.url)
    the_approver_reads_and_approves(signed_in(browser, live_server.url, "anton"), draft, live_server.url)
    draft.refresh_from_db()
    assert (draft.state, draft.effective_from) == ("approved", MONDAY)

    responder = signed_in(browser, live_server.url, "rita")
    time["now"] = MONDAY - timedelta(minutes=1)
    sunday = opens_an_incident(responder, live_server.url, "Sign-in fails on Sunday")
    time["now"] = MONDAY + timedelta(minutes=1)
    monday = opens_an_incident(responder, live_server.url, "Sign-in fails on Monday")
    assert (sunday.severity, sunday.policy_version) == ("", first)
    assert (monday.severity, monday.policy_version) == ("SEV2", draft)
    assert "SEV2" in responder.inner_text("body")


def past_incident(version: PolicyVersion) -> None:
    opened = FRIDAY - timedelta(days=20)
    known = {"number": "PAST-1", "title": "Slow", "state": "closed", "origin": "imported", "acknowledged_at": opened + timedelta(minutes=5)}
    incident = Incident.objects.create(service=version.policy.service, opened_at=opened, resolved_at=opened + timedelta(hours=1), **known)
    incident.readings.create(
        service=incident.service, measure="affected_users", value=Decimal(7_000), observed_at=opened, recorded_at=opened
    )


def the_manager_changes_the_number(page: Any, address: str) -> None:
    page.goto(f"{address}/admin/policies/threshold/")
    assert "10,000 users" in page.inner_text("#content")
    page.get_by_role("link", name=re.compile("^Change Many customers")).first.click()
    page.fill("[name=value_1]", "5000")
    page.fill("[name=reason]", "Half as many customers are bad enough")
    page.get_by_role("button", name="Start a draft with this change").click()
    page.wait_for_selector("#pending")
    assert "lowered from 10,000 users to 5,000 users" in page.inner_text("#pending").replace("\u00a0", " ")
    page.goto(f"{address}/admin/policies/threshold/")
    assert "5,000 users" in page.inner_text("#content")


def says_when_it_starts(page: Any, draft: PolicyVersion, address: str) -> None:
    page.goto(f"{address}/admin/policies/policyversion/{draft.pk}/change/")
    page.fill("[name=effective_from_0]", "2026-03-09")
    page.fill("[name=effective_from_1]", "00:00")
    page.locator("[name=_continue], [name=_save]").first.click()
    page.wait_for_load_state()
    draft.refresh_from_db()
    assert draft.effective_from == MONDAY


def sees_what_it_would_have_done(page: Any, draft: PolicyVersion, address: str) -> None:
    page.goto(f"{address}/admin/policies/policyversion/{draft.pk}/change/")
    page.fill("#replay [name=start]", "2026-01-01")
    page.fill("#replay [name=last]", "2026-03-05")
    page.locator("#replay").get_by_role("button", name="Replay").click()
    page.wait_for_load_state()
    carry_out(ReplayRun.objects.get(version=draft).pk, now=FRIDAY)
    page.goto(f"{address}/admin/policies/policyversion/{draft.pk}/change/")
    assert "1 × severity none → SEV2" in page.inner_text("#replay")


def submits(page: Any, draft: PolicyVersion, address: str) -> None:
    page.goto(f"{address}/admin/policies/policyversion/{draft.pk}/do/submit/")
    if page.locator("[name=accepted]").count():
        page.fill("[name=accepted]", "Known, and good enough for now")
    page.locator("#content-main form [type=submit]").first.click()
    page.wait_for_load_state()
    draft.refresh_from_db()
    assert draft.state == "submitted", page.inner_text("#content-main")


def the_approver_reads_and_approves(page: Any, draft: PolicyVersion, address: str) -> None:
    page.goto(f"{address}/admin/policies/policyversion/{draft.pk}/approve/")
    told = page.inner_text("#content-main").replace("\u00a0", " ")
    assert "lowered from 10,000 users to 5,000 users" in told
    assert "9 Mar 2026" in told
    assert "Europe/Madrid" in told
    assert "1 × severity none → SEV2" in told
    page.fill("[name=reason]", "The replay agrees")
    page.get_by_role("button", name="Approve").click()
    page.wait_for_load_state()


def opens_an_incident(page: Any, address: str, title: str) -> Incident:
    page.goto(f"{address}/admin/incidents/incident/add/")
    page.fill("[name=title]", title)
    page.evaluate("document.querySelector('[name=service]').value = document.querySelector('[name=service] option:last-child').value")
    page.select_option("[name=measure]", "affected_users")
    page.fill("[name=value]", "7000")
    page.locator("[name=_save]").first.click()
    page.wait_for_load_state()
    return Incident.objects.get(title=title)
