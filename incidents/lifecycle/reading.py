"""Who read an incident whose details are for few."""

from datetime import datetime
from typing import Any

from audit.events.alone import tell_reading

from .models import Incident


def note_reading(incident: Incident, *, reader: Any, now: datetime) -> None:
    """One event an hour for each reader of a confidential incident; nothing for others."""
    if incident.confidential:
        tell_reading("incident.read", actor=reader, now=now, subject=incident)
