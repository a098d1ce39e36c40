"""The trail by the API: the same filters, cursors, and nothing for others."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from audit.models import LedgerEvent
from tests.factories.ledger import write_events
from tests.factories.portal import person
from tests.factories.tokens import token_of

pytestmark = pytest.mark.django_db
EVENTS = "/api/v1/events/"


def caller(*roles: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {token_of(person('Rae', roles=roles))}")
    return client


def test_a_cursor_goes_through_all_of_them(now: Any) -> None:
    write_events(5, now=now)
    client = caller("auditor")
    first = client.get(EVENTS, {"type": "test.event", "page_size": "3"}).json()
    write_events(1, now=now)
    second = client.get(first["next"]).json()
    numbers = [event["number"] for page in (first, second) for event in page["results"]]
    assert (numbers, second["next"]) == (sorted(numbers, reverse=True), None)
    assert (len(numbers), first["count"]) == (5, {"number": 5, "is_exact": True})
    assert LedgerEvent.objects.filter(type="trail.searched").count() == 1


def test_one_event_tells_what_it_changed(now: Any) -> None:
    write_events(1, now=now)
    number = LedgerEvent.objects.get(type="test.event").pk
    told = caller("compliance").get(f"{EVENTS}{number}/").json()
    assert (told["type"], told["content"]["details"], told["changes"]) == ("test.event", {"number": 0}, [])


@pytest.mark.parametrize(
    "query",
    ["colour=red", "since=x", "text=%00", "cursor=-1", "cursor=99999999999999999999", "page_size=0", "page_size=1000", "person=%ff%fe"],
)
def test_what_cannot_be_read_is_refused_in_words(query: str) -> None:
    answer = caller("auditor").get(f"{EVENTS}?{query}")
    assert (answer.status_code, bool(answer.json()["errors"])) == (400, True)


def test_for_others_there_is_nothing(now: Any) -> None:
    write_events(1, now=now)
    number, client = LedgerEvent.objects.get(type="test.event").pk, caller("manager")
    assert [client.get(way).status_code for way in (EVENTS, f"{EVENTS}{number}/")] == [404, 404]
    assert caller("auditor").get(f"{EVENTS}{2**64}/").status_code == 404
    assert APIClient().get(EVENTS).status_code == 401
