"""Cards of what a person is asked for whatever their role: reviews to sign, policies to accept."""

from datetime import datetime

from django.db.models import Q
from django.urls import reverse

from audit.models import Removal
from incidents.handoffs.queries import mine_to_sign
from policies.attestations.owed import Standing
from policies.attestations.queries import everything_owed
from policies.catalogue.authority import day_of, ending
from policies.models import PolicyReview
from policies.reviews.queries import asked
from portal.foundation.people.models import ContactPoint, User
from portal.foundation.reminders import AHEAD, unsure_on_duty

from .cards import Card, Row

ROWS = 8


def reviews_waiting(user: User, now: datetime) -> Card | None:
    """Unsigned reviews that `user` is asked to sign, the one due first at the top. Two queries."""
    waiting = PolicyReview.objects.filter(asked(user), signed_at=None).select_related("policy").order_by("due_at", "pk")
    shown = list(waiting[:ROWS])
    rows = tuple(
        Row(
            f"{review.policy}: {review.get_kind_display()} of {review.period}",
            reverse("admin:policies_policyreview_change", args=[review.pk]),
            review.due_at,
            "overdue since" if review.due_at <= now else "due",
            "Review",
        )
        for review in shown
    )
    late = any(review.due_at <= now for review in shown)
    more = f"{reverse('admin:policies_policyreview_changelist')}?is=open"
    return Card("reviews", "Reviews waiting for you", "", rows, more, loud=late, total=waiting.count()) if rows else None


def hand_offs_to_sign(user: User, now: datetime) -> Card | None:
    """Hand-offs that wait for the reader's signature: to be accepted, or to be signed as the one who had it before."""
    waiting = mine_to_sign(user, now)
    rows = tuple(
        Row(
            f"{each.incident}: {'sign that you handed it over' if each.giver_id == user.pk else f'{each.giver} hands it over to you'}",
            reverse("admin:incidents_handoff_change", args=[each.pk]),
            each.offered_at,
            "waiting since",
            "Sign" if each.giver_id == user.pk else "Answer",
            each.incident.severity,
            detail=each.note[:200],
        )
        for each in waiting[:ROWS]
    )
    more = f"{reverse('admin:incidents_handoff_changelist')}?is=mine"
    return Card("hand-offs", "Hand-offs waiting for you", "", rows, more, loud=True, total=waiting.count()) if rows else None


def policies_to_accept(user: User, now: datetime) -> Card | None:
    """Versions in force that `user` must accept and has not."""
    owed = [each for each in everything_owed(now, person=user) if each.standing(now) is not Standing.ACCEPTED]
    rows = tuple(
        Row(
            f"{each.policy}, version {each.version.number}",
            reverse("admin:policies_mypolicies_read", args=[each.version.pk]),
            each.obligation.due_at,
            "overdue since" if each.standing(now) is Standing.OVERDUE else "accept until",
            "Read",
        )
        for each in owed[:ROWS]
    )
    late = any(each.standing(now) is Standing.OVERDUE for each in owed)
    more = reverse("admin:policies_mypolicies_changelist")
    return Card("accept", "Policies to accept", "", rows, more, loud=late, total=len(owed)) if rows else None


def contacts_to_verify(user: User, now: datetime) -> Card | None:
    """The reader's own contact points that are not verified, or not for long. One query."""
    ending = ContactPoint.objects.filter(person=user, active=True).filter(Q(verified_until=None) | Q(verified_until__lte=now + AHEAD))
    page = reverse("admin:portal_mycontacts_changelist")
    rows = tuple(
        Row(
            f"{point.label}: {'not verified' if point.verified_until is None else 'verify it again'}",
            page,
            point.verified_until,
            "verified until" if point.verified(now) else "verification ended",
            "Verify",
        )
        for point in ending.order_by("order")[:ROWS]
    )
    return Card("contacts", "Your contact points", "", rows, page) if rows else None


def reports_not_surely_reached(user: User, now: datetime) -> Card | None:
    """Whose manager the reader is, who is on duty within a week, and who has no verified way to be alerted."""
    people = list(User.objects.filter(manager=user, is_active=True))
    rows = tuple(
        Row(
            f"{person}: {duty}",
            reverse("admin:portal_mycontacts_of", args=[person.pk]),
            action="Look",
            detail="No contact point is verified.",
        )
        for person, duty in unsure_on_duty(people, now)[:ROWS]
    )
    return Card("unsure", "On duty soon, and nobody knows whether alerts arrive", "", rows, loud=True) if rows else None


def authority_ending(user: User, now: datetime) -> Card | None:
    """Authority that the reader gave or holds and that ends within 14 days. One query."""
    rows = tuple(
        Row(
            f"{each}: {each.mandates.replace('_', ' ')}",
            reverse("admin:policies_delegatedauthority_change", args=[each.pk]),
            detail=f"Its last day is {each.valid_until.day} {each.valid_until:%B %Y}.",
            action="Look",
        )
        for each in ending(day_of(now)).filter(Q(delegated_by=user) | Q(person=user))[:ROWS]
    )
    return Card("authority", "Delegated authority that ends soon", "", rows) if rows else None


def removals_to_decide(user: User, now: datetime) -> Card | None:
    """What somebody else asked to be removed from the audit trail."""
    waiting = (
        Removal.objects.filter(approved_at=None, closed_at=None).exclude(asked_by=user).select_related("asked_by").order_by("asked_at")
    )
    rows = tuple(
        Row(
            f"{str(removal).capitalize()}, asked by {removal.asked_by}",
            reverse("admin:audit_removal_change", args=[removal.pk]),
            removal.asked_at,
            "waiting since",
            "Decide",
            detail=removal.reason,
        )
        for removal in waiting[:ROWS]
    )
    return Card("removals", "To be removed from the audit trail", "", rows) if rows else None
