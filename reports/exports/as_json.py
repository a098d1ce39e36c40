"""The machine's copy: UTF-8, keys sorted, indented, times in ISO 8601 with Z, durations in seconds."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from reports.document import Cell, Column, ReportDocument, Table

from .safety import storable


def write(document: ReportDocument, folder: Path) -> list[Path]:
    """Writes NAME.json into `folder`."""
    path = folder / f"{document.name}.json"
    with path.open("w", encoding="utf-8", newline="\n") as file:
        # Pieces, so that the long list never stands in memory twice.
        encoder = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, indent=1)
        file.writelines(encoder.iterencode(as_plain(document)))
        file.write("\n")
    return [path]


def as_plain(document: ReportDocument) -> dict[str, Any]:
    """The document as JSON's own types: its content, then definitions by name and tables by key."""
    return {
        **document.content,
        "title": f"{document.title}, {document.subtitle}",
        "summary": [storable(paragraph) for paragraph in document.summary],
        "definitions": {each.name: {"title": each.title, "unit": each.unit, "definition": each.text} for each in document.definitions},
        "notes": list(document.notes),
        "tables": {table.key: _table(table) for table in document.tables if table.key != "definitions"},
    }


def _table(table: Table) -> dict[str, Any]:
    return {
        "title": table.title,
        "description": table.description,
        "columns": [_column(column) for column in table.columns],
        "rows": [[plain(cell) for cell in row] for row in table.rows],
    }


def _column(column: Column) -> dict[str, str]:
    return {"key": column.key, "title": column.title, "type": column.kind.value, "unit": column.unit}


def plain(cell: Cell) -> str | int | float | bool | None:
    """A cell as JSON's own type; a time as ISO 8601 in UTC."""
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return storable(cell) if isinstance(cell, str) else cell
