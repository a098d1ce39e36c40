"""What is asked again, of whom, and how somebody gets back to what they were doing."""

from datetime import timedelta
from time import time  # noqa: TID251 - what allauth writes down is by the machine's own clock
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import get_resolver

from portal.foundation.front_door import stepped_up
from portal.foundation.front_door.stepping_up import DOORS, PROOFS, WHOSE, asked_at, asked_for
from portal.models import User
from tests.factories import policies as make
from tests.factories.portal import person
from tests.factories.tokens import token_of

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough secret"


@pytest.fixture(autouse=True)
def _asked(settings: Any) -> None:
    settings.STEP_UP_SECONDS = 600


@pytest.fixture
def ada() -> User:
    return person("Ada", roles=("administrator",), password=PASSWORD)


def browser(user: User, *, proved_ago: timedelta | None = None, method: str = "password") -> Client:
    client = Client()
    client.force_login(user)
    if proved_ago is not None:
        session = client.session
        session[WHOSE] = str(user.pk)
        session[PROOFS] = [{"method": method, "at": time() - proved_ago.total_seconds()}]
        session.save()
    return client


def names(resolver: Any, before: str = "") -> set[str]:
    found = {f"{before}{key}" for key in resolver.reverse_dict if isinstance(key, str)}
    for space, (_, inner) in resolver.namespace_dict.items():
        found |= names(inner, f"{before}{space}:")
    return found


def test_every_door_of_the_list_is_there() -> None:
    assert set(DOORS) - names(get_resolver()) == set()


def test_a_form_is_asked_for_again_and_leads_back_with_what_was_typed(ada: User) -> None:
    eve, client = person("Eve", roles=("stakeholder",)), browser(ada, proved_ago=timedelta(minutes=11))
    there = f"/admin/portal/user/{eve.pk}/do/end-sessions/"
    answer = client.post(there, {"reason": "typed", "_keep": "0" * 32})
    asked = urlsplit(answer["Location"])
    assert (answer.status_code, asked.path, parse_qs(asked.query)["next"]) == (303, "/account/again/", [f"{there}#kept"])
    assert "saved_form" not in answer.cookies
    page = client.get(answer["Location"]).content.decode()
    assert "You are about to change how somebody signs in." in page

    wrong = client.post(answer["Location"], {"password": "wrong", "next": f"{there}#kept"})
    assert "This is not your password." in wrong.content.decode()
    assert client.post(there, {"reason": "typed"}).status_code == 303
    right = client.post(answer["Location"], {"password": PASSWORD, "next": f"{there}#kept"})
    assert right["Location"] == f"{there}#kept"
    assert client.post(there, {"reason": "typed"}).status_code == 302


@pytest.mark.parametrize("there", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example"])
def test_nobody_is_led_out_of_the_house(ada: User, there: str) -> None:
    client = browser(ada)
    assert client.post("/account/again/", {"password": PASSWORD, "next": there})["Location"] == "/admin/"


def test_reading_is_not_asked_for_and_a_download_is(ada: User) -> None:
    client = browser(ada)
    assert client.get(f"/admin/portal/user/{ada.pk}/change/").status_code == 200
    answer = client.get("/admin/portal/directorysync/export/csv/")
    assert (answer.status_code, answer["Location"]) == (303, "/account/again/?next=%2Fadmin%2Fportal%2Fdirectorysync%2Fexport%2Fcsv%2F")


def test_a_button_of_ones_own_account_leads_back_to_its_page(ada: User) -> None:
    for address in ("/account/factors/7/remove/", "/account/factors/codes/"):
        assert browser(ada).post(address)["Location"] == "/account/again/?next=%2Faccount%2F"


def test_who_signed_in_this_moment_is_not_asked(ada: User) -> None:
    client = Client()
    client.post("/admin/login/", {"username": ada.username, "password": PASSWORD})
    assert client.get("/admin/portal/directorysync/export/csv/").status_code == 200


def test_the_api_says_what_to_do_and_a_token_does_it_never(now: Any, settings: Any) -> None:
    settings.PORTAL_URL = "https://portal.example"
    approver = person("Anton", roles=("approver",), password=PASSWORD)
    version = make.draft(make.policy(make.service()), now=now)
    address = f"/api/v1/policies/{version.policy_id}/versions/{version.number}/approve/"
    answer = browser(approver).post(address, {"reason": "x"}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (403, "step_up_needed")
    assert "https://portal.example/account/again/" in answer.json()["detail"]
    key = token_of(approver)
    for client in (Client(), browser(approver)):
        by_token = client.post(address, {"reason": "x"}, content_type="application/json", headers={"Authorization": f"Token {key}"})
        assert (by_token.status_code, by_token.json()["code"]) == (403, "person_needed")
    bad = browser(approver).post(address, {}, content_type="application/json", headers={"Authorization": "Token made-up"})
    assert bad.status_code == 401


def test_a_token_is_no_way_past_it_on_pages(ada: User) -> None:
    key = token_of(ada)
    answer = browser(ada).post(f"/admin/portal/user/{ada.pk}/change/", {}, headers={"Authorization": f"Token {key}"})
    assert answer.status_code == 303


@pytest.mark.parametrize(("method", "has_factor", "enough"), [("password", False, True), ("password", True, False), ("mfa", True, True)])
def test_whoever_has_a_second_factor_shows_it(
    ada: User, rf: Any, monkeypatch: pytest.MonkeyPatch, method: str, has_factor: bool, enough: bool
) -> None:
    monkeypatch.setattr("portal.foundation.front_door.factors.has_factor", lambda user: has_factor)
    request = rf.post("/admin/")
    request.user, request.session = ada, {WHOSE: str(ada.pk), PROOFS: [{"method": method, "at": time()}]}
    assert stepped_up(request) is enough


def test_the_list_is_about_what_is_done_and_names_it_in_words() -> None:
    assert asked_at("admin:policies_policyversion_do", {"key": "submit"}, "POST") is None
    assert asked_at("admin:policies_policyversion_do", {"key": "publish-at-once"}, "POST")
    assert asked_at("admin:portal_user_change", {}, "GET") is None
    assert asked_for("/admin/policies/policyversion/7/approve/#kept") == "decide on a version of a policy"
    assert (asked_for("/admin/"), asked_for("/nowhere/"), asked_for("")) == ("", "", "")
