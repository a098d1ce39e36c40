"""The verbs on reviews: opened when a period is over, climbing when overdue, signed by a person."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from audit.events.services import act, mention
from policies.governance.queries import version_in_force
from policies.pathways.models import EscalationPolicy
from portal.foundation.base_models import save_tracked
from portal.foundation.canonical import content_hash
from portal.foundation.each_alone import each_alone
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from portal.foundation.outbox.services import cancel_waiting, queue
from portal.foundation.people.models import User
from portal.foundation.words import visible

from .evidence import gathered
from .models import PolicyReview
from .periods import Period, Rhythm, days_in_words, deserves_review, ended_periods
from .queries import overdue, spans_of_all, superior_of, waiting, why_not_sign

# A month to look at a quarter before the owner's manager hears of it.
TIME_TO_SIGN = timedelta(days=30)
OPENED, OVERDUE = "review.opened", "review.overdue"


def open_due_reviews(*, now: datetime) -> list[PolicyReview]:
    """Opens every review whose period is over and that is not there yet, however long nobody looked; returns the new ones.

    A period counts for a policy that had a version in force in it for a day at least. A second call finds nothing to do. A policy that
    fails stops no other; in the end Unfinished is raised for it.
    """
    spans = spans_of_all(now)
    there = set(PolicyReview.objects.values_list("policy_id", "kind", "period"))
    opened: list[PolicyReview] = []
    with each_alone("Opening reviews of policies") as alone:
        for policy in EscalationPolicy.objects.filter(pk__in=spans).select_related("owner").order_by("name"):
            with alone(policy):
                lived, zone = spans[policy.pk], ZoneInfo(policy.time_zone)
                for rhythm in Rhythm:
                    for period in ended_periods(rhythm, min(start for start, _ in lived), now, zone):
                        if (policy.pk, rhythm.value, period.name) not in there and deserves_review(lived, period):
                            opened += _open(policy, rhythm, period, now)
    return opened


def climb_overdue(*, now: datetime) -> list[PolicyReview]:
    """Takes overdue reviews to the owner's manager, once each; returns those that climbed in this call.

    One whose assignee left climbs at once. Without a manager the assignee is told again, and the review is marked as one that nobody is
    above.
    """
    left = waiting().filter(assigned_to__is_active=False)
    due = (overdue(now) | left).filter(climbed_at=None).values_list("pk", flat=True)
    climbed: list[PolicyReview] = []
    with each_alone("Overdue reviews of policies") as alone:
        for key in list(due):
            with alone(f"review {key}"):
                climbed += [review] if (review := _climb(key, now)) is not None else []
    return climbed


def sign_review(review: PolicyReview, *, actor: Any, now: datetime, decision: str, reason: str) -> PolicyReview:
    """Signs `review` with the decision to keep, change or retire the policy, freezes its evidence, and never lets either change again.

    Nothing happens to the policy itself. Raises NotAllowed, InvalidInput without a decision or words, WrongState for a signed one.
    """
    words = visible(reason)
    with act("policy_review.signed", actor=actor, now=now, subject=review, why=words) as running:
        review.refresh_from_db(from_queryset=PolicyReview.objects.select_for_update(of=("self",)).select_related("policy", "assigned_to"))
        if review.signed_at is not None:
            raise WrongState(f"{review} was signed by {review.signed_by_name} already. What is signed stays.")
        refusal = why_not_sign(review, actor, now)
        if refusal:
            raise NotAllowed(refusal)
        if decision not in PolicyReview.Decision.values:
            raise InvalidInput("Choose keep, change or retire.", {"decision": ["Choose keep, change or retire."]})
        if not words:
            raise InvalidInput("Say in a sentence why you decide so.", {"reason": ["Say in a sentence why you decide so."]})
        evidence = gathered(review, now)
        review.version, review.evidence = version_in_force(review.policy, now), evidence
        review.decision, review.reason = decision, words
        review.signed_by, review.signed_by_name, review.signed_at = actor, str(actor)[:150], now
        save_tracked(review, actor=actor, now=now, reason=words)
        cancel_waiting(_ref(review), now=now)
        running.decision = {"decision": decision, "evidence_sha256": content_hash(evidence), "policy_version": review.version_id}
    return review


def _open(policy: EscalationPolicy, rhythm: Rhythm, period: Period, now: datetime) -> list[PolicyReview]:
    with act("policy_review.opened", actor=None, now=now) as running:
        # Of two workers the second waits here, and then sees what the first one opened.
        EscalationPolicy.objects.select_for_update().get(pk=policy.pk)
        if PolicyReview.objects.filter(policy=policy, kind=rhythm.value, period=period.name).exists():
            running.nothing_happened()
            return []
        review = PolicyReview(
            policy=policy,
            kind=rhythm.value,
            period=period.name,
            period_start=period.start,
            period_end=period.end,
            opened_at=now,
            due_at=now + TIME_TO_SIGN,
            assigned_to=policy.owner,
        )
        save_tracked(review, actor=None, now=now)
        running.subject = review
        mention(policy.owner)
        running.details = {"period": period.name, "due_at": review.due_at.isoformat(), "assigned_to": str(policy.owner)}
        days = days_in_words(period, ZoneInfo(policy.time_zone))
        _tell(review, policy.owner, OPENED, f"Please review {policy} by {_day(review)}", f"The {_what(review)} of {days} is open.", now)
    return [review]


def _climb(key: int, now: datetime) -> PolicyReview | None:
    with act("policy_review.climbed", actor=None, now=now) as running:
        # Rows are locked one by one: a person who signs at this moment is waited for, and then there is nothing to climb.
        review = PolicyReview.objects.select_for_update(of=("self",)).select_related("policy", "assigned_to").get(pk=key)
        if review.signed_at is not None or review.climbed_at is not None:
            running.nothing_happened()
            return None
        review.climbed_to, review.climbed_at = superior_of(review.assigned_to), now
        why = (
            f"{review.assigned_to} has not signed the {_what(review)} of {review.policy}, {review.period}, which was due on {_day(review)}."
        )
        if not review.assigned_to.is_active:
            why = f"{review.assigned_to}, who was asked for the {_what(review)} of {review.policy}, {review.period}, has left."
        save_tracked(review, actor=None, now=now, reason=why)
        running.subject, running.why = review, why
        mention(review.assigned_to, review.climbed_to)
        running.details = {"climbed_to": str(review.climbed_to or ""), "nobody_above": review.climbed_to is None}
        _tell(review, review.climbed_to or review.assigned_to, OVERDUE, f"Overdue: review of {review.policy}, {review.period}", why, now)
    return review


def _tell(review: PolicyReview, person: User, kind: str, title: str, body: str, now: datetime) -> None:
    queue(
        kind=kind,
        person=person,
        subject_ref=_ref(review),
        title=title,
        body=f"{body}\nLook at the evidence and sign: keep, change or retire.",
        link=f"{settings.PORTAL_URL}/admin/policies/policyreview/{review.pk}/change/",
        idempotency_key=f"{kind}:{review.pk}",
        now=now,
    )


def _ref(review: PolicyReview) -> str:
    return f"policies.policyreview:{review.pk}"


def _what(review: PolicyReview) -> str:
    return str(review.get_kind_display())


def _day(review: PolicyReview) -> str:
    due = review.due_at.astimezone(ZoneInfo(review.policy.time_zone))
    return f"{due.day} {due:%B %Y}"
