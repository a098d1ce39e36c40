"""Who is asked, and who hears that nobody answered."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from django.conf import settings

from audit.duties.telling import holders_of
from portal.foundation import words
from portal.foundation.outbox.services import cancel_waiting, queue
from portal.foundation.people.models import User

from .models import AccessCampaign, AccessItem

ASKED, LATE = "access_review.asked", "access_review.late"
RUN = "audit.run_accesscampaign"


def tell_reviewers(campaign: AccessCampaign, items: Iterable[AccessItem], now: datetime) -> int:
    """Everybody who has to answer hears once, with how much it is; what has no reviewer goes to whoever runs the reviews."""
    waiting = Counter(item.reviewer_id for item in items if not item.is_settled)
    title = f"Access to confirm until {campaign.due_at.day} {campaign.due_at:%B}"
    return _tell(campaign, ASKED, title, waiting, now)


def tell_late(campaign: AccessCampaign, items: Iterable[AccessItem], now: datetime) -> int:
    """Who did not answer in time hears, and whoever runs the reviews hears of all of it."""
    waiting = Counter(item.reviewer_id for item in items)
    waiting[None] = max(sum(waiting.values()), 1)
    return _tell(campaign, LATE, "Access reviews are overdue", waiting, now)


def forget(campaign: AccessCampaign, now: datetime) -> None:
    """Takes back what was not sent yet of one that is signed."""
    cancel_waiting(_ref(campaign), now=now)


def _tell(campaign: AccessCampaign, kind: str, title: str, waiting: Counter[int | None], now: datetime) -> int:
    people = {one: waiting[one.pk] for one in User.objects.filter(pk__in=[key for key in waiting if key], is_active=True)}
    if waiting[None]:
        people |= {one: max(waiting[None], people.get(one, 0)) for one in holders_of(RUN)}
    for person, number in people.items():
        queue(
            kind=kind,
            person=person,
            subject_ref=_ref(campaign),
            title=title,
            body=f"{campaign}: {words.counted(number, 'thing')} that people hold. Say of each whether it is still needed.",
            link=f"{settings.PORTAL_URL}/admin/audit/accesscampaign/{campaign.pk}/answer/",
            idempotency_key=f"{kind}:{campaign.pk}:{person.pk}",
            now=now,
        )
    return len(people)


def _ref(campaign: AccessCampaign) -> str:
    return f"audit.accesscampaign:{campaign.pk}"
