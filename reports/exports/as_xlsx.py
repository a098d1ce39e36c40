"""A workbook: a sheet a table, with real numbers and dates, in bounded memory and the same bytes each time."""

import re
from datetime import UTC, datetime
from itertools import count, islice
from pathlib import Path
from typing import Any

from portal.foundation.errors import InvalidInput
from reports.document import Cell, Column, Kind, ReportDocument, Table

from . import charts_in_book
from .safety import storable
from .sheet_rows import text_of, write_rows

# Limits of the file format: rows on a sheet, characters in a sheet's name.
MOST_ROWS, LONGEST_NAME = 1_048_576, 31
_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
# The file format asks for a time of making; a fixed one keeps the bytes the same.
_MADE = datetime(2000, 1, 1)  # noqa: DTZ001 (the library takes local time without a zone)
_OPTIONS = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_FORMATS = {
    Kind.INTEGER: {"num_format": "#,##0"},
    Kind.NUMBER: {"num_format": "#,##0.0##"},
    Kind.DURATION: {"num_format": "#,##0.###"},
    Kind.PERCENT: {"num_format": '0.0" %"'},
    Kind.DATETIME: {"num_format": "yyyy-mm-dd hh:mm:ss", "align": "left"},
}
_WIDTHS = {Kind.INTEGER: 13, Kind.NUMBER: 13, Kind.DURATION: 18, Kind.PERCENT: 12, Kind.DATETIME: 20, Kind.YES_NO: 12, Kind.TEXT: 18}
_WIDEST = 60
# The words of the summary: letters in a line, a little fewer than fit, and the height of one in points.
_LETTERS, _LINE = 105, 15
_A4 = 9


def write(document: ReportDocument, folder: Path) -> list[Path]:
    """Writes NAME.xlsx into `folder`: the title page, then the tables. Raises InvalidInput for a table longer than a sheet."""
    # Loaded by whoever writes a spreadsheet, not by every process.
    import xlsxwriter
    from xlsxwriter.exceptions import FileCreateError

    path = folder / f"{document.name}.xlsx"
    try:
        with xlsxwriter.Workbook(str(path), {**_OPTIONS, "tmpdir": str(folder)}) as book:
            book.set_properties({"title": f"{document.title}, {document.subtitle}", "created": _MADE})
            styles = _styles(book)
            _write_title_page(book, styles, document)
            names = Names("Summary", charts_in_book.SHEET, charts_in_book.DATA)
            charts_in_book.write(book, styles, document)
            for table in document.tables:
                _write_table(book, styles, table, names)
    except FileCreateError as error:
        # The library wraps the operating system's error, which says more.
        raise error.args[0] from error
    return [path]


def _styles(book: Any) -> dict[Any, Any]:
    wrapped = {"text_wrap": True, "valign": "top"}
    return {
        **{kind: book.add_format({**form, "valign": "top"}) for kind, form in _FORMATS.items()},
        Kind.TEXT: book.add_format({"valign": "top"}),
        Kind.YES_NO: book.add_format({"valign": "top"}),
        "title": book.add_format({"bold": True, "font_size": 16, "font_color": "#0f766e"}),
        "name": book.add_format({"bold": True, "valign": "top"}),
        "text": book.add_format(wrapped),
        "left": book.add_format({"bold": True, "font_color": "#ffffff", "bg_color": "#0f766e", **wrapped}),
        "right": book.add_format({"bold": True, "font_color": "#ffffff", "bg_color": "#0f766e", "align": "right", **wrapped}),
    }


def _write_title_page(book: Any, styles: dict[Any, Any], document: ReportDocument) -> None:
    sheet = book.add_worksheet("Summary")
    _print_on_one_width(sheet)
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 1, _LETTERS)
    sheet.write_string(0, 0, f"{document.title}, {document.subtitle}", styles["title"])
    lines = [*document.facts, ("", ""), *_named("Summary", document.summary), ("", ""), *_named("Notes", document.notes)]
    for row, (name, text) in enumerate(lines, start=2):
        # Not every program finds the height of a text by itself.
        sheet.set_row(row, _LINE * max(1, -(-len(text) // _LETTERS)))
        sheet.write_string(row, 0, name, styles["name"])
        sheet.write_string(row, 1, text_of(text), styles["text"])


def _print_on_one_width(sheet: Any) -> None:
    """Printed, no row is torn across pages."""
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)


def _named(name: str, paragraphs: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(name if position == 0 else "", text) for position, text in enumerate(paragraphs)]


class Names:
    """Names of sheets: without what the file format forbids, and none twice."""

    def __init__(self, *taken: str) -> None:
        self.taken = {name.casefold() for name in taken}

    def of(self, title: str) -> str:
        wanted = _FORBIDDEN.sub(" ", storable(title)).strip("' ") or "Table"
        for number in count(1):
            end = "" if number == 1 else f" {number}"
            name = f"{_shortened(wanted, LONGEST_NAME - len(end))}{end}"
            if name.casefold() not in self.taken and name.casefold() != "history":
                break
        self.taken.add(name.casefold())
        return name


def _shortened(title: str, longest: int) -> str:
    """Its first words, as many as fit; of a word that takes more than half of the place as much as fits."""
    if len(title) <= longest:
        return title
    end = title.rfind(" ", 0, longest + 1)
    return title[: end if end > longest // 2 else longest].rstrip(" ,;:-(–&'")


def _write_table(book: Any, styles: dict[Any, Any], table: Table, names: Names) -> None:
    if len(table.rows) >= MOST_ROWS:
        raise InvalidInput(f"The table '{table.title}' has {len(table.rows):,} rows, more than a sheet holds. Choose csv or json instead.")
    sheet = book.add_worksheet(names.of(table.title))
    sheet.freeze_panes(1, 0)
    _print_on_one_width(sheet)
    sheet.repeat_rows(0)
    for position, column in enumerate(table.columns):
        sheet.set_column(position, position, _width(table, position))
        sheet.write_string(0, position, _heading(column), styles[column.align])
    if table.rows:
        forms = [styles[column.kind] for column in table.columns]
        last = write_rows(sheet, 1, islice(table.rows, len(table.rows) - 1), forms)
        for position, (form, cell) in enumerate(zip(forms, table.rows[-1], strict=True)):
            _write_cell(sheet, last, position, cell, form)
        sheet.autofilter(0, 0, len(table.rows), len(table.columns) - 1)


def _write_cell(sheet: Any, row: int, column: int, cell: Cell, style: Any) -> None:
    """By the type of the value, never by its look: text stays text whatever it begins with."""
    if cell is None:
        return
    if isinstance(cell, bool):
        sheet.write_string(row, column, "yes" if cell else "no", style)
    elif isinstance(cell, datetime):
        sheet.write_datetime(row, column, cell.astimezone(UTC).replace(tzinfo=None), style)
    elif isinstance(cell, str):
        sheet.write_string(row, column, text_of(cell), style)
    else:
        sheet.write_number(row, column, cell, style)


def _heading(column: Column) -> str:
    return f"{column.title} ({column.unit})" if column.unit else column.title


def _width(table: Table, position: int) -> float:
    """Wide enough for the column's kind and heading and, for text, for what stands in its first rows."""
    column = table.columns[position]
    widest = max((len(str(row[position])) for row in table.rows[:200]), default=0) if column.kind is Kind.TEXT else 0
    return min(max(_WIDTHS[column.kind], widest + 2), _WIDEST)
