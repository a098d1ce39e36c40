"""The log as a source: how a row becomes a record, and what its parts are called. Pure."""

import hashlib
import json

from incidents.imports.drafts import Record, Source

from .columns import COLUMNS, UNKNOWN, doubtful, read_number, snapshot
from .folding import fold

_NUMBER, _UPDATED = COLUMNS.index("number"), COLUMNS.index("sys_updated_at")
# Made once: a quarter has tens of thousands of records.
_as_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def read_record(line: int, values: tuple[str, ...], cells: tuple[str, ...] = ()) -> Record:
    """The row as a record. Raises ValueError, in words, when it has no usable number or time."""
    number = read_number(values[_NUMBER])
    meaning = snapshot(values)
    at = meaning.sys_updated_at
    if at is None:
        raise ValueError(f"sys_updated_at {values[_UPDATED][:60]!r} is not a usable time; times are written like 29/2/2016 01:16")
    counter = meaning.sys_mod_count
    return Record(number, at, -1 if counter is None else counter, _digest(values), values, meaning, line, cells)


def _digest(values: tuple[str, ...]) -> str:
    return hashlib.sha256(_as_json(values).encode("utf-8")).hexdigest()


SERVICENOW_LOG = Source(
    key="servicenow",
    name="ServiceNow",
    columns=COLUMNS,
    unknown=UNKNOWN,
    times="The log names no time zone; its times are read as UTC.",
    read_record=read_record,
    doubts=lambda record: doubtful(record.values),
    fold=fold,
)
