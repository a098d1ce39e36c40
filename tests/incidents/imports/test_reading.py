"""What is a log and what is not, decided while it is read."""

import gzip
import hashlib
from pathlib import Path

import pytest

from incidents.imports import reading
from incidents.imports.reading import Row, open_log
from portal.foundation.errors import InvalidInput

from .logs import SAMPLE, packed


def rows_of(path: Path) -> list[Row]:
    with open_log(path) as log:
        return list(log.rows())


def a_file(tmp_path: Path, content: bytes, name: str = "log.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


def test_rows_come_with_the_line_on_which_they_begin(tmp_path: Path) -> None:
    path = a_file(tmp_path, b'a,b\r\n1,"two\r\nlines"\r\n\r\n3,4')
    assert rows_of(path) == [Row(1, ["a", "b"]), Row(2, ["1", "two\r\nlines"]), Row(5, ["3", "4"])]


@pytest.mark.parametrize("name", ["log.csv", "log.csv.gz", "log"])
def test_gzip_is_known_by_its_bytes_and_not_by_its_name(tmp_path: Path, name: str) -> None:
    assert rows_of(packed(tmp_path / name, b"a,b\n1,2\n")) == [Row(1, ["a", "b"]), Row(2, ["1", "2"])]


def test_the_hash_is_that_of_the_whole_file(tmp_path: Path) -> None:
    path = packed(tmp_path / "log.csv.gz", SAMPLE.read_bytes())
    with open_log(path) as log:
        list(log.rows())
        assert log.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path) -> None:
    assert rows_of(a_file(tmp_path, b"\xef\xbb\xbfa,b\n"))[0].cells == ["a", "b"]


def test_a_row_with_broken_quotes_is_told_and_the_next_one_read(tmp_path: Path) -> None:
    _, broken, whole = rows_of(a_file(tmp_path, b'a,b\n"x"y,2\n3,4\n'))
    assert (broken.line, broken.cells, whole) == (2, ['"x"y,2'], Row(3, ["3", "4"]))
    assert "not well-formed" in broken.problem


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"%PDF-1.7\n%\xe2\xe3", "a PDF document"),
        (b"PK\x03\x04\x14\x00\x06\x00", "an Excel workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "an old Excel workbook"),
        (b"\r\n<!doctype html><title>Sign in</title>", "an HTML or XML page"),
        (b'{"result": []}', "JSON"),
        ("number,state\n".encode("utf-16"), "UTF-16"),
        (b"\x7fELF\x02\x01\x01\x00\x00", "binary data"),
        (b"number\n\xff\n", "line 2: byte 0xFF is not UTF-8"),
        (b"number\nINC1\nM\xfcller\n", "line 3: byte 0xFC"),
        (b'number\nINC1\n"INC2\nINC3\n', "a quote opened in the row at line 3 is never closed"),
        (b"number\n" + b"x" * 200_000, "line 2: a cell is longer than 131,072 characters"),
        (b'number\n"' + b"x\n" * 80_000 + b'"\n', "line 2: a cell is longer"),
        (b"number\n" + b"x" * 10_000_000 + b"\n", "line 2: the line is longer than 1,048,576 bytes"),
    ],
)
def test_what_is_not_a_whole_csv_file_is_refused_in_words(tmp_path: Path, content: bytes, words: str) -> None:
    for path in (a_file(tmp_path, content), packed(tmp_path / "packed", content)):
        with pytest.raises(InvalidInput, match=words):
            rows_of(path)


@pytest.mark.parametrize("cut", [20, 1_000, -9, -1])
def test_a_gzip_cut_off_anywhere_is_refused(tmp_path: Path, cut: int) -> None:
    with pytest.raises(InvalidInput, match="cut off or damaged"):
        rows_of(a_file(tmp_path, gzip.compress(SAMPLE.read_bytes())[:cut]))


def test_a_gzip_with_a_flipped_bit_is_refused(tmp_path: Path) -> None:
    content = bytearray(gzip.compress(SAMPLE.read_bytes()))
    content[-6] ^= 1
    with pytest.raises(InvalidInput, match="cut off or damaged"):
        rows_of(a_file(tmp_path, bytes(content)))


def test_a_gzip_that_unpacks_to_too_much_is_refused_on_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LARGEST_TEXT", 3 * 1024**2)
    with pytest.raises(InvalidInput, match="more than 3 MB of text"):
        rows_of(packed(tmp_path / "bomb.gz", (b"a," + b"b" * 1_000 + b"\n") * 4_000))


def test_a_gzip_of_nothing_but_line_ends_is_refused_on_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_LINES", 1_000)
    with pytest.raises(InvalidInput, match="more than 1,000 lines"):
        rows_of(packed(tmp_path / "blank.gz", b"a,b\n" + b"\n" * 1_000))


def test_a_file_that_is_not_there_or_no_file_is_said_plainly(tmp_path: Path) -> None:
    for path, words in (
        (tmp_path / "none.csv", "There is no file"),
        (tmp_path, "is not a file"),
        (tmp_path / ("x" * 300), "cannot be opened"),
    ):
        with pytest.raises(InvalidInput, match=words), open_log(path):
            pass
