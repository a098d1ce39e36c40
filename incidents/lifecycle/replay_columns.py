"""Past incidents as columns for a replay: two queries, read as streams, no objects."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Max, QuerySet

from policies.decisions.judgement import Facts
from policies.decisions.severity import Reading
from policies.decisions.vocabulary import Scale
from policies.simulation.history import Services, Source
from policies.simulation.replay import PastIncident

from .models import OPERATIONAL, ImpactReading, Incident

CHUNK = 2_000
FACTS = (
    "impact",
    "urgency",
    "service_id",
    "service__executive_system",
    "personal_data",
    "regulated",
    "data_breach",
    "revenue_loss_per_hour",
    "revenue_currency",
    "regulatory_exposure",
    "segment__criticality",
    "labels",
)
COLUMNS = ("pk", "number", "team__name", "opened_at", "acknowledged_at", "resolved_at", "closed_at", "origin", *FACTS)


def count(services: Services, start: datetime, end: datetime) -> int:
    """How many incidents were opened from `start` (included) to `end` (excluded)."""
    return _opened(services, start, end).count()


def incidents(services: Services, start: datetime, end: datetime) -> Iterator[PastIncident]:
    """They themselves, in the order of their opening."""
    readings = _readings(services, start, end)
    rows = _opened(services, start, end).order_by("opened_at", "pk")
    known: dict[tuple[Any, ...], Facts] = {}
    for key, number, team, opened, acknowledged, resolved, closed, origin, *told in rows.values_list(*COLUMNS).iterator(CHUNK):
        # Logs of other systems have resolutions before the opening; a cancelled incident has none at all.
        ended = resolved if resolved is not None and resolved >= opened else closed
        declared = origin == Incident.Origin.READING
        # Most incidents share their facts with many others: each set of them is made once.
        facts = _facts(known, (*told[:-1], tuple(told[-1])))
        yield PastIncident(key, number, team or "", opened, acknowledged, ended, declared, tuple(readings.get(key, ())), facts)


def _facts(known: dict[tuple[Any, ...], Facts], told: tuple[Any, ...]) -> Facts:
    found = known.get(told)
    if found is None:
        found = known[told] = facts_of_columns(*told)
    return found


def facts_of_columns(
    impact: int | None,
    urgency: int | None,
    service: int,
    executive: bool,
    personal: bool,
    regulated: bool,
    breach: bool,
    loss: Decimal | None,
    currency: str,
    exposure: int,
    criticality: int | None,
    labels: tuple[str, ...],
) -> Facts:
    """What rules can look for, from the columns of FACTS. An unknown impact or urgency counts as medium."""
    return Facts(
        impact=impact or Scale.MEDIUM,
        urgency=urgency or Scale.MEDIUM,
        service_id=service,
        executive_system=executive,
        personal_data=personal,
        regulated=regulated,
        data_breach=breach,
        labels=frozenset(label.casefold() for label in labels),
        revenue_loss_per_hour=loss,
        currency=currency,
        exposure=exposure,
        criticality=criticality or 0,
    )


def latest(services: Services, before: datetime) -> datetime | None:
    """The opening of the last incident before `before`."""
    found = _of(services).filter(opened_at__lt=before).aggregate(latest=Max("opened_at"))["latest"]
    return found if isinstance(found, datetime) else None


SOURCE = Source(count, incidents, latest)


def _of(services: Services) -> QuerySet[Incident]:
    real = Incident.objects.filter(OPERATIONAL)
    return real if services is None else real.filter(service__in=services)


def _opened(services: Services, start: datetime, end: datetime) -> QuerySet[Incident]:
    return _of(services).filter(opened_at__gte=start, opened_at__lt=end)


def _readings(services: Services, start: datetime, end: datetime) -> dict[int, list[tuple[datetime, Reading]]]:
    within: dict[str, Any] = {"incident__opened_at__gte": start, "incident__opened_at__lt": end}
    if services is not None:
        within["incident__service__in"] = services
    rows = ImpactReading.objects.filter(**within).order_by("recorded_at", "pk")
    found: dict[int, list[tuple[datetime, Reading]]] = defaultdict(list)
    for key, measure, value, observed, recorded in rows.values_list(
        "incident_id", "measure", "value", "observed_at", "recorded_at"
    ).iterator(CHUNK):
        found[key].append((recorded, Reading(measure, value, observed)))
    return found
