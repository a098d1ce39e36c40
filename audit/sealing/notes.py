"""Checkpoints as C2SP signed notes, keys as C2SP vkeys: text in, text out (docs/ledger-format.md, sections 3 and 6). Signs nothing itself."""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

ED25519 = b"\x01"
KEY_BYTES, ID_BYTES, SIGNATURE_BYTES = 32, 4, 64
Sign = Callable[[bytes], bytes]
_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"
_WHOLE = re.compile(r"0|[1-9][0-9]*")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a note says: whose tree, how many leaves, their root, and when it was signed."""

    origin: str
    size: int
    root: bytes
    at: datetime

    def text(self) -> str:
        """The part that is signed, its last newline included."""
        return f"{self.origin}\n{self.size}\n{_base64(self.root)}\ntime {self.at.astimezone(UTC).strftime(_TIME)}\n"


@dataclass(frozen=True, slots=True)
class Signature:
    """One line below the text: the key's name, its id, and what it made of the text."""

    name: str
    key_id: bytes
    signature: bytes


def key_id(name: str, public: bytes) -> bytes:
    return hashlib.sha256(name.encode("utf-8") + b"\n" + ED25519 + public).digest()[:ID_BYTES]


def vkey(name: str, public: bytes) -> str:
    """A public key in text: <name>+<key id>+<base64>."""
    return f"{name}+{key_id(name, public).hex()}+{_base64(ED25519 + public)}"


def parsed_vkey(text: str) -> tuple[str, bytes]:
    """Name and public key. Raises ValueError for anything that is not such a key."""
    # base64 may hold a '+' itself.
    name, identity, encoded = [*text.strip().split("+", 2), "", ""][:3]
    raw = _from_base64(encoded)
    public = raw[1:]
    if raw[:1] != ED25519 or len(public) != KEY_BYTES or key_id(name, public).hex() != identity:
        raise ValueError("This is no Ed25519 key in text (C2SP vkey).")
    return name, public


def signed(checkpoint: Checkpoint, signers: Sequence[tuple[str, bytes, Sign]]) -> str:
    """The note with a line for each signer, given as name, public key, and what signs."""
    text = checkpoint.text()
    lines = [f"\u2014 {name} {_base64(key_id(name, public) + sign(text.encode('utf-8')))}\n" for name, public, sign in signers]
    return text + "\n" + "".join(lines)


def parsed(note: str) -> tuple[Checkpoint, list[Signature]]:
    """What a note says and who signed it; no signature is checked. Raises ValueError for anything that is not exactly such a note."""
    text, found, tail = note.partition("\n\n")
    lines = text.split("\n")
    if not found or len(lines) != 4 or not tail.endswith("\n") or not lines[0] or not _WHOLE.fullmatch(lines[1]):
        raise ValueError("This is no checkpoint.")
    if not lines[3].startswith("time ") or len(lines[3]) != 5 + 27:
        raise ValueError("This checkpoint tells no time.")
    root = _from_base64(lines[2])
    if len(root) != 32:
        raise ValueError("This checkpoint has no root of 32 bytes.")
    at = datetime.strptime(lines[3][5:], _TIME).replace(tzinfo=UTC)
    return Checkpoint(lines[0], int(lines[1]), root, at), [_signature(line) for line in tail[:-1].split("\n")]


def rotation_statement(old: str, new: str) -> bytes:
    """What both keys sign when `new` follows `old` (both vkeys)."""
    return f"ledger key rotation\n{old}\n{new}\n".encode()


def _signature(line: str) -> Signature:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != "\u2014" or not parts[1]:
        raise ValueError("This is no signature line.")
    raw = _from_base64(parts[2])
    if len(raw) <= ID_BYTES:
        raise ValueError("This signature is too short.")
    return Signature(parts[1], raw[:ID_BYTES], raw[ID_BYTES:])


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _from_base64(text: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("This is no base64.") from None
    if _base64(raw) != text:
        raise ValueError("This base64 has more than one reading.")
    return raw
