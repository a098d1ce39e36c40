"""The incidents behind a figure of a review, as they are known now."""

from collections.abc import Mapping
from datetime import datetime

from django.db.models import F, Q, QuerySet

from incidents.models import Incident, IncidentChange, IncidentProblem, TimelineEntry
from reports.metrics.facts import moves_between_known_groups
from reports.metrics.population import Population

from .models import QuarterlyReview

_COLUMNS: Mapping[str, Q] = {
    "incidents_opened": Q(),
    "sla_breached": Q(made_sla=False),
    "reopened": Q(reopen_count__gt=0),
    "reassigned": Q(reassignment_count__gt=0),
    "time_to_acknowledge_seconds": Q(acknowledged_at__gte=F("opened_at")),
    "time_to_resolve_seconds": Q(resolved_at__gte=F("opened_at")),
    "negative_durations": Q(acknowledged_at__lt=F("opened_at")) | Q(resolved_at__lt=F("opened_at")),
    "never_acknowledged": Q(acknowledged_at=None),
    "unresolved": Q(resolved_at=None),
    "sla_unknown": Q(made_sla=None),
}
_LINKED = ("with_problem", "with_change", "functional_escalations")
KEYS = frozenset({*_COLUMNS, *_LINKED})
# Slowest first where the figure is a time, else in the order of opening.
_SLOWEST: Mapping[str, str] = {"time_to_acknowledge_seconds": "acknowledged_at", "time_to_resolve_seconds": "resolved_at"}


def behind(review: QuarterlyReview, key: str) -> QuerySet[Incident]:
    """The incidents that the figure counts, among those of the review. `key` is one of KEYS."""
    quarter = review.of
    population = Population(quarter.start, min(quarter.end, _end(review)), review.reach)
    rows = Incident.objects.filter(population.incidents())
    if key in _COLUMNS:
        rows = rows.filter(_COLUMNS[key])
    elif key == "with_problem":
        rows = rows.filter(pk__in=IncidentProblem.objects.filter(population.within("incident__")).values("incident"))
    elif key == "with_change":
        resolving = IncidentChange.objects.filter(population.within("incident__"), relation=IncidentChange.Relation.RESOLVES)
        rows = rows.filter(pk__in=resolving.values("incident"))
    else:
        rows = rows.filter(pk__in=_moved(population))
    if key in _SLOWEST:
        return rows.order_by((F("opened_at") - F(_SLOWEST[key])).asc(), "number")
    return rows.order_by("opened_at", "number")


def _end(review: QuarterlyReview) -> datetime:
    """A provisional review has counted until its cut-off only."""
    return review.known_until if review.known_until < review.of.end else review.of.end


def _moved(population: Population) -> set[int]:
    entries = TimelineEntry.objects.filter(population.within("incident__"), kind=TimelineEntry.Kind.ASSIGNED).order_by()
    return {key for key, data in entries.values_list("incident_id", "data").iterator(2_000) if moves_between_known_groups(data)}
