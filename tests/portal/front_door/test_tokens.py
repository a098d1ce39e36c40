"""API tokens: made once, shown once, good for some doors and some time, and never for more than their owner may at that moment."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver

from audit.events.stories import parsed
from audit.models import LedgerEvent
from portal.foundation import clock
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from portal.foundation.front_door import locks, stepping_up
from portal.foundation.front_door.tokens import scopes, services, written
from portal.foundation.front_door.tokens.authentication import InScope
from portal.foundation.redaction import one_line
from portal.models import ApiToken, OutboxMessage, User
from portal.tasks import warn_of_tokens
from tests.factories.portal import contact, person
from tests.factories.tokens import token_of

INCIDENTS, MINE = "/api/v1/incidents/", "/api/v1/tokens/"
pytestmark = pytest.mark.django_db


def ask(text: str, address: str = INCIDENTS, method: str = "get", scheme: str = "Bearer", **more: Any) -> Any:
    return getattr(Client(), method)(address, headers={"authorization": f"{scheme} {text}"}, content_type="application/json", **more)


def told(kind: str) -> list[dict[str, Any]]:
    return [parsed(payload) for payload in LedgerEvent.objects.filter(type=kind).order_by("id").values_list("payload", flat=True)]


@pytest.fixture
def now() -> datetime:
    """The doors go by the clock."""
    return clock.now()


@pytest.fixture
def tom() -> User:
    return person("Tom Berg", roles=("responder",))


@pytest.mark.the_same_on_any_database
def test_a_token_is_known_by_its_form_and_its_check_sum() -> None:
    text, name = written.new()
    assert written.name_of(text) == name
    spoilt = text[:20] + ("a" if text[20] != "a" else "b") + text[21:]
    assert [written.name_of(bad) for bad in (spoilt, text[:-1], text + "0", text.upper(), "", "iegp_", f" {text}")] == [""] * 7
    assert len({written.new()[0] for _ in range(50)}) == 50


@pytest.mark.the_same_on_any_database
def test_every_door_of_the_api_stands_in_a_scope_or_is_closed_to_tokens_with_a_reason() -> None:
    doors = set(_doors(get_resolver().url_patterns))
    known = {door for scope in scopes.SCOPES for door in scope.doors}
    assert not doors - known - scopes.TO_ALL - set(scopes.TO_NONE)
    assert not (known | scopes.TO_ALL | set(scopes.TO_NONE)) - doors
    assert not known & set(scopes.TO_NONE)


@pytest.mark.the_same_on_any_database
def test_every_view_of_the_api_asks_what_a_token_is_good_for() -> None:
    assert {view.__name__ for view in _views(get_resolver().url_patterns) if InScope not in view.permission_classes} == {"Description"}


@pytest.mark.the_same_on_any_database
def test_what_asks_a_person_again_is_closed_to_every_token() -> None:
    for name, asked in stepping_up.DOORS.items():
        for method in asked.methods:
            assert not scopes.needed_at(name, method), name


def _views(patterns: Any, before: str = "") -> Any:
    for one in patterns:
        if not isinstance(one, URLPattern):
            yield from _views(one.url_patterns, before + str(one.pattern))
        elif before.startswith("api/"):
            view: Any = one.callback
            yield getattr(view, "cls", None) or view.view_class


def _doors(patterns: Any, before: str = "") -> Any:
    for one in patterns:
        if not isinstance(one, URLPattern):
            yield from _doors(one.url_patterns, before + str(one.pattern))
        elif before.startswith("api/"):
            view: Any = one.callback
            methods = getattr(view, "actions", None) or [
                each for each in ("get", "post", "put", "patch", "delete") if hasattr(view.view_class, each)
            ]
            yield from ((one.name, method.upper()) for method in methods if method != "head")


def test_a_person_makes_one_which_opens_what_it_is_good_for_and_nothing_else(tom: User, now: datetime) -> None:
    token, text = services.make_token(tom, name=" Monitoring ", scopes=["incidents.read"], days=30, actor=tom, now=now)
    assert (token.name, token.expires_at - token.made_at) == ("Monitoring", timedelta(days=30))
    assert ask(text).status_code == ask(text, scheme="token").status_code == ask(text, method="head").status_code == 200
    refused = ask(text, method="post", data="{}")
    assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")
    assert "incidents.report" in refused.json()["detail"]
    (denied,) = told("access.denied")
    assert (denied["actor"]["id"], denied["ctx"]["token"]) == (str(tom.pk), token.key_id)


def test_it_never_does_more_than_its_owner_may_now(tom: User) -> None:
    text = token_of(tom)
    assert ask(text).json()["count"] == 0
    tom.groups.clear()
    assert ask(text).status_code == 403 or not ask(text).json()["results"]
    assert ask(text, "/api/v1/events/").status_code == 404


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"revoked_at": datetime(2020, 1, 1).astimezone()}, "revoked"),
        ({"expires_at": datetime(2020, 1, 1).astimezone()}, "expired"),
    ],
)
def test_what_opens_nothing_is_answered_the_same_and_told(tom: User, fields: dict[str, Any], why: str) -> None:
    text = token_of(tom, **fields)
    over, unknown, nonsense = ask(text), ask(written.new()[0]), ask("made-up")
    for answer in (over, unknown, nonsense):
        assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Bearer realm="portal"')
        assert answer.json()["detail"] == over.json()["detail"]
    known, stranger = told("token.refused")
    assert why in known["why"]
    assert known["obj"]["pk"] == str(tom.pk)
    assert "obj" not in stranger
    assert text not in str(known)


def test_a_forged_header_of_a_proxy_never_is_the_address(tom: User) -> None:
    forged = {"X-Forwarded-For": "203.0.113.9", "X-Real-IP": "203.0.113.9", "Forwarded": "for=203.0.113.9"}
    assert Client().get(INCIDENTS, headers={"authorization": f"Bearer {written.new()[0]}", **forged}).status_code == 401
    (event,) = told("token.refused")
    assert event["ctx"]["ip"] == "127.0.0.1"
    assert "203.0.113.9" not in str(event)


def test_after_many_wrong_ones_an_address_waits_and_good_ones_go_on(tom: User) -> None:
    good, wrong = token_of(tom), written.new()[0]
    for _ in range(locks.TOKENS.most):
        assert ask(wrong).status_code == 401
    answer = ask(wrong)
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    assert ask(good).status_code == 200
    assert len(told("token.refused")) == locks.TOKENS.most


def test_its_use_is_noted_every_five_minutes_and_in_every_event(tom: User, now: datetime) -> None:
    text = token_of(tom, last_used_at=None)
    ask(text)
    token = ApiToken.objects.get()
    first = token.last_used_at
    assert first is not None
    ask(text)
    token.refresh_from_db()
    assert token.last_used_at == first
    ApiToken.objects.update(last_used_at=first - timedelta(minutes=6))
    ask(text)
    token.refresh_from_db()
    assert token.last_used_at > first - timedelta(minutes=1)
    ask(text, f"{MINE}{token.key_id}/revoke/", "post")
    (revoked,) = told("token.revoked")
    assert (revoked["actor"]["id"], revoked["ctx"]["channel"], revoked["ctx"]["token"]) == (str(tom.pk), "api", token.key_id)
    assert ask(text).status_code == 401


def test_a_token_sees_and_ends_itself_alone_and_a_browser_all_of_its_owner(tom: User, client: Client) -> None:
    text, other, anothers = token_of(tom), token_of(tom, name="other"), token_of(person("Eve"))
    key, other_key = written.name_of(text), written.name_of(other)
    assert [one["key"] for one in ask(text, MINE).json()] == [key]
    assert ask(text, f"{MINE}{other_key}/revoke/", "post").status_code == 404
    client.force_login(tom)
    assert {one["key"] for one in client.get(MINE).json()} == {key, other_key}
    assert client.post(f"{MINE}{written.name_of(anothers)}/revoke/").status_code == 404
    assert client.post(f"{MINE}{other_key}/revoke/").status_code == 204
    assert ask(other).status_code == 401


def test_it_is_gone_with_its_account(tom: User) -> None:
    text = token_of(tom)
    tom.is_active = False
    tom.save()
    assert ApiToken.objects.get().revoked_at is not None
    tom.is_active = True
    tom.save()
    assert ask(text).status_code == 401
    assert told("token.revoked")[0]["why"] == "The account was closed."


def test_its_owner_is_told_in_time_that_it_ends_and_once(tom: User, now: datetime) -> None:
    contact(tom)
    token_of(tom, expires_at=now + timedelta(days=13), name="Monitoring")
    token_of(tom, expires_at=now + timedelta(days=15))
    assert (warn_of_tokens(), warn_of_tokens()) == (1, 0)
    (message,) = OutboxMessage.objects.all()
    assert "'Monitoring' ends in 12 days" in message.body
    assert len(told("token.ends_soon")) == 1


def test_nobody_makes_one_for_another_person_and_an_administrator_for_a_machine_below_them(tom: User, now: datetime) -> None:
    ada = person("Ada", roles=("administrator",))
    machine = person("Sync", is_staff=False)
    machine.groups.set(ada.groups.all())
    asked: dict[str, Any] = {"name": "x", "scopes": ["people.sync"], "now": now}
    with pytest.raises(NotAllowed, match="make their own"):
        services.make_token(tom, **{**asked, "scopes": ["incidents.read"]}, actor=ada)
    _, text = services.make_token(machine, **asked, actor=ada)
    with pytest.raises(NotAllowed):
        services.make_token(machine, **asked, actor=tom)
    mighty = person("Robot", is_staff=False, roles=("responder",))
    with pytest.raises(NotAllowed, match="rights that you do not"):
        services.make_token(mighty, **{**asked, "scopes": ["incidents.read"]}, actor=ada)
    assert ask(text, MINE).status_code == 200
    # What was a machine's account becomes a person's: a token that somebody else holds is none of theirs.
    machine.is_staff = True
    machine.save()
    assert ask(text, MINE).status_code == 401


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": " "}, "up to 80"),
        ({"scopes": []}, "at least one"),
        ({"scopes": ["everything"]}, "no scope 'everything'"),
        ({"scopes": ["trail.read"]}, "no right"),
        ({"days": 366}, "1 to 365"),
        ({"days": 0}, "1 to 365"),
    ],
)
def test_what_cannot_be_a_token_is_refused_in_words(tom: User, now: datetime, wrong: dict[str, Any], words: str) -> None:
    asked: dict[str, Any] = {"name": "x", "scopes": ["incidents.read"], "days": 1} | wrong
    with pytest.raises(InvalidInput, match=words):
        services.make_token(tom, **asked, actor=tom, now=now)
    assert not ApiToken.objects.exists()


def test_there_is_an_end_to_them_and_none_without_a_second_factor_that_is_owed(tom: User, now: datetime, settings: Any) -> None:
    for _ in range(services.MOST_TOKENS):
        token_of(tom)
    with pytest.raises(WrongState, match="20 tokens"):
        services.make_token(tom, name="x", scopes=["incidents.read"], actor=tom, now=now)
    settings.MFA_REQUIRED_FOR = ["all"]
    with pytest.raises(NotAllowed, match="second factor"):
        services.make_token(tom, name="x", scopes=["incidents.read"], actor=tom, now=now)


def test_the_page_shows_it_once_asks_again_before_and_lists_it_without(tom: User, client: Client, settings: Any) -> None:
    client.force_login(tom)
    sent = {"name": "Monitoring", "scopes": ["incidents.read"], "days": "30"}
    settings.STEP_UP_SECONDS = 600
    assert client.post("/account/tokens/new/", sent).status_code == 303
    settings.STEP_UP_SECONDS = 0
    assert client.post("/account/tokens/new/", {**sent, "scopes": ["trail.read"]}).status_code == 400
    answer = client.post("/account/tokens/new/", sent)
    text = answer.content.decode().split("<code>")[1].split("</code>")[0]
    assert ask(text).status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert text not in str(client.session.items())
    assert text not in client.get("/account/").content.decode()
    assert not LedgerEvent.objects.filter(payload__contains=text).exists()
    client.post(f"/account/tokens/{written.name_of(text)}/end/")
    assert ask(text).status_code == 401


def test_only_who_may_opens_the_page_for_a_machine(tom: User, client: Client) -> None:
    machine, ada = person("Sync", is_staff=False), person("Ada", roles=("administrator",))
    address = f"/account/tokens/new/{machine.pk}/"
    client.force_login(tom)
    assert client.get(address).status_code == client.get("/account/tokens/new/999999/").status_code == 404
    client.force_login(ada)
    assert client.get(address).status_code == 200
    assert client.get(f"/account/tokens/new/{tom.pk}/").status_code == 404
    assert address in client.get(f"/admin/portal/user/{machine.pk}/change/").content.decode()


@pytest.mark.the_same_on_any_database
def test_a_token_in_a_text_is_masked_in_logs() -> None:
    text, name = written.new()
    assert one_line(f"sent {text} twice") == f"sent iegp_{name}_*** twice"


def test_the_list_costs_the_same_for_many(client: Client, django_assert_num_queries: Any) -> None:
    ada = person("Ada", roles=("administrator",))
    client.force_login(ada)
    token_of(ada)
    address = "/admin/portal/apitoken/"
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as few:
        assert client.get(address).status_code == 200
    for name in ("a", "b", "c", "d"):
        token_of(person(name))
    with django_assert_num_queries(len(few)):
        assert client.get(address).status_code == 200
