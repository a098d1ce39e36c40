"""A secret address stands on the answer that made it, and nowhere after: no message, no session, no other page."""

import re
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from policies.models import DutyPage, OnCallSchedule, Team
from portal.foundation.people.models import User
from tests.factories import policies as make
from tests.factories.portal import person

pytestmark = pytest.mark.django_db
PAGES = "admin:policies_dutypage"
ADD = f"{PAGES}_add"
TOKEN = re.compile(r"/duty/([\w-]{43})/")


@pytest.fixture
def manager(client: Client) -> User:
    found = person("Mia", roles=("manager",))
    client.force_login(found)
    return found


@pytest.fixture
def rota() -> OnCallSchedule:
    return make.schedule(person("Ana"))


def typed(rota: OnCallSchedule, **changed: Any) -> dict[str, Any]:
    return {"label": "Intranet", "schedule": rota.pk, "team": "", "service": "", "reason": "For the desk", **changed}


def test_it_is_shown_once_and_kept_nowhere(client: Client, manager: User, rota: OnCallSchedule) -> None:
    answer = client.post(reverse(ADD), typed(rota))
    page = DutyPage.objects.get()
    (token,) = TOKEN.findall(answer.content.decode())
    assert (answer.status_code, "no-store" in answer["Cache-Control"], page.made_by) == (200, True, manager)
    assert Client().get(f"/duty/{token}/").status_code == 200
    assert list(get_messages(answer.wsgi_request)) == []
    assert token not in str(dict(client.session)) + str(answer.cookies) + str(client.cookies)
    for name, about in (("change", [page.pk]), ("history", [page.pk]), ("changelist", [])):
        assert token not in client.get(reverse(f"{PAGES}_{name}", args=about)).content.decode()
    assert f"{token[:6]}…" in client.get(reverse(f"{PAGES}_change", args=[page.pk])).content.decode()


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"schedule": ""}, "one of them"),
        ({"team": "own"}, "one of them"),
        ({"label": ""}, "required"),
        ({"reason": ""}, "required"),
        ({"schedule": "9" * 30}, "not one of the available choices"),
        ({"label": "nul\x00"}, "Null characters"),
    ],
)
def test_what_is_refused_tells_no_address_and_keeps_what_was_typed(
    client: Client, manager: User, rota: OnCallSchedule, changed: dict[str, str], problem: str
) -> None:
    team = Team.objects.create(name="Payments")
    told = {name: str(team.pk) if value == "own" else value for name, value in changed.items()}
    answer = client.post(reverse(ADD), typed(rota, **{"reason": "For the desk", **told}))
    body = answer.content.decode()
    assert (answer.status_code, problem in body, TOKEN.findall(body)) == (400, True, [])
    assert "Intranet" in body or "For the desk" in body
    assert list(get_messages(answer.wsgi_request)) == []
    assert not DutyPage.objects.exists()


def test_it_is_revoked_in_the_admin_and_never_changed(client: Client, manager: User, rota: OnCallSchedule) -> None:
    client.post(reverse(ADD), typed(rota))
    page = DutyPage.objects.get()
    assert client.post(reverse(f"{PAGES}_change", args=[page.pk]), typed(rota, label="Other")).status_code == 403
    client.post(reverse(f"{PAGES}_do", args=[page.pk, "revoke"]), {"reason": "Moved"})
    page.refresh_from_db()
    assert (page.label, page.revoked_by) == ("Intranet", manager)
    assert "Revoked by Mia" in client.get(reverse(f"{PAGES}_change", args=[page.pk])).content.decode()


def test_who_may_not_make_pages_gets_no_form(client: Client, rota: OnCallSchedule) -> None:
    client.force_login(person("Rita", roles=("responder",)))
    assert client.get(reverse(ADD)).status_code == 403
    assert client.post(reverse(ADD), typed(rota)).status_code == 403
    assert client.head(reverse(ADD)).status_code == 403


def test_the_form_takes_what_the_address_says_and_asks_the_same_number_of_times(
    client: Client, manager: User, rota: OnCallSchedule
) -> None:
    address = f"{reverse(ADD)}?schedule={rota.pk}&team=%00&label={'<' * 9}"
    assert f'value="{rota.pk}" selected' in client.get(address).content.decode()
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    for number in range(3):
        make.schedule(name=f"More {number}", team=Team.objects.create(name=f"Team {number}"))
    with CaptureQueriesContext(connection) as many:
        client.get(address)
    assert len(many) == len(few)
