"""iCalendar files for tests."""

from pathlib import Path

HANDWRITTEN = Path(__file__).parents[3] / "contracts" / "icalendar"


def handwritten(name: str) -> bytes:
    """A file written by hand after what a calendar program exports; see the README beside it."""
    return (HANDWRITTEN / name).read_bytes()


def event(title: str, start: str, *more: str, uid: str = "") -> str:
    """One event; `start` goes on after DTSTART, as in ':20260302T090000Z'. One hour long unless `more` says otherwise."""
    length = [] if any(line.startswith(("DTEND", "DURATION")) for line in more) else ["DURATION:PT1H"]
    lines = [f"UID:{uid or title + start}", "DTSTAMP:20260101T000000Z", f"DTSTART{start}", f"SUMMARY:{title}", *length, *more]
    return "\r\n".join(["BEGIN:VEVENT", *lines, "END:VEVENT", ""])


def calendar(*events: str, head: str = "") -> bytes:
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n{head}{''.join(events)}END:VCALENDAR\r\n".encode()
