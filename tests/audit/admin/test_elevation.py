"""Breaking the glass on pages: taken, shown on every page, ended, reviewed."""

from typing import Any

import pytest
from django.test import Client

from audit.elevation.models import Elevation
from audit.events.stories import parsed
from audit.models import LedgerEvent
from portal.models import User
from tests.factories.portal import person
from tests.factories.tokens import token_of
from tests.policies.admin.forms import as_, undrawn

pytestmark = pytest.mark.django_db
LIST = "/admin/audit/elevation/"
INCIDENTS = "/admin/incidents/incident/"
SAID = {"role": "commander", "minutes": 30, "reason": "Nobody answers."}


@pytest.fixture
def rob(db: None) -> User:
    return person("Robin Hale", roles=("administrator",))


def looks() -> list[dict[str, Any]]:
    return [parsed(one.payload)["details"] for one in LedgerEvent.objects.filter(type="elevation.looked").order_by("pk")]


def test_a_role_is_taken_shown_on_every_page_and_ended_with_one_press(rob: User) -> None:
    client = as_(rob)
    assert client.get(INCIDENTS).status_code == 403
    assert client.post(f"{LIST}add/", SAID | {"minutes": 61}).status_code == 400
    client.post(f"{LIST}add/", SAID)
    shown = client.get(INCIDENTS).content.decode()
    assert "You are in the role" in shown
    elevation = Elevation.objects.get()
    assert f"{LIST}{elevation.pk}/do/end/" in shown
    client.post(f"{LIST}{elevation.pk}/do/end/")
    assert client.get(INCIDENTS).status_code == 403
    assert "You are in the role" not in client.get("/admin/").content.decode()


def test_every_page_that_is_looked_at_is_told(rob: User) -> None:
    client = as_(rob)
    client.get("/admin/")
    assert looks() == []
    client.post(f"{LIST}add/", SAID)
    client.get(f"{INCIDENTS}?q=cards")
    assert looks()[-1] == {"role": "Incident commanders", "method": "GET", "path": f"{INCIDENTS}?q=cards", "status": 200}


def test_what_is_read_with_a_token_is_told_too(rob: User) -> None:
    client = Client(headers={"authorization": f"Token {token_of(rob)}"})
    assert client.get("/api/v1/incidents/").status_code == 403 or not client.get("/api/v1/incidents/").json()["results"]
    as_(rob).post(f"{LIST}add/", SAID)
    assert client.get("/api/v1/incidents/").status_code == 200
    assert looks()[-1]["path"] == "/api/v1/incidents/"


def test_a_page_is_not_shown_when_the_look_cannot_be_told(rob: User, monkeypatch: Any) -> None:
    from django.db import OperationalError

    client = as_(rob)
    client.post(f"{LIST}add/", SAID)

    def broken(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("disk full")

    monkeypatch.setattr("audit.elevation.looking.tell", broken)
    answer = client.get(INCIDENTS)
    assert answer.status_code == 503
    assert b"Incidents" not in answer.content


def test_somebody_else_ends_and_reviews_it(rob: User) -> None:
    rob_now = as_(rob)
    rob_now.post(f"{LIST}add/", SAID)
    rob_now.get(INCIDENTS)
    elevation, ana = Elevation.objects.get(), as_(person("Ana", roles=("compliance",)))
    page = f"{LIST}{elevation.pk}/"
    assert "is in the role Incident commanders until" in ana.get(f"{page}change/").content.decode()
    ana.post(f"{page}do/end/")
    assert "Roles taken, to be reviewed" in ana.get("/admin/").content.decode()
    done_in_it = LedgerEvent.objects.filter(payload__contains='"elevation":"').latest("pk")
    for opened in ("line", "change"):
        told = ana.get(f"/admin/audit/ledgerevent/{done_in_it.pk}/{opened}/").content.decode()
        assert "in the role Incident commanders, " in told
        assert f'{LIST}{elevation.pk}/change/">taken for minutes' in told
    assert as_(rob).post(f"{page}do/review/", {"verdict": "justified", "reason": "Mine."}).status_code == 403
    ana.post(f"{page}do/review/", {"verdict": "unjustified", "reason": "Somebody was there."})
    assert "not justified" in ana.get(LIST).content.decode()


@pytest.mark.parametrize(("role", "seen", "taking"), [("auditor", 200, 403), ("manager", 200, 200), ("responder", 403, 403)])
def test_who_sees_and_who_takes(role: str, seen: int, taking: int) -> None:
    client = as_(person("Rae", roles=(role,)))
    with undrawn():
        assert (client.get(LIST).status_code, client.get(f"{LIST}add/").status_code) == (seen, taking)


def test_the_role_ends_with_the_right_to_take_one(rob: User) -> None:
    client = as_(rob)
    client.post(f"{LIST}add/", SAID)
    rob.groups.clear()
    assert client.get(INCIDENTS).status_code == 403
