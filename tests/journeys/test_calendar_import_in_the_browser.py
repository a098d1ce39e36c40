"""A manager imports a team's calendar in a real browser: the file, the look at what it would change, the step itself, who is on duty then;
and takes the duty along as a feed. Run where Playwright and Chromium are installed: `make browser`."""

import shutil
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from policies.models import CalendarSource, OnCallSchedule
from policies.oncall.queries import on_call
from portal.foundation import clock
from tests.factories import policies as make
from tests.factories.portal import person
from tests.policies.oncall.calendars.files import calendar, event

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed; see `make browser`.")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.the_same_on_any_database,
    pytest.mark.skipif(CHROMIUM is None, reason="There is no Chromium on this machine."),
]
MONDAY = datetime(2026, 3, 2, 10, 0, tzinfo=ZoneInfo("Europe/Madrid"))
PASSWORD = "a long password for tests"
WEEKS = event(
    "[L1] On call: Ana Ruiz",
    ";TZID=Europe/Madrid:20260303T090000",
    "DURATION:P1D",
    "RRULE:FREQ=WEEKLY",
    "EXDATE;TZID=Europe/Madrid:20260310T090000",
)
FILE = calendar(WEEKS, event("Somebody Else", ":20260305T080000Z"))


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: MONDAY)


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    # Playwright's own loop runs in this thread; the server answers from another one.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with playwright.sync_playwright() as drives:
        browser = drives.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        opened = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        opened.set_default_timeout(60_000)
        yield opened
        browser.close()


def test_a_manager_imports_the_teams_calendar(time: None, page: Any, live_server: Any) -> None:
    person("Ana Ruiz", username="ana")
    schedule = make.schedule(person("Tom Brandt"), name="Payments", zone="Europe/Madrid")
    person("Mona Manager", username="mona", password=PASSWORD, roles=("manager",))
    page.goto(f"{live_server.url}/admin/login/")
    page.fill("#id_username", "mona")
    page.fill("#id_password", PASSWORD)
    page.click("form [type=submit]")

    source = looks_at_the_file(page, schedule, live_server.url)
    brings_it_in(page, source)
    takes_the_duty_along(page, schedule, live_server.url)


def looks_at_the_file(page: Any, schedule: OnCallSchedule, address: str) -> CalendarSource:
    page.goto(f"{address}/admin/policies/oncallschedule/{schedule.pk}/change/")
    page.get_by_role("link", name="Bring in a calendar").click()
    page.fill("[name=name]", "Payments team")
    page.set_input_files("[name=file]", {"name": "team.ics", "mimeType": "text/calendar", "buffer": FILE})
    page.get_by_role("button", name="Look at what it would change").click()
    page.wait_for_selector("#look")
    told = page.inner_text("#look").replace("\u00a0", " ")
    assert "Ana Ruiz: 25" in told
    assert "'Somebody Else' (1 event): nobody has this name" in told
    assert "3 Mar 2026, 08:00 UTC" in told
    assert "Tom Brandt" in told
    ahead = datetime(2026, 3, 3, 12, 0, tzinfo=ZoneInfo("Europe/Madrid"))
    duty = on_call(schedule, ahead)
    assert duty is not None
    assert duty.person_name == "Tom Brandt", "nothing is brought in yet"
    return CalendarSource.objects.get()


def brings_it_in(page: Any, source: CalendarSource) -> None:
    page.fill("[name=reason]", "The team plans its duty there")
    page.get_by_role("button", name="Bring it in").click()
    page.wait_for_load_state()
    assert "In use: duty in Payments" in page.inner_text("#content")
    assert source.schedule is not None
    people = []
    for day in (3, 10, 17):
        duty = on_call(source.schedule, datetime(2026, 3, day, 12, 0, tzinfo=ZoneInfo("Europe/Madrid")))
        people.append(duty.person_name if duty else "")
    assert people == ["Ana Ruiz", "Tom Brandt", "Ana Ruiz"]


def takes_the_duty_along(page: Any, schedule: OnCallSchedule, address: str) -> None:
    page.goto(f"{address}/admin/policies/calendarfeed/add/?schedule={schedule.pk}")
    page.fill("[name=label]", "wall screen")
    page.get_by_role("button", name="Make the address").click()
    page.wait_for_selector("#feed-address")
    feed = page.input_value("#feed-address")
    text = Client().get(feed[feed.index("/calendars/") :]).content.decode()
    assert "SUMMARY:On call: Ana Ruiz\r\n" in text
    assert "DTSTART:20260303T080000Z\r\nDTEND:20260304T080000Z" in text
