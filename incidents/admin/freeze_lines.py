"""What the page of an incident says of freezes that hold for its service."""

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from incidents.changes.queries import freezes_on
from incidents.models import ChangeFreeze, Incident
from portal.foundation.adminkit.moments import moment


def freeze_lines(reader: Any, incident: Incident, now: datetime) -> tuple[list[SafeString], str]:
    """A line for each, and what changes when they do; none of an incident that has ended. Two queries at most."""
    found = freezes_on(incident.service, reader, now) if not incident.has_ended else []
    return [_line(freeze, incident, now) for freeze in found], "f".join(
        f"{freeze.pk}.{freeze.over_at.timestamp() if freeze.over_at else 0:.0f}" for freeze in found
    )


def _line(freeze: ChangeFreeze, incident: Incident, now: datetime) -> SafeString:
    if freeze.over_at is not None:
        until = format_html("until {}", moment(freeze.over_at, now))
    elif freeze.incident_id == incident.pk:
        until = SafeString("while its escalation lasts")
    else:
        until = format_html("while the escalation of {} lasts", freeze.incident.number if freeze.incident else "an incident")
    return format_html(
        'Changes to {} are <a href="{}">frozen</a> {}.',
        incident.service,
        reverse("admin:incidents_changefreeze_change", args=[freeze.pk]),
        until,
    )
