"""The workbook, read back by another library."""

import re
import time
import zipfile
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from portal.foundation.errors import InvalidInput
from reports.exports import as_xlsx
from tests.reports.exports.hostile import TEXTS, hostile_document
from tests.reports.golden import small_document


def test_there_is_a_sheet_a_table_with_frozen_headers(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(as_xlsx.write(small_document(), tmp_path)[0])
    assert book.sheetnames == [
        "Summary", "Charts", "Chart data", "The quarter, counted", "Incidents, by priority", "Incidents, by week", "Times, by priority",
        "Incidents, by service", "Negative durations", "Incidents", "Definitions",
    ]  # fmt: skip
    assert {sheet.freeze_panes for sheet in book.worksheets[3:]} == {"A2"}
    assert {bool(sheet.auto_filter.ref) for sheet in book.worksheets[3:]} == {True}


def test_bars_grow_to_the_right_beside_their_names_the_first_at_the_top(tmp_path: Path) -> None:
    [path] = as_xlsx.write(small_document(), tmp_path)
    with zipfile.ZipFile(path) as archive:
        charts = [archive.read(name).decode() for name in archive.namelist() if name.startswith("xl/charts/chart")]
    sideways = [chart for chart in charts if '<c:barDir val="bar"/>' in chart]
    assert len(sideways) == 3
    for chart in sideways:
        axes = {name: re.search(rf"<c:{name}>.*?</c:{name}>", chart)[0] for name in ("catAx", "valAx")}  # type: ignore[index]
        assert 'orientation val="maxMin"' in axes["catAx"]
        assert 'orientation val="minMax"' in axes["valAx"]
        assert "<a:t>hours</a:t>" in axes["valAx"] or "<a:t>Incidents opened</a:t>" in axes["valAx"]


def test_the_words_of_the_summary_have_the_height_that_they_take(tmp_path: Path) -> None:
    [path] = as_xlsx.write(small_document(), tmp_path)
    sheet = openpyxl.load_workbook(path)["Summary"]
    for row in range(3, sheet.max_row + 1):
        text = str(sheet.cell(row, 2).value or "")
        assert (sheet.row_dimensions[row].height or 15) >= 15 * len(text) / 110
    assert all(
        each.page_setup.orientation == "landscape" for each in openpyxl.load_workbook(path) if each.title not in ("Charts", "Chart data")
    )


def test_the_charts_are_the_programs_own_with_words_and_numbers_beside_them(tmp_path: Path) -> None:
    path = as_xlsx.write(small_document(), tmp_path)[0]
    figures = [figure for section in small_document().sections for figure in section.figures]
    with zipfile.ZipFile(path) as archive:
        charts = sorted(name for name in archive.namelist() if name.startswith("xl/charts/chart"))
        drawing = archive.read("xl/drawings/drawing1.xml").decode()
        volume = archive.read(charts[0]).decode()
    assert len(charts) == len(figures)
    assert drawing.count("descr=") == len(figures)
    assert "<c:f>'Chart data'!$B$3:$B$16</c:f>" in volume
    sheet = openpyxl.load_workbook(path)["Chart data"]
    assert sheet["A1"].value == "Incidents opened, by week and priority"
    assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value is not None} == {"s", "n"}


def test_sheets_of_one_title_or_of_forbidden_characters_get_names_of_their_own() -> None:
    names = as_xlsx.Names("Summary")
    titles = ("summary", "a" * 40, "A" * 40, "[x]:*?/\\", "'=1", "", "History", "\x00")
    given = [names.of(title) for title in titles]
    assert len({name.casefold() for name in given}) == len(titles)
    assert all(1 <= len(name) <= 31 and not set(name) & set("[]:*?/\\") and name[0] != "'" for name in given)


def test_numbers_are_numbers_and_dates_are_dates(tmp_path: Path) -> None:
    sheet = openpyxl.load_workbook(as_xlsx.write(small_document(), tmp_path)[0])["Incidents"]
    header, second = [[cell.value for cell in row] for row in sheet.iter_rows(max_row=3)][::2]
    row = dict(zip(header, second, strict=True))
    assert row["Opened (UTC)"] == datetime(2016, 3, 1, 8, 0)  # noqa: DTZ001 (a workbook knows no zones)
    assert row["Time to resolve (seconds)"] == 7200
    assert row["Reopened"] == 2
    assert row["SLA breached"] == "yes"
    assert row["Title"] == '=HYPERLINK("http://127.0.0.1/")'
    assert sheet["K4"].value == -60
    assert sheet["G3"].is_date


def test_no_cell_is_a_formula_and_no_text_is_lost(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(as_xlsx.write(hostile_document(), tmp_path)[0])
    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert len(cells) > 1_000
    assert not [cell.coordinate for cell in cells if cell.data_type == "f" or cell.hyperlink]
    titles = {cell.value for cell in book["Incidents"]["B"]}
    assert {text for text in TEXTS if text.isprintable() and text and len(text) < 1_000} <= titles


def test_the_same_document_gives_the_same_bytes_later(tmp_path: Path) -> None:
    first = as_xlsx.write(small_document(), tmp_path)[0].read_bytes()
    time.sleep(2.1)  # the archive's times have a resolution of two seconds
    assert as_xlsx.write(small_document(), tmp_path)[0].read_bytes() == first


def test_a_table_longer_than_a_sheet_is_refused_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(as_xlsx, "MOST_ROWS", 6)
    with pytest.raises(InvalidInput, match="has 11 rows, more than a sheet holds"):
        as_xlsx.write(small_document(), tmp_path)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Escalations by the hour in which the incident was opened", "Escalations by the hour in"),
        ("Deviations without a rationale", "Deviations without a rationale"),
        ("Incidents behind each pattern, the worst first", "Incidents behind each pattern"),
        ("Exactly thirty-one letters, here", "Exactly thirty-one letters"),
        ("A Donaudampfschifffahrtsgesellschaftskapitän", "A Donaudampfschifffahrtsgesells"),
        ("障害" * 20, "障害" * 15 + "障"),
    ],
)
def test_names_of_sheets_end_where_a_word_does(title: str, name: str) -> None:
    names = as_xlsx.Names("Summary")
    assert names.of(title) == name
    second = names.of(title)
    assert (second.endswith(" 2"), len(second) <= 31) == (True, True)
    assert second.removesuffix(" 2").rstrip() in title
