"""Stretches of time that people ask for: refused in words when nobody can have meant them."""

from datetime import datetime, timedelta
from typing import NoReturn
from zoneinfo import ZoneInfo

from portal.foundation import words
from portal.foundation.errors import InvalidInput
from portal.foundation.words import visible

# What was typed a moment ago as 'now' is still meant as now.
JUST_NOW = timedelta(minutes=5)
# More than a year of somebody's stand-in or absence is a slip of the keyboard, or a change of the plan.
LONGEST = timedelta(days=400)


def stretch(
    starts_at: datetime, ends_at: datetime, now: datetime, *, what: str, fields: tuple[str, str] = ("starts_at", "ends_at")
) -> tuple[datetime, datetime]:
    """The stretch that is meant, from now on; a start up to five minutes ago is now. `what` begins the sentences: 'An absence'.

    Raises InvalidInput for a start before that, an end that is not after the start, and more than 400 days.
    """
    first, last = fields
    if starts_at.tzinfo is None or ends_at.tzinfo is None:
        refuse(f"{what} needs a start and an end with a time zone.", first)
    if now - JUST_NOW <= starts_at < now:
        starts_at = now
    if starts_at < now:
        refuse(f"{what} can begin now or later: the past stays as it was.", first)
    if ends_at <= starts_at:
        refuse(f"{what} ends after it starts. Choose a later end.", last)
    if ends_at - starts_at > LONGEST:
        refuse(f"{what} lasts {LONGEST.days} days at most. Choose an earlier end.", last)
    return starts_at, ends_at


def said(reason: str, ask: str) -> str:
    """The reason without the blanks around it. Raises InvalidInput with `ask` when there is none."""
    spoken = " ".join(visible(reason).split())
    if not spoken:
        refuse(ask, "reason")
    if len(spoken) > 250:
        refuse("The reason is longer than 250 characters. Say it in a sentence.", "reason")
    return spoken


def refuse(text: str, *fields: str) -> NoReturn:
    """Raises InvalidInput with the same words for the whole and for `fields`."""
    raise InvalidInput(text, {field: [text] for field in fields})


def moment(at: datetime, zone: str) -> str:
    """'Mon 29 Mar 2026, 03:00 CEST', in the time zone `zone`."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%a %d %b %Y, %H:%M} {words.zone(local.strftime('%Z'))}"


def from_to(since: datetime, until: datetime, zone: str) -> str:
    """'from Mon 2 Mar 2026, 09:00 CET to Mon 9 Mar 2026, 09:00 CET'."""
    return f"from {moment(since, zone)} to {moment(until, zone)}"


def few(items: list[str], most: int = 5) -> str:
    """'a, b and 3 more': the first of many, in words."""
    more = [f"{len(items) - most} more"] if len(items) > most else []
    return words.listed([*items[:most], *more])
