"""Reading calendars again. A source that fails changes nothing: the last good copy stays in use, and is said to be old."""

import hashlib
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Q
from django_q.tasks import async_task

from audit.events.services import act
from portal.foundation.access.checks import may
from portal.foundation.errors import PortalError
from portal.foundation.outbox.services import queue
from portal.foundation.people.models import User

from .fetching import fetched
from .looking import Look, look_at
from .models import CalendarSource
from .rows import write_rows
from .source_services import RIGHT, TASK, next_time, tell_people

FAILED = "calendar.failed"
MOST_AT_ONCE, MOST_TOLD = 100, 20


def wake_due(now: datetime) -> int:
    """Hands every calendar that is due to a worker, each for itself: a slow address keeps no other one waiting. The number of them."""
    due = list(CalendarSource.objects.filter(_due(now)).order_by("next_refresh_at").values_list("pk", flat=True)[:MOST_AT_ONCE])
    for key in due:
        async_task(TASK, key, save=False)
    return len(due)


def refresh(key: int, now: datetime) -> bool:
    """Reads a calendar that is due, or at least rolls its last copy forward. False when somebody else did, or it is not due.

    1. Claims it, so that two workers never read it both. 2. Reads the address, outside of any transaction. 3. Brings in what it says;
    when that fails, the copy in use.
    """
    source = CalendarSource.objects.select_related("schedule__team", "person", "made_by").filter(_due(now), pk=key).first()
    if source is None:
        return False
    due = CalendarSource.objects.filter(pk=key, next_refresh_at=source.next_refresh_at)
    if not due.update(next_refresh_at=next_time(source, now)):
        return False
    data, look, problem = _newest(source, now)
    if problem:
        _say_failed(source, problem, now)
        data, look = source.content.encode(), _last_good(source, now)
    if look is not None:
        _bring_in(source, data, look, now, good=not problem)
    return True


def _due(now: datetime) -> Q:
    return Q(active=True, next_refresh_at__lte=now)


def _newest(source: CalendarSource, now: datetime) -> tuple[bytes, Look | None, str]:
    """The newest copy and what it says, or why there is none in words."""
    try:
        data = fetched(source.address) if source.address else source.content.encode()
        return data, look_at(source, data, now), ""
    except PortalError as error:
        return b"", None, error.message


def _last_good(source: CalendarSource, now: datetime) -> Look | None:
    try:
        return look_at(source, source.content.encode(), now)
    except PortalError:
        # The copy has run out: what it said of the past stays, and there is nothing to roll forward.
        return None


def _bring_in(source: CalendarSource, data: bytes, look: Look, now: datetime, *, good: bool) -> None:
    with act("calendar.refreshed", actor=None, now=now, subject=source) as running:
        locked = CalendarSource.objects.select_for_update(of=("self",)).get(pk=source.pk)
        if not locked.active or locked.content != source.content:
            running.nothing_happened()
            return
        rows = write_rows(locked, look, now, None)
        told_to = tell_people(source, look.changes, now, "", None)
        running.details = {"new": len(rows.new), "ended": len(rows.ended), "kept": rows.kept, "told": told_to}
        if not (rows.new or rows.ended):
            running.nothing_happened()
        told: dict[str, Any] = {"remarks": look.remarks}
        if good:
            text = data.decode("utf-8-sig")
            told |= {"content": text, "content_sha256": hashlib.sha256(text.encode()).hexdigest(), "failed_at": None, "failure": ""}
            # An uploaded file is as old as its upload, however often it is rolled forward.
            told |= {"good_at": now} if source.address else {}
        # When a calendar was read is bookkeeping: a history row each half hour would bury what people changed.
        CalendarSource.objects.filter(pk=source.pk).update(**told)


def _say_failed(source: CalendarSource, problem: str, now: datetime) -> None:
    """Notes the failure, and tells whoever looks after the calendar once for each time it goes from good to failing."""
    with act("calendar.refresh_failed", actor=None, now=now, subject=source, why=problem) as running:
        locked = CalendarSource.objects.select_for_update(of=("self",)).get(pk=source.pk)
        if locked.failed_at is not None:
            running.nothing_happened()
        since = locked.failed_at or now
        CalendarSource.objects.filter(pk=source.pk).update(failed_at=since, failure=problem[:250])
        if locked.failed_at is None:
            for person in _who_is_told(source):
                _tell(source, person, problem, now)


def _tell(source: CalendarSource, person: User, problem: str, now: datetime) -> None:
    of = source.schedule or source.person
    queue(
        kind=FAILED,
        person=person,
        subject_ref=f"policies.calendarsource:{source.pk}",
        title=f"The calendar {source.name} cannot be read"[:250],
        body=f"{problem} What it said last about {of} stays in use until it can be read again. It is tried further on.",
        link=f"{settings.PORTAL_URL}/admin/policies/calendarsource/{source.pk}/change/",
        idempotency_key=f"{FAILED}:{source.pk}:{now.isoformat()}:{person.pk}",
        now=now,
    )


def _who_is_told(source: CalendarSource) -> list[User]:
    """Whoever brought it in and may still do so, and the team's people with the right; without any, everybody with the right."""
    if source.person is not None:
        return [source.person] if source.person.is_active else []
    holders = User.objects.with_perm(RIGHT, backend="django.contrib.auth.backends.ModelBackend", include_superusers=False)
    team = source.schedule.team if source.schedule else None
    near = list(holders.filter(teams=team).order_by("pk")[:MOST_TOLD]) if team else []
    if source.made_by is not None and may(source.made_by, RIGHT, source.schedule):
        near = [source.made_by, *(person for person in near if person != source.made_by)]
    return near or list(holders.order_by("pk")[:MOST_TOLD])
