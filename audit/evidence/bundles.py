"""Writing a bundle: everything an auditor needs to check the trail without us, in one file."""

import base64
import hashlib
import json
import re
import time
import uuid
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db.models import Exists, F, Max, Min, OuterRef, Q, QuerySet

from audit.anchors.configured import witness_keys
from audit.anchors.models import AnchorReceipt
from audit.events.services import act
from audit.ledger.models import LedgerEvent, PersonalCard
from audit.ledger.services import utc_text
from audit.sealing.keys import public_keys
from audit.sealing.models import LedgerCheckpoint, LedgerEpoch, LedgerLeaf
from portal.foundation.access.checks import require
from portal.foundation.canonical import canonical_json
from portal.foundation.errors import PortalError, WrongState
from portal.foundation.redaction import one_line

from .entries import lines
from .gone import Gone
from .page import verifier_page
from .selection import Selection

VERIFIERS = Path(__file__).parent / "verifier"
SEALED_TOKEN = re.compile(rb'"sealed":"([0-9a-f]{64})"')
# Enough to name the first bad entry closely; every one of them costs a root in the verifier.
MOST_CHECKPOINTS = 5_000
# The first checkpoint after a rotation bears the old key's signature and the new one's.
TWO_SIGNATURES = "\u2014 [^\n]*\n\u2014 "
Tell = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Bundle:
    """A written bundle: where it is, its own id, how many entries the tree has and how many are in it in full."""

    path: Path
    id: str
    size: int
    entries: int


def export_evidence(
    out: Path,
    selection: Selection,
    *,
    actor: Any,
    now: datetime,
    reason: str = "",
    attached: Mapping[str, bytes] | None = None,
    patience: float = 10.0,
    tell: Tell = lambda done, size: None,
    wait: Callable[[float], object] = time.sleep,
) -> Bundle:
    """Writes the bundle to the file `out`, which appears whole or not at all.

    1. Record the export as an event. 2. Wait until the sealer has signed a tree that holds it, at most `patience` seconds. 3. Write the
    entries up to it, and what is `attached` by name. A failure of 2 or 3 is an event, too, for the first one stays. `actor` None is the
    command line; `tell` hears how many of how many entries are done. Raises NotAllowed, WrongState when nothing is sealed or entries are
    removed meanwhile, and OSError when the file cannot be written.
    """
    require(actor, "audit.export_ledgerevent", to="export evidence")
    name = str(uuid.uuid4())
    with act("evidence.exported", actor=actor, now=now, why=reason) as running:
        running.details = {"bundle": name, "selection": selection.as_recorded()}
        if attached:
            running.details["attached"] = {file: _described(content) for file, content in attached.items()}
    partial = out.with_name(f".{out.name}.{name}")
    try:
        before = Gone.read()
        last = _sealed(name, patience, wait)
        entries = _write(partial, name, last, selection, attached or {}, now, tell)
        if Gone.read() != before:
            # The events that tell of it may lie beyond the end of this bundle.
            raise WrongState("Entries were pruned or erased while the evidence was written. Export it again.")
        partial.replace(out)
    except Exception as error:
        _tell_failure(name, error, actor, now)
        raise
    finally:
        partial.unlink(missing_ok=True)
    return Bundle(out, name, last.size, entries)


def _tell_failure(bundle: str, error: Exception, actor: Any, now: datetime) -> None:
    """Whoever reads of the export in the trail reads on that no bundle came of it."""
    words = error.message if isinstance(error, PortalError) else one_line(f"{type(error).__name__}: {error}")[:500]
    with act("evidence.export_failed", actor=actor, now=now, why=words) as running:
        running.details = {"bundle": bundle}


def _sealed(bundle: str, patience: float, wait: Callable[[float], object]) -> LedgerCheckpoint:
    """The checkpoint of the tree that ends with the event of this export; one is made for every size that is asked for."""
    needle = f'"bundle":"{bundle}"'
    event = LedgerEvent.objects.filter(type="evidence.exported", payload__contains=needle).latest("pk")
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        leaf = LedgerLeaf.objects.filter(event=event.pk).first()
        found = LedgerCheckpoint.objects.filter(size__gt=leaf.index).order_by("size").first() if leaf else None
        if found is not None:
            return found
        wait(0.05)
    raise WrongState("The ledger is not being sealed, so nothing that could be proved can be exported. Start the sealer and try again.")


class _Hashed:
    """A member of the ZIP on its way: counts and hashes what is written."""

    def __init__(self, member: IO[bytes]) -> None:
        self.member, self.digest, self.size = member, hashlib.sha256(), 0

    def write(self, content: bytes) -> None:
        self.member.write(content)
        self.digest.update(content)
        self.size += len(content)

    def told(self) -> dict[str, Any]:
        return {"bytes": self.size, "sha256": self.digest.hexdigest()}


class _Writer:
    """The ZIP file, and what its manifest will say of each member."""

    def __init__(self, archive: zipfile.ZipFile, at: datetime) -> None:
        self.archive, self.at = archive, at
        self.files: dict[str, dict[str, Any]] = {}

    def add(self, name: str, parts: Iterable[bytes]) -> None:
        entry = zipfile.ZipInfo(name, self.at.timetuple()[:6])
        entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
        with self.archive.open(entry, "w", force_zip64=True) as member:
            hashed = _Hashed(member)
            for part in parts:
                hashed.write(part)
        self.files[name] = hashed.told()


