"""Orders to an escalation through the API: done once, refused in words, told with the track."""

from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from incidents.escalation.engine import run_cycle
from incidents.models import EscalationStep, Incident
from portal.foundation import clock
from tests.factories import incidents as make
from tests.factories import policies
from tests.factories.portal import contact, person
from tests.factories.tokens import token_of
from tests.shared import shared

pytestmark = pytest.mark.django_db


def client_of(name: str, role: str) -> APIClient:
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Token {token_of(person(name, roles=(role,)))}")
    return client


@shared
def incident() -> Incident:
    now, people = clock.now(), [person(name, roles=("responder",)) for name in ("Ana Ruiz", "Tom Berg", "Kim Park")]
    for someone in people:
        contact(someone)
    draft = policies.draft(now=now - timedelta(minutes=1))
    for number, someone in enumerate(people, 1):
        policies.level(draft, number, someone)
    policies.level(draft, 1, people[0], track="compliance")
    subject = make.incident(now, service=policies.approve(draft, now=now - timedelta(minutes=1)).policy.service, data_breach=True)
    run_cycle(now=now)
    return subject


def order(client: APIClient, incident: Incident, what: str, track: str = "technical", key: str = "", **body: Any) -> tuple[int, Any]:
    headers = {"Idempotency-Key": key} if key else {}
    answer = client.post(f"/api/v1/incidents/{incident.number}/tracks/{track}/{what}/", body, format="json", headers=headers)
    return answer.status_code, answer.json()


def test_a_hold_is_told_with_the_track_and_ended(incident: Incident) -> None:
    client, until = client_of("Bea", "commander"), (clock.now() + timedelta(minutes=30)).isoformat()
    status, answer = order(client, incident, "hold", until=until, reason="Ana is at it.")
    assert (status, answer["tracks"][0]["state"]) == (200, "held")
    assert answer["tracks"][0]["held_until"].startswith(until[:19])
    status, answer = order(client, incident, "resume")
    assert (status, answer["tracks"][0]["state"], answer["tracks"][0]["held_until"]) == (200, "paging", None)


def test_a_repeated_order_with_its_key_is_done_once(incident: Incident) -> None:
    client = client_of("Rita", "responder")
    for _ in range(2):
        status, answer = order(client, incident, "escalate", key="one", reason="I need the database.")
        assert (status, answer["tracks"][0]["level"]) == (200, 2)
    assert EscalationStep.objects.filter(action="raised").count() == 1


@pytest.mark.parametrize(
    ("what", "track", "body", "status", "said"),
    [
        ("bypass", "technical", {"level": 3}, 400, "required"),
        ("bypass", "technical", {"level": 9, "reason": "Fire."}, 409, "no level 9"),
        ("bypass", "technical", {"level": "3; DROP", "reason": "Fire."}, 400, "integer"),
        ("hold", "technical", {"until": "tomorrow", "reason": "Quiet."}, 400, "RFC 3339|with its zone"),
        ("hold", "compliance", {"until": "2999-01-01T00:00:00Z", "reason": "Quiet."}, 409, "duty to tell"),
        ("de-escalate", "technical", {"reason": "Calm."}, 409, "the lowest"),
        ("take-over", "technical", {"reason": "Mine."}, 409, "Nobody has it yet"),
        ("resume", "gossip", {}, 400, "No track"),
    ],
)
def test_what_the_route_does_not_allow_is_refused_in_words(
    incident: Incident, what: str, track: str, body: dict[str, Any], status: int, said: str
) -> None:
    found, answer = order(client_of("Bea", "commander"), incident, what, track, **body)
    assert found == status, answer
    assert any(part in str(answer) for part in said.split("|")), answer


def test_a_responder_may_escalate_and_nothing_more(incident: Incident) -> None:
    client = client_of("Rita", "responder")
    assert order(client, incident, "bypass", level=3, reason="Fire.")[0] == 403
    assert order(client, incident, "de-escalate", reason="Calm.")[0] == 403
    assert order(client, incident, "escalate")[0] == 200
