"""The status of services, for stakeholders: plain words, no names, no diagnostics."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db.models import Case, CharField, Count, Exists, OuterRef, Q, Value, When

from incidents.lifecycle.states import OPEN_STATES, IncidentState
from incidents.models import EscalationRun, Incident
from policies.models import Service
from portal.foundation.access.checks import visible_to
from portal.foundation.people.models import User

from .cards import Card, Row

LIVE_ORIGINS = [origin for origin in Incident.Origin.values if origin not in {Incident.Origin.IMPORTED, Incident.Origin.DRILL}]
LIVE = Q(state__in=OPEN_STATES, origin__in=LIVE_ORIGINS)
MOST = 50
# How far an incident has come for whoever waits for it, the least far first.
WAITS, CALLED, HELD, TAKEN = (
    "reported, and nobody has taken it yet",
    "reported, and somebody is being called",
    "on hold",
    "acknowledged and being worked on",
)


def status_of_services(user: User, now: datetime) -> Card:
    """Each service with how far its incidents have come. Two queries."""
    live = Q(incidents__state__in=OPEN_STATES, incidents__origin__in=LIVE_ORIGINS)
    seen = visible_to(user, Service.objects.filter(origin="portal"), "policies.view_service")
    services = list(seen.annotate(live=Count("incidents", filter=live)).order_by("-live", "name")[:MOST])
    known = _standings(services)
    rows = tuple(Row(f"{service.name}: {_words(known.get(service.pk, {}))}", action="") for service in services)
    return Card("status", "Status of services", "No service has been entered yet.", rows)


def _standings(services: Iterable[Service]) -> dict[int, dict[str, int]]:
    """How many live incidents of each service, by its key, have come how far."""
    # Somebody may have acknowledged before it was reopened: while people are called again, nobody has it.
    calling = EscalationRun.objects.filter(incident=OuterRef("pk"), track=EscalationRun.Track.TECHNICAL, state=EscalationRun.State.PAGING)
    standing = Case(
        When(Exists(calling), then=Value(CALLED)),
        When(acknowledged_at=None, then=Value(WAITS)),
        When(state=IncidentState.ON_HOLD, then=Value(HELD)),
        default=Value(TAKEN),
        output_field=CharField(),
    )
    found: dict[int, dict[str, int]] = {}
    live = Incident.objects.filter(LIVE, service__in=[service.pk for service in services])
    for service, words, number in live.annotate(standing=standing).order_by().values_list("service", "standing").annotate(Count("pk")):
        found.setdefault(service, {})[words] = number
    return found


def _words(standing: Mapping[str, int]) -> str:
    """'an incident is reported, and somebody is being called'; 'incidents: 1 on hold; 2 acknowledged and being worked on'."""
    parts = [(standing[words], words) for words in (WAITS, CALLED, HELD, TAKEN) if words in standing]
    if not parts:
        return "working normally"
    if parts[0][0] == sum(standing.values()) == 1:
        return f"an incident is {parts[0][1]}"
    return "incidents: " + "; ".join(f"{number} {words}" for number, words in parts)
