"""What was changed without an event, as the database's witnesses saw it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from audit.capture.reconciling import TYPE, reconcile
from audit.events.stories import parsed
from audit.models import LedgerEvent


def untold() -> list[tuple[Any, ...]]:
    """Table, rows and keys of every change that no event explains. The witnesses go by the database's clock, whatever a test says."""
    reconcile(now=datetime.now(UTC) + timedelta(minutes=1))
    told = (
        parsed(payload)["details"] for payload in LedgerEvent.objects.filter(type=TYPE).order_by("id").values_list("payload", flat=True)
    )
    return [(details["table"], details.get("rows"), details.get("keys")) for details in told]
