"""What every kind of anchor shares: where it is, what it answered last, and how it says that it failed."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings

from portal.foundation.errors import PortalError

COSIGNATURE = b"\x04"
FILE, SYSLOG, RFC3161, WITNESS = "file", "syslog", "rfc3161", "witness"


class AnchorFailed(PortalError):
    """The checkpoint could not be shown there; the message says why, for the people who run the portal, and holds no secret."""

    code = "anchor_failed"
    status = 502


@dataclass(frozen=True, slots=True)
class WitnessKey:
    """The public key of a witness (C2SP vkey of kind 0x04)."""

    name: str
    public: bytes
    text: str

    @property
    def key_id(self) -> bytes:
        return hashlib.sha256(self.name.encode("utf-8") + b"\n" + COSIGNATURE + self.public).digest()[:4]


@dataclass(frozen=True, slots=True)
class Anchor:
    """A place outside that checkpoints are shown to. `name` may be shown to people; `address` may hold secrets: a path, or a URL.

    `way` is tcp, udp or tls for syslog; `ca` and `certificate` are files in PEM for tls.
    """

    kind: str
    name: str
    address: str = field(repr=False)
    way: str = ""
    host: str = ""
    port: int = 0
    basic: tuple[str, str] | None = field(default=None, repr=False)
    ca: str = ""
    certificate: str = ""
    key: WitnessKey | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """What an anchor has confirmed: the epoch and size of the checkpoint, when, and what it answered."""

    epoch: int
    size: int
    at: datetime
    receipt: bytes


def epoch_of(origin: str) -> int:
    """The epoch of this ledger that an origin names; 0 for an origin of another ledger."""
    if origin == settings.LEDGER_NAME:
        return 1
    number = origin.removeprefix(f"{settings.LEDGER_NAME}/epoch-")
    return int(number) if number != origin and number.isdecimal() else 0
