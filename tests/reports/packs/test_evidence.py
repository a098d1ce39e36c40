"""The evidence of a finished pack, checked by the verifiers that share no code with the portal."""

import io
import json
import subprocess
import sys
import zipfile
from contextlib import redirect_stdout
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pypdf
import pytest

from audit.evidence.verifier import verify
from audit.sealing.services import seal
from portal.foundation import clock
from portal.foundation.errors import NotAllowed
from reports.packs.evidence import export_pack
from reports.packs.finishing import finish
from reports.packs.freezing import freeze
from reports.packs.models import FinishedPack
from reports.packs.quarters import Quarter
from tests.factories.portal import person
from tests.factories.reports import small_quarter, stored

pytestmark = pytest.mark.django_db


@pytest.fixture
def finished(now: datetime, tmp_path: Path, settings: Any) -> FinishedPack:
    settings.LEDGER_KEYS = tmp_path / "keys"
    stored(*small_quarter())
    return finish(freeze(Quarter(2016, 1), None, actor=None, now=now), actor=None, now=now)


def export(finished: FinishedPack, folder: Path, actor: Any = None) -> Path:
    return export_pack(finished, folder, actor=actor, now=clock.now(), wait=lambda seconds: seal(clock.now()))


def verdict(path: Path) -> dict[str, Any]:
    with redirect_stdout(io.StringIO()) as printed:
        verify.main([str(path), "--json"])
    found: dict[str, Any] = json.loads(printed.getvalue())
    return found


def test_the_evidence_holds_the_pack_the_figures_and_their_events_and_is_sound(finished: FinishedPack, tmp_path: Path) -> None:
    path = export(finished, tmp_path)
    found = verdict(path)
    assert found["status"] == 0, found
    names = {file.name for file in finished.files.all()}
    assert set(found["attached"]) == names | {"pack-2016Q1-figures.jsonl", "pack.schema.json"}
    with zipfile.ZipFile(path) as archive:
        figures = archive.read("attached/pack-2016Q1-figures.jsonl")
        paper = archive.read("attached/pack-2016Q1.pdf")
        entries = [json.loads(line) for line in archive.read("entries.jsonl").splitlines() if line.startswith(b"{")]
    assert sha256(figures).hexdigest() == finished.frozen.sha256
    assert finished.frozen.sha256 in "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(paper)).pages).replace("\u200b", "")
    told = {entry["type"]: entry["details"] for entry in entries}
    assert told["reports.figures_frozen"]["sha256"] == finished.frozen.sha256
    assert {"name": "pack-2016Q1.pdf", "bytes": len(paper), "sha256": sha256(paper).hexdigest()} in told["reports.pack_finished"]["files"]


@pytest.mark.parametrize("how", [(), ("--quick",), ("--deep",)])
def test_the_verifier_in_the_archive_confirms_it_with_nothing_of_the_portal(
    finished: FinishedPack, tmp_path: Path, how: tuple[str, ...]
) -> None:
    path = export(finished, tmp_path)
    with zipfile.ZipFile(path) as archive:
        archive.extract("verify.py", tmp_path)
    done = subprocess.run(
        [sys.executable, "-I", "verify.py", *how, path.name], cwd=tmp_path, env={}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.split()[0]) == (0, "SOUND:"), done.stdout + done.stderr


def test_a_changed_report_is_found(finished: FinishedPack, tmp_path: Path) -> None:
    path = export(finished, tmp_path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["attached/pack-2016Q1.json"] = members["attached/pack-2016Q1.json"].replace(b"2016", b"2017")
    forged = tmp_path / "forged.zip"
    with zipfile.ZipFile(forged, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    assert verdict(forged)["word"] == "tampered"


def test_evidence_needs_the_right_to_take_it_out(finished: FinishedPack, tmp_path: Path) -> None:
    with pytest.raises(NotAllowed, match="You may not export evidence"):
        export(finished, tmp_path, person(roles=("manager",)))
