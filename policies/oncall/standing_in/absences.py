"""Somebody is away and on duty nowhere meanwhile. Whoever records it sees which duties nobody would take over."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from audit.events.services import act
from policies.decisions.rota import Absence, Change, RotaSnapshot, left_open
from policies.oncall.models import OnCallSchedule
from policies.oncall.queries import rotas, still_counts
from policies.oncall.stretches import few, from_to, refuse, stretch
from policies.oncall.telling import tell
from portal.foundation.access.checks import require
from portal.foundation.base_models import save_tracked
from portal.foundation.errors import WrongState
from portal.foundation.people.models import User

from .models import DutyAbsence
from .overrides import must_not_be_over


@dataclass(frozen=True, slots=True)
class Opening:
    """Duties of one schedule that nobody takes over."""

    schedule: OnCallSchedule
    zone: str
    changes: list[Change]

    def in_words(self) -> list[str]:
        """'Payments from Mon 2 Mar 2026, 09:00 CET to …', one for each stretch, in the schedule's time zone."""
        return [f"{self.schedule} {from_to(change.since, change.until, self.zone)}" for change in self.changes]


class LeavesGaps(WrongState):
    """Nobody takes over some duties. `openings` are they; `open_times` say them in words."""

    code = "leaves_gaps"

    def __init__(self, person: User, openings: list[Opening]) -> None:
        self.openings = openings
        self.open_times = [line for opening in openings for line in opening.in_words()]
        text = f"Nobody takes over for {person}: {few(self.open_times)}. Find somebody for these times, or accept that they stay open."
        super().__init__(text)


def record_absence(
    person: User,
    *,
    starts_at: datetime,
    ends_at: datetime,
    kind: str,
    actor: Any,
    now: datetime,
    accept_gaps: bool = False,
    reason: str = "",
) -> DutyAbsence:
    """Takes `person` out of every duty from `starts_at` until `ends_at`. People record their own; managers record anybody's.

    Raises NotAllowed; InvalidInput for a stretch that cannot be meant, an unknown kind, or a person who left; WrongState for a person who
    is away then anyway; LeavesGaps when nobody takes a duty over, unless `accept_gaps`. Then colleagues and the manager are told.
    """
    _require(actor, person, "policies.add_dutyabsence", "record an absence of somebody else")
    starts_at, ends_at = stretch(starts_at, ends_at, now, what="An absence")
    if kind not in DutyAbsence.Kind.values:
        refuse(f"Choose one of {', '.join(DutyAbsence.Kind.values)}.", "kind")
    why = " ".join(reason.split())
    with act("duty_absence.recorded", actor=actor, now=now, why=why) as running:
        person = User.objects.select_for_update(of=("self",)).get(pk=person.pk)
        if not person.is_active:
            refuse(f"{person} can no longer sign in, so is on duty nowhere anyway.", "person")
        if DutyAbsence.objects.filter(still_counts(now), person=person, starts_at__lte=starts_at, ends_at__gte=ends_at).exists():
            raise WrongState(f"{person} is away then anyway.")
        openings = open_duties(person, starts_at, ends_at, now)
        if openings and not accept_gaps:
            raise LeavesGaps(person, openings)
        made = DutyAbsence(person=person, starts_at=starts_at, ends_at=ends_at, kind=kind, made_at=now, made_by=actor)
        save_tracked(made, actor=actor, now=now, reason=why)
        running.subject = made
        running.details = {"left_open": [line for opening in openings for line in opening.in_words()][:50]}
        for opening in openings:
            _tell_colleagues(made, opening, actor, now)
    return made


def end_absence(absence: DutyAbsence, *, actor: Any, now: datetime, reason: str = "") -> DutyAbsence:
    """Ends an absence: from now on the person's turns are theirs again; one still to come never counts.

    Raises NotAllowed, and WrongState when it is over.
    """
    _require(actor, absence.person, "policies.change_dutyabsence", "end an absence of somebody else")
    with act("duty_absence.ended", actor=actor, now=now, subject=absence, why=reason):
        absence = DutyAbsence.objects.select_for_update(of=("self",)).select_related("person").get(pk=absence.pk)
        must_not_be_over(absence, now, "absence")
        absence.ended_at, absence.ended_by = now, actor
        save_tracked(absence, actor=actor, now=now, reason=reason)
    return absence


def open_duties(person: User, starts_at: datetime, ends_at: datetime, now: datetime) -> list[Opening]:
    """The duties that nobody would take over, were `person` away from `starts_at` until `ends_at`, by schedule."""
    schedules = {schedule.pk: schedule for schedule in schedules_of(person, now)}
    known = rotas(schedules.values(), now)
    away = Absence(person.pk, starts_at, ends_at)
    found = ((schedules[key], rota, left_open(rota, away)) for key, rota in known.items())
    return [Opening(schedule, rota.zone_at(starts_at), opened) for schedule, rota, opened in found if opened]


def schedules_of(person: User, now: datetime) -> Iterable[OnCallSchedule]:
    """The schedules that can put `person` on duty now or later."""
    in_plan = Q(plans__state="published", plans__layers__members__person=person)
    standing_in = Q(overrides__person=person, overrides__ends_at__gt=now)
    told = Q(imported_duties__person=person, imported_duties__ends_at__gt=now)
    return OnCallSchedule.objects.filter(in_plan | standing_in | told).select_related("team").distinct().order_by("name")


def rotas_of(person: User, now: datetime) -> list[RotaSnapshot]:
    """The schedules that can put `person` on duty now or later, as plain values."""
    return list(rotas(schedules_of(person, now), now).values())


def _tell_colleagues(made: DutyAbsence, opening: Opening, actor: Any, now: datetime) -> None:
    """The people of the schedule and its team, and the manager of whoever is away, hear what stands open."""
    schedule, person = opening.schedule, made.person
    rota = rotas([schedule], now)[schedule.pk]
    colleagues = Q(pk__in=[one.person_id for one in rota.people()]) | Q(pk=person.manager_id)
    if schedule.team_id is not None:
        colleagues |= Q(teams=schedule.team_id)
    people = User.objects.filter(colleagues).exclude(pk__in=[person.pk, actor.pk if actor else None]).distinct()
    lines = [f"{person} is {made.get_kind_display()}, and nobody takes over:", *opening.in_words()[:20]]
    title, body = f"Nobody is on duty in {schedule}", "\n".join([*lines, "Take over, or find somebody who does."])
    tell(schedule, people, kind="duty.open", title=title, body=body, key=f"absence-{made.pk}", now=now)


def _require(actor: Any, person: User, permission: str, to: str) -> None:
    """People speak for themselves; others need the right."""
    if actor is None or not (actor.is_active and actor.pk == person.pk):
        require(actor, permission, to=to)
