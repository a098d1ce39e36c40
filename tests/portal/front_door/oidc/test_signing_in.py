"""Signing in at a provider: by linked identities only, with what the mapping gives, and with nothing that is not proved."""

import re
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client

from audit.models import LedgerEvent
from portal.foundation import outbound_http
from portal.foundation.front_door.oidc import providers
from portal.models import LinkedIdentity, User
from tests.factories.portal import person

from .provider import ISSUER, KEY, SETTINGS, FakeProvider

pytestmark = pytest.mark.django_db
GO, BACK = "/account/oidc/1/", "/account/oidc/1/back/"


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch, settings: Any) -> FakeProvider:
    made = FakeProvider()
    providers.forget()
    monkeypatch.setattr(outbound_http, "get_body", made.get)
    monkeypatch.setattr(outbound_http, "post", made.post)
    settings.OIDC_PROVIDERS = [SETTINGS]
    settings.PORTAL_URL = "http://testserver"
    return made


@pytest.fixture
def ana(there: FakeProvider, now: Any) -> User:
    user = person("Ana Ruiz")
    LinkedIdentity.objects.create(user=user, issuer=ISSUER, subject="abc-1", linked_at=now)
    return user


def comes_back(client: Client, there: FakeProvider) -> Any:
    return client.get(f"{BACK}?{there.went(client.get(GO + '?next=/account/')['Location'])}")


def test_a_linked_identity_opens_its_account(client: Client, ana: User, there: FakeProvider) -> None:
    assert comes_back(client, there)["Location"] == "/account/"
    assert client.get("/account/").wsgi_request.user == ana
    assert there.asked["code_challenge_method"] == "S256"
    assert there.asked["redirect_uri"] == f"http://testserver{BACK}"
    assert there.told["form"]["code_verifier"]
    assert there.told["basic"] == ("portal", "s%3Acret")


def test_no_token_is_kept(client: Client, ana: User, there: FakeProvider) -> None:
    comes_back(client, there)
    assert "eyJ" not in repr(dict(client.session.items()))


def goes_to_link(client: Client, there: FakeProvider) -> Any:
    """By the link of the page that the button leads to."""
    page = client.post(f"{GO}link/").content.decode().replace("&amp;", "&")
    found = re.search(rf'href="({ISSUER}[^"]+)"', page)
    assert found, page
    return client.get(f"{BACK}?{there.went(found[1])}")


MALFORMED: dict[str, Callable[[FakeProvider], str]] = {
    "of another issuer": lambda there: there.token(iss="https://evil.example"),
    "for another application": lambda there: there.token(aud="other"),
    "for several and for none in particular": lambda there: there.token(aud=["portal", "other"]),
    "presented by another": lambda there: there.token(azp="other"),
    "too old": lambda there: there.token(exp=1),
    "of the future": lambda there: there.token(iat=4_000_000_000, nbf=4_000_000_000),
    "without an end": lambda there: there.token(exp=None),
    "without a subject": lambda there: there.token(sub=None),
    "with an empty subject": lambda there: there.token(sub=""),
    "with another nonce": lambda there: there.token(nonce="x"),
    "without a nonce": lambda there: there.token(nonce=None),
    "signed by somebody else": lambda there: there.token(key=ec.generate_private_key(ec.SECP256R1())),
    "with a key that is not shown": lambda there: there.token(kid="k2"),
    "not signed": lambda there: there.token(key=None, algorithm="none"),
    "signed with the public key as a secret": lambda there: jwt.encode(
        {"sub": "abc-1", "iss": ISSUER, "aud": "portal"}, "x" * 40, algorithm="HS256", headers={"kid": "k1"}
    ),
    "cut short": lambda there: there.token()[:-5],
    "no token": lambda there: "{}",
}


