"""`import_servicenow_log` as somebody at the server uses it: what it prints where, and its exit status."""

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from incidents.models import ImportRun, Incident
from tests.factories.portal import person

from .logs import SAMPLE, cells, sample_rows, write

pytestmark = pytest.mark.django_db


def run(*arguments: Any, **options: Any) -> tuple[int, str, str]:
    """Exit status, standard output, standard error."""
    out, err, status = io.StringIO(), io.StringIO(), 0
    try:
        call_command("import_servicenow_log", *map(str, arguments), stdout=out, stderr=err, no_color=True, **options)
    except SystemExit as stop:
        status = int(stop.code or 0)
    return status, out.getvalue(), err.getvalue()


def test_a_clean_log_ends_with_0_and_prints_the_report() -> None:
    status, out, err = run(SAMPLE)
    assert (status, err) == (0, "")
    assert "Rows read             988" in out
    assert "  created             120" in out
    assert "Rows out of order: 1" in out
    assert "  ended without a resolution time: " in out


def test_warnings_alone_end_with_0(tmp_path: Path) -> None:
    status, out, _ = run(write(tmp_path / "log.csv", [cells("INC1", "1/2/2016 09:00", incident_state="-100")]))
    assert status == 0
    assert "line 2: '-100', kept as 'unknown'" in out


def test_rejected_rows_end_with_2_and_are_beside_the_log(tmp_path: Path) -> None:
    log = write(tmp_path / "log.csv", [cells("?", "1/2/2016 09:00"), cells("INC1", "1/2/2016 09:00")])
    status, out, err = run(log)
    assert status == 2
    assert "line 2: the number '?' is not usable" in out
    assert f"Rejected rows are in {log}.rejected.csv." in err
    assert (tmp_path / "log.csv.rejected.csv").exists()
    assert Incident.objects.count() == 1


def test_a_file_of_rejected_rows_only_ends_with_2_and_writes_no_import(tmp_path: Path) -> None:
    status, _, err = run(write(tmp_path / "log.csv", [cells("?", "1/2/2016 09:00")]))
    assert status == 2
    assert "Nothing new: nothing was imported." in err
    assert not ImportRun.objects.exists()


def test_an_old_rejected_file_goes_when_nothing_is_rejected_any_more(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    run(write(log, [cells("?", "1/2/2016 09:00")]))
    assert run(write(log, [cells("INC1", "1/2/2016 09:00")]))[0] == 0
    assert list(tmp_path.iterdir()) == [log]


def test_a_dry_run_prints_the_same_and_ends_the_same(tmp_path: Path) -> None:
    log = write(tmp_path / "log.csv", [*sample_rows(), cells("?", "1/2/2016 09:00")])
    for options in ((), ("--json",)):
        status, out, err = run(log, "--dry-run", *options)
        assert (status, list(tmp_path.iterdir()), Incident.objects.count()) == (2, [log], 0)
        assert "Dry run: nothing was written." in err
        dry = out
    assert run(log, "--json")[1] == dry


def test_json_is_nothing_but_json() -> None:
    report = json.loads(run(SAMPLE, "--json")[1])
    assert report["incidents"] == {"created": 120, "changed": 0, "unchanged": 0}


@pytest.mark.parametrize("name", ["log.csv.gz", "log.csv"])
def test_gzip_goes_in_as_plain_text_does(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(gzip.compress(SAMPLE.read_bytes()))
    assert run(tmp_path / name)[0] == 0
    assert Incident.objects.count() == 120


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (gzip.compress(SAMPLE.read_bytes())[:9_000], "is cut off or damaged"),
        (b"\x89PNG\r\n\x1a\n\0\0", "is not a CSV file in UTF-8"),
        (SAMPLE.read_bytes().replace(b"Symptom 72", b"x" * 10_000_000, 1), "line 2: the line is longer than 1,048,576 bytes"),
        (b"number\nINC1\n", "lacks 35 of the columns"),
    ],
)
def test_a_file_that_cannot_be_used_ends_with_1_and_one_line(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "log.csv").write_bytes(content)
    status, out, err = run(tmp_path / "log.csv")
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert words in err
    assert err.endswith("Nothing was imported.\n")
    assert not Incident.objects.exists()


def test_a_missing_file_ends_with_1(tmp_path: Path) -> None:
    status, out, err = run(tmp_path / "none.csv")
    assert (status, out) == (1, "")
    assert err == f"There is no file {tmp_path / 'none.csv'}. Nothing was imported.\n"


def test_it_imports_in_the_name_of_a_person_who_may() -> None:
    person("Ana Ruiz", username="ana", roles=("compliance",))
    assert run(SAMPLE, "--as", "ana")[0] == 0
    assert ImportRun.objects.get().person_name == "Ana Ruiz"


@pytest.mark.parametrize(
    ("username", "words"), [("tom", "You may not import"), ("nobody", "There is no person with the user name 'nobody'")]
)
def test_it_refuses_who_may_not(username: str, words: str) -> None:
    person("Tom", username="tom", roles=("responder",))
    status, _, err = run(SAMPLE, "--as", username)
    assert status == 1
    assert words in err


def test_reasons_are_printed_where_the_rejected_rows_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "log.csv.rejected.csv").mkdir()
    log = write(tmp_path / "log.csv", [cells("?", "1/2/2016 09:00"), cells("INC1", "1/2/2016 09:00")])
    status, _, err = run(log)
    assert status == 2
    assert "log.csv.rejected.csv cannot be written" in err
    assert "line 2: the number '?' is not usable" in err
    assert Incident.objects.count() == 1


def test_control_characters_of_a_file_do_not_reach_the_terminal(tmp_path: Path) -> None:
    log = write(tmp_path / "log.csv", [cells("INC1", "1/2/2016 09:00", incident_state="\x1b[2Jgone"), cells("\x1b[31m", "1/2/2016 09:00")])
    _, out, err = run(log)
    assert "\x1b" not in out + err
    assert "\\x1b[2Jgone" in out
