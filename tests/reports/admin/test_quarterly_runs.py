"""The page of a review that a worker opens."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.foundation import clock
from reports.models import QuarterlyReview, ReviewRun
from reports.quarterly import runs
from tests.factories import quarterly as make
from tests.factories.portal import person
from tests.factories.quarterly import AFTER

pytestmark = pytest.mark.django_db
LIST, ADD = "admin:reports_quarterlyreview_changelist", "admin:reports_quarterlyreview_add"


@pytest.fixture(autouse=True)
def of_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: AFTER)
    monkeypatch.setattr(runs, "READ_AT_ONCE", 1)
    monkeypatch.setattr(runs, "enqueue", lambda task, run: None)


@pytest.fixture
def cora() -> Any:
    make.incidents(make.unit("Payments"), 2)
    return make.compliance()


def browser(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_whoever_asks_is_led_to_a_page_that_can_be_left_and_found_again(cora: Any) -> None:
    client = browser(cora)
    asked = client.post(reverse(ADD), {"quarter": "2026Q1", "unit": "", "reason": "=cmd|'/c calc'!A1 \u202eمراجعة 🙂 <b>"})
    run = ReviewRun.objects.get()
    page = reverse("admin:reports_quarterlyreview_run", args=[run.pk])
    assert (asked.status_code, asked["Location"]) == (302, page)
    waits = client.get(page).content.decode()
    assert "data-progress-live" in waits
    assert "as soon as a worker is free" in waits
    assert "مراجعة 🙂 &lt;b&gt;" in waits
    assert f'href="{page}">2026Q1, the whole organisation</a>' in client.get(reverse(LIST)).content.decode()
    ReviewRun.objects.update(state="running", step="Reading incidents", looked_at=AFTER)
    assert "Reading incidents …" in client.get(page).content.decode()
    assert "reading incidents …" in browser(make.compliance("Olga")).get(reverse(LIST)).content.decode()
    ReviewRun.objects.update(state="queued")
    runs.carry_out(run.pk, clock=clock.now)
    done = client.get(page).content.decode()
    review = QuarterlyReview.objects.get()
    assert "Open: First quarter of 2026, the whole organisation." in done
    assert "data-progress-live" not in done
    assert reverse("admin:reports_quarterlyreview_change", args=[review.pk]) in done
    assert page not in client.get(reverse(LIST)).content.decode()


def test_a_failure_and_a_gone_worker_say_what_to_do(cora: Any) -> None:
    run = runs.open_or_ask(make.QUARTER, None, actor=cora, now=AFTER, reason="Early.")
    page = reverse("admin:reports_quarterlyreview_run", args=[run.pk])
    ReviewRun.objects.update(state="running", looked_at=AFTER - 2 * runs.LOOKED_BACK)
    assert "its worker is gone" in browser(cora).get(page).content.decode()
    ReviewRun.objects.update(state="failed", failure="It is open already.")
    found = browser(cora).get(page).content.decode()
    assert "It was not opened: It is open already." in found
    assert f"{reverse(ADD)}?quarter=2026Q1" in found


def test_restating_many_incidents_leads_to_the_same_page(cora: Any) -> None:
    review = make.opened(None, by=cora)
    make.signed(review, cora, make.compliance("Olga"), make.manager(), make.committee())
    press = reverse("admin:reports_quarterlyreview_do", args=[review.pk, "restate"])
    refused = browser(cora).post(press, {"reason": " "})
    assert (refused.status_code, ReviewRun.objects.count()) == (400, 0)
    asked = browser(cora).post(press, {"reason": "Two came in late."})
    run = ReviewRun.objects.get()
    assert asked["Location"] == reverse("admin:reports_quarterlyreview_run", args=[run.pk])
    found = browser(cora).get(asked["Location"]).content.decode()
    assert review.name in found
    assert "Two came in late." in found


def test_others_neither_see_the_page_nor_learn_that_there_is_one(cora: Any) -> None:
    run = runs.open_or_ask(make.QUARTER, None, actor=cora, now=AFTER, reason="Early.")
    for role in ("manager", "approver", "auditor", "responder", "stakeholder"):
        for key in (run.pk, run.pk + 1):
            assert browser(person(roles=(role,))).get(reverse("admin:reports_quarterlyreview_run", args=[key])).status_code == 403
    assert "Being opened" not in browser(make.manager("Mia")).get(reverse(LIST)).content.decode()
    assert browser(cora).get(reverse("admin:reports_quarterlyreview_run", args=[run.pk + 1])).status_code == 404


def test_the_list_takes_as_many_queries_however_many_are_being_opened(cora: Any) -> None:
    client = browser(cora)
    client.get(reverse(LIST))
    runs.open_or_ask(make.QUARTER, None, actor=cora, now=AFTER, reason="Early.")
    with CaptureQueriesContext(connection) as few:
        client.get(reverse(LIST))
    for name in ("One", "Two"):
        ReviewRun.objects.create(requested_by=cora, requested_at=AFTER, quarter="2025Q4", unit=make.unit(name), reason="Early.")
    with CaptureQueriesContext(connection) as many:
        client.get(reverse(LIST))
    assert len(many) == len(few)
