"""Duty in a real browser: a month is planned, a shift swapped, somebody goes on holiday, and the gap that leaves is found and closed.
Run where Playwright and Chromium are installed: `make browser`."""

from datetime import UTC, datetime
from typing import Any

import pytest

from policies.models import DutyAbsence, DutySwap, OnCallOverride, OnCallSchedule, SchedulePlan
from policies.oncall.queries import on_call
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
MONDAY = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def holder(schedule: OnCallSchedule, day: int, month: int = 3) -> str:
    found = on_call(schedule, datetime(2026, month, day, 12, tzinfo=UTC))
    return found.person_name if found else "nobody"


def test_a_month_of_duty(monkeypatch: pytest.MonkeyPatch, browser: Any, live_server: Any) -> None:
    monkeypatch.setattr(clock, "now", lambda: MONDAY)
    schedule = make.schedule(name="Payments")
    for name, username, role in (("Mia Manager", "mia", "manager"), ("Ana Ruiz", "ana", "responder"), ("Tom Berg", "tom", "responder")):
        contact(person(name, username=username, password=PASSWORD, roles=(role,)))
    manager, ana = signed_in(browser, live_server.url, "mia"), signed_in(browser, live_server.url, "ana", width=390)
    home = f"{live_server.url}/admin/policies/oncallschedule/{schedule.pk}/change/"

    plans_a_month(manager, home, live_server.url)
    assert SchedulePlan.objects.get().state == "published"
    assert [holder(schedule, day) for day in (3, 10, 17, 24)] == ["Ana Ruiz", "Tom Berg", "Ana Ruiz", "Tom Berg"]

    asks_for_a_swap(ana, live_server.url)
    answers_the_swap(signed_in(browser, live_server.url, "tom"), live_server.url)
    assert DutySwap.objects.get().state == "accepted"
    assert [holder(schedule, day) for day in (17, 24)] == ["Tom Berg", "Ana Ruiz"]

    goes_on_holiday(ana, live_server.url)
    assert DutyAbsence.objects.get().person.username == "ana"
    assert holder(schedule, 24) == "Tom Berg"
    assert holder(schedule, 31) == "nobody"

    finds_and_closes_the_gap(manager, home)
    assert OnCallOverride.objects.get(kind="override").made_by.username == "mia"
    assert holder(schedule, 31) == "Tom Berg"
    assert manager.refused + ana.refused == []


def plans_a_month(page: Any, home: str, address: str) -> None:
    page.goto(home)
    assert "No plan was published yet" in page.inner_text("#content")
    page.get_by_role("button", name="Plan a change").click()
    page.get_by_role("link", name="Add a layer").click()
    page.fill("[name=starts_on]", "2026-03-02")
    page.select_option("[name=members-0-person]", label="Ana Ruiz")
    page.get_by_role("button", name="Add another person").click()
    page.select_option("[name=members-1-person]", label="Tom Berg")
    page.locator("[name=_save]").click()
    assert "Ana Ruiz, Tom Berg" in page.inner_text("#content")
    page.get_by_role("link", name="Publish…").click()
    assert "Who are told: Ana Ruiz, Tom Berg" in page.inner_text("#content-main")
    page.fill("[name=reason]", "Payments are watched round the clock")
    if page.locator("[name=accept_warnings]").count():
        page.check("[name=accept_warnings]")
    page.get_by_role("button", name="Publish and tell them").click()
    page.wait_for_selector("#calendar")
    assert "Ana Ruiz" in page.inner_text("#calendar")


def asks_for_a_swap(page: Any, address: str) -> None:
    page.goto(f"{address}/admin/policies/dutyabsence/mine/")
    page.get_by_role("link", name="Give away or swap… Payments, Mon 16 Mar 2026").click()
    label = "Tom Berg, in return for Mon 23 Mar 2026, 09:00 to Mon 30 Mar 2026, 09:00 UTC"
    page.select_option("[name=partner]", label=label)
    page.fill("[name=reason]", "My sister marries")
    page.get_by_role("button", name="Ask").click()
    page.wait_for_selector("text=Waits for Tom Berg")


def answers_the_swap(page: Any, address: str) -> None:
    page.goto(f"{address}/admin/")
    assert "Swaps waiting for me" in page.inner_text("#content")
    page.get_by_role("link", name="Answer: Tom Berg for Ana Ruiz on Payments").click()
    page.get_by_role("button", name="Accept: Tom Berg for Ana Ruiz on Payments").click()
    page.wait_for_selector("text=Accepted.")


def goes_on_holiday(page: Any, address: str) -> None:
    page.goto(f"{address}/admin/policies/dutyabsence/mine/")
    page.get_by_role("link", name="I am away…").click()
    for name, value in (("starts_at_0", "2026-03-24"), ("starts_at_1", "00:00"), ("ends_at_0", "2026-04-02"), ("ends_at_1", "00:00")):
        page.fill(f"[name={name}]", value)
    page.get_by_role("button", name="Record the absence").click()
    warning = page.locator("[role=alert]").first.inner_text()
    assert "Nobody takes over:" in warning
    assert "Payments from Mon 30 Mar 2026, 09:00 UTC to Thu 02 Apr 2026, 00:00 UTC" in warning
    page.check("[name=accept_gaps]")
    page.get_by_role("button", name="Record the absence").click()
    page.wait_for_selector("text=on duty nowhere meanwhile")


def finds_and_closes_the_gap(page: Any, home: str) -> None:
    page.goto(home)
    gap = page.get_by_role("link", name="Mon 30 Mar 2026, 09:00 to Thu 2 Apr 2026, 00:00 UTC")
    gap.click()
    page.get_by_role("link", name="Close this gap…").first.click()
    page.select_option("[name=person]", label="Tom Berg")
    page.get_by_role("button", name="Save").click()
    page.wait_for_selector("text=Tom Berg takes over")
    assert gap.count() == 0
