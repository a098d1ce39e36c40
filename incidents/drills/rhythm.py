"""Drills in time: those whose moment has come begin and end by themselves, and the next one is not forgotten."""

from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from audit.events.services import act
from portal.foundation.base_models import save_tracked
from portal.foundation.each_alone import each_alone
from portal.foundation.errors import PortalError
from portal.foundation.outbox.services import queue

from .models import Drill
from .services import finish, locked, start

DUE = "drill.due"
AHEAD = timedelta(days=14)
State = Drill.State


def run_due(*, now: datetime) -> int:
    """Begins the drills whose time has come, ends those whose end has, and reminds of services to drill again; how many began or ended.

    One that cannot begin is cancelled with the reason, so that nobody waits for it.
    """
    moved = 0
    with each_alone("Drills") as alone:
        for drill in Drill.objects.filter(state=State.PLANNED, planned_for__lte=now).order_by("planned_for"):
            with alone(drill):
                _begin(drill, now)
                moved += 1
        for drill in Drill.objects.filter(state=State.RUNNING, ends_by__lte=now).order_by("ends_by"):
            with alone(drill):
                finish(drill, actor=None, now=now, reason="Its planned end has come.")
                moved += 1
        with alone("reminding"):
            _remind(now)
    return moved


def _begin(drill: Drill, now: datetime) -> None:
    try:
        with transaction.atomic():
            start(drill, actor=None, now=now)
    except PortalError as error:
        _call_off(drill, error.message, now)


def due_again(day: date) -> Q:
    """Finished drills whose next one is due by `day`, or soon."""
    return Q(state=State.FINISHED, next_due__isnull=False, next_due__lte=day + AHEAD)


def _call_off(drill: Drill, why: str, now: datetime) -> None:
    with act("drill.cancelled", actor=None, now=now, subject=drill, why=why):
        drill = locked(drill)
        if drill.state == State.PLANNED:
            drill.state, drill.verdict = State.CANCELLED, f"It could not begin. {why}"
            save_tracked(drill, actor=None, now=now, reason=why)


def _remind(now: datetime) -> None:
    """The planner of a drill hears once when the next is due; a later drill of the service stands for it."""
    for drill in Drill.objects.filter(due_again(now.date()), planned_by__is_active=True).select_related("planned_by", "service"):
        later = Drill.objects.filter(service=drill.service, planned_for__gt=drill.planned_for).exclude(state=State.CANCELLED)
        if drill.planned_by is None or later.exists():
            continue
        queue(
            kind=DUE,
            person=drill.planned_by,
            subject_ref=f"incidents.drill:{drill.pk}",
            title=f"{drill.service}: the next drill is due by {drill.next_due:%d %b %Y}",
            body=f"The last one was '{drill.title}'. {drill.verdict}",
            link=f"{settings.PORTAL_URL}/admin/incidents/drill/{drill.pk}/change/",
            idempotency_key=f"drill-{drill.pk}-due-{drill.next_due}",
            now=now,
        )
