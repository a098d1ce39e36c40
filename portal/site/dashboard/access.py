"""The card of whoever is asked whether others still need what they hold."""

from datetime import datetime

from django.db.models import Count
from django.urls import reverse

from audit.models import AccessCampaign
from audit.recertification.deciding import to_answer
from portal.foundation import words
from portal.foundation.people.models import User

from .cards import Card, Row

ROWS = 5


def access_to_confirm(user: User, now: datetime) -> Card | None:
    """Reviews with something that waits for the reader's answer; loud when one is overdue. Two queries."""
    waiting = to_answer(user).order_by().values("campaign").annotate(items=Count("pk"), people=Count("person", distinct=True))
    counts = {row["campaign"]: row for row in waiting}
    campaigns = list(AccessCampaign.objects.defer("snapshot").filter(pk__in=counts).order_by("due_at", "pk")) if counts else []
    rows = tuple(
        Row(
            f"{campaign}: {words.counted(counts[campaign.pk]['items'], 'item')} of {words.counted(counts[campaign.pk]['people'], 'person', 'people')}",
            reverse("admin:audit_accesscampaign_answer", args=[campaign.pk]),
            campaign.due_at,
            "overdue since" if campaign.late(now) else "due",
            "Answer",
        )
        for campaign in campaigns[:ROWS]
    )
    late = any(campaign.late(now) for campaign in campaigns)
    return Card("access", "Access to confirm", "", rows, loud=late) if rows else None
