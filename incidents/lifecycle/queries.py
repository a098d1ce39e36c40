"""Reading incidents: what an actor may see, with everything a line or a page needs in a constant number of queries."""

from typing import Any

from django.db.models import QuerySet

from policies.models import Service
from portal.foundation.access.checks import may, visible_to
from portal.foundation.errors import InvalidInput

from .models import ImpactReading, Incident

BESIDE_AN_INCIDENT = ("service", "team", "assigned_to", "opened_by", "acknowledged_by", "resolved_by", "policy_version__policy")


def incidents_for(actor: Any) -> QuerySet[Incident]:
    """The incidents that `actor` may see, with what stands beside them."""
    return visible_to(actor, Incident.objects.select_related(*BESIDE_AN_INCIDENT), "incidents.view_incident")


def readings_for(actor: Any) -> QuerySet[ImpactReading]:
    """The readings that `actor` may see: all by role, or those of services whose incidents the actor may see."""
    if actor.has_perm("incidents.view_impactreading"):
        return ImpactReading.objects.all()
    return ImpactReading.objects.filter(incident__in=visible_to(actor, Incident.objects.all(), "incidents.view_incident"))


def service_called(key: str, actor: Any, *, verb: str) -> Service:
    """The service with this key. Raises InvalidInput when there is none that `actor` may see or do `verb` on."""
    service = Service.objects.select_related("team").filter(key=key).first()
    if service is None or not (may(actor, "policies.view_service", service) or may(actor, verb, service)):
        problem = f"No service has the key '{key[:120]}'."
        raise InvalidInput(problem, {"service": [f"{problem} The list of services names them all."]})
    return service
