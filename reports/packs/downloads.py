"""Handing a pack to a person: one file as it is, several as a ZIP archive; every time recorded."""

import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audit.events.services import act

from .quarters import Quarter

if TYPE_CHECKING:
    from .services import BuiltPack

# The archive's entries need a time; a fixed one keeps the same files the same archive. 1980 is the format's first year.
_ENTRY_TIME = (1980, 1, 1, 0, 0, 0)
_MEDIA_TYPES = {
    ".json": "application/json",
    ".csv": "text/csv; charset=utf-8",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pdf": "application/pdf",
    ".zip": "application/zip",
}


@dataclass(frozen=True, slots=True)
class Download:
    """What a browser saves."""

    name: str
    media_type: str
    content: bytes


def download_pack(quarter: Quarter, *, formats: Sequence[str], actor: Any, now: datetime) -> Download:
    """Builds the pack of `quarter` and returns it for download; both acts are recorded. Raises what build_pack raises."""
    # Here: what it counts with takes 20 MB, which no process should hold for a page that is opened once a quarter.
    from .services import build_pack

    with tempfile.TemporaryDirectory(prefix="pack-") as folder:
        built = build_pack(quarter, out=Path(folder), formats=formats, actor=actor, now=now)
        download = _as_download(quarter, built)
    with act("reports.pack_downloaded", actor=actor, now=now, subject=built.record) as running:
        digest = sha256(download.content).hexdigest()
        running.details = {"quarter": str(quarter), "file": download.name, "bytes": len(download.content), "sha256": digest}
    return download


def _as_download(quarter: Quarter, built: "BuiltPack") -> Download:
    if len(built.files) == 1:
        path = built.files[0].path
        return Download(path.name, _MEDIA_TYPES[path.suffix], path.read_bytes())
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for file in built.files:
            entry = zipfile.ZipInfo(file.path.name, _ENTRY_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(entry, file.path.read_bytes())
    return Download(f"pack-{quarter}.zip", _MEDIA_TYPES[".zip"], archive.getvalue())
