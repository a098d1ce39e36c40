"""Who holds a live incident and is busy with it: derived from the incidents themselves, so it begins and ends with them."""

from collections.abc import Collection, Iterator
from datetime import datetime

from incidents.lifecycle.models import Incident
from incidents.lifecycle.states import IncidentState
from portal.foundation.people.availability import Source, State, Statement

from .effects import subject_ref


def busy_with_incidents(people: Collection[int], at: datetime) -> Iterator[tuple[int, Statement]]:
    """Whoever acknowledged an incident, or took it over, and works on it. One on hold waits for others and keeps nobody. One query."""
    rows = Incident.objects.filter(
        assigned_to__in=people, state=IncidentState.IN_PROGRESS, acknowledged_at__lte=at
    ).exclude(origin=Incident.Origin.IMPORTED)  # fmt: skip
    for incident in rows.only("number", "assigned_to_id", "acknowledged_at").order_by("acknowledged_at", "pk"):
        since = incident.acknowledged_at or at
        held = Statement(State.BUSY, Source.ENGINE, since, about=subject_ref(incident), held=incident.number)
        yield incident.assigned_to_id or 0, held
