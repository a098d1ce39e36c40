"""The file drop: a folder where the CMDB leaves files and finds what became of them."""

import logging
import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from portal.foundation import words
from portal.foundation.errors import PortalError
from portal.foundation.redaction import one_line

from .exporting import write_whole
from .models import DirectorySync
from .reading import LARGEST_BYTES
from .services import apply_sync, read_file

logger = logging.getLogger(__name__)
SUFFIXES = frozenset({".csv", ".json"})
# A file that is still being written has not rested; one that a worker took and never finished is taken again.
RESTED, ABANDONED = timedelta(seconds=20), timedelta(minutes=15)
MOST_AT_ONCE = 20


def read_drop(*, now: datetime) -> int:
    """Takes in every file that lies in the drop; the number of them. Each ends in done/ or failed/ with a report beside it."""
    if not settings.DIRECTORY_DROP:
        return 0
    drop = Path(settings.DIRECTORY_DROP)
    try:
        waiting = sorted(_waiting(drop, now))[:MOST_AT_ONCE]
    except OSError as error:
        logger.error("The file drop cannot be read: %s.", error.strerror or "unknown reason")
        return 0
    return sum(_take(path, drop, now) for path in waiting)


def _waiting(drop: Path, now: datetime) -> Iterator[Path]:
    """Files that rest in the drop, then those that a worker died over. Links are not followed."""
    for folder, since in ((drop, now - RESTED), (drop / "reading", now - ABANDONED)):
        for path in folder.iterdir() if folder.is_dir() else ():
            if path.suffix.lower() not in SUFFIXES or path.name.startswith(".") or path.is_symlink() or not path.is_file():
                continue
            told = path.stat()
            if max(told.st_mtime, told.st_ctime if folder != drop else 0.0) <= since.timestamp():
                yield path


def _take(path: Path, drop: Path, now: datetime) -> bool:
    """Claims one file by moving it: whoever moved it first has it."""
    claimed = drop / "reading" / path.name
    try:
        claimed.parent.mkdir(exist_ok=True)
        path.replace(claimed)
        os.utime(claimed, (now.timestamp(), now.timestamp()))
        with claimed.open("rb") as file:
            content = file.read(LARGEST_BYTES + 1)
    except FileNotFoundError:
        return False
    except OSError as error:
        logger.error("A file of the drop cannot be taken: %s.", error.strerror or "unknown reason")
        return False
    folder, report = _read(content, path.name, now)
    name = f"{now:%Y%m%dT%H%M%SZ}-{path.name}"
    try:
        write_whole(drop / folder / f"{name}.report.txt", report.encode("utf-8"))
        claimed.replace(drop / folder / name)
    except OSError as error:
        logger.error("A file of the drop was read but cannot be put away: %s.", error.strerror or "unknown reason")
    return True


def _read(content: bytes, name: str, now: datetime) -> tuple[str, str]:
    """The folder that the file goes to, and the report beside it."""
    by, as_json = "file drop", name.lower().endswith(".json")
    try:
        source = DirectorySync.Source.DROP
        sync = read_file(content, file_name=name, source=source, actor=None, operator=by, now=now, json_expected=as_json)
    except PortalError as error:
        return "failed", f"{one_line(error.message)}\nNothing was changed.\n"
    trouble = ""
    if settings.DIRECTORY_APPLIES:
        try:
            sync = apply_sync(sync, actor=None, now=now, reason="Applied without a person, as this installation is set.")
        except PortalError as error:
            trouble = f"It was not applied: {one_line(error.message)}\n"
    return "done", f"{trouble}{report_of(sync)}"


def report_of(sync: DirectorySync) -> str:
    """What became of a file, in lines; addresses masked."""
    lines = [
        f"{sync.file_name}, SHA-256 {sync.sha256}",
        f"{words.counted(sync.people, 'person', 'people')}, {sync.agreeing:,} of them as they stand here. The file {_STATE[sync.state]}.",
    ]
    for row in sync.rows.all():
        outcome = "applied" if row.applied_at else row.get_decision_display() if row.decision else "waits for a person"
        what = f"{row.field}: {row.ours or 'nothing'} → {row.theirs or 'nothing'} ({outcome})" if row.theirs or row.ours else row.field
        lines.append(" ".join(part for part in (row.place, row.person_name, row.kind.upper(), what, row.words) if part))
    return "\n".join(one_line(line) for line in lines) + "\n"


_STATE: dict[str, str] = {
    DirectorySync.State.WAITING: "waits for a person; nothing was changed",
    DirectorySync.State.PARTLY: "was applied, its conflicts wait for a person",
    DirectorySync.State.APPLIED: "was applied",
    DirectorySync.State.DISCARDED: "was discarded",
    DirectorySync.State.EXPIRED: "expired",
}
