"""Times in templates, written as everywhere else."""

from datetime import datetime

from django import template
from django.utils.safestring import SafeString

from portal.foundation.adminkit.moments import moment, zone_name

register = template.Library()


@register.filter(name="moment")
def as_moment(at: datetime, now: datetime) -> SafeString | str:
    """'2 Mar 2026, 14:05 CET, 3 min ago' with UTC on hover; relative to `now` only within a day of it."""
    return moment(at, now)


@register.filter(name="zone")
def as_zone(at: datetime) -> str:
    """The name of the reader's zone at that instant."""
    return zone_name(at)
