"""The rows of a long sheet, written as the library writes them but a row at a time: a cell costs a fifth of a call for each.

It writes to the file in which the library, in constant memory, keeps a sheet's rows until the workbook is closed. The bytes are the
library's own, which a test holds against it.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from html import escape
from typing import Any

from reports.document import Cell

from .safety import storable

# Of a text: characters in UTF-16, as the file format counts them.
LONGEST_TEXT = 32_767
_DAY_0, _DAY = datetime(1899, 12, 31, tzinfo=UTC), 86_400
# The format believes in a 29 February 1900, day 60.
_NEVER_WAS = 59
# What stands for a character that XML cannot have, and what only looks like that.
_LOOKS_ESCAPED = re.compile("(_x[0-9a-fA-F]{4}_)")


def write_rows(sheet: Any, first: int, rows: Iterable[Sequence[Cell]], styles: Sequence[Any]) -> int:
    """Writes `rows` from row `first` on, all rows above being written; the number of the row behind them. A style a column.

    The last row of a sheet belongs to the library, which gives formats their numbers in the order in which it writes cells.
    """
    sheet._write_single_row(first)
    file, number = sheet.row_data_fh, first
    columns = [_Column(place, style) for place, style in enumerate(styles)]
    for row in rows:
        number += 1
        cells = [column.cell(cell, number) for column, cell in zip(columns, row, strict=True) if cell is not None]
        if cells:
            file.write(f'<row r="{number}">{"".join(cells)}</row>')
            sheet.dim_rowmax = number - 1
    sheet.previous_row = number
    return number


class _Column:
    """A column's letters, and the number of its format once a cell has asked for it."""

    __slots__ = ("letters", "style", "tail")

    def __init__(self, place: int, style: Any) -> None:
        self.letters, self.style, self.tail = _letters(place), style, ""

    def cell(self, cell: Cell, row: int) -> str:
        if not self.tail:
            self.tail = f'" s="{self.style._get_xf_index()}"'
        return f'<c r="{self.letters}{row}{self.tail}{_content(cell)}'


def _letters(place: int) -> str:
    before, last = divmod(place, 26)
    return (_letters(before - 1) if before else "") + chr(65 + last)


def _content(cell: Cell) -> str:
    """By the type of the value, never by its look: what stands behind the cell's place and format."""
    kind = cell.__class__
    if kind is str:
        return _text(cell)
    if kind is bool:
        return _text("yes" if cell else "no")
    number = _days(cell) if isinstance(cell, datetime) else cell
    return f"><v>{_finite(number):.16G}</v></c>"  # type: ignore[arg-type]


def _finite(number: float) -> float:
    if number - number != 0:
        raise TypeError(f"{number} is no number for a cell.")
    return number


def _days(moment: datetime) -> float:
    """Days since the end of 1899, as the file format counts them."""
    since = moment - _DAY_0
    days = since.days + (float(since.seconds) + float(since.microseconds) / 1e6) / _DAY
    if days < 2:
        days -= moment.astimezone(UTC).isocalendar() == (1900, 1, 1)
    return days + 1 if days > _NEVER_WAS else days


@lru_cache(maxsize=10_000)
def _text(text: str) -> str:
    shown = _LOOKS_ESCAPED.sub(r"_x005F\1", text_of(text)).replace("\r", "_x000D_")
    kept = ' xml:space="preserve"' if shown[:1].isspace() or shown[-1:].isspace() else ""
    return f' t="inlineStr"><is><t{kept}>{escape(shown, quote=False)}</t></is></c>'


def text_of(text: str) -> str:
    """`text` as a cell can hold it. What looks like the library's rich text, which it would take for markup, gets a blank behind it."""
    held = storable(text)[:LONGEST_TEXT]
    if 2 * len(held) > LONGEST_TEXT:
        held = held.encode("utf-16-le")[: 2 * LONGEST_TEXT].decode("utf-16-le", "ignore")
    return f"{held} " if held.startswith("<r>") and held.endswith("</r>") else held
