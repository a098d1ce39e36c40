"""A document as text that stays: a line for the document, a line for each row of its tables. Pure; the same document gives the same bytes.

Lines are ASCII, keys are sorted, numbers are as Python writes them shortest, so neither a time zone, a locale nor a hash seed shows. A row a
line, because the longest table has a row an incident: neither writing nor reading needs the text in one piece.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from reports.document import Cell, Column, Definition, Figure, FigureKind, Kind, ReportDocument, Section, Series, Table

# Raised when the lines change their meaning; what was frozen before stays readable by its number.
FORM = 1
# A time among other cells; nothing else in a row is an object.
_TIME = "at"


class NotAForm(ValueError):
    """The lines are not what `lines_of` writes."""


def lines_of(document: ReportDocument) -> Iterator[bytes]:
    """The document, then the rows of its tables in their order. Raises TypeError or ValueError for what has no form, such as NaN."""
    sections, definitions = [_section(each) for each in document.sections], [_plain(each) for each in document.definitions]
    head = {**_plain(document), "sections": sections, "definitions": definitions}
    yield _line({"form": FORM, "document": head})
    for section in document.sections:
        for table in section.tables:
            for row in table.rows:
                yield _line(row)


def document_of_lines(lines: Iterable[bytes]) -> ReportDocument:
    """What `lines_of` wrote, equal to what it was given but for lists of rows, which come back as tuples. Raises NotAForm."""
    remaining = iter(lines)
    try:
        head = json.loads(next(remaining))
        if head["form"] != FORM:
            raise NotAForm(f"The frozen document has the form {head['form']}; this version reads {FORM}.")
        document = _document(head["document"])
        filled = tuple(
            replace(section, tables=tuple(replace(table, rows=_rows(remaining, int(table.rows[0][0]))) for table in section.tables))  # type: ignore[arg-type]
            for section in document.sections
        )
    except (StopIteration, KeyError, TypeError, IndexError, json.JSONDecodeError) as error:
        raise NotAForm("The frozen document is not whole.") from error
    if next(remaining, None) is not None:
        raise NotAForm("The frozen document goes on after its end.")
    return replace(document, sections=filled)


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False, default=lambda value: _unusual(value))


def _line(content: Any) -> bytes:
    return _ENCODER.encode(content).encode("ascii") + b"\n"


def _unusual(value: Any) -> Any:
    if isinstance(value, datetime):
        return {_TIME: value.astimezone(UTC).isoformat()}
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no place in a frozen document")


def _plain(value: Any) -> dict[str, Any]:
    """The fields of a dataclass, its own kind only: what is inside stays as it is."""
    return {field.name: getattr(value, field.name) for field in fields(value)}


def _section(section: Section) -> dict[str, Any]:
    figures = [{**_plain(figure), "series": [_plain(each) for each in figure.series]} for figure in section.figures]
    return {**_plain(section), "figures": figures, "tables": [_table(table) for table in section.tables]}


def _table(table: Table) -> dict[str, Any]:
    return {**_plain(table), "columns": [_plain(column) for column in table.columns], "rows": len(table.rows)}


def _document(plain: dict[str, Any]) -> ReportDocument:
    return ReportDocument(
        **{
            **plain,
            "facts": tuple((name, words) for name, words in plain["facts"]),
            "highlights": tuple((value, words) for value, words in plain["highlights"]),
            "summary": tuple(plain["summary"]),
            "notes": tuple(plain["notes"]),
            "sections": tuple(_section_of(each) for each in plain["sections"]),
            "definitions": tuple(Definition(**each) for each in plain["definitions"]),
        }
    )


def _section_of(plain: dict[str, Any]) -> Section:
    return Section(
        **{
            **plain,
            "paragraphs": tuple(plain["paragraphs"]),
            "code": tuple(plain["code"]),
            "figures": tuple(_figure_of(each) for each in plain["figures"]),
            "tables": tuple(_table_of(each) for each in plain["tables"]),
        }
    )


def _table_of(plain: dict[str, Any]) -> Table:
    """With the number of its rows in their place, until they are read."""
    columns = tuple(Column(**{**each, "kind": Kind(each["kind"])}) for each in plain["columns"])
    return Table(**{**plain, "columns": columns, "rows": ((plain["rows"],),)})


def _figure_of(plain: dict[str, Any]) -> Figure:
    series = tuple(Series(**{**each, "values": tuple(each["values"])}) for each in plain["series"])
    kinds = {"kind": FigureKind(plain["kind"]), "value_kind": Kind(plain["value_kind"])}
    return Figure(**{**plain, **kinds, "series": series, "categories": tuple(plain["categories"])})


def _rows(lines: Iterator[bytes], count: int) -> tuple[tuple[Cell, ...], ...]:
    rows = tuple(tuple(_cell(cell) for cell in json.loads(line)) for line in islice(lines, count))
    if len(rows) != count:
        raise NotAForm("The frozen document ends before its last row.")
    return rows


def _cell(cell: Any) -> Cell:
    return datetime.fromisoformat(cell[_TIME]) if cell.__class__ is dict else cell
