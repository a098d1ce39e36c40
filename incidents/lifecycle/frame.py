"""The frame of every verb on an incident: one transaction, the row locked and fresh, one audit event."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from audit.events.services import Act, act
from portal.foundation.errors import WrongState

from . import checks
from .models import Incident


@contextmanager
def verb(event: str, incident: Incident, actor: Any, now: datetime, reason: str) -> Iterator[Act]:
    """Locks the row and reads it anew, so that of two people at once the second sees what the first did.

    Raises WrongState for an imported incident, which no verb changes.
    """
    reason = checks.clean_text(reason, "reason", checks.LONGEST_REASON)
    with act(event, actor=actor, now=now, subject=incident, why=reason) as running:
        incident.refresh_from_db(from_queryset=Incident.objects.select_for_update(no_key=True))
        if incident.origin == Incident.Origin.IMPORTED:
            raise WrongState(f"{incident.number} was imported from another system and is kept as that system has it. Change it there.")
        yield running
