"""Rows written a row at a time, held against the library that writes a cell at a time."""

import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.document import Cell
from reports.exports.sheet_rows import text_of, write_rows
from tests.reports.exports.hostile import TEXTS

CELLS = st.one_of(
    *(st.none(), st.booleans(), st.integers(-(10**20), 10**20), st.floats(allow_nan=False, allow_infinity=False)),
    st.datetimes(datetime(1890, 1, 1), datetime(2200, 1, 1), timezones=st.sampled_from([UTC, timezone(timedelta(hours=-9.5))])),  # noqa: DTZ001 (the library's own bounds)
    *(st.text(max_size=30), st.sampled_from(TEXTS), st.sampled_from(["_x0041_", "<r>", "<r><t>x</t></r>", "\r", " x", "x\n", "\u2028", "\x85"])),
)  # fmt: skip
ROWS = st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=8)
ODD: tuple[Cell, ...] = (
    "😀" * 16_384,
    "x" * 40_000,
    "<r>" + "y" * 40_000 + "</r>",
    datetime(1900, 1, 1, tzinfo=UTC),
    datetime(1900, 3, 1, tzinfo=UTC),
)


@settings(deadline=None, max_examples=60)
@given(ROWS)
def test_the_bytes_are_the_librarys_own(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[Cell, ...]]) -> None:
    folder = tmp_path_factory.mktemp("books")
    assert written(folder / "fast.xlsx", rows, fast=True) == written(folder / "slow.xlsx", rows, fast=False)


@pytest.mark.parametrize("odd", ODD, ids=[str(each)[:12] for each in ODD])
def test_what_is_at_a_limit_is_written_as_the_library_writes_it(tmp_path: Path, odd: Cell) -> None:
    rows = [(odd, 1, odd), (None, None, None), (None, odd, True), (None, None, None), (1, 2, 3)]
    assert written(tmp_path / "fast.xlsx", rows, fast=True) == written(tmp_path / "slow.xlsx", rows, fast=False)


def test_rows_and_columns_far_out_have_their_places(tmp_path: Path) -> None:
    path = tmp_path / "wide.xlsx"
    row = tuple(range(800))
    assert written(path, [row, row], fast=True) == written(tmp_path / "slow.xlsx", [row, row], fast=False)
    sheet = openpyxl.load_workbook(path).worksheets[0]
    assert [sheet.cell(2, place + 1).value for place in row[::3]] == list(row[::3])
    assert sheet["ADS2"].value == 798


def test_a_text_that_looks_like_the_librarys_markup_is_a_text(tmp_path: Path) -> None:
    hostile = "<r><t>red</t></r>"
    written(tmp_path / "book.xlsx", [(hostile, hostile, "<r><"), ("<r></r>", "<r>&</r>", None)], fast=True)
    sheet = openpyxl.load_workbook(tmp_path / "book.xlsx").worksheets[0]
    assert [cell.value for row in sheet["A2:B3"] for cell in row] == [f"{hostile} ", f"{hostile} ", "<r></r> ", "<r>&</r> "]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_is_refused(tmp_path: Path, value: float) -> None:
    with pytest.raises(TypeError):
        written(tmp_path / "book.xlsx", [(value, 1, 1), (1, 1, 1)], fast=True)


def written(path: Path, rows: Sequence[tuple[Cell, ...]], *, fast: bool) -> dict[str, bytes]:
    """The files in a workbook with two sheets of `rows`, the last row of each written by the library."""
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties({"created": datetime(2000, 1, 1)})  # noqa: DTZ001 (the library takes local time without a zone)
        styles = [book.add_format({"num_format": form}) for form in ("0.0", "yyyy-mm-dd", "@")]
        styles = [styles[place % 3] for place in range(len(rows[0]))]
        for name in ("One", "Two"):
            sheet = book.add_worksheet(name)
            for place, style in enumerate(styles):
                sheet.write_string(0, place, "Heading", style)
            many = write_rows(sheet, 1, rows[:-1], styles) if fast else 1
            for number, row in enumerate(rows[-1:] if fast else rows, start=many):
                for place, (cell, style) in enumerate(zip(row, styles, strict=True)):
                    by_the_library(sheet, number, place, cell, style)
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def by_the_library(sheet: Any, row: int, column: int, cell: Cell, style: Any) -> None:
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
