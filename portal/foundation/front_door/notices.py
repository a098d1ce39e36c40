"""Telling people what changed about their own ways in, by the ways they chose: whoever did it was perhaps not they."""

from datetime import datetime

from django.conf import settings
from django.urls import reverse

from portal.foundation.outbox.services import queue
from portal.foundation.people.models import User

KIND = "account.notice"
NOT_YOU = "Was it not you, and nobody whom you asked? Tell an administrator now."


def tell(user: User, what: str, *, now: datetime) -> None:
    """`what` is a sentence. Whoever has no contact point reads it in the trail only."""
    if not user.contact_points.filter(active=True).exists():
        return
    queue(
        kind=KIND,
        person=user,
        subject_ref=f"portal.user:{user.pk}",
        title=what,
        body=f"{what}\n{NOT_YOU}",
        link=f"{settings.PORTAL_URL}{reverse('front-door')}",
        idempotency_key=f"{KIND}:{user.pk}:{what[:40]}:{now.isoformat()}",
        now=now,
    )
