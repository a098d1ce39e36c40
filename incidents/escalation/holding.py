"""Who holds a live incident and is busy with it: derived from the incidents themselves, so it begins and ends with them."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import datetime

from incidents.lifecycle.models import Incident
from incidents.lifecycle.states import IncidentState
from portal.foundation.people.availability import Source, State, Statement
from portal.foundation.words import listed

from .effects import subject_ref


def busy_with_incidents(people: Collection[int], at: datetime, apart_from: str) -> Iterator[tuple[int, Statement]]:
    """Whoever acknowledged an incident, or took it over, and works on it. One on hold waits for others and keeps nobody. One query."""
    rows = Incident.objects.filter(
        assigned_to__in=people, state=IncidentState.IN_PROGRESS, acknowledged_at__lte=at
    ).exclude(origin=Incident.Origin.IMPORTED)  # fmt: skip
    held: dict[int, list[Incident]] = defaultdict(list)
    for incident in rows.only("number", "assigned_to_id", "acknowledged_at").order_by("acknowledged_at", "pk"):
        if subject_ref(incident) != apart_from:
            held[incident.assigned_to_id or 0].append(incident)
    for person, incidents in held.items():
        since = incidents[0].acknowledged_at or at
        words = f"Holds {listed([incident.number for incident in incidents])}."
        yield person, Statement(State.BUSY, Source.ENGINE, since, about=subject_ref(incidents[0]), words=words)
