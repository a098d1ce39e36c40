"""Cards of who may do what: duties that meet in one person, and roles that were taken for minutes and wait for a review."""

from datetime import datetime

from django.urls import reverse

from audit.duties.findings import in_words
from audit.elevation.services import to_review
from audit.models import DutyFinding
from portal.foundation.people.models import User

from .cards import Card, Row

ROWS = 5


def duties_that_meet(user: User, now: datetime) -> Card | None:
    """Open findings of others than the reader, the gravest first. Two queries."""
    waiting = DutyFinding.objects.filter(state=DutyFinding.State.OPEN).exclude(person=user).select_related("person", "pair")
    rows = tuple(
        Row(
            f"{finding.person}: {finding.pair}",
            reverse("admin:audit_dutyfinding_change", args=[finding.pk]),
            finding.open_since,
            "open since",
            "Decide",
            detail=in_words(finding),
        )
        for finding in waiting.order_by("pair__severity", "open_since", "pk")[:ROWS]
    )
    more = reverse("admin:audit_dutyfinding_changelist")
    return Card("duties", "Duties that must not meet", "", rows, more, total=waiting.count()) if rows else None


def roles_taken_to_review(user: User, now: datetime) -> Card | None:
    """Roles that others took for minutes; loud when a review is overdue. Two queries."""
    waiting = to_review(user, now)
    shown = list(waiting[:ROWS])
    rows = tuple(
        Row(
            f"{one.person} as {one.role_title}",
            reverse("admin:audit_elevation_change", args=[one.pk]),
            one.review_due_at,
            "overdue since" if one.review_due_at <= now else "due",
            "Review",
            detail=one.reason,
        )
        for one in shown
    )
    late = any(one.review_due_at <= now for one in shown)
    more = reverse("admin:audit_elevation_changelist")
    return Card("taken", "Roles taken, to be reviewed", "", rows, more, loud=late, total=waiting.count()) if rows else None
