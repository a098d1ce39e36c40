"""The keys that sign: Ed25519, in text, in the folder LEDGER_KEYS. Only the sealer's own process loads `cryptography`.

Files: `key` signs now, `next` will after the next checkpoint, `retired-<id>` did; `keys.txt` lists the public ones, the oldest first.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.conf import settings

from portal.foundation.errors import WrongState

from .folder import folder, locked, read_public, read_secret, sync_folder, write_durably
from .notes import ED25519, Sign, key_id, parsed_vkey, vkey

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PRESENT, NEXT, LISTED = "key", "next", "keys.txt"
# As Go's `note` package writes a signer's key.
BEGINS = "PRIVATE+KEY+"


@dataclass(frozen=True, slots=True)
class Key:
    """A key that can sign. `sign` is the only way to its secret."""

    name: str
    public: bytes
    sign: Sign = field(repr=False)

    @property
    def vkey(self) -> str:
        return vkey(self.name, self.public)

    @property
    def signer(self) -> tuple[str, bytes, Callable[[bytes], bytes]]:
        return self.name, self.public, self.sign


def present() -> Key:
    """The key that signs, made on first use. Raises Exposed when others can read it, WrongState when it is no key of this ledger."""
    text = read_secret(PRESENT)
    if text is None:
        with locked():
            text = read_secret(PRESENT) or _first()
    return _read(text, PRESENT)


def following() -> Key | None:
    """The key that a rotation has made and no checkpoint bears yet."""
    text = read_secret(NEXT)
    return _read(text, NEXT) if text else None


def held(wanted: str) -> Key | None:
    """The key of this ledger with this vkey, present, following or retired; None when it is not in the folder, or is none."""
    try:
        name, public = parsed_vkey(wanted)
    except ValueError:
        return None
    for file in (PRESENT, NEXT, f"retired-{key_id(name, public).hex()}"):
        text = read_secret(file)
        if text and (key := _read(text, file)).vkey == wanted:
            return key
    return None


def make_following() -> Key:
    """A new key beside the present one. Raises WrongState when one waits already. Call it with the folder locked."""
    if read_secret(NEXT):
        raise WrongState("A new key waits for the next checkpoint already. Start the sealer, then rotate again.")
    text = _made()
    write_durably(NEXT, text)
    return _read(text, NEXT)


def promote() -> None:
    """The following key signs from now on. May be repeated after a crash at any point. Call it with the folder locked."""
    old, new = present(), following()
    if new is None:
        return
    if new.vkey not in public_keys():
        write_durably(LISTED, "".join(f"{key}\n" for key in [*public_keys(), new.vkey]), public=True)
    if old.vkey != new.vkey:
        write_durably(f"retired-{key_id(old.name, old.public).hex()}", read_secret(PRESENT) or "")
    (folder() / NEXT).rename(folder() / PRESENT)
    sync_folder()


def public_keys() -> list[str]:
    """Every key that has ever signed, in text, the oldest first; empty before the sealer's first start. Loads no cryptography."""
    return (read_public(LISTED) or "").split()


def _first() -> str:
    if public_keys():
        raise WrongState(
            f"The ledger's key is missing from {folder()}, and keys.txt there says that there was one. Put it back from your backup."
        )
    text = _made()
    key = _read(text, PRESENT)
    # The list last: what it holds has a key beside it.
    write_durably(PRESENT, text)
    write_durably(LISTED, f"{key.vkey}\n", public=True)
    return text


def _made() -> str:
    private = _ed25519().generate()
    name = settings.LEDGER_NAME
    identity = key_id(name, private.public_key().public_bytes_raw()).hex()
    return f"{BEGINS}{name}+{identity}+{base64.b64encode(ED25519 + private.private_bytes_raw()).decode('ascii')}\n"


def _read(text: str, file: str) -> Key:
    name, identity, encoded = [*text.strip().removeprefix(BEGINS).split("+", 2), "", ""][:3]
    try:
        raw = base64.b64decode(encoded, validate=True)
        private = _ed25519().from_private_bytes(raw[1:])
    except ValueError:
        raise WrongState(f"{folder() / file} holds no key. Put it back from your backup.") from None
    public = private.public_key().public_bytes_raw()
    if raw[:1] != ED25519 or key_id(name, public).hex() != identity or name != settings.LEDGER_NAME:
        raise WrongState(f"{folder() / file} is not a key of the ledger '{settings.LEDGER_NAME}'. Look at LEDGER_NAME and LEDGER_KEYS.")
    return Key(name, public, private.sign)


def _ed25519() -> "type[Ed25519PrivateKey]":
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey
