"""What an auditor who was called in does not read in events either: people's addresses, and the columns that lists show blank."""

from collections.abc import Mapping
from typing import Any

from portal.foundation.access.held import appointment_of
from portal.foundation.access.masks import BLANK, MASKED, UNTOLD

ABSENCE = "policies.dutyabsence"


def hides(reader: Any) -> bool:
    """Whether `reader` sees blanks."""
    return reader is not None and appointment_of(reader) is not None


def masked(content: Mapping[str, Any]) -> dict[str, Any]:
    """An opened event with blanks: its address, what its details say of one, the columns that are not shown, before and after, and why."""
    found = dict(content)
    way, details, changes = content.get("ctx"), content.get("details"), content.get("changes")
    if isinstance(way, dict) and way.get("ip"):
        found["ctx"] = {**way, "ip": BLANK}
    if isinstance(details, dict) and details.get("address"):
        found["details"] = {**details, "address": BLANK}
    if isinstance(changes, list):
        found["changes"] = [_row(change) for change in changes]
    subject = content.get("obj")
    if isinstance(subject, dict) and subject.get("model") in UNTOLD:
        found["obj"] = _named(subject)
        found |= {"why": BLANK} if content.get("why") else {}
        found |= {"details": _blank(found["details"], MASKED[subject["model"]])} if isinstance(details, dict) else {}
    return found


def _row(change: Mapping[str, Any]) -> dict[str, Any]:
    columns = MASKED.get(str(change.get("model")), ())
    blank = {side: _blank(change[side], columns) for side in ("before", "after") if isinstance(change.get(side), dict)}
    return {**_named(change), **blank}


def _named(row: Mapping[str, Any]) -> dict[str, Any]:
    """An absence is called by its person and why: 'Ana Ruiz, training'."""
    if row.get("model") != ABSENCE or not isinstance(row.get("repr"), str):
        return dict(row)
    return {**row, "repr": f"{row['repr'].rpartition(', ')[0]}, {BLANK}"}


def _blank(values: Mapping[str, Any], columns: tuple[str, ...]) -> dict[str, Any]:
    return {name: BLANK if name in columns and value else value for name, value in values.items()}
