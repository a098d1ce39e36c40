"""Reads a file of feedback, CSV, hostile ones too: bounded, strict, every refusal with its line. Pure."""

import re
from dataclasses import dataclass
from datetime import date

from portal.foundation import csv_rows
from portal.foundation.directory.cells import plain_cell

NEEDED = ("giver", "given_on", "way")
COLUMNS = (*NEEDED, "satisfaction", "incident", "service", "text")
# A survey of a month. All of it is one transaction, in which nobody else can write on SQLite.
MOST_LINES = 300
LARGEST_BYTES = 1_000_000
# The line, and what is wrong with it.
Problem = tuple[int, str]
_NUMBER = re.compile("[0-9]", re.ASCII)
_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Line:
    """One answer as the file has it; `number` is the line on which it begins. Incident and service by number and key, empty for none."""

    number: int
    giver: str
    given_on: date
    way: str
    satisfaction: int | None
    incident: str
    service: str
    text: str


class Unreadable(ValueError):
    """The file as a whole; the message says why."""


def read(content: bytes) -> tuple[list[Line], list[Problem]]:
    """The answers in `content`, and which lines are none, and why. Raises Unreadable where the whole file is."""
    if len(content) > LARGEST_BYTES:
        raise Unreadable(f"The file is larger than {LARGEST_BYTES // 1_000_000} MB. Split it.")
    try:
        return _lines(csv_rows.decoded(content))
    except csv_rows.Broken as error:
        raise Unreadable(str(error)) from None


def _lines(text: str) -> tuple[list[Line], list[Problem]]:
    rows = csv_rows.rows(text)
    begins, header = next(rows, (0, []))
    if not header:
        raise Unreadable("The file is empty.")
    names = _columns([cell.strip().casefold() for cell in header], begins)
    found: list[Line] = []
    problems: list[Problem] = []
    for count, (number, cells) in enumerate(rows, start=1):
        if count > MOST_LINES:
            raise Unreadable(f"The file has more than {MOST_LINES} answers. Split it.")
        if len(cells) != len(names):
            problems.append((number, f"the row has {len(cells)} cells, the header has {len(names)}."))
            continue
        given = dict(zip(names, (plain_cell(cell.strip()) for cell in cells), strict=True))
        wrong = _wrong(given)
        if wrong:
            problems += [(number, each) for each in wrong]
        else:
            found.append(_line(number, given))
    if not found and not problems:
        raise Unreadable("The file has a header and no answers.")
    return found, problems


def _columns(names: list[str], line: int) -> list[str]:
    known = f"Known are {', '.join(COLUMNS)}."
    missing = [name for name in NEEDED if name not in names]
    if missing:
        raise Unreadable(f"Line {line}: the header lacks {', '.join(missing)}. {known}")
    # Whoever has names in the file is told here that they do not come in.
    unknown = [name[:40] for name in names if name not in COLUMNS]
    if unknown:
        raise Unreadable(
            f"Line {line}: unknown column {', '.join(map(repr, unknown[:10]))}. {known} Leave the others out, names above all."
        )
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise Unreadable(f"Line {line}: the column {twice[0]} stands twice. Remove one of the two.")
    return names


def _wrong(given: dict[str, str]) -> list[str]:
    wrong = []
    if _day(given["given_on"]) is None:
        wrong.append(f"{given['given_on'][:20]!r} is no day. Write given_on as 2026-03-31.")
    number = given.get("satisfaction", "")
    if number and not _NUMBER.fullmatch(number):
        wrong.append(f"{number[:20]!r} is no satisfaction. Write a whole number from 1 to 5, or nothing.")
    return wrong


def _line(number: int, given: dict[str, str]) -> Line:
    satisfaction, day = given.get("satisfaction", ""), _day(given["given_on"])
    if day is None:
        raise ValueError(given["given_on"])
    return Line(
        number,
        given["giver"].casefold(),
        day,
        given["way"].casefold(),
        int(satisfaction) if satisfaction else None,
        given.get("incident", ""),
        given.get("service", ""),
        given.get("text", ""),
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None
