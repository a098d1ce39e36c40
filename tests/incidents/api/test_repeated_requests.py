"""A request that comes twice acts once."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from rest_framework.test import APIClient

from incidents.models import Incident
from policies.models import Team
from portal.foundation import clock
from portal.foundation.apikit import repeats
from portal.models import RememberedRequest, User
from portal.tasks import forget_answers
from tests.factories import incidents as make
from tests.factories.portal import person

from .clients import ADDRESS, body, client_of

pytestmark = pytest.mark.django_db


def test_the_same_key_and_body_act_once(api: APIClient) -> None:
    content = body(make.service())
    first = api.post(ADDRESS, content, headers={"Idempotency-Key": "k-1"})
    second = api.post(ADDRESS, content, headers={"Idempotency-Key": "k-1"})
    assert (first.status_code, second.status_code, second["Idempotency-Replayed"]) == (201, 201, "true")
    assert first.json() == second.json()
    assert first["Location"] == second["Location"]
    assert "Idempotency-Replayed" not in first
    assert Incident.objects.count() == 1


def test_the_same_key_with_another_body_or_address_is_refused(api: APIClient, now: Any) -> None:
    content, key = body(make.service()), {"Idempotency-Key": "k-1"}
    number = api.post(ADDRESS, content, headers=key).json()["number"]
    other = api.post(ADDRESS, {**content, "title": "Another"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert api.post(f"{ADDRESS}{number}/acknowledge/", headers=key).status_code == 422


def test_a_failure_is_not_remembered(api: APIClient) -> None:
    content, key = body(make.service()), {"Idempotency-Key": "k-1"}
    assert api.post(ADDRESS, {**content, "title": "bell\x07"}, headers=key).status_code == 400
    assert not RememberedRequest.objects.exists()
    assert api.post(ADDRESS, content, headers=key).status_code == 201


@pytest.mark.parametrize(
    "readings", [[], [{"measure": "transaction_failure_percent", "value": "7.25"}, {"measure": "latency_ms", "value": 900}]]
)
def test_an_opening_answers_what_is_read_afterwards(api: APIClient, readings: list[dict[str, Any]]) -> None:
    service = make.service()
    service.team = Team.objects.create(name="Card team")
    service.save()
    opened = api.post(ADDRESS, body(service, readings=readings, confidential=True, labels=["VIP"])).json()
    assert opened["team"] == "Card team"
    assert len(opened["readings"]) == len(readings)
    assert opened == api.get(opened["url"]).json()


def test_a_key_may_be_used_again_after_a_day(api: APIClient) -> None:
    content, key = body(make.service()), {"Idempotency-Key": "k-1"}
    api.post(ADDRESS, content, headers=key)
    RememberedRequest.objects.update(created_at=clock.now() - repeats.KEPT_FOR - timedelta(seconds=1))
    assert "Idempotency-Replayed" not in api.post(ADDRESS, content, headers=key)
    assert "Idempotency-Replayed" in api.post(ADDRESS, content, headers=key)
    assert (Incident.objects.count(), RememberedRequest.objects.count()) == (2, 1)


def test_answers_are_forgotten_after_a_day(api: APIClient) -> None:
    content = body(make.service())
    for key in ("k-1", "k-2"):
        api.post(ADDRESS, content, headers={"Idempotency-Key": key})
    RememberedRequest.objects.filter(key="k-1").update(created_at=clock.now() - repeats.KEPT_FOR - timedelta(seconds=1))
    assert forget_answers() == 1
    assert RememberedRequest.objects.get().key == "k-2"


def test_keys_of_two_people_do_not_meet(api: APIClient) -> None:
    content, key = body(make.service()), {"Idempotency-Key": "k-1"}
    api.post(ADDRESS, content, headers=key)
    assert "Idempotency-Replayed" not in client_of(person("Ana", roles=("responder",))).post(ADDRESS, content, headers=key)
    assert Incident.objects.count() == 2


@pytest.mark.parametrize("key", ["", "two words", "x" * 256, "ümlaut"])
def test_unusable_keys_are_refused(api: APIClient, key: str) -> None:
    assert api.post(ADDRESS, body(make.service()), HTTP_IDEMPOTENCY_KEY=key).status_code == 400


@pytest.mark.django_db(transaction=True)
def test_a_concurrent_repeat_opens_one_incident(tom: User) -> None:
    content, answers = body(make.service()), []
    client_of(tom)

    def send() -> None:
        try:
            answers.append(client_of(tom).post(ADDRESS, content, headers={"Idempotency-Key": "same"}))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["number"] for answer in answers}) == 1
    assert Incident.objects.count() == 1
