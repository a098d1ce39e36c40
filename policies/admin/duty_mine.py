"""'My duty': what is next for whoever signed in, in all schedules, their swaps and their absences."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.views import View

from policies.decisions.rota import RotaSnapshot, Slot, slots
from policies.models import DutyAbsence, DutySwap, OnCallSchedule
from policies.oncall.queries import rotas, still_counts
from policies.oncall.standing_in.absences import schedules_of
from portal.foundation import clock
from portal.foundation.access.checks import may
from portal.foundation.adminkit.moments import moment

from .duty_calendar import reader_of, reader_zone, schedule_address
from .duty_grid import span
from .duty_swap import halves_in_words, waits_for

AHEAD = timedelta(days=90)
MOST_DUTIES, MOST_SWAPS = 20, 20
# Pages that others make; a link appears once they are there.
ELSEWHERE = (
    ("Hand over my shift", "admin:incidents_handoff_shift"),
    ("My calendar feeds", "admin:policies_calendarfeed_changelist"),
    ("My availability", "admin:portal_availability_changelist"),
)


class MyDutyView(View):
    """GET only; what can be done leads to the pages that do it."""

    model_admin: Any = None

    def get(self, request: HttpRequest) -> HttpResponse:
        now, person = clock.now(), request.user
        schedules = {schedule.pk: schedule for schedule in schedules_of(person, now)}  # type: ignore[arg-type]
        known = rotas(schedules.values(), now)
        duties = my_duties(person, [(schedules[key], rota) for key, rota in known.items()], now)
        context = {
            **self.model_admin.admin_site.each_context(request),
            "opts": self.model_admin.opts,
            "title": "My duty",
            "media": self.model_admin.media,
            "first_line": _first_line(duties, now),
            "duties": [_duty_row(schedule, slot, zone, request.user, now) for slot, schedule, zone in duties[:MOST_DUTIES]],
            "duties_left_out": max(len(duties) - MOST_DUTIES, 0),
            "zone": reader_zone(),
            "swaps": [_swap_row(swap, request.user, now) for swap in my_swaps(person)],
            "absences": _absences(person, now),
            "elsewhere": _elsewhere(),
            "may_see_swaps": may(person, "policies.view_dutyswap"),
        }
        return render(request, "policies/duty_mine.html", context)


Found = tuple[Slot, OnCallSchedule, str]


def my_duties(person: Any, found: list[tuple[OnCallSchedule, RotaSnapshot]], now: datetime) -> list[Found]:
    """The person's slots of now and the next 90 days in all schedules, in order, each with its schedule and that one's zone."""
    mine = [
        (slot, schedule, rota.zone_at(now))
        for schedule, rota in found
        for slot in slots(rota, now, now + AHEAD)
        if slot.person is not None and slot.person.person_id == person.pk
    ]
    return sorted(mine, key=lambda one: one[0].since)


def my_swaps(person: Any) -> list[DutySwap]:
    """Swaps of the person, those that wait first, then the newest."""
    rows = DutySwap.objects.filter(Q(giver=person) | Q(taker=person) | Q(asked_by=person))
    found = list(rows.select_related("schedule", "giver", "taker", "asked_by").order_by("-asked_at")[:MOST_SWAPS])
    return sorted(found, key=lambda swap: swap.state != DutySwap.State.ASKED)


def _first_line(duties: list[Found], now: datetime) -> str:
    if not duties:
        return "You have no duty in the next 90 days."
    slot, schedule, _ = duties[0]
    if slot.since <= now:
        return f"You are on duty now: {schedule}, {span(slot.since, slot.until, reader_zone())}."
    return f"Your next duty: {schedule}, {span(slot.since, slot.until, reader_zone())}."


def _duty_row(schedule: OnCallSchedule, slot: Slot, zone: str, person: Any, now: datetime) -> dict[str, Any]:
    mine = span(slot.since, slot.until, reader_zone())
    there = span(slot.since, slot.until, zone)
    return {
        "schedule": schedule,
        "page": schedule_address(schedule),
        "when": mine,
        "there": f"{there} ({zone})" if there != mine else "",
        "why": " ".join((slot.why, *slot.passed)),
        "now": slot.since <= now,
        "actions": reader_of(schedule, person, now).actions(slot),
    }


def _swap_row(swap: DutySwap, person: Any, now: datetime) -> dict[str, Any]:
    def door(key: str) -> str:
        return reverse("admin:policies_dutyswap_do", args=[swap.pk, key])

    waiting = waits_for(swap)
    return {
        "swap": swap,
        "page": reverse("admin:policies_dutyswap_change", args=[swap.pk]),
        "lines": halves_in_words(swap, reader_zone()),
        "asked": moment(swap.asked_at, now),
        "answer": {"accept": door("accept"), "decline": door("decline")} if person in waiting else {},
        "withdraw": door("withdraw") if waiting and swap.asked_by_id == person.pk else "",
        "waits_for": [str(each) for each in waiting],
    }


def _absences(person: Any, now: datetime) -> list[dict[str, Any]]:
    rows = DutyAbsence.objects.filter(still_counts(now), person=person).order_by("starts_at")
    zone = reader_zone()
    return [
        {
            "away": away,
            "when": span(away.starts_at, min(away.ends_at, away.ended_at or away.ends_at), zone),
            "end": reverse("admin:policies_dutyabsence_do", args=[away.pk, "end"]) if away.ended_at is None else "",
        }
        for away in rows
    ]


def _elsewhere() -> list[tuple[str, str]]:
    found = []
    for title, name in ELSEWHERE:
        try:
            found.append((title, reverse(name)))
        except NoReverseMatch:
            continue
    return found
