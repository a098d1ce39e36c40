"""Tracks in the API: told with the incident, acknowledged by themselves, refused in words."""

from datetime import timedelta

import pytest
from rest_framework.test import APIClient

from incidents.escalation.engine import run_cycle
from incidents.models import Incident
from portal.foundation import clock
from tests.factories import incidents as make
from tests.factories import policies
from tests.factories.portal import contact, person
from tests.factories.tokens import token_of
from tests.shared import shared

pytestmark = pytest.mark.django_db


def client_of(*roles: str) -> APIClient:
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Token {token_of(person('Tom Berg', roles=roles))}")
    return client


@shared
def incident() -> Incident:
    now, lara = clock.now(), person("Lara Law")
    contact(lara)
    draft = policies.draft(now=now - timedelta(minutes=1))
    policies.level(draft, 1, lara)
    policies.level(draft, 1, lara, track="compliance")
    subject = make.incident(now, service=policies.approve(draft, now=now - timedelta(minutes=1)).policy.service, data_breach=True)
    run_cycle(now=now)
    return subject


def acknowledge(client: APIClient, incident: Incident, track: str) -> tuple[int, dict[str, object]]:
    answer = client.post(f"/api/v1/incidents/{incident.number}/tracks/{track}/acknowledge/", {"reason": "We have it"}, format="json")
    return answer.status_code, answer.json()


def test_the_tracks_are_told_and_acknowledged_by_themselves(incident: Incident) -> None:
    client = client_of("responder")
    told = client.get(f"/api/v1/incidents/{incident.number}/").json()["tracks"]
    assert [(track["track"], track["state"], track["level"]) for track in told] == [("technical", "paging", 1), ("compliance", "paging", 1)]
    for _ in range(2):
        status, answer = acknowledge(client, incident, "compliance")
        assert status == 200, answer
    assert [(track["state"], track["acknowledged_by"]) for track in answer["tracks"]] == [("paging", None), ("ended", "Tom Berg")]  # type: ignore[attr-defined]


def test_a_track_that_is_not_known_or_does_not_run_is_refused_in_words(incident: Incident) -> None:
    client = client_of("responder")
    status, answer = acknowledge(client, incident, "gossip")
    assert (status, "No track is called 'gossip'" in str(answer)) == (400, True)
    status, answer = acknowledge(client, incident, "stakeholder")
    assert (status, "stakeholder track" in str(answer)) == (409, True)


def test_without_the_right_it_is_refused(incident: Incident) -> None:
    assert acknowledge(client_of("auditor"), incident, "compliance")[0] == 403
