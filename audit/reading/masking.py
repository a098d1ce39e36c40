"""What an auditor who was called in does not read in events either: people's addresses, and the columns that lists show blank."""

from collections.abc import Mapping
from typing import Any

from portal.foundation.access.held import appointment_of
from portal.foundation.access.masks import BLANK, MASKED, UNTOLD

from .tokens import words_of

ABSENCE = "policies.dutyabsence"


def hides(reader: Any) -> bool:
    """Whether `reader` sees blanks."""
    return reader is not None and appointment_of(reader) is not None


def has_blanks(content: Mapping[str, Any]) -> bool:
    """Whether a word by which this event is found stands where `masked` leaves a blank. Most events have none, and are not copied to see it."""
    subject, details, changes = content.get("obj"), content.get("details"), content.get("changes")
    return (
        (isinstance(subject, dict) and subject.get("model") in UNTOLD)
        or (isinstance(details, dict) and bool(details.get("address")))
        or (isinstance(changes, list) and any(isinstance(row, dict) and row.get("model") == ABSENCE for row in changes))
    )


def words_shown(content: Mapping[str, Any]) -> frozenset[str]:
    """The words by which whoever sees blanks finds this event: a word that is found says where it stands, however blank that is."""
    words = words_of(content)
    return words & words_of(masked(content, blank="")) if has_blanks(content) else words


def masked(content: Mapping[str, Any], *, blank: str = BLANK) -> dict[str, Any]:
    """An opened event with blanks: its address, what its details say of one, the columns that are not shown, before and after, and why."""
    found = dict(content)
    way, details, changes = content.get("ctx"), content.get("details"), content.get("changes")
    if isinstance(way, dict) and way.get("ip"):
        found["ctx"] = {**way, "ip": blank}
    if isinstance(details, dict) and details.get("address"):
        found["details"] = {**details, "address": blank}
    if isinstance(changes, list):
        found["changes"] = [_row(change, blank) for change in changes]
    subject = content.get("obj")
    if isinstance(subject, dict) and subject.get("model") in UNTOLD:
        found["obj"] = _named(subject, blank)
        found |= {"why": blank} if content.get("why") else {}
        found |= {"details": _blank(found["details"], MASKED[subject["model"]], blank)} if isinstance(details, dict) else {}
    return found


def _row(change: Mapping[str, Any], blank: str) -> dict[str, Any]:
    columns = MASKED.get(str(change.get("model")), ())
    hidden = {side: _blank(change[side], columns, blank) for side in ("before", "after") if isinstance(change.get(side), dict)}
    return {**_named(change, blank), **hidden}


def _named(row: Mapping[str, Any], blank: str) -> dict[str, Any]:
    """An absence is called by its person and why: 'Ana Ruiz, training'."""
    if row.get("model") != ABSENCE or not isinstance(row.get("repr"), str):
        return dict(row)
    return {**row, "repr": f"{row['repr'].rpartition(', ')[0]}, {blank}"}


def _blank(values: Mapping[str, Any], columns: tuple[str, ...], blank: str) -> dict[str, Any]:
    return {name: blank if name in columns and value else value for name, value in values.items()}
