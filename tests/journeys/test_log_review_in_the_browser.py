"""The daily review in a real browser, from the work list to the signature: every entry judged by keyboard without loading a page, the session
ended half-way and nothing lost, a finding, the end in words, and a signature by somebody else who proves again who they are.

REVIEW_ENTRIES=200 runs it with so many entries and prints key strokes, requests and time. Run where Chromium is installed: `make browser`.
"""

import os
import sys
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from audit.models import LedgerEvent, ReviewItem, ReviewPeriod
from audit.reviews.closing import check_period
from portal.foundation import clock
from tests.factories import log_reviews as make
from tests.factories.log_reviews import MONDAY

from .chromium import CHROMIUM, PASSWORD, browser, forget_the_proofs, signed_in

__all__ = ["browser"]
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.the_same_on_any_database,
    pytest.mark.skipif(CHROMIUM is None, reason="There is no Chromium on this machine."),
]
ENTRIES = int(os.environ.get("REVIEW_ENTRIES", "16"))
# A follow-up needs words; each of these would be typed by hand.
FOLLOW_UP, FALSE_ALARM = 10, 7
WORDS = "ask the team"


class Counted:
    """What somebody did at the keyboard, and what the browser asked the server for."""

    def __init__(self, page: Any) -> None:
        self.page, self.keys, self.asked = page, 0, Counter[str]()
        page.on("request", self._note)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.keys += 1

    def type(self, words: str) -> None:
        self.page.keyboard.type(words)
        self.keys += len(words)

    def _note(self, request: Any) -> None:
        if request.is_navigation_request():
            self.asked["pages"] += 1
        elif request.resource_type == "fetch":
            self.asked["batches of marks" if request.method == "POST" else "batches of entries"] += 1


