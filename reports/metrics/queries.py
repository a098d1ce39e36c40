"""Facts out of the database: four queries, whatever the number of incidents, read as streams."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from django.db.models import Max

from incidents.models import Incident, IncidentChange, IncidentProblem, TimelineEntry

from .facts import IncidentFact, moves_between_known_groups

CHUNK = 2_000


def facts_between(start: datetime, end: datetime) -> Iterator[IncidentFact]:
    """The incidents opened from `start` (included) to `end` (excluded), in the order of their opening, then number.

    The four queries follow one another without holding the database still; what changes in that second may be in one and not yet
    in another. All figures of a report use the one set of facts and therefore agree with each other.
    """
    within = {"incident__opened_at__gte": start, "incident__opened_at__lt": end}
    with_problem = set(IncidentProblem.objects.filter(**within).values_list("incident_id", flat=True).iterator(CHUNK))
    resolving = IncidentChange.objects.filter(**within, relation=IncidentChange.Relation.RESOLVES)
    with_change = set(resolving.values_list("incident_id", flat=True).iterator(CHUNK))
    moves = _moves(within)
    rows = Incident.objects.filter(opened_at__gte=start, opened_at__lt=end).order_by("opened_at", "number")
    columns = (
        "id", "number", "title", "service__name", "team__name", "state", "priority", "opened_at", "acknowledged_at", "resolved_at",
        "made_sla", "reopen_count", "reassignment_count",
    )  # fmt: skip
    for key, number, title, service, team, *values in rows.values_list(*columns).iterator(CHUNK):
        yield IncidentFact(
            number, title, service, team or "", *values,
            has_problem=key in with_problem, has_change=key in with_change, functional_escalations=moves[key],
        )  # fmt: skip


def last_event_at(start: datetime, end: datetime) -> datetime | None:
    """The time of the last thing told about the incidents opened in the period, by the clock of whoever told it."""
    entries = TimelineEntry.objects.filter(incident__opened_at__gte=start, incident__opened_at__lt=end)
    latest: datetime | None = entries.aggregate(latest=Max("at"))["latest"]
    return latest


def first_and_last_opening() -> tuple[datetime, datetime] | None:
    """When the first and the last incident of all were opened; None when there is none."""
    ends = Incident.objects.order_by("opened_at").values_list("opened_at", flat=True)
    first, last = ends.first(), ends.last()
    return None if first is None or last is None else (first, last)


def _moves(within: dict[str, datetime]) -> Counter[int]:
    entries = TimelineEntry.objects.filter(**within, kind=TimelineEntry.Kind.ASSIGNED).order_by()
    counted: Counter[int] = Counter()
    for incident, data in entries.values_list("incident_id", "data").iterator(CHUNK):
        if moves_between_known_groups(data):
            counted[incident] += 1
    return counted
