"""The rejected rows as a file that one can mend and import again."""

import csv
from pathlib import Path

import pytest

from incidents.imports.intake import Rejection
from incidents.imports.rejected import harmless, write_rejected


def read(path: Path | None) -> list[list[str]]:
    assert path is not None
    with path.open(newline="", encoding="utf-8") as rows:
        return list(csv.reader(rows))


def test_it_holds_the_columns_of_the_log_then_line_and_reason(tmp_path: Path) -> None:
    path = write_rejected(tmp_path / "log.csv.gz", ["number", "state"], [Rejection(7, ("?", "New"), "no number")])
    assert path == tmp_path / "log.csv.gz.rejected.csv"
    assert read(path) == [["number", "state", "line", "reason"], ["?", "New", "7", "no number"]]


def test_a_mended_file_of_rejected_rows_does_not_grow_columns(tmp_path: Path) -> None:
    path = write_rejected(tmp_path / "log.csv", ["number", "line", "reason"], [Rejection(2, ("?", "7", "no number"), "still none")])
    assert read(path) == [["number", "line", "reason"], ["?", "2", "still none"]]


def test_rows_with_too_few_or_too_many_cells_lose_none(tmp_path: Path) -> None:
    path = write_rejected(tmp_path / "log.csv", ["a", "b"], [Rejection(2, ("1",), "few"), Rejection(3, ("1", "2", "3"), "many")])
    assert read(path)[1:] == [["1", "", "2", "few"], ["1", "2", "3", "many", "3"]]


@pytest.mark.parametrize("cell", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_formula_is_alive_in_it(tmp_path: Path, cell: str) -> None:
    path = write_rejected(tmp_path / "log.csv", [cell], [Rejection(2, (cell,), cell)])
    assert read(path) == [[f"'{cell}", "line", "reason"], [f"'{cell}", "2", f"'{cell}"]]


@pytest.mark.parametrize("cell", ["-100", "+4.5", "plain", ""])
def test_what_is_no_formula_stays_as_it_was(cell: str) -> None:
    assert harmless(cell) == cell


def test_an_old_one_is_replaced_and_goes_when_nothing_is_rejected(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    write_rejected(log, ["a"], [Rejection(2, ("old",), "why")])
    assert read(write_rejected(log, ["a"], [Rejection(2, ("new",), "why")]))[1][0] == "new"
    assert write_rejected(log, ["a"], []) is None
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    blocked = tmp_path / "log.csv.rejected.csv"
    blocked.mkdir()
    with pytest.raises(OSError, match="rejected"):
        write_rejected(tmp_path / "log.csv", ["a"], [Rejection(2, ("1",), "why")])
    assert list(tmp_path.iterdir()) == [blocked]
