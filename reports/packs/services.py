"""Building a pack: facts in, files out, and a record of who built what."""

import errno
import shutil
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from hashlib import file_digest
from pathlib import Path
from typing import Any

from audit.events.services import act
from policies.models import BusinessUnit
from portal.foundation.access.checks import require
from portal.foundation.errors import InvalidInput
from reports.document import ReportDocument
from reports.exports.formats import FORMATS

from .kept import report_of
from .models import FrozenFigures, QuarterlyPack
from .packing import chosen_formats
from .quarters import Quarter

Tell = Callable[[str], None]

_REASONS = {
    errno.EEXIST: "it is a file, not a folder",
    errno.ENOTDIR: "a part of it is a file, not a folder",
    errno.EISDIR: "a folder has the name of a file of the pack",
    errno.EACCES: "you have no right to write there",
    errno.EPERM: "you have no right to write there",
    errno.EROFS: "it can only be read",
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "your quota is used up",
    errno.EFBIG: "files may not be that large there",
    errno.ENAMETOOLONG: "the name is too long",
}


@dataclass(frozen=True, slots=True)
class BuiltFile:
    """A file of a pack: where it is, its size in bytes and its SHA-256."""

    path: Path
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class BuiltPack:
    """The record of a build, and its files in the order of the formats asked for."""

    record: QuarterlyPack
    files: tuple[BuiltFile, ...]


def build_pack(
    quarter: Quarter,
    *,
    out: Path,
    unit: BusinessUnit | None = None,
    frozen: FrozenFigures | None = None,
    formats: Sequence[str] = (),
    actor: Any,
    now: datetime,
    tell: Tell = lambda step: None,
) -> BuiltPack:
    """Builds the pack of `quarter`, of `unit` or the whole organisation, as the data are or from figures that are `frozen`, into the folder `out` (made when missing) in `formats`, all of them when none is named.

    1. Read the facts and make the document. 2. Write every file into a folder of its own inside `out`. 3. In one transaction, record
    the build and move the files to their names; a failure before that leaves neither file nor record. `actor` None is the command
    line; `tell` hears of each step. Figures that are frozen are of their own quarter and unit. Raises NotAllowed, and InvalidInput for an unknown format or a folder that cannot be written.
    """
    require(actor, "reports.build_quarterlypack", to="build a quarterly pack")
    chosen = chosen_formats(formats)
    try:
        with ExitStack() as stack:
            workshop = _workshop(out, stack)
            document = report_of(frozen) if frozen else read_document(quarter, unit, now, tell)
            made = written(chosen, document, workshop, tell)
            tell("Recording")
            with act("reports.pack_built", actor=actor, now=now) as running:
                files = tuple(_described(path, out) for path in made)
                running.subject = record = _record(quarter, document, files, unit=unit, frozen=frozen, actor=actor, now=now)
                running.details = _details(quarter, document, files)
                if unit or frozen:
                    running.details |= {"unit": unit.name if unit else "", "figures_sha256": frozen.sha256 if frozen else ""}
                for path, file in zip(made, files, strict=True):
                    path.replace(file.path)
            return BuiltPack(record, files)
    except OSError as error:
        reason = _REASONS.get(error.errno or 0) or (error.strerror or str(error)).lower()
        raise InvalidInput(f"The pack cannot be written to {out}: {reason}. Nothing was written; choose another folder.") from error


def _workshop(out: Path, stack: ExitStack) -> Path:
    """A hidden folder inside `out`, so that finished files only change their names; gone afterwards, with `out` itself when left empty."""
    missing = [folder for folder in (out, *out.parents) if not folder.exists()]
    for folder in reversed(missing):
        stack.callback(_remove_if_empty, folder)
    out.mkdir(parents=True, exist_ok=True)
    workshop = Path(tempfile.mkdtemp(dir=out, prefix=".pack-"))
    stack.callback(shutil.rmtree, workshop, ignore_errors=True)
    return workshop


def _remove_if_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def read_document(quarter: Quarter, unit: BusinessUnit | None, now: datetime, tell: Tell = lambda step: None) -> ReportDocument:
    """The report on `quarter` as the data are now, of `unit` with its parts or of the whole organisation."""
    # Here, and not for every process at its start: figures take numpy, some 12 MB.
    from .reading import read

    return read(quarter, unit, now, tell)


def written(names: Sequence[str], document: ReportDocument, folder: Path, tell: Tell) -> list[Path]:
    """The files in the order of `names`. They are made side by side: the PDF's process works while we write the others."""
    tell(f"Writing {', '.join(names)}")
    with ThreadPoolExecutor(max_workers=len(names)) as pool:
        return [path for paths in pool.map(lambda name: FORMATS[name](document, folder), names) for path in paths]


def _described(path: Path, out: Path) -> BuiltFile:
    target = out / path.name
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, "is a folder", str(target))
    with path.open("rb") as file:
        return BuiltFile(target, path.stat().st_size, file_digest(file, "sha256").hexdigest())


def _record(
    quarter: Quarter, document: ReportDocument, files: Sequence[BuiltFile], *, now: datetime, actor: Any, **of: Any
) -> QuarterlyPack:
    return QuarterlyPack.objects.create(
        quarter=str(quarter),
        **of,
        built_at=now,
        built_by=actor,
        metrics=document.content["metrics"],
        files={file.path.name: file.sha256 for file in files},
    )


def _details(quarter: Quarter, document: ReportDocument, files: Sequence[BuiltFile]) -> dict[str, Any]:
    return {
        "quarter": str(quarter),
        "incidents_opened": document.content["metrics"]["incidents_opened"],
        "files": [{"name": file.path.name, "bytes": file.size, "sha256": file.sha256} for file in files],
    }
