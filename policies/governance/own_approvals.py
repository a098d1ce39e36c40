"""Decisions on one's own change, should the database hold any, whatever the services and its constraints refuse."""

from collections.abc import Iterator

from django.db.models import F, Q

from .models import Approval, UrgentPublication


def own_approvals() -> Iterator[tuple[int, str, str]]:
    """Who decided, the right it took, and the version it was about. Two queries."""
    own = Q(decided_by=F("version__submitted_by")) | Q(decided_by=F("version__author")) | Q(decided_by=F("requested_by"))
    decided = Approval.objects.filter(own, decision=Approval.Decision.APPROVED).order_by("pk")
    for person, version in decided.values_list("decided_by", "version"):
        yield person, "policies.approve_policyversion", f"policies.policyversion:{version}"
    reviewed = UrgentPublication.objects.filter(reviewed_by=F("published_by")).order_by("pk")
    for person, version in reviewed.values_list("reviewed_by", "version"):
        yield person, "policies.review_urgentpublication", f"policies.policyversion:{version}"
