"""Small logs for tests, and the shipped sample read without the portal's code."""

import csv
import gzip
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from incidents.imports.drafts import Record
from incidents.imports.servicenow_log.columns import COLUMNS
from incidents.imports.servicenow_log.source import read_record

SAMPLE = Path(__file__).resolve().parents[2] / "contracts" / "servicenow_log" / "sample.csv"
DEFAULTS = {
    "incident_state": "New",
    "active": "true",
    "reassignment_count": "0",
    "reopen_count": "0",
    "sys_mod_count": "0",
    "made_sla": "true",
    "caller_id": "Ana Ruiz",
    "opened_by": "Tom Berg",
    "opened_at": "1/2/2016 08:00",
    "sys_updated_by": "Ida Holm",
    "category": "Payments",
    "subcategory": "Gateway",
    "impact": "2 - Medium",
    "urgency": "2 - Medium",
    "priority": "3 - Moderate",
    "assignment_group": "Desk",
}


def cells(number: str, at: str, **others: str) -> dict[str, str]:
    """One row by column; what is not named has a default or is not known. `at` is the record's time."""
    return {**dict.fromkeys(COLUMNS, "?"), **DEFAULTS, "number": number, "sys_updated_at": at, **others}


def record(at: str, line: int = 1, number: str = "INC1", **others: str) -> Record:
    values = tuple(cells(number, at, **others).values())
    return read_record(line, values, values)


def write(path: Path, rows: Sequence[dict[str, str]], columns: Sequence[str] = COLUMNS, ends: str = "\n") -> Path:
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, columns, restval="?", lineterminator=ends)
        writer.writeheader()
        writer.writerows(rows)
    return path


def packed(path: Path, content: bytes) -> Path:
    path.write_bytes(gzip.compress(content))
    return path


def sample_rows() -> list[dict[str, str]]:
    with SAMPLE.open(newline="", encoding="utf-8") as log:
        return list(csv.DictReader(log))


def sample_incidents() -> dict[str, list[dict[str, str]]]:
    """The sample's rows per incident, in the order of their time, ties as in the file."""
    found: dict[str, list[dict[str, str]]] = {}
    for row in sample_rows():
        found.setdefault(row["number"], []).append(row)
    return {number: sorted(rows, key=lambda row: when(row["sys_updated_at"])) for number, rows in found.items()}


def when(text: str) -> datetime:
    return datetime.strptime(f"{text} +0000", "%d/%m/%Y %H:%M %z")
