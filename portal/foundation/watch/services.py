"""Telling people what is not well: once when it begins, once when it is over."""

import logging
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Q

from portal.foundation.access.roles import ROLES
from portal.foundation.adminkit.frame import frames
from portal.foundation.outbox.services import queue
from portal.foundation.outbox.ways import contacts_of
from portal.foundation.people.models import User
from portal.foundation.words import duration

from .models import Outage
from .probes import Trouble, troubles

logger = logging.getLogger(__name__)
KIND = "watch.alarm"
# What is seen twice, this far apart, is true: after a jump of the clock or a long pause of the machine every process looks silent once.
CONFIRMED_AFTER = timedelta(seconds=5)
_ADMINISTRATORS = next(role.title for role in ROLES if role.key == "administrator")


def look(*, by: str, now: datetime) -> list[Trouble]:
    """One look at everything; `by` names the process that looks. Any number may look at once: each outage is told by one of them.

    Raises the database's own errors.
    """
    found = troubles(now)
    standing = {outage.key: outage for outage in Outage.objects.filter(ended_at=None)}
    for trouble in found:
        outage = standing.pop(trouble.key, None)
        if outage is None:
            Outage.objects.bulk_create(
                [Outage(key=trouble.key, words=trouble.words[:300], noticed_at=now, noticed_by=by)], ignore_conflicts=True
            )
        elif outage.told_at is None and abs(now - outage.noticed_at) >= CONFIRMED_AFTER:
            _tell_begin(outage, trouble, now)
    for outage in standing.values():
        _tell_end(outage, now)
    return found


def _tell_begin(outage: Outage, trouble: Trouble, now: datetime) -> None:
    with frames["act"]("outage.noticed", actor=None, now=now, subject=outage, why=trouble.words) as running:
        first = Outage.objects.filter(pk=outage.pk, told_at=None, ended_at=None).update(told_at=now, words=trouble.words[:300])
        if not first:
            running.nothing_happened()
            return
        _tell(outage, f"Alarm: {trouble.words}", "begun", now)
        transaction.on_commit(partial(logger.critical, "%s", trouble.words))


def _tell_end(outage: Outage, now: datetime) -> None:
    if outage.told_at is None:
        Outage.objects.filter(pk=outage.pk, told_at=None).delete()
        return
    lasted = duration(abs(now - outage.noticed_at))
    said = f"Over after {lasted}: {outage.words}"
    with frames["act"]("outage.ended", actor=None, now=now, subject=outage, why=said) as running:
        if not Outage.objects.filter(pk=outage.pk, ended_at=None).update(ended_at=now):
            running.nothing_happened()
            return
        _tell(outage, said, "ended", now)
        transaction.on_commit(partial(logger.warning, "%s", said))


def _tell(outage: Outage, title: str, what: str, now: datetime) -> None:
    told = administrators()
    for person in told:
        queue(
            kind=KIND,
            person=person,
            subject_ref=f"portal.outage:{outage.pk}",
            title=title[:250],
            body=f"{title}\nNoticed by the {outage.noticed_by} process. What to do stands in docs/operations.md, 'Alarms'.",
            link=f"{settings.PORTAL_URL}/admin/",
            idempotency_key=f"outage-{outage.pk}-{what}-{person.pk}",
            now=now,
            # What cannot wait takes no e-mail; for whoever has nothing else, late is better than never.
            urgent=what == "begun" and bool(contacts_of(person.pk, urgent=True)),
        )
    if not told:
        transaction.on_commit(partial(logger.critical, "There is no active administrator to tell: %s", title))


def administrators() -> list[Any]:
    """Active people who run the installation, by role or as superusers."""
    groups = Group.objects.filter(name=_ADMINISTRATORS)
    return list(User.objects.filter(Q(groups__in=groups) | Q(is_superuser=True), is_active=True).distinct().order_by("pk"))
