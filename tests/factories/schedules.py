"""Schedules of packs of a small bank."""

from datetime import UTC, datetime
from typing import Any

from reports.models import PackSchedule
from reports.schedules.services import make_schedule

# A Monday; the quarter before has its incidents.
MONDAY = datetime(2026, 4, 6, 9, 0, tzinfo=UTC)
WEEKLY: dict[str, Any] = {"rhythm": "weekly", "days": 0, "hour": 6, "which": "over", "formats": ["json"], "roles": [], "tell_unit": False}


def weekly(owner: Any, *, now: datetime = MONDAY, name: str = "Board", reason: str = "The board meets.", **more: Any) -> PackSchedule:
    """One that makes its next pack on the Monday after `now`, at 06:00 UTC, as JSON."""
    return make_schedule({"name": name, "unit": None, **WEEKLY, **more}, actor=owner, now=now, reason=reason)
