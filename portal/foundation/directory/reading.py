"""Reads a file of the CMDB, CSV or JSON, hostile ones too: bounded, strict, every refusal with its line. Pure."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from portal.foundation import csv_rows

from .cells import plain_cell
from .columns import CONTACT_COLUMN, CONTACT_PARTS, IDENTIFIERS, MAY_BE_EMPTY, MOST_CONTACTS, VALUES, Contact, Entry, Unreadable, columns

LARGEST_BYTES = 5_000_000
MOST_PEOPLE = 20_000
LONGEST_VALUE = 500
MOST_PROBLEMS = 20
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_KNOWN_IN_JSON = frozenset({*IDENTIFIERS, *VALUES, "contact_points"})
_YES = {"yes", "true", "1", "active"}
_NO = {"no", "false", "0", "inactive"}


def read(content: bytes, *, json_expected: bool | None = None) -> list[Entry]:
    """The people in `content`; whether it is JSON is seen from its first character unless said. Raises Unreadable."""
    if len(content) > LARGEST_BYTES:
        raise Unreadable(f"The file is larger than {LARGEST_BYTES // 1_000_000} MB. Split it, or send only the people who changed.")
    try:
        text = csv_rows.decoded(content)
        if not text.strip():
            raise Unreadable("The file is empty.")
        is_json = text.lstrip()[:1] in "[{" if json_expected is None else json_expected
        entries = list(_from_json(text) if is_json else _from_csv(text))
    except csv_rows.Broken as error:
        raise Unreadable(str(error)) from None
    if not entries:
        raise Unreadable("The file names nobody.")
    _refuse_repeats(entries)
    return entries


def _from_csv(text: str) -> Iterable[Entry]:
    header: list[str] = []
    problems: list[str] = []
    count = 0
    for begins, cells in csv_rows.rows(text):
        if not header:
            header = _header([cell.strip().casefold() for cell in cells], begins)
            continue
        count += 1
        _bounded(count)
        if len(cells) != len(header):
            problems.append(f"Line {begins}: the row has {len(cells)} cells, the header has {len(header)}.")
        elif not problems:
            given = dict(zip(header, (plain_cell(cell.strip()) for cell in cells), strict=True))
            yield _entry(f"line {begins}", given, _flat_contacts(given))
        if len(problems) >= MOST_PROBLEMS:
            break
    if problems:
        raise Unreadable(*problems)


def _header(names: list[str], line: int) -> list[str]:
    known = set(columns())
    unknown = [name[:40] for name in names if name not in known]
    if unknown:
        raise Unreadable(
            f"Line {line}: unknown column {', '.join(map(repr, unknown[:10]))}. Known: {', '.join(columns(1))}, contact_2_channel …"
        )
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise Unreadable(f"Line {line}: the column {twice[0]} stands twice. Remove one of the two.")
    _refuse_nameless(names, f"Line {line}")
    for order in {match[1] for name in names if (match := CONTACT_COLUMN.fullmatch(name))}:
        missing = [f"contact_{order}_{part}" for part in CONTACT_PARTS if f"contact_{order}_{part}" not in names]
        if missing:
            raise Unreadable(f"Line {line}: contact point {order} lacks the column {', '.join(missing)}.")
    return names


def _refuse_nameless(names: Iterable[str], place: str) -> None:
    if not set(names) & set(IDENTIFIERS):
        raise Unreadable(f"{place}: nothing says who is meant. Give external_id, username or email.")


def _flat_contacts(given: Mapping[str, str]) -> dict[int, Contact | None]:
    """A file speaks only of the contact points it has columns for."""
    orders = sorted({int(match[1]) for name in given if (match := CONTACT_COLUMN.fullmatch(name))})
    found = {order: Contact(*(given[f"contact_{order}_{part}"] for part in CONTACT_PARTS)) for order in orders}
    return {order: contact if contact != Contact("", "", "") else None for order, contact in found.items()}


def _from_json(text: str) -> Iterable[Entry]:
    try:
        content = json.loads(text, object_pairs_hook=_without_repeats, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise Unreadable(f"Line {error.lineno}: this is not valid JSON (character {error.colno}).") from None
    except RecursionError:
        raise Unreadable("The JSON is nested too deeply. A person is a flat object with a list of contact points.") from None
    except ValueError:
        raise Unreadable("The JSON holds a number that is too long.") from None
    people = content.get("people") if isinstance(content, dict) and set(content) <= {"people"} else content
    if not isinstance(people, list):
        raise Unreadable('The JSON is neither {"people": […]} nor a list of people.')
    _bounded(len(people))
    for number, given in enumerate(people, start=1):
        yield _from_object(given, f"person {number}")


def _from_object(given: Any, place: str) -> Entry:
    if not isinstance(given, dict):
        raise Unreadable(f"{place.capitalize()}: this is no object with fields.")
    unknown = sorted(name[:40] for name in given.keys() - _KNOWN_IN_JSON)
    if unknown:
        raise Unreadable(f"{place.capitalize()}: unknown field {unknown[0]!r}. Known: {', '.join(sorted(_KNOWN_IN_JSON))}.")
    flat = {name: _flat(name, value, place) for name, value in given.items() if name != "contact_points"}
    return _entry(place, flat, _listed_contacts(given["contact_points"], place) if "contact_points" in given else {})


def _flat(name: str, value: Any, place: str) -> str:
    if name in {"skills", "languages"} and isinstance(value, list) and all(isinstance(item, str) for item in value):
        if any("," in item for item in value):
            raise Unreadable(f"{place.capitalize()}: one of the {name} holds a comma, which separates them.")
        return ", ".join(value)
    if name == "active" and isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Unreadable(f"{place.capitalize()}: {name} must be text.")
    return value.strip()


def _listed_contacts(given: Any, place: str) -> dict[int, Contact | None]:
    """A list is whole: what it does not name is not there."""
    if not isinstance(given, list):
        raise Unreadable(f"{place.capitalize()}: contact_points must be a list.")
    found: dict[int, Contact | None] = {}
    for item in given:
        if not isinstance(item, dict) or item.keys() - {"order", *CONTACT_PARTS}:
            raise Unreadable(f"{place.capitalize()}: a contact point has the fields order, channel, label and address, and no others.")
        order = item.get("order", len(found) + 1)
        if isinstance(order, bool) or not isinstance(order, int) or not 1 <= order <= MOST_CONTACTS or order in found:
            raise Unreadable(f"{place.capitalize()}: the order of contact points is a number from 1 to {MOST_CONTACTS}, each once.")
        found[order] = Contact(*(_flat(part, item.get(part), place) for part in CONTACT_PARTS))
    return dict.fromkeys(range(1, MOST_CONTACTS + 1)) | found


def _entry(place: str, given: Mapping[str, str], contacts: dict[int, Contact | None]) -> Entry:
    for name, value in given.items():
        _bounded_value(place, name, value)
    for order, contact in contacts.items():
        for part in CONTACT_PARTS if contact else ():
            _bounded_value(place, f"{part} of contact point {order}", getattr(contact, part))
    who = {name: given.get(name, "") for name in IDENTIFIERS}
    if not any(who.values()):
        raise Unreadable(f"{place.capitalize()}: nothing says who is meant. Give external_id, username or email.")
    values = {name: given[name] for name in VALUES if name in given and (given[name] or name in MAY_BE_EMPTY)}
    if "active" in values:
        values["active"] = _yes_or_no(values["active"], place)
    return Entry(place, who["external_id"], who["username"], who["email"], values, contacts)


def _yes_or_no(word: str, place: str) -> str:
    if word.casefold() in _YES:
        return "yes"
    if word.casefold() in _NO:
        return "no"
    raise Unreadable(f"{place.capitalize()}: active is {word[:20]!r}. Write yes or no.")


def _bounded_value(place: str, name: str, value: str) -> None:
    # The value itself is not repeated: it may be an address.
    if len(value) > LONGEST_VALUE:
        raise Unreadable(f"{place.capitalize()}: {name} is longer than {LONGEST_VALUE} characters.")
    if _CONTROL.search(value):
        raise Unreadable(f"{place.capitalize()}: {name} holds a line break or a character that cannot be shown. Remove it.")


def _bounded(count: int) -> None:
    if count > MOST_PEOPLE:
        raise Unreadable(f"The file names more than {MOST_PEOPLE:,} people. Split it, or send only the people who changed.")


def _refuse_repeats(entries: Iterable[Entry]) -> None:
    seen: dict[tuple[str, str], str] = {}
    problems = []
    for entry in entries:
        for name in IDENTIFIERS:
            value = getattr(entry, name).casefold()
            before = seen.setdefault((name, value), entry.place) if value else entry.place
            if before != entry.place:
                problems.append(f"{entry.place.capitalize()}: the same {name} stands in {before} already. Keep one of the two.")
    if problems:
        raise Unreadable(*problems[:MOST_PROBLEMS])


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        names = [name for name, _ in pairs]
        raise Unreadable(f"The field {next(name for name in names if names.count(name) > 1)[:40]!r} stands twice in one object.")
    return content


def _refuse_constant(name: str) -> Any:
    raise Unreadable(f"{name} is not a JSON number.")
