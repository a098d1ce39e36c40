"""Which reviews wait, for whom, and who may sign."""

from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from policies.governance.approvers import contributors
from policies.governance.models import PolicyVersion
from policies.governance.queries import version_in_force
from policies.pathways.models import EscalationPolicy
from portal.foundation.access.checks import may
from portal.foundation.access.in_words import what_is_needed
from portal.foundation.people.models import User

from .models import PolicyReview

SIGN = "policies.sign_policyreview"
# Nobody reports through more people than this; it also ends a circle of managers.
HIGHEST_CLIMB = 10


def waiting() -> QuerySet[PolicyReview]:
    """Reviews that nobody has signed, the one due first at the top."""
    return PolicyReview.objects.filter(signed_at=None).order_by("due_at", "policy__name", "pk")


def overdue(now: datetime) -> QuerySet[PolicyReview]:
    """Those that are past their due time."""
    return waiting().filter(due_at__lte=now)


def asked(person: Any) -> Q:
    """The reviews that `person` is asked to sign: assigned, climbed to them, or of a policy they own by now."""
    return Q(assigned_to=person) | Q(climbed_to=person) | Q(policy__owner=person)


def is_asked(review: PolicyReview, person: Any) -> bool:
    """The same for one review."""
    return person.pk in {review.assigned_to_id, review.climbed_to_id, review.policy.owner_id}


def why_not_sign(review: PolicyReview, actor: Any, now: datetime) -> str:
    """Why `actor` may not sign `review`, in words; empty when they may.

    Whoever is asked signs. Somebody else needs the right and must have had no hand in the version that is looked at.
    """
    if actor is None:
        return "Only a person signs a review."
    if not actor.is_active:
        return "Your account is switched off, so you sign nothing."
    if is_asked(review, actor):
        return ""
    if not may(actor, SIGN, review):
        return f"{review.assigned_to} is asked to sign this review, and you may not for others. {what_is_needed(SIGN, actor, review)}"
    current = version_in_force(review.policy, now)
    if current is not None and actor.pk in contributors(current):
        return f"You had a hand in {current}, which is looked at here, so you sign only where you are asked: {review.assigned_to} is."
    return ""


def next_review(policy: EscalationPolicy) -> PolicyReview | None:
    """The unsigned review of `policy` that is due first."""
    return waiting().filter(policy=policy).select_related("assigned_to").first()


def superior_of(person: User) -> User | None:
    """The nearest manager above `person` who is still there; None when there is nobody."""
    seen, above = {person.pk}, person.manager
    while above is not None and above.pk not in seen and len(seen) <= HIGHEST_CLIMB:
        if above.is_active:
            return above
        seen.add(above.pk)
        above = above.manager
    return None


def spans_of_all(now: datetime) -> dict[int, list[tuple[datetime, datetime | None]]]:
    """From when to when each policy had a version in force, by the policy's primary key. One query.

    A version that does not end by itself goes on: whatever follows it takes over without a gap.
    """
    started = PolicyVersion.objects.filter(state="approved", effective_from__lte=now)
    spans: dict[int, list[tuple[datetime, datetime | None]]] = {}
    for policy, start, end in started.values_list("policy_id", "effective_from", "effective_until"):
        if start is not None:
            spans.setdefault(policy, []).append((start, end))
    return spans
