"""A ledger of the portal's own events, sealed every fifty of them, anchored in a file, written and exported once for each module."""

import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import transaction
from django.test import override_settings

from audit.anchors import known, services
from audit.anchors.configured import anchors
from audit.events.services import act
from audit.evidence.bundles import export_evidence
from audit.evidence.checking import Report, verify_ledger
from audit.evidence.entries import lines
from audit.evidence.selection import Selection
from audit.evidence.verifier import verify
from audit.ledger.services import append_all
from audit.models import LedgerCheckpoint, RawChange
from audit.sealing.services import seal
from portal.foundation import clock
from portal.foundation.base_models import save_tracked
from portal.models import User
from tests.audit.evidence.verifier.made_bundles import Members, described, packed
from tests.factories.portal import person
from tests.shared import shared

from . import attacker

STEP = 50
ENTRIES = 600
# So many of each fifty are whole acts; the others are told at once.
ACTS = 10
Check = Callable[[], Report]
Judge = Callable[..., dict[str, Any]]


@dataclass(frozen=True)
class Sealed:
    """What was written: an honest export's members, and the notes of the checkpoints by size."""

    members: Members
    notes: dict[int, str]

    def bound(self, at: int) -> tuple[int, int]:
        """The checkpoints around the entry at this index: at most the first, at least the second entries hold it."""
        sizes = [0, *sorted(self.notes)]
        above = min(size for size in sizes if size > at)
        return sizes[sizes.index(above) - 1], above


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Outside of the database: keys, receipts, and a file that checkpoints are shown to."""
    home = tmp_path_factory.mktemp("outside")
    (home / "elsewhere").mkdir()
    said = {
        "LEDGER_KEYS": str(home / "keys"),
        "LEDGER_RECEIPTS": str(home / "receipts"),
        "LEDGER_ANCHORS": [f"file://{home}/elsewhere/checkpoints"],
    }
    with override_settings(**said):
        yield home


@pytest.fixture(autouse=True)
def as_it_was(places: Path) -> Iterator[None]:
    """What a test does to the files is undone after it."""
    before = {path: path.read_bytes() for path in places.rglob("*") if path.is_file()}
    yield
    for path in places.rglob("*"):
        if path.is_file() and path not in before:
            path.unlink()
    for path, content in before.items():
        if not path.exists() or path.read_bytes() != content:
            path.touch(0o600)
            path.write_bytes(content)


@shared
def sealed(places: Path) -> Sealed:
    ana, people = person("Ana Ruiz"), [person(f"Person {number}") for number in range(5)]
    while attacker.size() < ENTRIES:
        for number in range(ACTS):
            with act("thing.done", actor=ana, now=clock.now(), subject=people[number % 5], why=f"Number {number}") as running:
                running.details = {"number": number}
                if number == 7:
                    people[2].display_name += "."
                    save_tracked(people[2], actor=ana, now=clock.now(), reason="The name was wrong.")
        with transaction.atomic():
            append_all([told(people[number % 5], number) for number in range(STEP - ACTS)], now=clock.now())
        seal(clock.now())
        show()
    members = exported(places)
    show()
    # The people were made past the services. A minute from now, on a slow machine, that would be a finding in the tests that look ahead.
    RawChange.objects.all().delete()
    return Sealed(members, dict(LedgerCheckpoint.objects.values_list("size", "note")))


def told(one: User, number: int) -> dict[str, Any]:
    return {"type": "thing.done", "obj": {"model": "portal.user", "pk": str(one.pk)}, "why": f"Number {number}"}


def exported(folder: Path) -> Members:
    """The members of a bundle that the portal writes now."""
    path = folder / "exported.zip"
    export_evidence(path, Selection(), actor=None, now=clock.now(), wait=lambda seconds: seal(clock.now()))
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    path.unlink()
    return members


def show() -> None:
    """The newest checkpoint to every anchor, however short ago the last one was."""
    with patch.object(known, "OTHERS_EVERY", timedelta()):
        for anchor in anchors():
            services.show_newest(anchor, now=clock.now())


def carried_out(members: Members) -> Members:
    """What the owner of the database hands to an auditor: the honest export's form, with what lies in the database now."""
    entries = list(lines(attacker.size(), Selection()))
    rows = LedgerCheckpoint.objects.order_by("epoch", "size").values_list("note", flat=True)
    held = {note.split("\n")[1] for note in rows}
    received = [line for line in members["anchors.jsonl"].splitlines(keepends=True) if str(json.loads(line)["size"]) in held]
    files = {
        "entries.jsonl": b"".join(line + b"\n" for line in entries),
        "checkpoints.jsonl": b"".join(json.dumps(note, ensure_ascii=False).encode() + b"\n" for note in rows),
        "anchors.jsonl": b"".join(received),
    }
    full = sum(line.startswith(b"{") for line in entries)
    return described({**members, **files}, tree_size=len(entries), entries=full)


@pytest.fixture
def check() -> Check:
    return lambda: verify_ledger(now=clock.now())


@pytest.fixture
def judge(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Judge:
    """The verdict of verify.py on a bundle. Its Ed25519 has tests of its own; here another one is faster."""
    monkeypatch.setattr(verify, "ed25519_valid", _valid)

    def judged(bundle: Members | bytes, *arguments: str) -> dict[str, Any]:
        path = tmp_path / "bundle.zip"
        path.write_bytes(bundle if isinstance(bundle, bytes) else packed(bundle, 0))
        capsys.readouterr()
        status = verify.main([str(path), "--json", *arguments])
        verdict: dict[str, Any] = json.loads(capsys.readouterr().out)
        assert status == verdict["status"]
        return verdict

    return judged


def _valid(public: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
