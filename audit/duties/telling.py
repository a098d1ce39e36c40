"""Who hears of what was found, and of exceptions that are about to end."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import Permission
from django.db.models import Q, QuerySet

from portal.foundation import words
from portal.foundation.outbox.services import queue
from portal.foundation.people.models import User

from .exceptions import COVER
from .models import DutyException, DutyFinding, day_of

FOUND, ENDING = "duties.found", "duties.exception_ending"
# Two weeks, to decide again without haste.
AHEAD = timedelta(days=14)


def holders_of(right: str) -> QuerySet[User]:
    """Active people who hold `right` by role or directly; a superuser is asked only where it is their duty."""
    app, _, codename = right.partition(".")
    named = Permission.objects.filter(content_type__app_label=app, codename=codename)
    holds = Q(groups__permissions__in=named) | Q(user_permissions__in=named)
    return User.objects.filter(holds, is_active=True, origin=User.Origin.PORTAL).distinct().order_by("pk")


def tell_of_findings(opened: Sequence[DutyFinding], now: datetime) -> int:
    """Whoever may cover or remove them hears once of those newly open, in one message; how many people that is."""
    told = 0
    for reader in holders_of(COVER) if opened else ():
        others = [finding for finding in opened if finding.person_id != reader.pk]
        if others:
            body = "\n".join(f"{finding}" for finding in others[:20])
            queue(
                kind=FOUND,
                person=reader,
                subject_ref=f"audit.dutyfinding:{others[0].pk}",
                title=f"Separation of duties: {words.counted(len(others), 'new finding')}",
                body=f"{body}\nTake the right away, or let it pass until a day.",
                link=f"{settings.PORTAL_URL}/admin/audit/dutyfinding/",
                idempotency_key=f"{FOUND}:{reader.pk}:{now.isoformat()}",
                now=now,
            )
            told += 1
    return told


def tell_of_exceptions_ending(now: datetime) -> int:
    """Who gave an exception hears once that it ends within 14 days; how many."""
    today = day_of(now)
    ending = DutyException.objects.filter(ended_at=None, until__gte=today, until__lte=today + AHEAD, given_by__is_active=True)
    for one in ending.select_related("person", "pair", "given_by"):
        queue(
            kind=ENDING,
            person=one.given_by,
            subject_ref=f"audit.dutyexception:{one.pk}",
            title=f"The exception for {one.person} ends",
            body=f"{one.pair}: its last day is {one.until.day} {one.until:%B %Y}. After it the pair is an open finding again.",
            link=f"{settings.PORTAL_URL}/admin/audit/dutyexception/{one.pk}/change/",
            idempotency_key=f"{ENDING}:{one.pk}",
            now=now,
        )
    return len(ending)
