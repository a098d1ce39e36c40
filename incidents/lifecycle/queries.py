"""Reading incidents: what an actor may see, with everything a line or a page needs in a constant number of queries."""

from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery

from policies.decisions.ruleset import MeasureRule
from policies.models import CustomerSegment, Service, Team
from policies.severity.models import OwnMeasure
from portal.foundation.access.checks import may, visible_to
from portal.foundation.errors import InvalidInput
from portal.foundation.ready_questions import VALUE, first, read_as

from .models import ImpactReading, Incident
from .timeline import reading_in_words

BESIDE_AN_INCIDENT = ("service", "team", "segment", "assigned_to", "opened_by", "acknowledged_by", "resolved_by", "policy_version__policy")


def incidents_for(actor: Any) -> QuerySet[Incident]:
    """The incidents that `actor` may see, with what stands beside them."""
    return visible_to(actor, Incident.objects.select_related(*BESIDE_AN_INCIDENT), "incidents.view_incident")


def readings_for(actor: Any) -> QuerySet[ImpactReading]:
    """The readings that `actor` may see."""
    return with_words(visible_to(actor, ImpactReading.objects.all(), "incidents.view_impactreading"))


def with_words(readings: QuerySet[ImpactReading]) -> QuerySet[ImpactReading]:
    """Readings that bring along the words of a measure of the organisation's own, for `stored_in_words`."""
    own = OwnMeasure.objects.filter(key=OuterRef("measure"))
    return readings.annotate(own_name=Subquery(own.values("name")[:1]), own_unit=Subquery(own.values("unit")[:1]))


def stored_in_words(reading: Any) -> str:
    """A reading out of `with_words`, such as 'Orders waiting 150 orders'."""
    own = MeasureRule(reading.measure, reading.own_name, reading.own_unit) if reading.own_name else None
    return reading_in_words(reading.measure, reading.value, own)


def service_called(key: str, actor: Any, *, verb: str) -> Service:
    """The service with this key. Raises InvalidInput when there is none that `actor` may see or do `verb` on."""
    service = _service(key)
    if service is None or not (may(actor, "policies.view_service", service) or may(actor, verb, service)):
        problem = f"No service has the key '{key[:120]}'."
        raise InvalidInput(problem, {"service": [f"{problem} The list of services names them all."]})
    return service


def _service(key: str) -> Service | None:
    """With its team's name. Asked before every opening through the API."""
    service = first(_with_team, key)
    if service is not None and service.team_id is not None:
        service.team = read_as(Team, ("id", "name"), (service.team_id, service.__dict__["team_name"]))
    return service


def _with_team() -> QuerySet[Service]:
    return Service.objects.filter(key=VALUE).annotate(team_name=F("team__name"))


def segment_called(name: str) -> CustomerSegment:
    """The customer segment of this name. Raises InvalidInput naming those there are."""
    segment = CustomerSegment.objects.filter(name=name).first()
    if segment is None:
        known = ", ".join(CustomerSegment.objects.values_list("name", flat=True)[:20])
        problem = f"No customer segment is called '{name[:120]}'. Known: {known or 'none yet'}."
        raise InvalidInput(problem, {"segment": [problem]})
    return segment
