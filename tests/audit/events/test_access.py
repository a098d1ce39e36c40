"""Coming, being refused, reading and searching are events."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from audit.events import present
from audit.events.services import act
from audit.events.stories import parsed
from audit.models import LedgerEvent
from incidents.models import Incident
from policies.models import Service
from portal.foundation import clock
from portal.foundation.front_door.tokens.services import make_token, revoke
from tests.factories.portal import person
from tests.trail import who

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough secret"


def events(type_: str) -> list[dict[str, Any]]:
    return [parsed(event.payload) for event in LedgerEvent.objects.filter(type=type_).order_by("id")]


@pytest.fixture
def confidential(now: Any) -> Incident:
    service = Service.objects.create(name="Card payments", key="card-payments")
    return Incident.objects.create(number="INC-1", title="A breach", service=service, opened_at=now, confidential=True)


def test_signing_in_and_out_is_told_with_the_person(client: Client) -> None:
    ana = person("Ana Ruiz", password=PASSWORD)
    client.post("/admin/login/", {"username": ana.username, "password": PASSWORD})
    client.post("/admin/logout/")
    kinds = LedgerEvent.objects.filter(type__startswith="account.signed", object_pk=str(ana.pk)).order_by("id")
    assert [(event.type, who(event)) for event in kinds] == [("account.signed_in", "Ana Ruiz"), ("account.signed_out", "Ana Ruiz")]


def test_a_wrong_password_is_told_about_the_account_and_an_unknown_name_is_not_kept(client: Client) -> None:
    ana = person("Ana Ruiz", password=PASSWORD)
    client.post("/admin/login/", {"username": ana.username, "password": "wrong"})
    client.post("/admin/login/", {"username": "my password by mistake", "password": "x"})
    told = events("account.sign_in_refused")
    assert [(event.get("obj", {}).get("pk"), event["why"]) for event in told] == [
        (str(ana.pk), "The password was wrong."),
        (None, "No account is called so."),
    ]
    assert not LedgerEvent.objects.filter(payload__contains="by mistake").exists()


def test_guessing_passwords_does_not_fill_the_trail(client: Client) -> None:
    for guess in range(14):
        client.post("/admin/login/", {"username": "nobody", "password": str(guess)})
    assert len(events("account.sign_in_refused")) == 10


def test_a_changed_password_is_told_without_it() -> None:
    ana = person("Ana Ruiz", password=PASSWORD)
    ana.set_password("another long secret")
    ana.save()
    assert [event["obj"]["pk"] for event in events("account.password_changed")] == [str(ana.pk)]
    assert not LedgerEvent.objects.filter(payload__contains=ana.password).exists()


def test_a_token_made_and_withdrawn_is_told_without_it() -> None:
    ana, now = person("Ana Ruiz", roles=("responder",)), clock.now()
    token, text = make_token(ana, name="Monitoring", scopes=["incidents.read"], actor=ana, now=now)
    revoke(token, actor=ana, now=now)
    made, revoked = events("token.created") + events("token.revoked")
    assert made["details"]["token"] == revoked["details"]["token"] == token.key_id
    assert not LedgerEvent.objects.filter(payload__contains=text).exists()
    assert not LedgerEvent.objects.filter(payload__contains=token.digest).exists()


def test_a_page_that_is_refused_is_told(client: Client) -> None:
    tom = person("Tom Berg", is_staff=True)
    client.force_login(tom)
    assert client.get("/admin/audit/ledgerevent/").status_code == 403
    (told,) = events("access.denied")
    assert (told["actor"]["name"], told["details"]["path"], told["details"]["status"]) == ("Tom Berg", "/admin/audit/ledgerevent/", 403)


def test_an_answer_of_the_api_that_is_refused_is_told_in_the_words_of_the_service(confidential: Incident) -> None:
    reader = person("Tom Berg", roles=("auditor",))
    api = APIClient()
    api.force_authenticate(reader)
    answer = api.post(f"/api/v1/incidents/{confidential.number}/acknowledge/", {"reason": "mine"})
    assert answer.status_code == 403, answer.content
    (told,) = events("access.denied")
    assert told["why"].startswith("You may not acknowledge this incident.")


def test_a_scan_is_counted_and_told_with_the_next_refusal(client: Client, now: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    client.force_login(person("Tom Berg", is_staff=True))
    for _ in range(13):
        client.get("/admin/audit/ledgerevent/")
    assert len(events("access.denied")) == 10

    later = clock.now() + timedelta(minutes=2)
    monkeypatch.setattr(clock, "now", lambda: later)
    client.get("/admin/audit/ledgerevent/")
    assert events("access.denied")[-1]["details"]["not_told_before"] == 3


def test_reading_a_confidential_incident_is_told_once_an_hour_by_page_and_api(client: Client, confidential: Incident) -> None:
    ana = person("Ana Ruiz", roles=("responder",))
    client.force_login(ana)
    for _ in range(2):
        assert client.get(f"/admin/incidents/incident/{confidential.pk}/change/").status_code == 200
    assert client.get(f"/api/v1/incidents/{confidential.number}/").status_code == 200
    assert [event["actor"]["name"] for event in events("incident.read")] == ["Ana Ruiz"]


def test_reading_any_other_incident_is_no_event(client: Client, confidential: Incident) -> None:
    Incident.objects.filter(pk=confidential.pk).update(confidential=False)
    client.force_login(person("Ana Ruiz", roles=("responder",)))
    client.get(f"/api/v1/incidents/{confidential.number}/")
    assert events("incident.read") == []


def test_a_search_in_the_trail_is_told_with_what_was_searched_for(client: Client) -> None:
    client.force_login(person("Ana Ruiz", roles=("auditor",)))
    client.get("/admin/audit/ledgerevent/?p=2")
    assert events("trail.searched") == []
    client.get("/admin/audit/ledgerevent/?q=4711")
    assert [event["details"]["asked"] for event in events("trail.searched")] == [{"q": "4711"}]


def test_a_task_carries_who_asked_for_it_into_the_worker(now: Any, rf: Any) -> None:

    request = rf.get("/")
    request.user = person("Ana Ruiz")
    task: dict[str, Any] = {"func": "x"}
    with present.answering(request):
        present.sign_task("django_q", task)
    present.begin_task("django_q", task)
    with act("replay_run.finished", actor=None, now=now):
        pass
    present.end_task("django_q", task)
    with act("replay_run.finished", actor=None, now=now):
        pass
    first, second = events("replay_run.finished")
    assert first["actor"]["on_behalf_of"] == {"id": str(request.user.pk), "name": "Ana Ruiz"}
    assert "on_behalf_of" not in second["actor"]
    assert "Ana" not in json.dumps(json.loads(LedgerEvent.objects.filter(type="replay_run.finished").earliest("id").payload))
