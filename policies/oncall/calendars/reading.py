"""iCalendar files of other programs, read: every occurrence in a period, as instants. What cannot be read is said, nothing is guessed.

Files come from anywhere, so size, number of events, number of occurrences and time are bounded.
"""

import re
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from portal.foundation.errors import InvalidInput

from .recurrence import problem_with_rule

LARGEST_BYTES = 2_000_000
MOST_EVENTS, MOST_OCCURRENCES, MOST_DATES = 3_000, 5_000, 20_000
# For all rules of a file together: a file that needs longer is made to keep a machine busy.
SECONDS = 10.0
MOST_PROBLEMS = 50
_MARGIN = timedelta(days=2)
_ZONE = re.compile(r";TZID=(?:\"([^\"\r\n]{1,100})\"|([^\":;\r\n]{1,100}))", re.IGNORECASE)
TOO_LARGE = "The calendar is larger than 2 MB. Export a shorter period, or only the calendar of this duty."
NOT_A_CALENDAR = (
    "This is not an iCalendar file: it has to begin with BEGIN:VCALENDAR. Export the calendar as .ics, or give its iCal address."
)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One event at one time, UTC; `ends_at` is excluded. `free` is marked as not keeping anybody busy."""

    uid: str
    title: str
    starts_at: datetime
    ends_at: datetime
    free: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """What a calendar says of a period. `events` counts its events at any time; `problems` say in words what was left out."""

    occurrences: tuple[Occurrence, ...]
    events: int
    problems: tuple[str, ...] = ()


def read_calendar(data: bytes, *, zone: str, since: datetime, until: datetime, may_be_empty: bool = False) -> Reading:
    """Every occurrence between `since` and `until`. All-day events are days of `zone`; so are times without a zone, unless the file names
    one in X-WR-TIMEZONE. Raises InvalidInput for what is no calendar, is too large, or (unless it `may_be_empty`) has no event at all."""
    text = _text(data)
    calendar = _parsed(text)
    problems = list(_zones_unknown(text, calendar))
    floating = _own_zone(calendar, problems)
    if not may_be_empty and not calendar.walk("VEVENT"):
        raise InvalidInput("The calendar has no event.")
    series = _by_uid(calendar, problems, until.date())
    found: list[Occurrence] = []
    deadline = time.monotonic() + SECONDS
    for uid, events in series.items():
        try:
            for component in _expanded(calendar, events, since, until):
                occurrence = _occurrence(component, uid, zone, floating)
                if occurrence is None or occurrence.ends_at <= since or occurrence.starts_at >= until:
                    continue
                if occurrence.starts_at < occurrence.ends_at:
                    found.append(occurrence)
                else:
                    problems.append(f"{_named(events[0])} has no length.")
        # Whatever the libraries raise at a hostile or broken event, the other events are still read.
        except Exception:  # noqa: BLE001
            problems.append(f"{_named(events[0])} cannot be read.")
        _refuse_bomb(len(found), deadline)
    order = sorted(found, key=lambda each: (each.starts_at, each.ends_at, each.uid))
    return Reading(tuple(order), sum(len(events) for events in series.values()), tuple(dict.fromkeys(problems))[:MOST_PROBLEMS])


def _text(data: bytes) -> str:
    if len(data) > LARGEST_BYTES:
        raise InvalidInput(TOO_LARGE)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput("The calendar is not written in UTF-8, as the standard asks. Save or export it as UTF-8.") from None
    if "\0" in text or not text.lstrip()[:15].upper().startswith("BEGIN:VCALENDAR"):
        raise InvalidInput(NOT_A_CALENDAR)
    events = text.upper().count("BEGIN:VEVENT")
    if events > MOST_EVENTS:
        raise InvalidInput(f"The calendar has {events:,} events; at most {MOST_EVENTS:,} are read. Export a shorter period.")
    if len(re.findall(r"[\d,]\d{8}(?:T\d{6}Z?)?", text)) > MOST_DATES:
        raise InvalidInput(f"The calendar names more than {MOST_DATES:,} dates. Export a shorter period.")
    return text


def _parsed(text: str) -> Any:
    # Here and below: loaded by whoever reads a calendar, not by every process.
    import icalendar

    try:
        return icalendar.Calendar.from_ical(text)
    except Exception:  # noqa: BLE001 (the parser raises many kinds, and none says more to a person)
        raise InvalidInput("The calendar is broken: its lines do not fit together. Export it again.") from None


def _zones_unknown(text: str, calendar: Any) -> Iterator[str]:
    """Sentences on zone names that neither the world nor the file defines; the library reads their times as if they had none."""
    from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

    unfolded = re.sub(r"\r?\n[ \t]", "", text)
    defined = {str(component.get("TZID", "")) for component in calendar.walk("VTIMEZONE")}
    for quoted, plain in dict.fromkeys(_ZONE.findall(unfolded)):
        name = quoted or plain
        if name.strip("/") not in available_timezones() and name not in WINDOWS_TO_OLSON and name not in defined:
            yield f"The time zone '{name[:60]}' is not known; its times were read as times without a zone."


def _own_zone(calendar: Any, problems: list[str]) -> str:
    """X-WR-TIMEZONE as a zone that is known, or empty."""
    from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

    name = str(calendar.get("X-WR-TIMEZONE", "")).strip()
    known = name if name in available_timezones() else WINDOWS_TO_OLSON.get(name, "")
    calendar.pop("X-WR-TIMEZONE", None)
    if known:
        calendar.add("X-WR-TIMEZONE", known)
    elif name:
        problems.append(f"The calendar's time zone '{name[:60]}' is not known.")
    return known


def _by_uid(calendar: Any, problems: list[str], until: date) -> dict[str, list[Any]]:
    """The events that count, those of one series together."""
    series: dict[str, list[Any]] = defaultdict(list)
    for number, event in enumerate(calendar.walk("VEVENT")):
        rules = event.get("RRULE", [])
        for rule in rules if isinstance(rules, list) else [rules]:
            problem = _judged(rule, event, until)
            if problem:
                problems.append(f"{_named(event)} {problem}.")
                break
        else:
            series[str(event.get("UID", "")) or f"without-uid-{number}"].append(event)
    return series


def _judged(rule: Any, event: Any, until: date) -> str:
    try:
        begin = event["DTSTART"].dt
        since = until - (begin.date() if isinstance(begin, datetime) else begin)
        return problem_with_rule({str(part).upper(): values for part, values in rule.items()}, since.days)
    except (KeyError, ValueError, TypeError, AttributeError, IndexError):
        return "repeats by a rule that cannot be read"


def _expanded(calendar: Any, events: Sequence[Any], since: datetime, until: datetime) -> Iterator[Any]:
    import icalendar
    import recurring_ical_events

    single = icalendar.Calendar()
    if "X-WR-TIMEZONE" in calendar:
        single.add("X-WR-TIMEZONE", str(calendar["X-WR-TIMEZONE"]))
    for event in events:
        single.add_component(event)
    # Times without a zone are compared as UTC there: the margin covers what that is off, the exact test follows.
    yield from recurring_ical_events.of(single).between(since - _MARGIN, until + _MARGIN)


def _occurrence(component: Any, uid: str, zone: str, floating: str) -> Occurrence | None:
    if str(component.get("STATUS", "")).upper() == "CANCELLED":
        return None
    begin = component["DTSTART"].dt
    end = component["DTEND"].dt if "DTEND" in component else begin
    title = " ".join(str(component.get("SUMMARY", "")).split())[:250]
    free = str(component.get("TRANSP", "")).upper() == "TRANSPARENT"
    return Occurrence(uid[:250], title, _instant(begin, zone, floating), _instant(end, zone, floating), free)


def _instant(at: date | datetime, zone: str, floating: str) -> datetime:
    if not isinstance(at, datetime):
        return datetime(at.year, at.month, at.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    if at.tzinfo is None:
        at = at.replace(tzinfo=ZoneInfo(floating or zone))
    return at.astimezone(UTC).replace(microsecond=0)


def _named(event: Any) -> str:
    title = " ".join(str(event.get("SUMMARY", "")).split())[:60]
    return f"The event '{title}'" if title else "An event without a title"


def _refuse_bomb(found: int, deadline: float) -> None:
    if found > MOST_OCCURRENCES:
        raise InvalidInput(
            f"The calendar has more than {MOST_OCCURRENCES:,} occurrences in the coming half year: no duty changes so often."
        )
    if time.monotonic() > deadline:
        raise InvalidInput("The calendar's rules of recurrence take too long to work out. Export the single events instead.")
