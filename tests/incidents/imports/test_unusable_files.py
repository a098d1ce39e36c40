"""Files and rows of a log that cannot be used."""

from datetime import datetime
from pathlib import Path

import pytest

from incidents.models import (
    Incident,
)
from portal.foundation.errors import InvalidInput

from .bringing_in import bring_in, counts
from .logs import SAMPLE, cells, write

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"number,incident_state\nINC1,New\n", "lacks 34 of the columns active, .*closed_at"),
        (b"number;incident_state\nINC1;New\n", "lacks all of the columns .* separated by something other than commas"),
        (SAMPLE.read_bytes().splitlines()[0] + b"\n", "has a header but no rows"),
        (SAMPLE.read_bytes().splitlines()[0] + b",number\n", "more than one column named number"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_and_nothing_imported(tmp_path: Path, now: datetime, content: bytes, words: str) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(content)
    before = counts()
    with pytest.raises(InvalidInput, match=words):
        bring_in(path, now)
    assert counts() == before


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (cells("?", "1/2/2016 09:00"), "the number '?' is not usable"),
        (cells("INC1", "?"), "sys_updated_at '?' is not a usable time"),
        (cells("INC1", "2016-02-01 09:00"), "is not a usable time"),
        (cells("INC1", "1/2/2016 09:00", u_symptom="a\0b"), "the row holds a NUL character"),
        (cells("INC1", "1/2/2016 09:00", opened_at="?"), "no record of this incident has a usable opened_at"),
    ],
)
def test_a_row_without_a_usable_number_or_time_is_rejected_and_the_rest_imported(
    tmp_path: Path, now: datetime, row: dict[str, str], words: str
) -> None:
    outcome = bring_in(write(tmp_path / "log.csv", [row, cells("INC2", "1/2/2016 09:00")]), now)
    [(line, reason)] = outcome.rejections
    assert line == 2
    assert words in reason
    assert list(Incident.objects.values_list("number", flat=True)) == ["INC2"]


def test_rows_with_too_few_or_too_many_cells_are_rejected(tmp_path: Path, now: datetime) -> None:
    path = write(tmp_path / "log.csv", [cells("INC1", "1/2/2016 09:00")])
    with path.open("a") as out:
        out.write("INC2,New\n" + ",".join(["x"] * 37) + "\n")
    assert [reason for _, reason in bring_in(path, now).rejections] == [
        "the row has 2 cells, the header has 36",
        "the row has 37 cells, the header has 36",
    ]


def test_of_a_row_of_a_hundred_thousand_cells_only_the_start_is_kept(tmp_path: Path, now: datetime) -> None:
    path = write(tmp_path / "log.csv", [cells("INC1", "1/2/2016 09:00")])
    with path.open("a") as out:
        out.write("x," * 99_999 + "x\n")
    outcome = bring_in(path, now)
    assert outcome.rejections == ((3, "the row has 100000 cells, the header has 36"),)
    assert outcome.rejected_file is not None
    assert outcome.rejected_file.stat().st_size < 1_000
