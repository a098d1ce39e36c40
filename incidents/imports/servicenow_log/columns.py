"""The columns and words of the log: each cell read as what it means, or left unread, never guessed. Pure."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from incidents.lifecycle.states import IncidentState

UNKNOWN = "?"
_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")
_TIME = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}) (\d{1,2}):(\d{2})")
_STATES = {
    "New": IncidentState.NEW,
    "Active": IncidentState.IN_PROGRESS,
    "Resolved": IncidentState.RESOLVED,
    "Closed": IncidentState.CLOSED,
}
_SCALE = {"1 - High": 1, "2 - Medium": 2, "3 - Low": 3}
_PRIORITIES = {"1 - Critical": 1, "2 - High": 2, "3 - Moderate": 3, "4 - Low": 4, "5 - Planning": 5}
# A portal that is asked for the year 1 or 9999 fails on time zones; the source is younger than the one and older than the other.
_YEARS = range(1970, 2100)


class SourceState(NamedTuple):
    """A state in the portal's terms; `hold_reason` is the source's own word."""

    state: IncidentState
    hold_reason: str = ""


class Snapshot(NamedTuple):
    """One record with every cell read. '' and None mean that the source does not know, or that nobody could read it."""

    number: str
    incident_state: SourceState
    active: bool | None
    reassignment_count: int | None
    reopen_count: int | None
    sys_mod_count: int | None
    made_sla: bool | None
    caller_id: str
    opened_by: str
    opened_at: datetime | None
    sys_created_by: str
    sys_created_at: datetime | None
    sys_updated_by: str
    sys_updated_at: datetime | None
    contact_type: str
    location: str
    category: str
    subcategory: str
    u_symptom: str
    cmdb_ci: str
    impact: int | None
    urgency: int | None
    priority: int | None
    assignment_group: str
    assigned_to: str
    knowledge: str
    u_priority_confirmation: str
    notify: str
    problem_id: str
    rfc: str
    vendor: str
    caused_by: str
    closed_code: str
    resolved_by: str
    resolved_at: datetime | None
    closed_at: datetime | None


COLUMNS: tuple[str, ...] = Snapshot._fields


def snapshot(values: tuple[str, ...]) -> Snapshot:
    """`values`, in the order of COLUMNS, read."""
    return Snapshot._make([column[text] for column, text in zip(_columns, values, strict=True)])


def doubtful(values: tuple[str, ...]) -> list[tuple[str, str]]:
    """Column and value of every cell that could not be understood."""
    snapshot(values)
    return [(name, text) for name, column, text in zip(COLUMNS, _columns, values, strict=True) if text in column.refused]


def read_number(text: str) -> str:
    """Raises ValueError, in words, unless `text` can be an incident's number."""
    number = text.strip()
    if not _NUMBER.fullmatch(number):
        raise ValueError(f"the number {number[:60]!r} is not usable: 1 to 40 letters, digits, dots, dashes or underscores are")
    return number


def read_time(text: str) -> datetime | None:
    """Day first, 24 hours, read as UTC: the log names no zone. Raises ValueError for anything else."""
    if not text:
        return None
    parts = _TIME.fullmatch(text)
    if parts is None:
        raise ValueError(f"{text!r} is not a time")
    day, month, year, hour, minute = map(int, parts.groups())
    if year not in _YEARS:
        raise ValueError(f"{text!r} is out of range")
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def _known(text: str) -> str:
    stripped = text.strip()
    return "" if stripped == UNKNOWN else stripped


def _state(text: str) -> SourceState:
    if text in _STATES:
        return SourceState(_STATES[text])
    if text.startswith("Awaiting ") and len(text) <= 120:
        return SourceState(IncidentState.ON_HOLD, text)
    raise ValueError("not in the list of states")


def _flag(text: str) -> bool | None:
    flag: bool | None = _listed({"true": True, "false": False}, text.casefold())
    return flag


def _count(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise ValueError("not a count")
    return int(text)


def _listed(words: dict[str, Any], text: str) -> Any:
    if not text:
        return None
    if text not in words:
        raise ValueError("not in the list")
    return words[text]


def _up_to(length: int) -> Callable[[str], str]:
    def read(text: str) -> str:
        if len(text) > length:
            raise ValueError("too long to be a name")
        return text

    return read


class _Column(dict[str, Any]):
    """What each text that was met in a column means; a log repeats its words, so each is read once."""

    MOST = 1 << 16

    def __init__(self, read: Callable[[str], Any] = str, otherwise: Any = "") -> None:
        super().__init__()
        self._read = read
        self._otherwise = otherwise
        self.refused: set[str] = set()

    def __missing__(self, text: str) -> Any:
        if len(self) >= self.MOST:
            self.clear()
            self.refused.clear()
        try:
            meaning = self._read(_known(text))
        except ValueError:
            meaning = self._otherwise
            self.refused.add(text)
        self[text] = meaning
        return meaning


_READERS: dict[str, tuple[Callable[[str], Any], Any]] = {
    **dict.fromkeys(("opened_at", "sys_created_at", "sys_updated_at", "resolved_at", "closed_at"), (read_time, None)),
    **dict.fromkeys(("active", "made_sla"), (_flag, None)),
    **dict.fromkeys(("reassignment_count", "reopen_count", "sys_mod_count"), (_count, None)),
    **dict.fromkeys(("impact", "urgency"), (lambda text: _listed(_SCALE, text), None)),
    **dict.fromkeys(("category", "subcategory", "assignment_group"), (_up_to(120), "")),
    **dict.fromkeys(("caller_id", "opened_by", "sys_updated_by", "assigned_to", "resolved_by"), (_up_to(150), "")),
    **dict.fromkeys(("problem_id", "rfc", "caused_by", "closed_code"), (_up_to(60), "")),
    "priority": (lambda text: _listed(_PRIORITIES, text), None),
    "incident_state": (_state, SourceState(IncidentState.UNKNOWN)),
}
_columns = [_Column(*_READERS.get(name, ())) for name in COLUMNS]
