"""A file a table."""

import csv
from pathlib import Path

from reports.exports import as_csv
from tests.reports.exports.hostile import hostile_document
from tests.reports.golden import small_document


def rows_of(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, strict=True))


def test_there_is_a_file_a_table(tmp_path: Path) -> None:
    names = [path.name for path in as_csv.write(small_document(), tmp_path)]
    tables = ("counts", "priorities", "weeks", "durations", "services", "negative_durations", "incidents", "definitions")
    assert names == [f"pack-2016Q1-{table}.csv" for table in tables]


def test_lines_end_as_the_standard_says_and_there_is_no_byte_order_mark(tmp_path: Path) -> None:
    content = as_csv.write(small_document(), tmp_path)[0].read_bytes()
    assert content.startswith(b"figure,number,share\r\nIncidents opened,6,100.0\r\n")
    assert content.count(b"\n") == content.count(b"\r\n")


def test_times_are_iso_numbers_are_numbers_and_the_unknown_is_empty(tmp_path: Path) -> None:
    as_csv.write(small_document(), tmp_path)
    header, *rows = rows_of(tmp_path / "pack-2016Q1-incidents.csv")
    third = dict(zip(header, rows[2], strict=True))
    assert third["opened_at"] == "2016-03-02T08:00:00Z"
    assert (third["time_to_acknowledge"], third["time_to_resolve"]) == ("180.5", "-60.0")
    fourth = dict(zip(header, rows[3], strict=True))
    assert (fourth["resolved_at"], fourth["sla_breached"], fourth["with_problem"]) == ("", "", "no")
    assert dict(zip(header, rows[1], strict=True))["title"] == '\'=HYPERLINK("http://127.0.0.1/")'


def test_no_cell_and_no_header_begins_like_a_formula_unless_it_is_a_number(tmp_path: Path) -> None:
    for path in as_csv.write(hostile_document(), tmp_path):
        for row in rows_of(path):
            texts = [cell for cell in row if not cell.lstrip("-").replace(".", "").isdigit()]
            assert not [cell for cell in texts if cell.lstrip(" ")[:1] in {"=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"}]
