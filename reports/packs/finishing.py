"""Finishing a report: the frozen figures with their review's chapters, built into files that are kept for good."""

import tempfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from audit.events.services import act
from portal.foundation.access.checks import require
from portal.foundation.errors import PortalError, WrongState
from reports.document import Chapter
from reports.exports.formats import FORMATS

from .freezing import RIGHT
from .kept import pack, report_of
from .models import FinishedPack, FrozenFigures, PackFile
from .services import Tell, written


@dataclass(frozen=True, slots=True)
class _Made:
    name: str
    content: bytes


def finish(
    frozen: FrozenFigures, *, chapters: Sequence[Chapter] = (), actor: Any, now: datetime, tell: Tell = lambda step: None
) -> FinishedPack:
    """Builds the frozen figures, followed by `chapters`, into all formats and keeps the files. Each can be finished once.

    The files are made before the transaction, which takes seconds. Raises NotAllowed, and WrongState when it is finished already.
    """
    require(actor, RIGHT, to="finish a quarterly pack")
    _refuse_twice(frozen)
    tell("Reading the frozen figures")
    document = report_of(frozen, chapters)
    packed = pack(document)
    with tempfile.TemporaryDirectory(prefix="pack-") as folder:
        made = [_Made(path.name, path.read_bytes()) for path in written(tuple(FORMATS), document, Path(folder), tell)]
    tell("Keeping the files")
    with act("reports.pack_finished", actor=actor, now=now) as running:
        _refuse_twice(frozen)
        running.subject = finished = FinishedPack.objects.create(
            frozen=frozen, finished_at=now, finished_by=actor, document=packed.content, size=packed.size, sha256=packed.sha256
        )
        files = [
            PackFile.objects.create(
                pack=finished,
                name=file.name,
                size=len(file.content),
                sha256=sha256(file.content).hexdigest(),
                content=zlib.compress(file.content, 6),
            )
            for file in made
        ]
        running.details = {
            "quarter": frozen.quarter,
            "number": frozen.number,
            "figures_sha256": frozen.sha256,
            "sha256": packed.sha256,
            "files": [{"name": file.name, "bytes": file.size, "sha256": file.sha256} for file in files],
        }
    return finished


def content_of(file: PackFile) -> bytes:
    """The bytes of `file`. Raises PortalError when they are not what the digest says."""
    content = zlib.decompress(bytes(file.content))
    if sha256(content).hexdigest() != file.sha256:
        raise PortalError(f"{file.name} is not what was finished: its SHA-256 differs. Compare a backup, and look at the audit trail.")
    return content


def _refuse_twice(frozen: FrozenFigures) -> None:
    if FinishedPack.objects.filter(frozen=frozen).exists():
        raise WrongState(f"{frozen} are a finished pack already. A correction is a restatement with the next number and a reason.")
