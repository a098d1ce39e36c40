"""A quarter from its opening to the signed pack, in a real browser: prepared by one, decided by another, signed in order, then stated anew.

Run where Chromium is installed: `make browser`.
"""

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from portal.foundation import clock
from reports.models import FinishedPack, QuarterlyReview
from reports.quarterly import proposing
from reports.quarterly.opening import open_due
from reports.quarterly.packing import finish_signed
from reports.quarterly.rules import set_first_quarter
from reports.quarterly.signing import check_review
from tests.factories import quarterly as make
from tests.factories.portal import person
from tests.factories.quarterly import AFTER, QUARTER

from .chromium import CHROMIUM, PASSWORD, browser, signed_in

__all__ = ["browser"]
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.the_same_on_any_database,
    pytest.mark.skipif(CHROMIUM is None, reason="There is no Chromium on this machine."),
]
PEOPLE = {"cora": ("Cora Compliance", "compliance"), "mona": ("Mona Manager", "manager"), "rolf": ("Rolf Risk", "approver")}


@pytest.fixture
def review(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> QuarterlyReview:
    """A bank whose quarter is over; the review opened as the job of every hour does it."""
    monkeypatch.setattr(settings, "LEDGER_KEYS", str(tmp_path / "keys"))
    monkeypatch.setattr(clock, "now", lambda: AFTER)
    for username, (name, role) in PEOPLE.items():
        person(name, username=username, password=PASSWORD, roles=(role,))
    payments = make.unit("Payments")
    numbers = tuple(incident.number for incident in make.incidents(payments, 3))
    late, other = make.pattern("late", numbers=numbers), make.pattern("other", rank=2, numbers=numbers[:1])
    monkeypatch.setattr(proposing, "patterns_in", lambda content: [late, other])
    set_first_quarter(QUARTER, now=AFTER)
    open_due(now=AFTER)
    return QuarterlyReview.objects.get(unit=payments)


def test_a_quarter_is_run_from_its_opening_to_the_signed_pack(review: QuarterlyReview, browser: Any, live_server: Any) -> None:
    there = f"{live_server.url}/admin/reports/quarterlyreview/{review.pk}/change/"
    cora = signed_in(browser, live_server.url, "cora")
    is_told_on_the_work_list(cora, review)
    sees_the_incidents_behind_a_figure(cora, there)
    judges_the_findings(cora, there)
    prepares_a_decision_and_an_action(cora, there)
    assert "1 decision is not taken yet" in cora.inner_text("#content")

    # On a telephone, and by keyboard.
    mona = signed_in(browser, live_server.url, "mona", width=390)
    decides_by_keyboard(mona, live_server.url)

    puts_it_up(cora, there)
    rolf = signed_in(browser, live_server.url, "rolf")
    rolf.goto(there)
    assert "Compliance signs first, then Risk committee" in rolf.inner_text("#content")
    for page in (cora, mona, rolf):
        signs(page, there)
    review.refresh_from_db()
    assert review.is_signed
    assert check_review(review) == []
    assert finish_signed(now=AFTER) == 1
    assert {file.name.rpartition(".")[2] for file in FinishedPack.objects.get().files.all()} >= {"pdf", "xlsx", "json"}
    is_stated_anew(cora, there)
    assert cora.refused == mona.refused == rolf.refused == []


def is_told_on_the_work_list(page: Any, review: QuarterlyReview) -> None:
    page.goto(page.url.split("/admin/")[0] + "/admin/")
    assert review.name in page.inner_text("#content")
    assert "2 findings to judge" in page.inner_text("#content")


def sees_the_incidents_behind_a_figure(page: Any, there: str) -> None:
    page.goto(there)
    page.get_by_role("link", name="Incidents opened").click()
    assert "3 incidents" in page.inner_text("#content")
    page.get_by_role("link", name="Back to the review").click()


def judges_the_findings(page: Any, there: str) -> None:
    page.get_by_role("button", name="Accept Headline of late").click()
    page.get_by_role("link", name="Reword or dismiss Headline of other").click()
    page.get_by_role("button", name="Dismiss").click()
    assert "Say why it is no finding" in page.inner_text("#content")
    page.fill("#id_reason", "A test of the monitoring.")
    page.get_by_role("button", name="Dismiss").click()
    assert "A test of the monitoring." in page.inner_text("#qr-findings >> xpath=..")


def prepares_a_decision_and_an_action(page: Any, there: str) -> None:
    page.get_by_role("link", name="Prepare a decision").click()
    page.fill("#id_question", "A second person at night?")
    page.select_option("#id_finding", label="Headline of late")
    page.get_by_role("button", name="Prepare a decision").click()
    page.get_by_role("link", name="Agree an action").click()
    page.fill("#id_title", "Ask for people")
    page.select_option("#id_owner", label="Mona Manager")
    page.fill("#id_due_on", "2026-05-01")
    page.get_by_role("button", name="Agree an action").click()
    page.get_by_role("link", name="Write summary and agenda").click()
    page.fill("#id_summary", "A quiet quarter.")
    page.get_by_role("button", name="Write summary and agenda").click()
    assert "A quiet quarter." in page.inner_text("#content")


def decides_by_keyboard(page: Any, address: str) -> None:
    page.goto(f"{address}/admin/")
    link = page.get_by_role("link", name="Decide").first
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#id_reason")
    page.focus("#id_reason")
    page.keyboard.type("Yes, from May on.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("#qr-decisions")
    assert "Yes, from May on." in page.inner_text("#content")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def puts_it_up(page: Any, there: str) -> None:
    page.goto(there)
    page.get_by_role("link", name="Put up for signature").click()
    page.fill("#id_reason", "The figures and the meeting.")
    page.get_by_role("button", name="Put up for signature").click()
    assert "0 of 3 signatures, next: Compliance" in page.inner_text("#content")


def signs(page: Any, there: str) -> None:
    page.goto(there)
    page.get_by_role("link", name="Sign", exact=True).click()
    page.fill("#id_reason", "It says what we agreed.")
    page.get_by_role("button", name="Sign", exact=True).click()
    assert "It says what we agreed." in page.inner_text("#qr-signatures >> xpath=..")


def is_stated_anew(page: Any, there: str) -> None:
    page.goto(there)
    page.get_by_role("link", name="Restate").click()
    page.get_by_role("button", name="Restate").click()
    assert QuarterlyReview.objects.filter(number=2).count() == 0
    page.fill("#id_reason", "A name was wrong.")
    page.get_by_role("button", name="Restate").click()
    page.wait_for_selector("#qr-restated")
    assert "Reason: “A name was wrong.”" in page.inner_text("#content")
    page.goto(there)
    assert "This was stated anew" in page.inner_text("#content")
