"""The proof of one event as a file to take home: the proof, the entry, the verifier, and the one command that checks them."""

import hashlib
import zipfile
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

from audit.events.services import act
from audit.ledger.models import LedgerEvent
from audit.sealing.keys import public_keys
from portal.foundation.access.checks import require

from .bundles import VERIFIERS
from .proofs import prove

README = """\
PROOF OF EVENT {pk} OF THE AUDIT TRAIL

The event is entry {index:,} of a ledger that had {size:,} entries when this was made. event-{pk}.json holds its bytes;
event-{pk}.tlog-proof leads from them to the signed root over all entries. To check it, with Python 3.9 or newer:

    python3 verify.py event-{pk}.tlog-proof --payload event-{pk}.json --key keys.txt

keys.txt came with this file. Whoever made a false proof would bring a false key with it: compare the key's fingerprint
with one that you got another way (in person, on paper, from an earlier audit). These keys have:

{fingerprints}
What this does not say: whether what was recorded is true, and what else is in the ledger. A bundle tells the latter.
"""


@dataclass(frozen=True, slots=True)
class TakenHome:
    """What a browser saves."""

    name: str
    content: bytes


def take_proof(event: LedgerEvent, *, actor: Any, now: datetime) -> TakenHome:
    """The archive of the proof of `event`; that it was taken is an event. Raises NotAllowed, and WrongState while it is not sealed."""
    require(actor, "audit.export_ledgerevent", to="take evidence out")
    proof = prove(event)
    with act("evidence.proved", actor=actor, now=now, subject=event) as running:
        running.details = {"entry": proof.index, "size": proof.size}
    keys = public_keys()
    told = "".join(f"    {fingerprint(key)}\n" for key in keys)
    files = {
        "README.txt": README.format(pk=event.pk, index=proof.index, size=proof.size, fingerprints=told).encode("utf-8"),
        f"event-{event.pk}.tlog-proof": proof.text.encode("utf-8"),
        f"event-{event.pk}.json": proof.payload.encode("utf-8"),
        "keys.txt": "".join(f"{key}\n" for key in keys).encode("ascii"),
        "verify.py": (VERIFIERS / "verify.py").read_bytes(),
    }
    return TakenHome(f"event-{event.pk}-proof.zip", _packed(files, now))


def fingerprint(key: str) -> str:
    """SHA-256 of a public key in text, in hexadecimal: what two people compare."""
    return hashlib.sha256(key.encode("utf-8")).hexdigest()


def _packed(files: dict[str, bytes], at: datetime) -> bytes:
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(zipfile.ZipInfo(name, at.timetuple()[:6]), content, zipfile.ZIP_DEFLATED)
    return archive.getvalue()
