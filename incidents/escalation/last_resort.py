"""Who is told when nobody could be reached: there is always somebody, as long as anybody can sign in."""

from incidents.lifecycle.models import Incident
from policies.decisions.vocabulary import Scope
from policies.models import EscalationPolicy
from portal.foundation.people.models import User


def owner_of_last_resort(incident: Incident, policy_owner: User | None = None) -> User | None:
    """The first who is active of: the policy's owner, the service's, the owner of the organisation's policy, an administrator."""
    if policy_owner is not None and policy_owner.is_active:
        return policy_owner
    if incident.service.owner is not None and incident.service.owner.is_active:
        return incident.service.owner
    everywhere = EscalationPolicy.objects.filter(scope=Scope.GLOBAL, owner__is_active=True).select_related("owner").first()
    if everywhere is not None:
        return everywhere.owner
    return User.objects.filter(is_active=True, is_superuser=True).order_by("pk").first()
