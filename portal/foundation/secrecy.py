"""Secrets that must be read again, such as the seed of an authenticator app: encrypted in the database, with the key outside of it.

The key is worked out from SECRET_KEY and named in every value, so that it can be changed: the old one goes to SECRET_KEY_FALLBACKS, values
made with it stay readable, and whatever is saved next is made with the new one. `manage.py rotate_secrets` makes all of them anew.
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import lru_cache
from typing import Any

from django.conf import settings

FORM = "s1"
_NONCE = 12


class Unreadable(ValueError):
    """The value was made with a key that is neither SECRET_KEY nor among its fallbacks, or was changed."""


def seal(text: str, *, purpose: str) -> str:
    """`text`, readable only with the key and for the same `purpose`."""
    name, key = _keys()[0]
    return _sealed(text, name, key, secrets.token_bytes(_NONCE), purpose)


def seal_alike(text: str, *, purpose: str) -> list[str]:
    """The same text looks the same, so that it can be looked for: as it is sealed now, then as it was with each key of before.

    Whoever reads the table sees which texts are equal, and nothing else of them: the nonce is a keyed hash of the text.
    """
    found = []
    for name, key in _keys():
        nonce = hmac.digest(key, f"nonce\n{purpose}\n{text}".encode(), "sha256")[:_NONCE]
        found.append(_sealed(text, name, key, nonce, purpose))
    return found


def is_sealed(value: str) -> bool:
    """Whether it is written as a sealed value is."""
    return value.startswith(f"{FORM}.")


def is_old(value: str) -> bool:
    """Whether it was sealed with a key of before, or not at all."""
    return not value.startswith(f"{FORM}.{_keys()[0][0]}.")


def _sealed(text: str, name: str, key: bytes, nonce: bytes, purpose: str) -> str:
    sealed = _cipher(key).encrypt(nonce, text.encode(), _about(name, purpose))
    return f"{FORM}.{name}.{urlsafe_b64encode(nonce + sealed).decode()}"


def unseal(value: str, *, purpose: str) -> str:
    """What was sealed. Raises Unreadable."""
    from cryptography.exceptions import InvalidTag

    form, _, rest = value.partition(".")
    name, _, body = rest.partition(".")
    key = dict(_keys()).get(name)
    if form != FORM or key is None:
        raise Unreadable("This was encrypted with another SECRET_KEY. Put that one into SECRET_KEY_FALLBACKS.")
    try:
        raw = urlsafe_b64decode(body)
        return str(_cipher(key).decrypt(raw[:_NONCE], raw[_NONCE:], _about(name, purpose)), "utf-8")
    except (InvalidTag, ValueError) as error:
        raise Unreadable("This was changed after it was encrypted.") from error


def warm_up() -> None:
    """Loads what encrypts and works out the key, for a parent whose children all read secrets."""
    unseal(seal("", purpose="warm-up"), purpose="warm-up")


def _keys() -> list[tuple[str, bytes]]:
    return [_derived(one) for one in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]


@lru_cache(maxsize=8)
def _derived(secret: str) -> tuple[str, bytes]:
    """The key's name, and the key: two values that say nothing of each other."""
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    key = HKDF(SHA256(), 32, salt=None, info=b"portal secrets at rest").derive(secret.encode())
    return hashlib.sha256(b"name of a key\n" + key).hexdigest()[:8], key


@lru_cache(maxsize=8)
def _cipher(key: bytes) -> Any:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(key)


def _about(name: str, purpose: str) -> bytes:
    return f"{FORM}\n{name}\n{purpose}".encode()
