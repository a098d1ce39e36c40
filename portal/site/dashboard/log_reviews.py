"""Cards of log reviews: what is due, how old the unreviewed is, and findings that wait for the reader."""

from datetime import datetime

from django.urls import reverse

from audit.admin.reviews_findings import late_words
from audit.admin.reviews_shown import oldest_words
from audit.reviews.queries import SIGN, live, open_findings, plans_of, progress_of
from audit.reviews.states import PeriodState
from portal.foundation.access.checks import may
from portal.foundation.people.models import User

from .cards import Card, Row

ROWS = 8


def log_reviews(user: User, now: datetime) -> Card:
    """Reviews that the reader judges or may sign, the one due first at the top. As many queries however many they are."""
    found = live() if may(user, SIGN) else live().filter(plan__in=plans_of(user))
    shown = list(found[:ROWS])
    known = progress_of(shown)
    rows = []
    for period in shown:
        far = known[period.pk]
        is_open = period.state == PeriodState.OPEN
        left = (
            f"{far.left:,} of {far.drawn:,} entries are not judged, the oldest for {oldest_words(far, now)}."
            if far.left
            else "Every entry is judged."
        )
        page = reverse("admin:audit_reviewperiod_work" if is_open and far.left else "admin:audit_reviewperiod_change", args=[period.pk])
        action = "Review" if is_open and far.left else "Close" if is_open else "Sign"
        rows.append(Row(str(period), page, period.due_at, "overdue since" if period.due_at <= now else "due", action, detail=left))
    more = f"{reverse('admin:audit_reviewperiod_changelist')}?is=live"
    empty = "Reviews of the audit trail open by themselves, by a plan. None is open now."
    late = any(period.due_at <= now for period in shown)
    return Card("log-reviews", "Log reviews", empty, tuple(rows), more, loud=late, total=found.count())


def findings_to_settle(user: User, now: datetime) -> Card | None:
    """Findings of log reviews that are the reader's."""
    mine = open_findings().filter(owner=user)
    shown = list(mine[:ROWS])
    rows = tuple(
        Row(
            finding.title,
            reverse("admin:audit_reviewfinding_change", args=[finding.pk]),
            action="Settle",
            detail=late_words(finding, now).capitalize() or f"To be settled by {finding.due_on.day} {finding.due_on:%B %Y}.",
        )
        for finding in shown
    )
    more = f"{reverse('admin:audit_reviewfinding_changelist')}?is=mine"
    late = any(late_words(finding, now) for finding in shown)
    return Card("findings", "Findings for you to settle", "", rows, more, loud=late, total=mine.count()) if rows else None
