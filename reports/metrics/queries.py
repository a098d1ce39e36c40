"""Facts out of the database: six queries, whatever the number of incidents, read as streams."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.db.models import Max, OuterRef, Subquery

from incidents.lifecycle.models import OPERATIONAL
from incidents.models import Incident, IncidentChange, IncidentProblem, TimelineEntry
from policies.models import Service, Team

from .facts import IncidentFact
from .population import Population

CHUNK = 2_000
MORE_THAN_THERE_ARE = 2**62
CONFIDENTIAL = "(confidential)"
NAMED = ("id", "confidential", "severity")
# The columns of the incident, in the order of the fields of IncidentFact, before and after what is linked to it.
COLUMNS = (
    "number", "title", "service_id", "team_id", "state", "priority", "opened_at", "acknowledged_at", "resolved_at", "made_sla", "reopen_count",
    "reassignment_count",
)  # fmt: skip


def facts_of(population: Population) -> Iterator[IncidentFact]:
    """The incidents of the population, in the order of their opening, then number.

    The queries follow one another without holding the database still; what changes in that second may be in one and not yet
    in another. All figures of a report use the one set of facts and therefore agree with each other.
    """
    # Here: pages ask which quarters there are, and no process should hold numpy for that.
    from .moves import group_moves

    within = population.within("incident__")
    with_problem = set(IncidentProblem.objects.filter(within).values_list("incident_id", flat=True).iterator(CHUNK))
    resolving = IncidentChange.objects.filter(within, relation=IncidentChange.Relation.RESOLVES)
    with_change = set(resolving.values_list("incident_id", flat=True).iterator(CHUNK))
    moves = Counter(group_moves(population).incident.tolist())
    services, teams = (dict(model.objects.order_by().values_list("pk", "name")) for model in (Service, Team))
    rows = Incident.objects.filter(population.incidents()).order_by("opened_at", "number")
    for key, confidential, severity, number, title, service, team, *rest in rows.values_list(*NAMED, *COLUMNS).iterator(CHUNK):
        # Reports leave the portal by ways that nobody cleared for its details.
        said = CONFIDENTIAL if confidential else title
        linked = (key in with_problem, key in with_change, moves.get(key, 0))
        values: list[Any] = [number, said, services.get(service, ""), teams.get(team, ""), *rest, *linked, severity]
        yield IncidentFact(*values)


def last_event_at(population: Population) -> datetime | None:
    """The cut-off of a period: the time of the last thing told about any of its incidents, by the clock of whoever told it.

    Of whichever unit, also where the population is of some: a unit in which nothing happens any more is as well known as the others. So who
    reads of one unit learns until when the record runs, and nothing else of the others. What is told of other periods' incidents moves it not.
    """
    from .columns import along

    last = TimelineEntry.objects.filter(incident=OuterRef("pk")).order_by("-at").values("at")[:1]
    everywhere = Population(population.start, population.end).incidents()
    incidents = along(Incident.objects.filter(everywhere).annotate(last=Subquery(last)), "")
    # What has a limit keeps its order.
    latest: datetime | None = incidents[:MORE_THAN_THERE_ARE].aggregate(latest=Max("last"))["latest"]
    return latest


def quarters_with_incidents() -> list[datetime]:
    """The first instant (UTC) of each quarter in which an incident was opened, the latest first.

    From the latest incident the index leads to the last one before its quarter, and so on: a short query for each quarter that has any.
    """
    latest = Incident.objects.filter(OPERATIONAL).order_by("-opened_at").values_list("opened_at", flat=True)
    starts: list[datetime] = []
    found = latest.first()
    while found is not None:
        starts.append(_start_of_quarter(found))
        found = latest.filter(opened_at__lt=starts[-1]).first()
    return starts


def _start_of_quarter(moment: datetime) -> datetime:
    utc = moment.astimezone(UTC)
    return datetime(utc.year, (utc.month - 1) // 3 * 3 + 1, 1, tzinfo=UTC)
