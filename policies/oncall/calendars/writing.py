"""iCalendar text (RFC 5545) of a list of events: UTC times only, so that no reader needs to know a time zone."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

LONGEST_LINE = 75
# How often a calendar program is asked to look again.
REFRESH = timedelta(hours=1)
_CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Event:
    """One stretch of duty as a calendar shows it. `ends_at` is excluded; `changed_at` is when what is said last changed."""

    uid: str
    summary: str
    description: str
    starts_at: datetime
    ends_at: datetime
    changed_at: datetime


def calendar_text(name: str, events: Iterable[Event]) -> str:
    """The whole document, lines ended and folded as the standard asks."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Incident Escalation Governance Portal//On call//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"NAME:{_text(name)}",
        f"X-WR-CALNAME:{_text(name)}",
        f"REFRESH-INTERVAL;VALUE=DURATION:PT{REFRESH // timedelta(hours=1)}H",
        f"X-PUBLISHED-TTL:PT{REFRESH // timedelta(hours=1)}H",
    ]
    for event in events:
        lines += _event(event)
    folded = (part for line in [*lines, "END:VCALENDAR"] for part in _folded(line))
    return "".join(f"{part}\r\n" for part in folded)


def _event(event: Event) -> list[str]:
    return [
        "BEGIN:VEVENT",
        f"UID:{_text(event.uid)}",
        # A stamp that moved with each reading would make every copy look new.
        f"DTSTAMP:{_utc(event.changed_at)}",
        f"LAST-MODIFIED:{_utc(event.changed_at)}",
        f"DTSTART:{_utc(event.starts_at)}",
        f"DTEND:{_utc(event.ends_at)}",
        f"SUMMARY:{_text(event.summary)}",
        f"DESCRIPTION:{_text(event.description)}",
        "STATUS:CONFIRMED",
        # Being on call keeps nobody from being invited to a meeting.
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    ]


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return _CONTROLS.sub("", escaped.replace("\r\n", "\n").replace("\r", "\n")).replace("\n", "\\n")


def _folded(line: str) -> Iterator[str]:
    """Lines of at most 75 octets that never cut a character in two."""
    part, size = "", 0
    for letter in line:
        octets = len(letter.encode())
        if size + octets > LONGEST_LINE:
            yield part
            part, size = " ", 1
        part, size = part + letter, size + octets
    yield part
