"""Calendars of other programs are read as they were meant, and hostile ones are refused in words."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from policies.oncall.calendars.reading import LARGEST_BYTES, Reading, read_calendar
from portal.foundation.errors import InvalidInput

from .files import calendar, event, handwritten

SINCE = datetime(2026, 3, 2, tzinfo=UTC)
UNTIL = SINCE + timedelta(days=180)


def read(data: bytes, zone: str = "Europe/Madrid") -> Reading:
    return read_calendar(data, zone=zone, since=SINCE, until=UNTIL)


def told(data: bytes, zone: str = "Europe/Madrid") -> list[str]:
    return [f"{each.title}: {each.starts_at:%m-%d %H:%M} {each.ends_at:%m-%d %H:%M}" for each in read(data, zone).occurrences]


def test_googles_rules_exceptions_moved_instances_and_whole_days_are_understood() -> None:
    assert told(handwritten("google.ics")) == [
        "Ana Ruiz: 03-02 08:00 03-02 16:00",
        "On call: tom: 03-03 17:00 03-04 08:00",
        "ana.ruiz@example.org: 03-06 23:00 03-08 23:00",
        "Ana Ruiz: 03-09 08:00 03-09 16:00",
        "Tom Brandt: 03-24 08:00 03-24 16:00",
        "Ana Ruiz: 03-30 07:00 03-30 15:00",
        "Ana Ruiz: 04-06 07:00 04-06 15:00",
        "Ana Ruiz: 04-13 07:00 04-13 15:00",
        "Ana Ruiz: 04-20 07:00 04-20 15:00",
    ]


def test_zone_names_of_windows_keep_their_local_time_over_a_clock_change() -> None:
    assert told(handwritten("outlook.ics"), "UTC") == [
        "Tom Brandt, Ana Ruiz: 03-10 16:00 03-11 00:00",
        "Ruiz, Ana: 03-27 17:00 03-28 07:00",
        "Ruiz, Ana: 03-28 17:00 03-29 06:00",
        "Ruiz, Ana: 03-29 16:00 03-30 06:00",
    ]


def test_grafana_oncalls_export_is_understood() -> None:
    assert [each.title for each in read(handwritten("grafana_oncall.ics")).occurrences] == [
        "[L0] ana",
        "[L9] Tom",
        "[L1] somebody.who.left",
    ]


@pytest.mark.parametrize(("zone", "hour"), [("UTC", 9), ("Asia/Tokyo", 0), ("America/New_York", 14)])
def test_times_without_a_zone_are_times_of_the_schedules_zone(zone: str, hour: int) -> None:
    assert [each.starts_at for each in read(handwritten("thunderbird.ics"), zone).occurrences] == [
        datetime(2026, 3, 5, hour, tzinfo=UTC),
        datetime(2026, 3, 7, hour, tzinfo=UTC),
        # New York's clocks went forward on the eighth.
        datetime(2026, 3, 9, 13 if hour == 14 else hour, tzinfo=UTC),
    ]


def test_times_without_a_zone_are_times_of_the_files_own_zone_when_it_names_one() -> None:
    file = calendar(event("Ana", ":20260305T090000"), head="X-WR-TIMEZONE:Asia/Tokyo\r\n")
    assert told(file, "UTC") == ["Ana: 03-05 00:00 03-05 01:00"]


def test_whole_days_are_days_of_the_schedules_zone_also_when_the_clocks_change() -> None:
    assert told(calendar(event("Ana", ";VALUE=DATE:20260329", "DTEND;VALUE=DATE:20260330"))) == ["Ana: 03-28 23:00 03-29 22:00"]


def test_an_unknown_time_zone_is_said() -> None:
    found = read(calendar(event("Ana", ";TZID=Middle-earth/Shire:20260305T090000")))
    assert found.problems == ("The time zone 'Middle-earth/Shire' is not known; its times were read as times without a zone.",)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("FREQ=SECONDLY", "repeats every second"),
        ("FREQ=MINUTELY;INTERVAL=30", "repeats every minute"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL is not a number from 1 on"),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "on a day that no month has"),
        ("FREQ=DAILY;BYSETPOS=2", "BYSETPOS, which is not followed"),
        ("FREQ=DAILY;BYYEARDAY=366;BYMONTH=1", "BYYEARDAY, which is not followed"),
        ("FREQ=FORTNIGHTLY", "rule that cannot be read"),
        ("FREQ=DAILY;BYHOUR=25", "cannot be read"),
    ],
)
def test_a_rule_that_no_duty_has_is_refused_in_words_and_the_rest_is_read(rule: str, said: str) -> None:
    found = read(calendar(event("Odd", ":20260303T090000Z", f"RRULE:{rule}"), event("Ana", ":20260304T090000Z")))
    assert [each.title for each in found.occurrences] == ["Ana"]
    assert said in found.problems[0]
    assert "'Odd'" in found.problems[0]


def test_a_rule_that_never_ends_is_followed_as_far_as_anybody_looks() -> None:
    found = read(calendar(event("Ana", ":20200106T090000Z", "RRULE:FREQ=WEEKLY"))).occurrences
    assert len(found) == 26
    assert found[-1].starts_at < UNTIL


@pytest.mark.parametrize(
    "start", [";VALUE=DATE-TIME:2026xx", ":00000000T000000Z", ";TZID=:20260303T090000", ":20260303T090000Z\r\nRDATE:never", ""]
)
def test_an_event_that_is_broken_costs_no_other_one(start: str) -> None:
    found = read(calendar(event("Broken", start), event("Ana", ":20260304T090000Z")))
    assert "Ana" in [each.title for each in found.occurrences]


def test_an_event_without_length_is_left_out_and_said() -> None:
    found = read(calendar(event("Ana", ":20260304T090000Z", "DTEND:20260304T090000Z")))
    assert (found.occurrences, found.problems) == ((), ("The event 'Ana' has no length.",))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "not an iCalendar file"),
        (b"<!doctype html><title>Sign in</title>", "not an iCalendar file"),
        (b"BEGIN:VCALENDAR\r\n\0", "not an iCalendar file"),
        (calendar(event("Ana", ":20260304T090000Z")).decode().replace("Ana", "Zoë").encode("latin-1"), "UTF-8"),
        (calendar(event("Ana", ":20260304T090000Z")).decode().encode("utf-16"), "UTF-8"),
        (calendar(), "has no event"),
        (b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n", "broken"),
        (calendar("this is no line\r\n"), "broken"),
        (b"BEGIN:VCALENDAR" + b"\r\nX-PADDING:0" * 800_000, "larger than 2 MB"),
        (calendar("BEGIN:VEVENT\r\nEND:VEVENT\r\n" * 3_001), "at most 3,000"),
    ],
)
def test_what_is_no_calendar_is_refused_in_words(data: bytes, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        read(data)


def test_ten_megabytes_are_refused_before_anything_is_read() -> None:
    begin = time.process_time()
    with pytest.raises(InvalidInput, match="larger than 2 MB"):
        read(b"BEGIN:VCALENDAR\r\n".ljust(10_000_000, b"x"))
    assert time.process_time() - begin < 1
    assert LARGEST_BYTES < 10_000_000


def test_more_occurrences_than_any_duty_has_are_refused() -> None:
    hourly = (event("Ana", ":20260303T090000Z", "RRULE:FREQ=HOURLY", uid=str(number)) for number in range(2))
    with pytest.raises(InvalidInput, match="more than 5,000 occurrences"):
        read(calendar(*hourly))