def _described(content: bytes) -> dict[str, Any]:
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def _write(
    path: Path, name: str, last: LedgerCheckpoint, selection: Selection, attached: Mapping[str, bytes], now: datetime, tell: Tell
) -> int:
    counted = _Counted(last.size, selection, tell)
    with zipfile.ZipFile(path, "x", allowZip64=True, compresslevel=6) as archive:
        writer = _Writer(archive, now)
        for file in ("README.txt", "verify.py", "verify.js"):
            writer.add(file, [(VERIFIERS / file).read_bytes()])
        writer.add("verify.html", [verifier_page()])
        writer.add("entries.jsonl", counted.lines())
        writer.add("checkpoints.jsonl", _json_lines(_checkpoints(last)))
        writer.add("anchors.jsonl", _json_lines(_anchors(last)))
        writer.add("cards.jsonl", _json_lines(_cards(counted.tokens)))
        writer.add("keys.txt", ["".join(f"{key}\n" for key in [*public_keys(), *witness_keys()]).encode("ascii")])
        for file in sorted(attached):
            writer.add(f"attached/{file}", [attached[file]])
        manifest = {
            "v": 1,
            "kind": "evidence",
            "bundle": name,
            "ledger": settings.LEDGER_NAME,
            "made_at": utc_text(now),
            "tree_size": last.size,
            "entries": counted.entries,
            "selection": selection.as_recorded(),
            "files": writer.files,
        }
        writer.add("manifest.json", [canonical_json(manifest)])
    return counted.entries


class _Counted:
    """The lines of the entries, with what is to be known of them afterwards: how many are there in full, and which cards they need."""

    def __init__(self, size: int, selection: Selection, tell: Tell) -> None:
        self.size, self.selection, self.tell = size, selection, tell
        self.entries = 0
        self.tokens: set[str] = set()

    def lines(self) -> Iterator[bytes]:
        for line in lines(self.size, self.selection):
            if line.startswith(b"{"):
                self.entries += 1
                self.tokens.update(token.decode("ascii") for token in SEALED_TOKEN.findall(line))
                if self.entries % 1_000 == 0:
                    self.tell(self.entries, self.size)
            yield line + b"\n"


def _checkpoints(last: LedgerCheckpoint) -> Iterator[str]:
    """Those that bound what is found: all of them, or an even choice with every anchored one and the first of each epoch and key."""
    rows = LedgerCheckpoint.objects.filter(~_lost(), pk__lte=last.pk).order_by("pk")
    step = -(-rows.count() // MOST_CHECKPOINTS) or 1
    anchored = _receipts(last).order_by().values("size")
    first_of_epoch = rows.order_by("epoch", "pk").values("epoch").annotate(first=Min("pk")).values("first")
    kept = Q(pk=last.pk) | Q(size__in=anchored) | Q(pk__in=first_of_epoch.order_by()) | Q(note__regex=TWO_SIGNATURES)
    rows = rows.annotate(rest=F("pk") % step).filter(Q(rest=0) | kept)
    yield from rows.values_list("note", flat=True).iterator()


def _receipts(last: LedgerCheckpoint) -> QuerySet[AnchorReceipt]:
    """All that anchors gave, or an even choice with the newest of each; with those of what a restore lost, which nothing else tells of."""
    rows = AnchorReceipt.objects.filter(Q(size__lte=last.size) | Q(epoch__lt=last.epoch), error="", epoch__lte=last.epoch)
    step = -(-rows.count() // MOST_CHECKPOINTS) or 1
    newest = rows.values("anchor", "epoch").annotate(newest=Max("pk")).values("newest")
    return rows.annotate(rest=F("pk") % step).filter(Q(rest=0) | Q(pk__in=newest)).order_by("epoch", "size", "pk")


def _lost() -> Exists:
    """Whether a checkpoint holds more than a restore after its epoch left: none of the tree's."""
    return Exists(LedgerEpoch.objects.filter(number__gt=OuterRef("epoch"), size__lt=OuterRef("size")))


def _anchors(last: LedgerCheckpoint) -> Iterator[dict[str, Any]]:
    for row in _receipts(last).iterator():
        yield {
            "kind": row.kind,
            "name": row.anchor,
            "origin": _origin(row.epoch),
            "size": row.size,
            "at": utc_text(row.at),
            "receipt": base64.b64encode(bytes(row.receipt or b"")).decode("ascii"),
        }


def _cards(tokens: set[str]) -> Iterator[dict[str, str]]:
    wanted = sorted(tokens)
    for at in range(0, len(wanted), 500):
        for card in PersonalCard.objects.filter(token__in=wanted[at : at + 500]).order_by("token"):
            salt = base64.b64encode(bytes(card.salt)).decode("ascii")
            yield {"token": card.token, "subject": card.subject, "salt": salt, "value": card.value}


def _origin(epoch: int) -> str:
    return str(settings.LEDGER_NAME) if epoch == 1 else f"{settings.LEDGER_NAME}/epoch-{epoch}"


def _json_lines(rows: Iterable[Any]) -> Iterator[bytes]:
    for row in rows:
        yield json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8") + b"\n"
