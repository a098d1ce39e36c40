"""The card of schedules of packs that make none: for their owner, and where the owner has left for whoever may take them over."""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse

from portal.foundation.people.models import User
from reports.models import PackSchedule, ScheduledPack
from reports.schedules.queries import newest_of, newest_packs

from .cards import Card, Row

ROWS = 8


def schedules_that_stand(user: User, now: datetime) -> Card | None:
    """Those that are paused, or whose newest pack could not be made. Three queries, however many they are."""
    failed = newest_packs().filter(schedule=OuterRef("pk"), done_at=None).exclude(failure="")
    theirs = PackSchedule.objects.filter(Q(owner=user) | Q(owner__is_active=False), retired_at=None)
    stand = theirs.filter(Q(paused_at__isnull=False) | Exists(failed)).select_related("owner").order_by("name", "pk")
    shown = list(stand[:ROWS])
    if not shown:
        return None
    newest = newest_of(shown)
    rows = tuple(_row(schedule, newest.get(schedule.pk), user) for schedule in shown)
    more = reverse("admin:reports_packschedule_changelist")
    return Card("pack-schedules", "Schedules that make no packs", "", rows, more, total=stand.count())


def _row(schedule: PackSchedule, newest: ScheduledPack | None, user: User) -> Row:
    page = reverse("admin:reports_packschedule_change", args=[schedule.pk])
    if schedule.paused_at is not None:
        action = "Let it go on" if schedule.owner_id == user.pk else "Take it over"
        return Row(f"{schedule.name}: paused", page, schedule.paused_at, "since", action, detail=schedule.paused_because)
    failure, again = (newest.failure, newest.again_at) if newest is not None else ("", None)
    due = newest.due_at if newest is not None else None
    quarter = newest.quarter if newest is not None else ""
    # What fails on is tried less and less often; a person sees what to do about it.
    action = "See why" if schedule.owner_id == user.pk else "Take it over"
    tried = " It is tried again by itself." if again is not None else ""
    return Row(f"{schedule.name}: the pack of {quarter} was not made", page, due, "due", action, detail=f"{failure}{tried}")
