"""What an ID token says, once everything that makes it believable has been checked."""

import hmac
from typing import Any

from portal.foundation.errors import NotAllowed

from .providers import Provider, keys

# Signatures by a key pair only: with a shared secret, whoever knows the client's could write tokens, and 'none' is no signature.
ALGORITHMS = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), "RSA"),
    **dict.fromkeys(("ES256", "ES384", "ES512"), "EC"),
    "EdDSA": "OKP",
}
LEEWAY_SECONDS = 60
LONGEST_SUBJECT = 255
LARGEST = 20_000
REQUIRED = ["iss", "sub", "aud", "exp", "iat"]


def claims_of(id_token: Any, one: Provider, *, nonce: str) -> dict[str, Any]:
    """The claims of `id_token`, made by this provider, for us, now, in answer to our question. Raises NotAllowed with what is wrong."""
    import jwt

    if not isinstance(id_token, str) or len(id_token) > LARGEST:
        raise NotAllowed("The provider sent no ID token.")
    try:
        header = jwt.get_unverified_header(id_token)
        key = _key_for(header, one)
        claims: dict[str, Any] = jwt.decode(
            id_token,
            key,
            algorithms=[header["alg"]],
            audience=one.client_id,
            issuer=one.issuer,
            leeway=LEEWAY_SECONDS,
            options={"require": REQUIRED},
        )
    except (jwt.PyJWTError, ValueError, TypeError, KeyError) as error:
        raise NotAllowed(f"The provider's ID token is not good ({type(error).__name__}).") from error
    _check(claims, one, nonce)
    return claims


def _check(claims: dict[str, Any], one: Provider, nonce: str) -> None:
    """What the library does not look at."""
    audience, subject = claims["aud"], claims["sub"]
    if claims.get("azp", one.client_id) != one.client_id or (isinstance(audience, list) and len(audience) > 1 and "azp" not in claims):
        raise NotAllowed("The provider's ID token was made for another application.")
    if not isinstance(subject, str) or not subject or len(subject) > LONGEST_SUBJECT:
        raise NotAllowed("The provider's ID token names nobody.")
    if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise NotAllowed("The provider's ID token answers another question.")


def _key_for(header: dict[str, Any], one: Provider) -> Any:
    """The key that the token names, of the kind that its algorithm needs."""
    import jwt

    kind = ALGORITHMS.get(str(header.get("alg")))
    if kind is None:
        raise NotAllowed("The provider's ID token is not signed by a key pair.")
    for again in (False, True):
        fitting = [key for key in keys(one, again=again) if key.get("kty") == kind and key.get("use", "sig") == "sig"]
        named = [key for key in fitting if key.get("kid") == header["kid"]] if "kid" in header else fitting
        if len(named) == 1:
            return jwt.PyJWK(named[0], algorithm=header["alg"]).key
    raise NotAllowed("The provider's ID token is signed with a key that the provider does not show.")
