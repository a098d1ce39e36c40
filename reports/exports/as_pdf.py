"""A document for people: accessible (PDF/UA-1), and typeset in a process of its own, so that its memory is given back."""

import dataclasses
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from portal.foundation.errors import PortalError
from reports.document import Cell, Kind, ReportDocument, Table, shown

from .columns_on_paper import Texts, laid_out

# Longer tables are for the spreadsheet; the typesetter's memory grows with rows, and nobody reads them on paper.
MOST_ROWS = 25
# The largest pack takes a few seconds; a typesetter that hangs must not hang the portal.
LONGEST_SECONDS = 120
# A number without decimals, alone or before its unit.
_WHOLE = re.compile(r"^−?[0-9][0-9,]*(?=$| %)")
_JOINED = re.compile(r"(?<=[a-z0-9])_(?=[a-z0-9])")
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
        "definitions": [{**dataclasses.asdict(each), "text": _in_words(each.text)} for each in document.definitions],
        "notes": document.notes,
    }


def _in_words(text: str) -> str:
    """A definition as people read it: the names that figures have for machines, such as `taken_back`, are words here."""
    return _JOINED.sub(" ", text).replace("`", "")


def _table(table: Table) -> dict[str, Any]:
    most = len(table.rows) if table.whole else MOST_ROWS
    left = len(table.rows) - most
    rest = (
        f"The first {most} of {len(table.rows):,} rows; the spreadsheet, the CSV files and the JSON have all of them." if left > 0 else ""
    )
    by_column = [_shown([row[place] for row in table.rows[:most]], column.kind) for place, column in enumerate(table.columns)]
    texts = Texts(
        headings=tuple(column.title for column in table.columns),
        numbers=tuple(column.kind.is_number for column in table.columns),
        rows=tuple(zip(*by_column, strict=True)) if by_column else (),
    )
    laid = laid_out(texts)
    return {
        "title": table.title,
        "description": table.description,
        "rest": rest,
        "size": laid.size,
        "inset": laid.inset,
        "columns": [
            {"title": heading, "align": "right" if number else "left", "weight": width}
            for heading, number, width in zip(laid.texts.headings, laid.texts.numbers, laid.widths, strict=True)
        ],
        "rows": laid.texts.rows,
    }


def _shown(cells: Sequence[Cell], kind: Kind) -> list[str]:
    """A column's cells as text. Shares of which one has a decimal all have one, so that they stand under each other; a day stays with its hour."""
    texts = [shown(cell, kind) for cell in cells]
    if kind is Kind.DATETIME:
        return [text.replace(" ", "\N{NO-BREAK SPACE}") for text in texts]
    if kind in {Kind.PERCENT, Kind.NUMBER} and any("." in text and not text.startswith("<") for text in texts):
        return [_WHOLE.sub(r"\g<0>.0", text) for text in texts]
    return texts
