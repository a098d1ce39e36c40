"""Secret addresses: whoever has one reads without signing in. The secret is told once; what is kept is its hash, and a hint to know it by."""

import hashlib
import secrets
from dataclasses import dataclass, field

# 32 bytes cannot be guessed, so a plain hash of them is enough: there is no word list to try.
TOKEN_BYTES = 32
HINT_LETTERS = 6


def hash_of(token: str) -> str:
    """What is kept of `token`, 64 hexadecimal digits."""
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Secret:
    """A token that opens something. It shows itself to nobody who does not ask for it by name."""

    token: str = field(repr=False)

    @classmethod
    def new(cls) -> "Secret":
        return cls(secrets.token_urlsafe(TOKEN_BYTES))

    @property
    def hash(self) -> str:
        return hash_of(self.token)

    @property
    def hint(self) -> str:
        return self.token[:HINT_LETTERS]
