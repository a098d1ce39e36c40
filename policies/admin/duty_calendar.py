"""The calendar on a schedule's page: the period asked for, its grid or table, and what the reader can do with a slot."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from policies.decisions.rota import Slot
from policies.models import DutyAbsence, Holiday, OnCallSchedule, SchedulePlan
from policies.oncall.models import EARLIEST
from policies.oncall.queries import rota_of
from portal.foundation.access.checks import may
from portal.foundation.access.masks import masked_columns

from .duty_grid import Reader, entries, final_view, weeks
from .duty_period import DAY, VIEWS, Period, asked_period

OVERRIDE = "policies.add_oncalloverride"
MOST_ROWS = 1_000


def schedule_address(schedule: OnCallSchedule, **query: str) -> str:
    """The schedule's page; with `view` and `on` another stretch of its calendar."""
    page = reverse("admin:policies_oncallschedule_change", args=[schedule.pk])
    return f"{page}?{urlencode(query)}" if query else page


def reader_zone() -> str:
    """The reader's time zone by name."""
    return str(timezone.get_current_timezone_name())


def calendar_panel(schedule: OnCallSchedule, query: Mapping[str, str], actor: Any, now: datetime) -> dict[str, Any]:
    """What policies/duty_calendar.html shows."""
    zone = rota_of(schedule, now).zone_at(now)
    period, problem = asked_period(query, zone, now)
    rota = rota_of(schedule, min(period.since, now))
    reader = reader_of(schedule, actor, now)
    shown: dict[str, Any] = {"period": period, "period_problem": problem, "views": _views(schedule, period), "zone": zone}
    shown |= {
        "reader_zone": reader.zone if reader.zone != zone else "",
        "turns": _turns(schedule, period),
        "period_on": period.month or period.first,
        "period_last": period.end - DAY,
    }
    if period.view == "table":
        found = final_view(rota, period)
        return {**shown, "slots": entries(found[:MOST_ROWS], period, reader), "slots_left_out": max(len(found) - MOST_ROWS, 0)}
    found_weeks = weeks(rota, period, reader, holidays_of(schedule, period))
    gaps = sum(entry.gap for week in found_weeks for day in week.days for entry in day.entries if not day.outside)
    return {**shown, "weeks": found_weeks, "gaps_shown": gaps}


def reader_of(schedule: OnCallSchedule, actor: Any, now: datetime) -> Reader:
    """Who looks at the calendar, and what they may do with a slot that is not over."""
    overrides = may(actor, OVERRIDE)
    address = reverse("admin:policies_oncallschedule_override", args=[schedule.pk]) if overrides else ""
    swap = reverse("admin:policies_oncallschedule_swap", args=[schedule.pk])

    def actions(slot: Slot) -> tuple[tuple[str, str], ...]:
        if slot.until <= now:
            return ()
        times = urlencode({"from": max(slot.since, now).isoformat(), "until": slot.until.isoformat()})
        mine = slot.person is not None and slot.person.person_id == actor.pk
        own = (("Give away or swap…", f"{swap}?{times}"),) if mine and slot.since > now else ()
        return (*own, *((("Replace…" if slot.person else "Close this gap…", f"{address}?{times}"),) if overrides else ()))

    return Reader(reader_zone(), now, actions, sees_why=not masked_columns(actor, DutyAbsence))


def holidays_of(schedule: OnCallSchedule, period: Period) -> dict[date, str]:
    """The names of the days of the calendars that the schedule's published plans name."""
    calendars = SchedulePlan.objects.filter(schedule=schedule, state=SchedulePlan.State.PUBLISHED).values("holiday_calendar")
    days = Holiday.objects.filter(calendar__in=calendars, day__gte=period.first, day__lt=period.end).order_by("day")
    return dict(days.values_list("day", "name"))


def _views(schedule: OnCallSchedule, period: Period) -> list[dict[str, Any]]:
    on = (period.month or period.first).isoformat()
    return [{"words": label, "address": schedule_address(schedule, view=view, on=on), "now": view == period.view} for view, label in VIEWS]


def _turns(schedule: OnCallSchedule, period: Period) -> dict[str, str]:
    """Addresses of the period before, of today and of the period after; '' where there is none."""

    def at(day: date | None) -> str:
        return schedule_address(schedule, view=period.view, on=day.isoformat()) if day else ""

    before = period.before
    if period.view == "table" and before is not None:
        before = max(period.first - (period.end - period.first), EARLIEST)
    return {"before": at(before), "today": schedule_address(schedule, view=period.view), "after": at(period.after)}
