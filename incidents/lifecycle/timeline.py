"""Telling the story: the one place that writes timeline entries."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from policies.decisions.measures import words_of
from policies.decisions.severity import in_unit

from .models import Incident, TimelineEntry

THE_PORTAL = "The portal"


def add_timeline(
    incident: Incident,
    *,
    kind: str,
    at: datetime,
    actor: Any,
    text: str,
    why: str = "",
    data: dict[str, Any] | None = None,
    recorded_at: datetime | None = None,
) -> TimelineEntry:
    """Adds one entry. `actor` None is the portal itself; `recorded_at` is `at` unless the thing happened earlier than it was told."""
    return TimelineEntry.objects.create(
        incident=incident,
        kind=kind,
        at=at,
        recorded_at=recorded_at or at,
        actor=actor,
        actor_name=name_of(actor),
        text=text,
        why=why,
        data=data or {},
    )


def name_of(actor: Any) -> str:
    """The actor's name as it is told."""
    return str(actor)[:150] if actor is not None else THE_PORTAL


def reading_in_words(measure: str, value: Decimal) -> str:
    """'Failed transactions 7.2 %', 'Affected users 12,000 users', 'Downtime 20 min'."""
    return f"{words_of(measure).name} {in_unit(value, words_of(measure))}"
