"""Quarterly reviews over the API."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portal.foundation.granting.appointments import appoint
from reports.models import QuarterlyReview
from reports.quarterly.judging import add_finding
from reports.quarterly.signing import sign_review
from tests.factories import quarterly as make
from tests.factories.portal import person
from tests.factories.quarterly import AFTER

pytestmark = pytest.mark.django_db
LIST = "/api/v1/quarterly-reviews/"


@pytest.fixture
def cora(db: None) -> Any:
    return make.compliance(username="cora")


@pytest.fixture
def review(cora: Any) -> QuarterlyReview:
    payments = make.unit("Payments")
    made = make.opened(payments, by=cora)
    add_finding(made, headline="Late at night", sentence="", actor=cora, now=AFTER)
    make.action(made, cora, cora)
    return made


def ask(user: Any, address: str, status: int = 200) -> Any:
    client = Client()
    client.force_login(user)
    answer = client.get(address)
    assert answer.status_code == status, answer.content
    return answer.json()


def test_a_review_tells_what_was_found_agreed_and_signed(review: QuarterlyReview, cora: Any) -> None:
    make.put_up(review, cora)
    sign_review(review, actor=cora, now=AFTER, reason="Agreed.")
    told = ask(cora, f"{LIST}{review.pk}/")
    assert (told["quarter"], told["unit"], told["state"], told["number"]) == ("2026Q1", "Payments", "signing", 1)
    assert told["known_until"].startswith("2026-04-02T09:00:00")
    assert [each["headline"] for each in told["findings"]] == ["Late at night"]
    assert [(each["title"], each["owner"]) for each in told["actions"]] == [("Raise the threshold", "cora")]
    assert [(each["title"], each["by"]) for each in told["signatures"]] == [
        ("Compliance", "cora"),
        ("Manager or owner", None),
        ("Risk committee", None),
    ]


def test_each_finds_those_they_may_see(review: QuarterlyReview, cora: Any) -> None:
    whole = make.opened(None, by=cora)
    auditor = person("Aud")
    appoint(auditor, actor=None, now=AFTER, until=AFTER + timedelta(days=3650), reason="Audit", scope=[review.unit])
    assert [each["unit"] for each in ask(cora, LIST)["results"]] == [None, "Payments"]
    assert ask(person("Resi", roles=("responder",)), LIST)["results"] == []
    ask(person("Resi", roles=("responder",)), f"{LIST}{review.pk}/", 404)
    ask(cora, f"{LIST}{whole.pk}999/", 404)


def test_the_list_is_narrowed_by_state_and_nonsense_is_refused(review: QuarterlyReview, cora: Any) -> None:
    assert ask(cora, f"{LIST}?state=preparing")["results"] != []
    assert ask(cora, f"{LIST}?state=signed")["results"] == []
    assert "Choose one of" in str(ask(cora, f"{LIST}?state=nonsense", 400))
    assert "Unknown filter" in str(ask(cora, f"{LIST}?unit=1", 400))


def test_the_list_takes_as_many_queries_however_long_it_is(review: QuarterlyReview, cora: Any) -> None:
    client = Client()
    client.force_login(cora)
    client.get(LIST)
    with CaptureQueriesContext(connection) as few:
        client.get(LIST)
    for name in ("One", "Two", "Three"):
        make.opened(make.unit(name), by=cora)
    with CaptureQueriesContext(connection) as many:
        client.get(LIST)
    assert len(many) == len(few)
