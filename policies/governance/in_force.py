"""Which policies speak for a service, and which version of each is in force: as queries, for others to go on with."""

from datetime import datetime

from django.db.models import OuterRef, Q, QuerySet, Subquery

from policies.catalogue.models import Service
from policies.decisions.vocabulary import Scope
from policies.pathways.models import EscalationPolicy

from .models import PolicyVersion
from .states import VersionState


def policies_for(service: Service) -> QuerySet[EscalationPolicy]:
    """Every policy that speaks for `service`: its own, its tier's, its business unit's, the organisation's."""
    speaking = Q(service=service) | Q(scope=Scope.GLOBAL)
    if service.tier is not None:
        speaking |= Q(scope=Scope.TIER, tier=service.tier)
    if service.business_unit_id is not None:
        speaking |= Q(scope=Scope.BUSINESS_UNIT, business_unit=service.business_unit_id)
    return EscalationPolicy.objects.filter(speaking)


def in_force_for(service: Service, at: datetime) -> QuerySet[PolicyVersion]:
    """The version in force of every policy that speaks for `service`, in no order."""
    current = policies_for(service).annotate(current=Subquery(current_of("pk", at).values("pk"))).values("current")
    return PolicyVersion.objects.filter(pk__in=current).order_by()


def current_of(policy: str, at: datetime) -> QuerySet[PolicyVersion]:
    """For a Subquery: the version in force at `at` of the policy whose primary key the outer query calls `policy`."""
    return started(PolicyVersion.objects.filter(policy=OuterRef(policy)), at)[:1]


def started(versions: QuerySet[PolicyVersion], at: datetime) -> QuerySet[PolicyVersion]:
    """Approved ones that have started at `at` and have not ended by themselves, the one in force first."""
    running = Q(effective_until__isnull=True) | Q(effective_until__gt=at)
    return versions.filter(running, state=VersionState.APPROVED.value, effective_from__lte=at).order_by("-effective_from", "-number")
