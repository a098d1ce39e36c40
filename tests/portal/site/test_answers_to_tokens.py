"""What stands around an answer of the API: nothing of a browser's for whoever sends a token, and the same protection for everybody."""

import json
from typing import Any

import pytest
from csp.decorators import csp_replace
from csp.utils import build_policy
from django.http import HttpResponse
from django.test import Client

from portal.foundation.for_browsers import sends_a_token
from portal.foundation.policy_header import PolicyHeaderMiddleware
from portal.models import User
from tests.factories.incidents import service
from tests.factories.portal import person
from tests.factories.tokens import token_of

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/incidents/"


@pytest.fixture
def tom() -> User:
    return person("Tom Berg", roles=("responder",))


@pytest.fixture
def by_token(tom: User) -> dict[str, str]:
    return {"Authorization": f"Token {token_of(tom)}"}


def test_a_token_needs_no_session_and_a_session_still_opens_the_api(client: Client, tom: User, by_token: dict[str, str]) -> None:
    answer = client.get(ADDRESS, headers=by_token)
    assert (answer.status_code, answer.get("Vary"), hasattr(answer.wsgi_request, "session")) == (200, None, False)
    assert client.get(ADDRESS).status_code == 401
    client.force_login(tom)
    answer = client.get(ADDRESS)
    assert (answer.status_code, answer.wsgi_request.user) == (200, tom)


@pytest.mark.parametrize("scheme", ["token ", "TOKEN ", "Token  "])
def test_a_token_is_taken_as_the_framework_takes_it(client: Client, by_token: dict[str, str], scheme: str) -> None:
    assert client.get(ADDRESS, headers={"Authorization": by_token["Authorization"].replace("Token ", scheme)}).status_code == 200


@pytest.mark.parametrize("said", ["Token", "Token ", "Token a b", "Token ümlaut", "Token 0", "Bearer x", "Tokenx y"])
def test_what_is_no_token_opens_nothing(client: Client, said: str) -> None:
    answer = client.get(ADDRESS, headers={"Authorization": said})
    assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")


def test_with_a_cookie_and_outside_the_api_a_token_is_no_way_past_the_session(rf: Any, by_token: dict[str, str]) -> None:
    assert sends_a_token(rf.get(ADDRESS, headers=by_token))
    assert not sends_a_token(rf.get("/admin/", headers=by_token))
    assert not sends_a_token(rf.get(ADDRESS, headers={**by_token, "Cookie": "sessionid=x"}))
    assert not sends_a_token(rf.get(ADDRESS))


def test_every_answer_has_the_policy_of_the_settings(client: Client, by_token: dict[str, str]) -> None:
    expected = sorted(build_policy().split("; "))
    for answer in (client.get(ADDRESS, headers=by_token), client.get(ADDRESS), client.get("/health/live")):
        assert sorted(answer["Content-Security-Policy"].split("; ")) == expected


def test_a_page_that_asks_for_a_nonce_or_a_policy_of_its_own_has_it(rf: Any) -> None:
    def page(request: Any) -> HttpResponse:
        return HttpResponse(str(request.csp_nonce))

    own = csp_replace({"frame-ancestors": ["https://a.example"]})(lambda request: HttpResponse())
    answer: Any = PolicyHeaderMiddleware(page)(rf.get("/"))
    assert f"'nonce-{answer.content.decode()}'" in answer["Content-Security-Policy"]
    answer = PolicyHeaderMiddleware(own)(rf.get("/"))
    assert "frame-ancestors https://a.example" in answer["Content-Security-Policy"]


def test_an_answer_comes_in_the_form_that_was_asked_for(client: Client, by_token: dict[str, str]) -> None:
    content = json.dumps({"title": "Card payments fail", "service": service().key, "impact": 1, "urgency": 2})
    plain, indented, refused = (
        client.post(ADDRESS, content, content_type="application/json", headers={**by_token, "Idempotency-Key": key, "Accept": form})
        for key, form in (("k-1", "*/*"), ("k-1", "application/json; indent=2"), ("k-2", "text/csv"))
    )
    assert (plain.status_code, plain["Content-Type"], plain.content.count(b"\n")) == (201, "application/json", 0)
    assert indented.content.count(b"\n") > 20
    assert indented.json() == plain.json()
    assert refused.status_code == 406
