"""The quarterly access review: opened by itself, judged by managers, nobody for themselves; overdue it alarms; removed is gone; then signed."""

from datetime import timedelta
from typing import Any

import pytest

from audit.models import AccessCampaign, LedgerEvent
from audit.recertification.deciding import sweep_overdue
from audit.recertification.opening import open_due
from portal.foundation import clock
from portal.foundation.access.checks import may
from portal.models import OutboxMessage, User
from tests.factories.portal import person

from .chromium import CHROMIUM, PASSWORD, browser, signed_in

__all__ = ["browser"]
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.the_same_on_any_database,
    pytest.mark.skipif(CHROMIUM is None, reason="There is no Chromium on this machine."),
]
APPROVE = "policies.approve_policyversion"
LIST = "/admin/audit/accesscampaign/"


@pytest.fixture
def ana() -> User:
    mia = person("Mia Lind", username="mia", password=PASSWORD, roles=("manager",))
    for name, username in (("Priya Nair", "priya"), ("Sam Okoro", "sam")):
        person(name, username=username, password=PASSWORD, roles=("compliance",))
    return person("Ana Ruiz", username="ana", password=PASSWORD, roles=("approver", "responder"), manager=mia)


def test_a_quarter_is_looked_through_by_others_and_signed(
    ana: User, browser: Any, live_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As the job of every hour does.
    campaign = next(one for one in open_due(now=clock.now()) if one.kind == "full")
    page = signed_in(browser, live_server.url, "mia")
    a_manager_says_what_is_not_needed(page)
    assert not may(User.objects.get(pk=ana.pk), APPROVE)
    assert page.refused == []

    late = campaign.due_at + timedelta(hours=1)
    monkeypatch.setattr(clock, "now", lambda: late)
    assert sweep_overdue(now=late) == 1
    told = OutboxMessage.objects.filter(kind="access_review.late").values_list("person__username", flat=True)
    assert set(told) == {"mia", "priya", "sam"}

    priya, sam = (signed_in(browser, live_server.url, name) for name in ("priya", "sam"))
    answer = f"{live_server.url}{LIST}{campaign.pk}/answer/"
    finds_it_overdue(priya)
    assert keeps_all_that_waits(priya, answer) == ["Ana Ruiz", "Mia Lind", "Sam Okoro"]
    cannot_sign(priya, f"{live_server.url}{LIST}{campaign.pk}/change/")
    assert keeps_all_that_waits(sam, answer) == ["Priya Nair"]
    signs(sam, f"{live_server.url}{LIST}{campaign.pk}/change/")
    assert priya.refused == sam.refused == []
    assert AccessCampaign.objects.get(pk=campaign.pk).signed_by == User.objects.get(username="sam")
    what_was_removed_opens_nothing_more(browser, live_server.url)


def a_manager_says_what_is_not_needed(page: Any) -> None:
    """From the work list. What is typed stays when something is missing, and of themselves nobody is asked."""
    page.wait_for_url("**/admin/")
    page.click(f"a[href*='{LIST}']")
    page.wait_for_url("**/answer/")
    assert page.locator("form.ak-form h2").all_inner_texts() == ["Ana Ruiz"]
    approver, responder = (page.locator("fieldset.ac-item").filter(has_text=role) for role in ("Approvers", "Responders"))
    responder.get_by_label("Not sure").check()
    responder.get_by_label("Why").fill("She may go back to the team in May")
    approver.get_by_label("Remove").check()
    page.click("text=Save these answers")
    assert "Say in a few words why Approvers of Ana Ruiz should go" in page.inner_text("[role=alert]")
    assert responder.get_by_label("Why").input_value() == "She may go back to the team in May"
    approver.get_by_label("Why").fill("Left the committee")
    page.click("text=Save these answers")
    page.wait_for_selector("text=Saved for Ana Ruiz: 2 answers.")
    assert approver.count() == 0
    assert responder.get_by_label("Not sure").is_checked()


def finds_it_overdue(page: Any) -> None:
    page.wait_for_url("**/admin/")
    card = page.locator("section").filter(has_text="Access to confirm")
    assert "overdue since" in card.inner_text()


def keeps_all_that_waits(page: Any, address: str) -> list[str]:
    """Whom this reader was asked about; each kept after looking through the list."""
    page.goto(address)
    people: list[str] = sorted(page.locator("form.ak-form h2").all_inner_texts())
    for name in people:
        form = page.locator("form.ak-form").filter(has=page.get_by_role("heading", name=name, exact=True))
        if form.get_by_label("Not sure").first.is_checked():
            form.get_by_label("Keep", exact=True).check()
            form.get_by_role("button", name="Save these answers").click()
        else:
            form.get_by_label("I have looked through").check()
            form.get_by_role("button", name="Keep everything").click()
        page.wait_for_selector(f"text=/(Saved for|Kept everything of) {name}/")
    assert page.locator("form.ak-form").count() == 0
    return people


def cannot_sign(page: Any, address: str) -> None:
    """While something is open; the page says how much."""
    page.goto(address)
    assert "1 of 5 items left" in page.inner_text("#content-main")
    assert page.get_by_role("link", name="Sign it").count() == 0


def signs(page: Any, address: str) -> None:
    page.goto(address)
    page.get_by_role("link", name="Sign it").click()
    page.fill("[name=reason]", "Everybody was looked at; one role went.")
    page.click("form[data-keep] [type=submit]")
    page.wait_for_url("**/change/")
    assert "What stands here is what was signed." in page.inner_text("#content-main")
    assert LedgerEvent.objects.filter(type="access_review.signed").count() == 1


def what_was_removed_opens_nothing_more(browser: Any, address: str) -> None:
    page = signed_in(browser, address, "ana")
    page.wait_for_url("**/admin/")
    assert page.goto(f"{address}/admin/reports/quarterlypack/").status == 403
    assert page.goto(f"{address}/admin/incidents/incident/").status == 200
