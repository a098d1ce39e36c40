"""What we write, other programs read: an independent library gets back what went in."""

from datetime import UTC, datetime

import icalendar
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.oncall.calendars.writing import LONGEST_LINE, Event, calendar_text

AT = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=120)


@settings(max_examples=30, deadline=None)
@given(name=TEXT, why=TEXT)
def test_any_text_comes_back_and_no_line_is_too_long(name: str, why: str) -> None:
    text = calendar_text(name, [Event("u1", f"On call: {name}", f"{why}\nand more", AT, AT.replace(hour=9), AT)])
    assert all(len(line.encode()) <= LONGEST_LINE for line in text.split("\r\n"))
    (event,) = icalendar.Calendar.from_ical(text).walk("VEVENT")
    assert (str(event["SUMMARY"]), str(event["DESCRIPTION"])) == (f"On call: {name}", f"{why}\nand more")
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (AT, AT.replace(hour=9))


def test_a_name_cannot_smuggle_a_line_in() -> None:
    text = calendar_text("x", [Event("u1", "Ana\r\nEND:VEVENT\rATTACH:evil\x00\x1b", "", AT, AT.replace(hour=2), AT)])
    assert "\r\nATTACH" not in text
    assert len(icalendar.Calendar.from_ical(text).walk("VEVENT")) == 1


def test_readers_are_told_how_often_to_look() -> None:
    text = calendar_text("Payments", [])
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n" in text
    assert "X-PUBLISHED-TTL:PT1H\r\n" in text
