"""Schedules as plain values, for the pure rota to answer who is on call."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import F, Q

from policies.decisions.rota import (
    Absence,
    Duty,
    Holidays,
    Imported,
    Layer,
    Override,
    OverrideKind,
    Plan,
    RotaPerson,
    RotaSnapshot,
    Unit,
    Window,
    duty_at,
    upcoming,
)

from .models import (
    DutyAbsence,
    Holiday,
    ImportedDuty,
    LayerMember,
    LayerWindow,
    OnCallOverride,
    OnCallSchedule,
    RotaLayer,
    SchedulePlan,
)

# As far back as a duty that runs now can have begun: shifts last 90 weeks at most, but nobody asks for more than this.
LOOK_BACK = timedelta(days=401)


def rotas(schedules: Iterable[OnCallSchedule], since: datetime) -> dict[int, RotaSnapshot]:
    """The published schedules as plain values by primary key, with all that can matter from `since` on. Eight queries for all."""
    wanted = {schedule.pk: schedule for schedule in schedules}
    plans = _plans(wanted, since)
    layers = _layers([plan.pk for plan in plans])
    days = _holidays({plan.holiday_calendar_id for plan in plans if plan.holiday_calendar_id})
    of_schedule: dict[int, list[Plan]] = defaultdict(list)
    for plan in plans:
        holidays = days.get(plan.holiday_calendar_id or 0, frozenset())
        begins: Any = plan.effective_from
        of_schedule[plan.schedule_id].append(Plan(begins, plan.time_zone, layers.get(plan.pk, ()), holidays))
    overrides = _overrides(wanted, since)
    imported = _imported(wanted, since)
    absences = _absences(since)
    known = {}
    for key, schedule in wanted.items():
        rota = RotaSnapshot(schedule.name, tuple(of_schedule[key]), tuple(overrides[key]), (), tuple(imported[key]))
        people = rota.everybody() if absences else ()
        away = tuple(absence for person in people for absence in absences.get(person.person_id, ()))
        known[key] = replace(rota, absences=away)
    return known


def rota_of(schedule: OnCallSchedule, since: datetime) -> RotaSnapshot:
    """One schedule as plain values."""
    return rotas([schedule], since)[schedule.pk]


def rota_with(schedule: OnCallSchedule, draft: SchedulePlan, effective_from: datetime, since: datetime) -> RotaSnapshot:
    """The schedule as it would be with `draft` published from `effective_from` on: what comes before stays, later plans still follow."""
    rota = rota_of(schedule, since)
    days = _holidays({draft.holiday_calendar_id} if draft.holiday_calendar_id else set())
    holidays = days.get(draft.holiday_calendar_id or 0, frozenset())
    planned = Plan(effective_from, draft.time_zone, _layers([draft.pk]).get(draft.pk, ()), holidays)
    kept = [plan for plan in rota.plans if plan.effective_from != effective_from]
    plans = sorted([*kept, planned], key=lambda plan: plan.effective_from)
    absences = [away for found in _absences(since).values() for away in found]
    return replace(rota, plans=tuple(plans), absences=tuple(absences))


def on_call(schedule: OnCallSchedule, at: datetime) -> Duty | None:
    """Whoever is on call at `at`, or None when nobody is."""
    return duty_at(rota_of(schedule, at), at)


def now_and_next(schedule: OnCallSchedule, at: datetime, count: int = 5) -> tuple[Duty | None, list[Duty]]:
    """Whoever is on call at `at`, and the next duties."""
    rota = rota_of(schedule, at)
    return duty_at(rota, at), upcoming(rota, at, count)


def still_counts(since: datetime) -> Q:
    """Rows of overrides, absences and imported duty that put somebody on duty, or take them out, after `since`."""
    ended = Q(ended_at__isnull=True) | (Q(ended_at__gt=since) & Q(ended_at__gt=F("starts_at")))
    return Q(ends_at__gt=since) & ended


def _plans(wanted: Collection[int], since: datetime) -> list[SchedulePlan]:
    """Published plans that count after `since` or just before, in the order of their start."""
    published = SchedulePlan.objects.filter(schedule__in=wanted, state=SchedulePlan.State.PUBLISHED).order_by(
        "schedule_id", "effective_from"
    )
    kept: list[SchedulePlan] = []
    for plan in published:
        begins: Any = plan.effective_from
        if kept and kept[-1].schedule_id == plan.schedule_id and begins <= since - LOOK_BACK:
            kept.pop()
        kept.append(plan)
    return kept


def _layers(plans: Collection[int]) -> dict[int, tuple[Layer, ...]]:
    rows = list(RotaLayer.objects.filter(plan__in=plans).order_by("plan_id", "position"))
    people: dict[int, list[RotaPerson]] = defaultdict(list)
    for member in LayerMember.objects.filter(layer__in=rows).select_related("person").order_by("position"):
        people[member.layer_id].append(RotaPerson(member.person_id, str(member.person)))
    windows: dict[int, list[Window]] = defaultdict(list)
    for window in LayerWindow.objects.filter(layer__in=rows):
        windows[window.layer_id].append(Window(weekdays_of(window.weekdays), window.starts, window.ends))
    made: dict[int, list[Layer]] = defaultdict(list)
    for row in rows:
        made[row.plan_id].append(
            Layer(
                name=row.name,
                starts_on=row.starts_on,
                handover_at=row.handover_at,
                every=row.every,
                unit=Unit(row.unit),
                people=tuple(people[row.pk]),
                windows=tuple(windows[row.pk]),
                holidays=Holidays(row.holidays),
                shadow=row.shadow,
            )
        )
    return {plan: tuple(layers) for plan, layers in made.items()}


def weekdays_of(mask: int) -> frozenset[int]:
    """LayerWindow.weekdays as weekdays, Monday is 0."""
    return frozenset(day for day in range(7) if mask & 1 << day)


def _holidays(calendars: Collection[int]) -> dict[int, frozenset[date]]:
    days: dict[int, set[date]] = defaultdict(set)
    if calendars:
        for calendar, day in Holiday.objects.filter(calendar__in=calendars).values_list("calendar_id", "day"):
            days[calendar].add(day)
    return {calendar: frozenset(found) for calendar, found in days.items()}


def _overrides(wanted: Collection[int], since: datetime) -> dict[int, list[Override]]:
    found: dict[int, list[Override]] = defaultdict(list)
    rows = OnCallOverride.objects.filter(still_counts(since - LOOK_BACK), schedule__in=wanted)
    for made in rows.select_related("person", "instead_of").order_by("made_at", "pk"):
        ends = min(made.ends_at, made.ended_at or made.ends_at)
        person = RotaPerson(made.person_id, str(made.person))
        instead = str(made.instead_of) if made.instead_of else ""
        found[made.schedule_id].append(Override(person, made.starts_at, ends, made.reason, OverrideKind(made.kind), instead))
    return found


def _imported(wanted: Collection[int], since: datetime) -> dict[int, list[Imported]]:
    found: dict[int, list[Imported]] = defaultdict(list)
    rows = ImportedDuty.objects.filter(still_counts(since - LOOK_BACK), schedule__in=wanted)
    for told in rows.select_related("person", "source").order_by("made_at", "pk"):
        ends = min(told.ends_at, told.ended_at or told.ends_at)
        person = RotaPerson(told.person_id, str(told.person))
        found[told.schedule_id].append(Imported(person, told.starts_at, ends, told.source.name, told.priority))
    return found


def _absences(since: datetime) -> dict[int, list[Absence]]:
    found: dict[int, list[Absence]] = defaultdict(list)
    for row in DutyAbsence.objects.filter(still_counts(since - LOOK_BACK)).order_by("starts_at", "pk"):
        ends = min(row.ends_at, row.ended_at or row.ends_at)
        found[row.person_id].append(Absence(row.person_id, row.starts_at, ends, row.get_kind_display()))
    return found
