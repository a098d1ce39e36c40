"""The providers that this installation knows, and what they say of themselves."""

import json
import threading
from dataclasses import dataclass, field
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from portal.foundation import outbound_http
from portal.foundation.errors import DeliveryFailed, NotFound
from portal.foundation.front_door.models import LinkedIdentity

DESCRIPTION = "/.well-known/openid-configuration"
LARGEST = 200_000
FRESH_SECONDS = 3600.0
# A token with a key that nobody knows makes us ask for the keys again, but not for each such token.
BETWEEN_LOOKS_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider, as the settings have it. `roles` says which role a group there is here; `second_factor` which `amr` values count as one."""

    key: str
    name: str
    issuer: str
    client_id: str
    client_secret: str
    scopes: str = "openid profile"
    creates: bool = False
    groups_claim: str = ""
    roles: dict[str, str] = field(default_factory=dict)
    second_factor: tuple[str, ...] = ()


@dataclass(slots=True)
class _Known:
    read_at: float
    said: Any


_known: dict[str, _Known] = {}
_lock = threading.Lock()


def providers() -> list[Provider]:
    return [Provider(**one) for one in settings.OIDC_PROVIDERS]


def provider(key: str) -> Provider:
    """Raises NotFound."""
    for one in providers():
        if one.key == key:
            return one
    raise NotFound("There is no such provider.")


def provider_of_person(user: Any) -> Provider | None:
    """A provider at which `user` can prove who they are."""
    issuers = set(LinkedIdentity.objects.filter(user=user).values_list("issuer", flat=True))
    return next((one for one in providers() if one.issuer in issuers), None)


def description(one: Provider) -> dict[str, Any]:
    """What the provider says of itself. Raises DeliveryFailed when it cannot be read, or says that it is another."""
    said = _read(one.issuer.rstrip("/") + DESCRIPTION, FRESH_SECONDS)
    if said.get("issuer") != one.issuer:
        raise DeliveryFailed("The provider calls itself something else than OIDC_ISSUER.", permanent=True)
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        if urlsplit(str(said.get(name, ""))).scheme != urlsplit(one.issuer).scheme:
            raise DeliveryFailed(f"The provider's {name} is missing, or not as safe as OIDC_ISSUER.", permanent=True)
    return said


def keys(one: Provider, *, again: bool = False) -> list[dict[str, Any]]:
    """The provider's public keys; `again` where a key is missing among those that are known."""
    said = _read(str(description(one)["jwks_uri"]), BETWEEN_LOOKS_SECONDS if again else FRESH_SECONDS)
    found = said.get("keys")
    return [key for key in found if isinstance(key, dict)] if isinstance(found, list) else []


def forget() -> None:
    """What providers said is asked anew."""
    with _lock:
        _known.clear()


def _read(address: str, fresh_for: float) -> dict[str, Any]:
    known = _known.get(address)
    if known is not None and monotonic() - known.read_at < fresh_for:
        return known.said  # type: ignore[no-any-return]
    body = outbound_http.get_body(address, largest=LARGEST, accept="application/json")
    try:
        said = json.loads(body)
    except ValueError as error:
        raise DeliveryFailed("The provider's answer is not JSON.", permanent=True) from error
    if not isinstance(said, dict):
        raise DeliveryFailed("The provider's answer is not as expected.", permanent=True)
    with _lock:
        _known[address] = _Known(monotonic(), said)
    return said