@pytest.mark.parametrize("forged", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_token_that_is_not_good_opens_nothing(
    client: Client, ana: User, there: FakeProvider, forged: Callable[[FakeProvider], str]
) -> None:
    there.forge = lambda good: forged(there)
    answer = comes_back(client, there)
    assert (answer.status_code, "_auth_user_id" in client.session) == (403, False)


def test_an_answer_counts_once_and_only_in_the_browser_that_asked(client: Client, ana: User, there: FakeProvider) -> None:
    query = there.went(client.get(GO)["Location"])
    assert Client().get(f"{BACK}?{query}").status_code == 409
    assert client.get(f"{BACK}?code=c1&state=made-up").status_code == 409
    assert client.get(f"{BACK}?{query}").status_code == 409
    query = there.went(client.get(GO)["Location"])
    assert client.get(f"{BACK}?{query}&iss=https://evil.example").status_code == 403
    query = there.went(client.get(GO)["Location"])
    assert client.get(f"{BACK}?error=access_denied&state={there.asked['state']}").status_code == 403


def test_an_identity_that_nobody_linked_opens_nothing_whatever_its_name(client: Client, ana: User, there: FakeProvider) -> None:
    there.claims = {"sub": "other", "preferred_username": ana.username, "email": ana.email, "email_verified": True}
    answer = comes_back(client, there)
    assert (answer.status_code, "_auth_user_id" in client.session) == (403, False)
    assert "is not linked" in answer.content.decode()
    assert LedgerEvent.objects.filter(type="account.identity_refused").count() == 1
    assert User.objects.count() == 1


def test_an_account_is_made_only_where_that_is_allowed_and_never_over_another(
    client: Client, ana: User, there: FakeProvider, settings: Any
) -> None:
    settings.OIDC_PROVIDERS = [{**SETTINGS, "creates": True}]
    there.claims = {"sub": "new", "preferred_username": ana.username}
    assert comes_back(client, there).status_code == 403
    there.claims = {"sub": "new", "preferred_username": "nina", "name": "Nina New"}
    assert comes_back(client, there).status_code == 302
    nina = User.objects.get(username="nina")
    assert (str(nina), nina.has_usable_password(), nina.is_superuser, nina.groups.count()) == ("Nina New", False, False, 0)
    assert LedgerEvent.objects.filter(type="account.made_by_provider", object_pk=str(nina.pk)).count() == 1


def test_roles_follow_the_mapping_and_nothing_else(client: Client, ana: User, there: FakeProvider, settings: Any) -> None:
    settings.OIDC_PROVIDERS = [{**SETTINGS, "roles": {"sre": "responder", "grc": "compliance", "x": "no-such-role"}}]
    ana.groups.add(*person("Ada", roles=("manager", "compliance")).groups.all())
    there.claims["groups"] = ["sre", "Administrators", "x", 7]
    comes_back(client, there)
    assert sorted(ana.groups.values_list("name", flat=True)) == ["Managers", "Responders"]
    (event,) = LedgerEvent.objects.filter(type="account.roles_followed")
    assert '"given":["Responders"]' in event.payload
    comes_back(Client(), there)
    assert LedgerEvent.objects.filter(type="account.roles_followed").count() == 1


def test_the_second_factor_of_the_provider_counts_only_where_the_settings_say_so(ana: User, there: FakeProvider, settings: Any) -> None:
    settings.MFA_REQUIRED_FOR = ["all"]
    there.claims["amr"] = ["pwd", "mfa"]
    client = Client()
    comes_back(client, there)
    assert client.get("/admin/")["Location"] == "/account/factors/"
    settings.OIDC_PROVIDERS = [{**SETTINGS, "second_factor": ("mfa",)}]
    client = Client()
    comes_back(client, there)
    assert client.get("/admin/").status_code == 200


def test_somebody_links_and_unlinks_their_own(client: Client, there: FakeProvider) -> None:
    tom = person("Tom Berg", password="a long enough secret")
    client.force_login(tom)
    assert client.get(f"{GO}link/").status_code == 405
    assert goes_to_link(client, there)["Location"] == "/account/"
    (linked,) = LinkedIdentity.objects.filter(user=tom)
    assert (linked.issuer, linked.subject) == (ISSUER, "abc-1")
    client.post(f"/account/links/{linked.pk}/remove/")
    assert not LinkedIdentity.objects.exists()
    for kind in ("linked", "unlinked"):
        assert LedgerEvent.objects.filter(type=f"account.identity_{kind}", object_pk=str(tom.pk)).count() == 1


def test_what_is_linked_to_somebody_else_stays_theirs(client: Client, ana: User, there: FakeProvider) -> None:
    client.force_login(person("Tom Berg"))
    answer = goes_to_link(client, there)
    assert (answer.status_code, LinkedIdentity.objects.get().user) == (409, ana)


def test_somebody_without_a_password_proves_it_again_at_the_provider(client: Client, ana: User, there: FakeProvider, settings: Any) -> None:
    settings.STEP_UP_SECONDS = 600
    client.force_login(ana)
    assert "Sign in again with Example ID" in client.get("/account/again/?next=/account/").content.decode()
    query = there.went(client.get(f"{GO}?next=/account/")["Location"])
    assert (there.asked["prompt"], there.asked["max_age"]) == ("login", "0")
    assert client.get(f"{BACK}?{query}").status_code == 403
    query = there.went(client.get(f"{GO}?next=/account/")["Location"])
    there.claims["auth_time"] = jwt.decode(there.token(), KEY.public_key(), algorithms=["ES256"], audience="portal")["iat"]
    assert client.get(f"{BACK}?{query}")["Location"] == "/account/"
    assert client.get("/account/factors/app/").status_code == 200


@pytest.mark.parametrize(
    "described", [{"issuer": "https://evil.example"}, {"token_endpoint": "http://id.example/token"}, {"jwks_uri": None}]
)
def test_a_provider_that_describes_itself_wrongly_is_not_used(client: Client, ana: User, there: FakeProvider, described: Any) -> None:
    there.described = described
    assert client.get(GO).status_code == 502
