"""The daily review in a real browser, by keyboard: every entry judged without loading a page, the session ended half-way, nothing lost.

REVIEW_ENTRIES=200 runs it with so many entries and prints key strokes, requests and time. Run where Chromium is installed: `make browser`.
"""

import os
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from audit.models import LedgerEvent, ReviewItem, ReviewPeriod
from audit.reviews.closing import close_period, sign_period
from audit.reviews.findings import make_finding
from portal.foundation import clock
from tests.factories import log_reviews as make
from tests.factories.log_reviews import MONDAY

from .chromium import CHROMIUM, PASSWORD, browser, signed_in

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
    make.happened(ENTRIES)
    return make.opened(make.plan(rita, of=make.of_incidents(rita)))


def test_a_reviewer_judges_a_day_by_keyboard_and_loses_nothing_when_the_session_ends(
    period: ReviewPeriod, browser: Any, live_server: Any
) -> None:
    page = signed_in(browser, live_server.url, "rita")
    work = f"{live_server.url}/admin/audit/reviewperiod/{period.pk}/work/"
    page.goto(work)
    page.wait_for_selector("[data-steps]:not([hidden])")
    hand, begun = Counted(page), time.monotonic()
    for number in range(ENTRIES // 2):
        judges(hand, number)
    takes_one_back_and_judges_it_again(hand)
    the_session_ends_half_way(hand, page)
    for number in range(ENTRIES // 2, ENTRIES):
        judges(hand, number)
    page.wait_for_function("document.querySelector('[data-unsaved]').textContent === 'Everything is saved'")
    told(hand, time.monotonic() - begun)
    assert page.refused == []
    assert everything_is_saved(period) == ENTRIES
    is_signed_by_somebody_else(period)


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


def is_signed_by_somebody_else(period: ReviewPeriod) -> None:
    rita, sam = period.plan.owner, make.reviewer("Sam Signer")
    loose = [item.pk for item in ReviewItem.objects.filter(period=period, mark="follow_up")]
    if loose:
        make_finding(period, items=loose, title="To ask", owner=sam, due_on=MONDAY.date(), actor=rita, now=MONDAY)
    close_period(period, actor=rita, now=MONDAY, reason="Nothing out of the ordinary.")
    sign_period(period, actor=sam, now=MONDAY, reason="Agreed.")


def told(hand: Counted, seconds: float) -> None:
    """For whoever reads the figures; and the promise that marking loads no page."""
    events = LedgerEvent.objects.filter(type="log_review.judged").count()
    words = f"\n{ENTRIES} entries: {hand.keys} keys, {dict(hand.asked)}, {events} events, {seconds:.1f} s, {ENTRIES / seconds * 60:.0f} a minute"
    sys.stdout.write(words)
    # The page of signing in, its answer, and the workspace again.
    assert hand.asked["pages"] <= 4
    assert hand.asked["batches of marks"] <= ENTRIES / 8 + 6
