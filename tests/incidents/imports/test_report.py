"""The report stays readable and bounded, however bad the file is."""

from datetime import datetime
from pathlib import Path

import pytest

from incidents.imports import report
from incidents.imports.report import as_text
from incidents.imports.servicenow_log.source import SERVICENOW_LOG
from incidents.imports.services import import_log

from .logs import cells, write

pytestmark = pytest.mark.django_db


def report_on(path: Path, now: datetime) -> dict[str, object]:
    return import_log(path, SERVICENOW_LOG, actor=None, operator="olga", now=now, dry_run=True).report


def test_lists_end_but_counts_do_not(tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "LISTED_AT_MOST", 3)
    rows = [cells(f"INC{n}", "1/2/2016 09:00", impact="huge", urgency=f"u{n}") for n in range(8)]
    doubts = report_on(write(tmp_path / "log.csv", rows), now)["values_not_understood"]
    assert isinstance(doubts, dict)
    assert (doubts["count"], len(doubts["listed"]), doubts["by_column"]) == (16, 3, {"impact": 8, "urgency": 8})


def test_text_shows_a_few_examples_of_each_kind(tmp_path: Path, now: datetime) -> None:
    rows = [cells(f"INC{n}", "1/2/2016 09:00", impact="huge", urgency="x" * 300) for n in range(8)]
    text = as_text(report_on(write(tmp_path / "log.csv", rows), now))
    assert "Values that could not be understood: 16\n  impact: 8\n    line 2: 'huge'\n" in text
    assert text.count("… and 3 more") == 2
    assert f"'{'x' * 80}…'" in text
    assert "Rejected rows: none" in text
