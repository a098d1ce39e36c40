"""Reviews and acceptances of a quarter out of the database; a constant number of queries."""

from collections import defaultdict
from collections.abc import Sequence

from django.db.models import Q, QuerySet

from policies.attestations.owed import Standing
from policies.attestations.queries import Owed, everything_owed
from policies.models import EscalationPolicy, PolicyReview

from .quarters import Quarter
from .reviews import KnowledgeFact, ReviewFact


def reviews_in(quarter: Quarter, units: Sequence[int] | None = None) -> list[ReviewFact]:
    """Reviews that look at `quarter`, were opened or signed in it, or were overdue when it ended; of the policies of `units`, or of all."""
    opened = Q(opened_at__gte=quarter.start, opened_at__lt=quarter.end)
    signed = Q(signed_at__gte=quarter.start, signed_at__lt=quarter.end)
    overdue = Q(due_at__lte=quarter.end) & (Q(signed_at=None) | Q(signed_at__gt=quarter.end))
    rows = PolicyReview.objects.filter(Q(period=str(quarter)) | opened | signed | overdue).defer("evidence")
    if units is not None:
        rows = rows.filter(policy__in=_policies_of(units))
    facts = [
        ReviewFact(
            policy=str(review.policy),
            kind=str(review.get_kind_display()),
            period=review.period,
            opened_at=review.opened_at,
            due_at=review.due_at,
            asked=str(review.assigned_to),
            climbed_to=str(review.climbed_to or ""),
            signed_at=review.signed_at,
            decision=str(review.get_decision_display()) if review.decision else "",
            reason=review.reason,
            signed_by=review.signed_by_name,
        )
        for review in rows.select_related("policy", "assigned_to", "climbed_to").order_by("period_start", "pk")
    ]
    # Not by the database, which sorts by the words of a language of its own.
    return sorted(facts, key=lambda each: (each.policy, each.kind))


def knowledge_at_end_of(quarter: Quarter, units: Sequence[int] | None = None) -> list[KnowledgeFact]:
    """For each policy (of `units`, or of all) that somebody must know: who had accepted its version in force when `quarter` ended."""
    theirs = None if units is None else set(_policies_of(units).values_list("pk", flat=True))
    by_policy: dict[str, list[Owed]] = defaultdict(list)
    for owed in everything_owed(quarter.end):
        if theirs is None or owed.policy.pk in theirs:
            by_policy[str(owed.policy)].append(owed)
    return [
        KnowledgeFact(
            policy=name,
            version=mine[0].version.number,
            must_know=len(mine),
            accepted=sum(each.standing(quarter.end) is Standing.ACCEPTED for each in mine),
            overdue=sum(each.standing(quarter.end) is Standing.OVERDUE for each in mine),
            training_owed=sum(each.obligation.training.is_owed for each in mine),
        )
        for name, mine in sorted(by_policy.items())
    ]


def _policies_of(units: Sequence[int]) -> QuerySet[EscalationPolicy]:
    return EscalationPolicy.objects.filter(Q(business_unit__in=units) | Q(service__business_unit__in=units))
