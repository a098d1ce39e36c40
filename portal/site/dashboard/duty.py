"""Cards of duty: my next one, swaps that wait for me, and what nobody covers."""

from datetime import datetime, timedelta

from django.db.models import Q
from django.urls import reverse

from policies.decisions.rota import slots
from policies.models import CoverageFinding, DutySwap
from policies.oncall.coverage.checking import latest_run
from policies.oncall.coverage.findings import NOTES
from policies.oncall.coverage.words import what_in_words
from policies.oncall.queries import rotas
from policies.oncall.standing_in.absences import schedules_of
from portal.foundation.people.models import User

from .cards import Card, Row

ROWS = 5
AHEAD = timedelta(days=90)
MINE = "admin:policies_myduty_changelist"


def my_next_duty(user: User, now: datetime) -> Card | None:
    """The duties of now and next in all schedules that name the reader; nothing for whoever is in none."""
    schedules = {schedule.pk: schedule for schedule in schedules_of(user, now)}
    if not schedules:
        return None
    found = [
        (slot, schedules[key])
        for key, rota in rotas(schedules.values(), now).items()
        for slot in slots(rota, now, now + AHEAD)
        if slot.person is not None and slot.person.person_id == user.pk
    ]
    rows = tuple(
        Row(
            f"{schedule}: you are on duty now" if slot.since <= now else f"{schedule}",
            reverse("admin:policies_oncallschedule_change", args=[schedule.pk]),
            slot.until if slot.since <= now else slot.since,
            "until" if slot.since <= now else "from",
        )
        for slot, schedule in sorted(found, key=lambda one: one[0].since)[:ROWS]
    )
    empty = "Your turns of the next 90 days stand here. You have none."
    return Card("duty", "My next duty", empty, rows, reverse(MINE), total=len(found))


def swaps_waiting(user: User, now: datetime) -> Card | None:
    """Swaps and cover that the reader was asked for and has not answered."""
    unanswered = Q(giver=user, giver_accepted_at=None) | Q(taker=user, taker_accepted_at=None)
    waiting = DutySwap.objects.filter(unanswered, state=DutySwap.State.ASKED).select_related("schedule", "giver", "taker")
    rows = tuple(
        Row(str(swap), reverse(MINE), swap.gives_from, "the shift begins", "Answer", detail=swap.reason)
        for swap in waiting.order_by("gives_from")[:ROWS]
    )
    return Card("swaps", "Swaps waiting for me", "", rows, reverse(MINE), loud=True, total=waiting.count()) if rows else None


def coverage_gaps(user: User, now: datetime) -> Card:
    """The worst of what the last check of the duty ahead found. Two queries."""
    problems = CoverageFinding.objects.exclude(kind__in=[kind.value for kind in NOTES])
    page = reverse("admin:policies_coveragefinding_changelist")
    rows = tuple(
        Row(
            what_in_words(finding),
            reverse("admin:policies_coveragefinding_change", args=[finding.pk]),
            finding.since,
            "first at",
        )
        for finding in problems.select_related("schedule", "other", "team", "service", "person")[:ROWS]
    )
    empty = "Times with nobody on duty, and people whom nothing reaches, in the next 90 days. "
    empty += "The last check found none." if latest_run() else "No check was made yet; one is made every night, or when you ask for it."
    return Card("coverage", "Coverage gaps", empty, rows, page, total=problems.count())
