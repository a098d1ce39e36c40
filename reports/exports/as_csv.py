"""A file a table: RFC 4180 in UTF-8 without a byte order mark, column keys in the first line, no formula alive."""

import csv
from pathlib import Path

from reports.document import Cell, ReportDocument

from .as_json import plain
from .safety import never_a_formula


def write(document: ReportDocument, folder: Path) -> list[Path]:
    """Writes NAME-TABLE.csv for each table into `folder`."""
    paths = []
    for table in document.tables:
        path = folder / f"{document.name}-{table.key}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            lines = csv.writer(file)
            lines.writerow([never_a_formula(column.key) for column in table.columns])
            lines.writerows([_cell(cell) for cell in row] for row in table.rows)
        paths.append(path)
    return paths


def _cell(cell: Cell) -> str | int | float:
    """Empty for what is not known, yes and no for truth, ISO 8601 for times; text defused, numbers as they are."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, str):
        return never_a_formula(cell)
    value = plain(cell)
    return value if isinstance(value, int | float) else str(value)
