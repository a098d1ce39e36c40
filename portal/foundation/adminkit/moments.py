"""Times as a reader needs them: in the reader's zone with its name, relative beside it, UTC on hover."""

from datetime import UTC, datetime, timedelta

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from portal.foundation import words

NEAR = timedelta(days=1)


def written(at: datetime) -> str:
    """'2 Mar 2026, 14:05 CET', in the reader's zone (the one that is active)."""
    local = timezone.localtime(at)
    return f"{local.day} {local:%b %Y, %H:%M} {zone_name(at)}"


def zone_name(at: datetime) -> str:
    """'CET', or 'UTC+8' where a zone has no letters of its own."""
    return words.zone(timezone.localtime(at).tzname() or "UTC")


def relative(at: datetime, now: datetime) -> str:
    """'3 min ago', 'in 2 h 5 min'; whole minutes from a minute on, so that the words do not flicker."""
    gap = abs(at - now)
    if gap < timedelta(seconds=1):
        return "now"
    rounded = gap if gap < timedelta(minutes=1) else timedelta(minutes=gap // timedelta(minutes=1))
    said = words.duration(rounded)
    return f"in {said}" if at > now else f"{said} ago"


def moment(at: datetime | None, now: datetime, *, empty: str = "not yet") -> SafeString | str:
    """`at` as a <time> element: '2 Mar 2026, 14:05 CET, 3 min ago', with UTC on hover. Relative only within a day."""
    if at is None:
        return empty
    near = f", {relative(at, now)}" if abs(at - now) < NEAR else ""
    utc = at.astimezone(UTC)
    return format_html('<time datetime="{}" title="{} UTC">{}{}</time>', utc.isoformat(), f"{utc:%Y-%m-%d %H:%M:%S}", written(at), near)
