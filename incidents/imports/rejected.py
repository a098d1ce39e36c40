"""The rejected rows as a file beside the log, to be mended and imported again. Pure."""

import csv
import os
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

from .intake import Rejection

OWN_COLUMNS = ("line", "reason")
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)*")
# How a spreadsheet recognises a formula, after OWASP's note on CSV injection.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def rejected_path(log: Path) -> Path:
    return log.with_name(f"{log.name}.rejected.csv")


def write_rejected(log: Path, header: Sequence[str], rejected: Sequence[Rejection]) -> Path | None:
    """Writes FILE.rejected.csv in one step: the columns of the log, then line and reason. None, and an old one removed, if none was rejected.

    Raises OSError when the folder cannot be written.
    """
    path = rejected_path(log)
    if not rejected:
        path.unlink(missing_ok=True)
        return None
    kept = [place for place, name in enumerate(header) if name.strip().casefold() not in OWN_COLUMNS]
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name[:60]}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out)
            writer.writerow([harmless(header[place]) for place in kept] + list(OWN_COLUMNS))
            for row in rejected:
                cells = [harmless(row.cells[place]) if place < len(row.cells) else "" for place in kept]
                surplus = [harmless(cell) for cell in row.cells[len(header) :]]
                writer.writerow([*cells, row.line, harmless(row.reason), *surplus])
        Path(temporary).chmod(0o640)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return path


def harmless(cell: str) -> str:
    """`cell` so that no spreadsheet runs it: what looks like a formula begins with an apostrophe. Plain numbers stay."""
    if cell.startswith(_FORMULA_STARTS) and not _NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell
