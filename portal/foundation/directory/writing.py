"""Writes people as the file that can be read again: CSV or JSON, safe in a spreadsheet. Pure."""

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from .cells import harmless_cell
from .columns import CONTACT_PARTS, IDENTIFIERS, KEPT_HERE, PUBLIC_CHANNELS, VALUES, Entry, columns


def as_csv(people: Sequence[Entry]) -> bytes:
    """One row a person, with as many contact points as anybody has, at least one. UTF-8, commas, CRLF."""
    most = max((order for person in people for order in person.contacts), default=1)
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    names = columns(most)
    writer.writerow(names)
    for person in people:
        cells = _cells(person)
        writer.writerow([harmless_cell(cells.get(name, "")) for name in names])
    return out.getvalue().encode("utf-8")


def as_json(people: Sequence[Entry]) -> bytes:
    """{"people": […]}, indented, in UTF-8."""
    return json.dumps(as_data(people), indent=1, ensure_ascii=False).encode("utf-8")


def as_data(people: Sequence[Entry]) -> dict[str, Any]:
    """The same as plain values."""
    return {"people": [_object(person) for person in people]}


def _cells(person: Entry) -> dict[str, str]:
    who = {name: getattr(person, name) for name in IDENTIFIERS}
    points = {f"contact_{order}_{part}": _part(contact, part) for order, contact in person.contacts.items() for part in CONTACT_PARTS}
    return {**who, **person.values, **points}


def _object(person: Entry) -> dict[str, Any]:
    who: dict[str, Any] = {name: getattr(person, name) for name in IDENTIFIERS}
    values = {name: person.values.get(name, "") for name in VALUES if name not in IDENTIFIERS}
    points = [
        {"order": order, **{part: _part(contact, part) for part in CONTACT_PARTS}}
        for order, contact in sorted((person.contacts or {}).items())
    ]
    return {**who, **values, "active": values["active"] != "no", "contact_points": points}


def _part(contact: Any, part: str) -> str:
    """A part of a contact point; an address that may hold a token does not leave the portal."""
    hidden = part == "address" and contact.channel not in PUBLIC_CHANNELS
    return KEPT_HERE if hidden else str(getattr(contact, part))
