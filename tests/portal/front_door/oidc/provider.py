"""A provider of OpenID Connect in this process: it says what a test wants it to say."""

import json
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from portal.foundation.outbound_http import Reply

ISSUER = "https://id.example"
SETTINGS = {"key": "1", "name": "Example ID", "issuer": ISSUER, "client_id": "portal", "client_secret": "s:cret", "groups_claim": "groups"}
KEY = ec.generate_private_key(ec.SECP256R1())


@dataclass
class FakeProvider:
    """`claims` of whoever signs in there; `forge` may replace the token on its way."""

    claims: dict[str, Any] = field(default_factory=lambda: {"sub": "abc-1"})
    forge: Any = None
    asked: dict[str, str] = field(default_factory=dict)
    told: dict[str, Any] = field(default_factory=dict)
    described: dict[str, Any] = field(default_factory=dict)

    def get(self, url: str, **kwargs: Any) -> bytes:
        """Its description and its keys."""
        if url.endswith("/keys"):
            public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(KEY.public_key()))
            return json.dumps({"keys": [{**public, "kid": "k1", "use": "sig"}]}).encode()
        return json.dumps(
            {
                "issuer": ISSUER,
                "authorization_endpoint": f"{ISSUER}/auth",
                "token_endpoint": f"{ISSUER}/token",
                "jwks_uri": f"{ISSUER}/keys",
                **self.described,
            }
        ).encode()

    def post(self, url: str, **sent: Any) -> Reply:
        """A token for a code."""
        self.told = sent
        token = self.token()
        return Reply(200, json.dumps({"id_token": self.forge(token) if self.forge else token, "access_token": "x"}).encode())

    def token(self, key: Any = KEY, algorithm: str = "ES256", kid: str | None = "k1", **more: Any) -> str:
        """What it says of whoever signs in."""
        now = int(time.time())  # noqa: TID251 - a token's own clock
        claims = {"iss": ISSUER, "aud": "portal", "iat": now, "exp": now + 60, "nonce": self.asked.get("nonce"), **self.claims, **more}
        headers = {"kid": kid} if kid else None
        return jwt.encode({name: value for name, value in claims.items() if value is not None}, key, algorithm=algorithm, headers=headers)

    def went(self, location: str) -> str:
        """Reads where the portal sent the browser; the query with which it comes back."""
        self.asked = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        return f"code=c1&state={self.asked['state']}"
