"""A document for people: accessible (PDF/UA-1), and typeset in a process of its own, so that its memory is given back."""

import dataclasses
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from portal.foundation.errors import PortalError
from reports.document import ReportDocument, Table, shown

# Longer tables are for the spreadsheet; the typesetter's memory grows with rows, and nobody reads them on paper.
MOST_ROWS = 25
# Of a column: what stands around its text, in characters; and no text takes the room of all others.
INSET, WIDEST = 4, 4.0
# The largest pack takes a few seconds; a typesetter that hangs must not hang the portal.
LONGEST_SECONDS = 120
_PROJECT = Path(__file__).resolve().parents[2]


def write(document: ReportDocument, folder: Path) -> list[Path]:
    """Writes NAME.pdf into `folder`. Raises PortalError when the typesetter fails."""
    path = folder / f"{document.name}.pdf"
    with tempfile.TemporaryDirectory(dir=folder, prefix=".pdf-") as work:
        Path(work, "document.json").write_text(json.dumps(for_paper(document), allow_nan=False), encoding="utf-8")
        _typeset(Path(work))
        Path(work, "document.pdf").replace(path)
    return [path]


def _typeset(work: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(_PROJECT)}
    # -P: the folder we happen to stand in is no place to import from.
    command = [sys.executable, "-P", "-m", "reports.exports.typeset", str(work)]
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=LONGEST_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise PortalError(f"The PDF was not ready after {LONGEST_SECONDS} s and was given up. Try again, or leave pdf out.") from None
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
        raise PortalError(f"The PDF could not be made: {reason[:300]}. The other formats do not need this step.")


def for_paper(document: ReportDocument) -> dict[str, Any]:
    """The document as the template reads it: everything as text that is ready to be shown, figures as data to be drawn."""
    return {
        "title": document.title,
        "subtitle": document.subtitle,
        "facts": document.facts,
        "highlights": document.highlights,
        "summary": document.summary,
        "sections": [
            {
                "title": section.title,
                "paragraphs": section.paragraphs,
                "code": section.code,
                "figures": [dataclasses.asdict(figure) for figure in section.figures],
                "tables": [_table(table) for table in section.tables if table.on_paper],
            }
            for section in document.sections
        ],
        "definitions": [dataclasses.asdict(each) for each in document.definitions],
        "notes": document.notes,
    }


def _table(table: Table) -> dict[str, Any]:
    most = len(table.rows) if table.whole else MOST_ROWS
    left = len(table.rows) - most
    rest = (
        f"The first {most} of {len(table.rows):,} rows; the spreadsheet, the CSV files and the JSON have all of them." if left > 0 else ""
    )
    return {
        "title": table.title,
        "description": table.description,
        "rest": rest,
        "columns": [
            {"title": column.title, "align": column.align, "weight": _weight(table, position)}
            for position, column in enumerate(table.columns)
        ],
        "rows": [[shown(cell, column.kind) for cell, column in zip(row, table.columns, strict=True)] for row in table.rows[:most]],
    }


def _weight(table: Table, position: int) -> float:
    """How wide a column is compared with others: by the longest text that it shows, and the longest word of its heading."""
    column = table.columns[position]
    heading = max((len(word) for word in column.title.split()), default=0)
    longest = max((len(shown(row[position], column.kind)) for row in table.rows[:MOST_ROWS]), default=0)
    return min((max(longest, heading) + INSET) / 10, WIDEST)