@pytest.fixture
def period(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ReviewPeriod:
    monkeypatch.setattr(settings, "LEDGER_KEYS", str(tmp_path / "keys"))
    monkeypatch.setattr(clock, "now", lambda: MONDAY)
    rita = make.reviewer("Rita Reviewer", username="rita", password=PASSWORD)
    make.reviewer("Sam Signer", username="sam", password=PASSWORD)
    make.happened(ENTRIES)
    return make.opened(make.plan(rita, of=make.of_incidents(rita)))


def test_a_reviewer_judges_a_day_by_keyboard_and_loses_nothing_when_the_session_ends(
    period: ReviewPeriod, browser: Any, live_server: Any, settings: Any
) -> None:
    page = signed_in(browser, live_server.url, "rita")
    finds_it_on_the_work_list(page, period)
    hand, begun = Counted(page), time.monotonic()
    for number in range(ENTRIES // 2):
        judges(hand, number)
    takes_one_back_and_judges_it_again(hand)
    the_session_ends_half_way(hand, page)
    for number in range(ENTRIES // 2, ENTRIES):
        judges(hand, number)
    page.wait_for_function("document.querySelector('[data-unsaved]').textContent === 'Everything is saved'")
    told(hand, time.monotonic() - begun)
    assert everything_is_saved(period) == ENTRIES
    review = f"{live_server.url}/admin/audit/reviewperiod/{period.pk}/change/"
    page.goto(review)
    if ENTRIES >= FOLLOW_UP:
        makes_a_finding_of_what_needs_follow_up(page)
    closes_it_and_cannot_sign(page)
    settings.STEP_UP_SECONDS = 600
    signer = signed_in(browser, live_server.url, "sam", width=390)
    signs_after_proving_again(signer, period, review)
    is_signed_for_good(period)
    assert page.refused == signer.refused == []


def finds_it_on_the_work_list(page: Any, period: ReviewPeriod) -> None:
    page.wait_for_url("**/admin/")
    card = page.locator("section").filter(has_text="Log reviews")
    card.get_by_role("link", name=str(period), exact=True).click()
    page.wait_for_selector("[data-steps]:not([hidden])")


def judges(hand: Counted, number: int) -> None:
    if number % FOLLOW_UP == FOLLOW_UP - 1:
        hand.press("f")
        hand.type(WORDS)
        hand.press("Enter")
    else:
        hand.press("a" if number % FALSE_ALARM == FALSE_ALARM - 1 else "r")
    # As somebody would who sees the next entry before judging it.
    hand.page.wait_for_function(
        "([judged, all]) => document.querySelector('[data-count]').textContent.startsWith(`${judged} of `) && "
        "(judged === all || !document.querySelector('[data-list] [aria-current]').parentElement.dataset.mark)",
        arg=[number + 1, ENTRIES],
    )


def takes_one_back_and_judges_it_again(hand: Counted) -> None:
    before = hand.page.inner_text("[data-count]")
    hand.press("u")
    assert hand.page.inner_text("[data-count]") != before
    assert "Taken back" in hand.page.inner_text("[data-said]")
    # In a text field a letter is a letter.
    hand.press("n", "r", "Backspace", "Escape")
    hand.press("k", "j", "r")
    assert hand.page.inner_text("[data-count]") == before


def the_session_ends_half_way(hand: Counted, page: Any) -> None:
    """What is marked after it stays in the browser; the page says so, leads to the sign-in, and sends it when it is back."""
    waiting = page.inner_text("[data-unsaved]")
    assert "not saved yet" in waiting
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    page.get_by_role("link", name="Sign in again").click()
    page.fill("#id_username", "rita")
    page.fill("#id_password", PASSWORD)
    page.click("form [type=submit]")
    page.wait_for_selector("[data-steps]:not([hidden])")
    page.wait_for_function("document.querySelector('[data-unsaved]').textContent === 'Everything is saved'")
    assert ReviewItem.objects.exclude(mark="").count() == ENTRIES // 2


def everything_is_saved(period: ReviewPeriod) -> int:
    items = list(ReviewItem.objects.filter(period=period).order_by("place"))
    wanted = [
        "follow_up" if number % FOLLOW_UP == FOLLOW_UP - 1 else "false_alarm" if number % FALSE_ALARM == FALSE_ALARM - 1 else "reviewed"
        for number in range(ENTRIES)
    ]
    # The one that was taken back was judged 'reviewed' then.
    wanted[ENTRIES // 2 - 1] = "reviewed"
    assert [item.mark for item in items] == wanted
    assert {item.note for item in items if item.mark == "follow_up"} <= {WORDS}
    return len(items)


def makes_a_finding_of_what_needs_follow_up(page: Any) -> None:
    """The page says what stands in the way of closing, and leads to it."""
    assert page.get_by_role("link", name="Close the review").count() == 0
    page.get_by_role("link", name="Make a finding").first.click()
    for box in page.locator("[name=items][type=checkbox]").all():
        box.check()
    page.fill("[name=title]", "Ask the team what these were")
    page.select_option("[name=owner]", label="Sam Signer")
    page.fill("[name=due_on]", f"{MONDAY + timedelta(days=3):%Y-%m-%d}")
    page.click("text=Make the finding")
    page.wait_for_url("**/change/")
    assert "Ask the team what these were" in page.inner_text("#content-main")


def closes_it_and_cannot_sign(page: Any) -> None:
    """Whoever judged does not sign, and reads why."""
    page.get_by_role("link", name="Close the review").click()
    page.fill("[name=reason]", "Nothing out of the ordinary.")
    page.click("form[data-keep] [type=submit]")
    page.wait_for_url("**/change/")
    shown = page.inner_text("#content-main")
    assert "it waits for a signature" in shown
    assert page.get_by_role("link", name="Sign", exact=True).count() == 0


def signs_after_proving_again(page: Any, period: ReviewPeriod, review: str) -> None:
    """From the work list; the password is asked for once more, and what was typed is there again."""
    page.wait_for_url("**/admin/")
    page.locator("section").filter(has_text="Log reviews").get_by_role("link", name=str(period), exact=True).click()
    page.wait_for_url(review)
    page.get_by_role("link", name="Sign", exact=True).click()
    page.fill("[name=reason]", "I looked at the findings and at the marks.")
    forget_the_proofs()
    page.click("form[data-keep] [type=submit]")
    page.wait_for_url("**/account/again/**")
    assert "sign a review of the trail" in page.inner_text("main")
    page.fill("#id_password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/do/sign/#kept")
    page.wait_for_function("document.querySelector('[name=reason]').value === 'I looked at the findings and at the marks.'")
    page.click("form[data-keep] [type=submit]")
    page.wait_for_url(review)
    assert "Signed by Sam Signer" in page.inner_text("#content-main")
    page.get_by_role("button", name="Check that it is still the same").click()
    page.wait_for_selector("text=It is still what was signed.")


def is_signed_for_good(period: ReviewPeriod) -> None:
    period.refresh_from_db()
    assert (period.is_signed, str(period.sign_off.by), check_period(period).wrong) == (True, "Sam Signer", ())
    told = LedgerEvent.objects.filter(object_model="audit.reviewperiod", object_pk=str(period.pk)).order_by("id")
    wanted = ["log_review.closed", "log_review.signed", "log_review.checked"]
    assert [kind for kind in told.values_list("type", flat=True) if kind in wanted] == wanted


def told(hand: Counted, seconds: float) -> None:
    """For whoever reads the figures; and the promise that marking loads no page."""
    events = LedgerEvent.objects.filter(type="log_review.judged").count()
    words = f"\n{ENTRIES} entries: {hand.keys} keys, {dict(hand.asked)}, {events} events, {seconds:.1f} s, {ENTRIES / seconds * 60:.0f} a minute"
    sys.stdout.write(words)
    # The page of signing in, its answer, and the workspace again.
    assert hand.asked["pages"] <= 4
    assert hand.asked["batches of marks"] <= ENTRIES / 8 + 6
