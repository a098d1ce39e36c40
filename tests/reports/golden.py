"""The golden pack and the recorded digests. GOLDEN=write in the environment writes them anew; look at the difference before you commit it."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from reports.document import ReportDocument
from reports.exports import as_json
from reports.packs.build import build
from reports.packs.quarters import Progress, Quarter
from tests.factories.reports import small_quarter

FOLDER = Path(__file__).resolve().parents[1] / "contracts" / "pack"
ASKED = os.environ.get("GOLDEN") == "write"
ANEW = "Look at the packs; if they are right: GOLDEN=write pytest -n 0 tests/reports -k 'golden or recorded'"


def small_document() -> ReportDocument:
    facts = small_quarter()
    return build(Quarter(2016, 1), facts, progress=Progress.OVER, last_event_at=facts[-1].opened_at)


def golden(name: str) -> bytes:
    """The golden pack's file as it was committed."""
    if ASKED:
        as_json.write(small_document(), FOLDER)
    return (FOLDER / name).read_bytes()


def recorded(name: str, found: Mapping[str, str]) -> Mapping[str, str]:
    """The digests that both databases' runs are held against."""
    path = FOLDER / f"{name}.json"
    if ASKED:
        path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}
