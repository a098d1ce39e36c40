"""Past incidents as columns for a replay: two queries, read as streams, no objects."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Max, QuerySet

from policies.decisions.severity import Reading
from policies.simulation.history import Source
from policies.simulation.replay import PastIncident

from .models import ImpactReading, Incident

CHUNK = 2_000


def count(service_id: int | None, start: datetime, end: datetime) -> int:
    """How many incidents were opened from `start` (included) to `end` (excluded)."""
    return _opened(service_id, start, end).count()


def incidents(service_id: int | None, start: datetime, end: datetime) -> Iterator[PastIncident]:
    """They themselves, in the order of their opening."""
    readings = _readings(service_id, start, end)
    rows = _opened(service_id, start, end).order_by("opened_at", "pk")
    columns = rows.values_list("pk", "number", "team__name", "opened_at", "acknowledged_at", "resolved_at", "closed_at", "origin")
    for key, number, team, opened, acknowledged, resolved, closed, origin in columns.iterator(CHUNK):
        # Logs of other systems have resolutions before the opening; a cancelled incident has none at all.
        ended = resolved if resolved is not None and resolved >= opened else closed
        declared = origin == Incident.Origin.READING
        yield PastIncident(key, number, team or "", opened, acknowledged, ended, declared, tuple(readings.get(key, ())))


def latest(service_id: int | None, before: datetime) -> datetime | None:
    """The opening of the last incident before `before`."""
    found = _of(service_id).filter(opened_at__lt=before).aggregate(latest=Max("opened_at"))["latest"]
    return found if isinstance(found, datetime) else None


SOURCE = Source(count, incidents, latest)


def _of(service_id: int | None) -> QuerySet[Incident]:
    return Incident.objects.all() if service_id is None else Incident.objects.filter(service_id=service_id)


def _opened(service_id: int | None, start: datetime, end: datetime) -> QuerySet[Incident]:
    return _of(service_id).filter(opened_at__gte=start, opened_at__lt=end)


def _readings(service_id: int | None, start: datetime, end: datetime) -> dict[int, list[tuple[datetime, Reading]]]:
    within: dict[str, Any] = {"incident__opened_at__gte": start, "incident__opened_at__lt": end}
    if service_id is not None:
        within["incident__service_id"] = service_id
    rows = ImpactReading.objects.filter(**within).order_by("recorded_at", "pk")
    found: dict[int, list[tuple[datetime, Reading]]] = defaultdict(list)
    for key, measure, value, observed, recorded in rows.values_list(
        "incident_id", "measure", "value", "observed_at", "recorded_at"
    ).iterator(CHUNK):
        found[key].append((recorded, Reading(measure, value, observed)))
    return found
