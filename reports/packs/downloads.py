"""Handing packs to people: a build at once, and the files of a finished one; every time recorded."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from audit.events.services import act
from portal.foundation.access.checks import require
from portal.foundation.errors import WrongState

from .models import FrozenFigures, PackFile
from .packing import archive_of, media_type_of, one_file_of
from .quarters import Quarter

SEE = "reports.view_frozenfigures"


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
        path = one_file_of([file.path for file in built.files], Path(folder))
        download = Download(path.name, media_type_of(path.name), path.read_bytes())
    with act("reports.pack_downloaded", actor=actor, now=now, subject=built.record) as running:
        digest = sha256(download.content).hexdigest()
        running.details = {"quarter": str(quarter), "file": download.name, "bytes": len(download.content), "sha256": digest}
    return download


def download_file(file: PackFile, *, actor: Any, now: datetime) -> Download:
    """A file of a finished pack, for whoever may see it everywhere or in its unit. Raises NotAllowed, PortalError for a changed file."""
    from .finishing import content_of

    frozen = file.pack.frozen
    require(actor, SEE, frozen, to="download a finished pack")
    content = content_of(file)
    with act("reports.pack_downloaded", actor=actor, now=now, subject=frozen) as running:
        running.details = {"quarter": frozen.quarter, "file": file.name, "bytes": file.size, "sha256": file.sha256}
    return Download(file.name, media_type_of(file.name), content)


def download_files(frozen: FrozenFigures, *, tables_only: bool = False, actor: Any, now: datetime) -> Download:
    """All files of a finished pack as one archive, or its tables as CSV alone: the same bytes whoever asks and whenever. One event tells of it,
    with the digest of each file in it.

    Raises NotAllowed, WrongState before the pack is finished, PortalError for a changed file.
    """
    from .finishing import content_of

    require(actor, SEE, frozen, to="download a finished pack")
    # By name: the order in which rows come is no part of what was finished.
    files = sorted(PackFile.objects.filter(pack__frozen=frozen), key=lambda file: file.name)
    if not files:
        raise WrongState("The pack of these figures is not finished: its review is not signed yet.")
    stem = next(Path(file.name).stem for file in files if file.name.endswith(".json"))
    chosen = [file for file in files if not tables_only or file.name.endswith(".csv")]
    name = f"{stem}-tables.zip" if tables_only else f"{stem}.zip"
    content = archive_of((file.name, content_of(file)) for file in chosen)
    with act("reports.pack_downloaded", actor=actor, now=now, subject=frozen) as running:
        running.details = {
            "quarter": frozen.quarter,
            "file": name,
            "bytes": len(content),
            "sha256": sha256(content).hexdigest(),
            "files": [{"name": file.name, "bytes": file.size, "sha256": file.sha256} for file in chosen],
        }
    return Download(name, media_type_of(name), content)
