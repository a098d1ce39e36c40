"""A denied attempt and its trace: refused in words, found in the trail by filters, followed to the request that it was."""

from typing import Any

import pytest

from audit.models import LedgerEvent
from incidents.models import Incident
from portal.foundation import clock
from tests.factories import incidents as make
from tests.factories.portal import person

from .chromium import CHROMIUM, PASSWORD, browser, signed_in

__all__ = ["browser"]
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.the_same_on_any_database,
    pytest.mark.skipif(CHROMIUM is None, reason="There is no Chromium on this machine."),
]
RIGHT = "It needs the right to put an incident's alerting on hold, which Incident commanders have"


def test_what_a_responder_must_not_do_is_refused_in_words_and_leads_compliance_to_the_request(browser: Any, live_server: Any) -> None:
    service = make.service("Card payments")
    incident = Incident.objects.create(number="INC-000042", title="Cards are declined", service=service, opened_at=clock.now())
    tom = person("Tom Berg", username="tom", password=PASSWORD, roles=("responder",))
    person("Priya Nair", username="priya", password=PASSWORD, roles=("compliance",))

    tries(signed_in(browser, live_server.url, "tom", width=390), f"{live_server.url}/admin/incidents/incident/{incident.pk}/")
    told = LedgerEvent.objects.get(type="access.denied")
    assert (told.actor_id, RIGHT in told.payload) == (str(tom.pk), True)

    page = signed_in(browser, live_server.url, "priya")
    finds(page, live_server.url)
    follows(page)
    assert page.refused == []


def tries(page: Any, incident: str) -> None:
    """The button is not there; whoever types its address is told what is missing, and nothing is on hold."""
    page.goto(f"{incident}change/")
    shown = page.content()
    assert "/do/note/" in shown
    assert "/do/hold-alerting/" not in shown
    assert page.goto(f"{incident}do/hold-alerting/").status == 403
    said = page.inner_text("main")
    assert "You may not use “" in said
    assert "on INC-000042" in said
    assert RIGHT in said
    assert page.refused == []


def finds(page: Any, address: str) -> None:
    """By who and how it ended, not by knowing what was done."""
    page.goto(f"{address}/admin/audit/ledgerevent/")
    page.click(".tr-filter summary")
    page.fill("[name=who]", "Tom")
    page.select_option("[name=outcome]", "refused")
    page.click(".tr-form [type=submit]")
    page.wait_for_selector(".tr-chips")
    chips = page.inner_text(".tr-chips")
    assert "Tom Berg" in chips
    assert "refused" in chips
    assert page.locator(".tr-log tbody tr").count() == 1
    assert RIGHT in page.inner_text(".tr-log tbody tr")


def follows(page: Any) -> None:
    """The line opens where it stands, and leads to the story of the request."""
    page.click(".tr-open")
    page.wait_for_selector(".tr-details")
    assert "/do/hold-alerting/" in page.inner_text(".tr-details")
    page.click("text=everything of this request")
    page.wait_for_selector(".tr-story")
    story = page.inner_text("#content-main")
    assert "Tom Berg" in story
    assert RIGHT in story
