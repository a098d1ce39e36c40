"""Schedules as plain values, for the pure rota to answer who is on call."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Exists, F, FilteredRelation, OuterRef, Q

from policies.decisions.rota import (
    Absence,
    Duty,
    Imported,
    Override,
    OverrideKind,
    Plan,
    RotaPerson,
    RotaSnapshot,
    duty_at,
    upcoming,
)
from policies.oncall.calendars.models import ImportedDuty
from policies.oncall.standing_in.models import DutyAbsence, OnCallOverride
from portal.foundation.people.models import User

from .contents import NOTHING, Content, content_of, contents_of, layers_from, people_in, weekdays_of
from .models import Holiday, OnCallSchedule, SchedulePlan

__all__ = [
    "LOOK_BACK",
    "Planned",
    "now_and_next",
    "on_call",
    "planned",
    "rota_of",
    "rota_with",
    "rotas",
    "still_counts",
    "weekdays_of",
]

# As far back as a duty that runs now can have begun: shifts last 90 weeks at most, but nobody asks for more than this.
LOOK_BACK = timedelta(days=401)
NO_TIME = timedelta(0)
ABSENCES = dict(DutyAbsence.Kind.choices)


@dataclass(frozen=True, slots=True)
class Planned:
    """A schedule with its place in its team, as plain values."""

    schedule_id: int
    name: str
    team_id: int | None
    order: int
    rota: RotaSnapshot


class _Row(NamedTuple):
    """A schedule, and one of its published plans or none."""

    schedule: int
    name: str
    team: int | None
    order: int
    plan: int | None
    begins: Any
    zone: str
    calendar: int | None
    content: Content | None


def rotas(schedules: Iterable[OnCallSchedule], since: datetime, *, back: timedelta = LOOK_BACK) -> dict[int, RotaSnapshot]:
    """The published schedules as plain values by primary key, with all that can matter from `since` on. Five queries for all.

    `back` is how far before `since` the answer may look: nothing for whoever only asks what is from `since` on.
    """
    wanted = [schedule.pk for schedule in schedules]
    return {found.schedule_id: found.rota for found in planned(Q(pk__in=wanted), since, back=back)} if wanted else {}


def planned(which: Q, since: datetime, *, back: timedelta = LOOK_BACK) -> list[Planned]:
    """The schedules that `which` finds, by name, as `rotas` gives them. Five queries for all."""
    edge = since - back
    rows = _rows(which, edge)
    contents = _contents(rows)
    schedules = {row.schedule: row for row in rows}
    overrides, imported = _override_rows(schedules, edge), _imported_rows(schedules, edge)
    named = {person for content in contents.values() for person in people_in(content)}
    named |= {person for made in overrides for person in (made.person_id, made.instead_of_id) if person} | {t.person_id for t in imported}
    people, absences = _people(named, edge)
    days = _holidays({row.calendar for row in rows if row.calendar})
    plans: dict[int, list[Plan]] = defaultdict(list)
    for row in rows:
        if row.plan is not None:
            layers = layers_from(contents[row.plan], people)
            plans[row.schedule].append(Plan(row.begins, row.zone, layers, days.get(row.calendar or 0, frozenset())))
    taken, told = _overrides(overrides, people), _imported(imported, people)
    return [
        Planned(
            *(key, row.name, row.team, row.order),
            _with_absences(RotaSnapshot(row.name, tuple(plans[key]), tuple(taken[key]), (), tuple(told[key])), absences),
        )
        for key, row in schedules.items()
    ]


def rota_of(schedule: OnCallSchedule, since: datetime) -> RotaSnapshot:
    """One schedule as plain values."""
    return rotas([schedule], since)[schedule.pk]


def rota_with(schedule: OnCallSchedule, draft: SchedulePlan, effective_from: datetime, since: datetime) -> RotaSnapshot:
    """The schedule as it would be with `draft` published from `effective_from` on: what comes before stays, later plans still follow."""
    rota = rota_of(schedule, since)
    days = _holidays({draft.holiday_calendar_id} if draft.holiday_calendar_id else set())
    holidays = days.get(draft.holiday_calendar_id or 0, frozenset())
    content = content_of(draft)
    people, absences = _people(people_in(content) | {person.person_id for person in rota.everybody()}, since - LOOK_BACK)
    drafted = Plan(effective_from, draft.time_zone, layers_from(content, people), holidays)
    kept = [plan for plan in rota.plans if plan.effective_from != effective_from]
    plans = sorted([*kept, drafted], key=lambda plan: plan.effective_from)
    return _with_absences(replace(rota, plans=tuple(plans)), absences)


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


def _rows(which: Q, edge: datetime) -> list[_Row]:
    """Schedules with their published plans that count after `edge`, in the order of their start."""
    published = SchedulePlan.State.PUBLISHED
    later = SchedulePlan.objects.filter(
        schedule=OuterRef("pk"), state=published, effective_from__gt=OuterRef("live__effective_from"), effective_from__lte=edge
    )
    found = (
        OnCallSchedule.objects.filter(which)
        .annotate(live=FilteredRelation("plans", condition=Q(plans__state=published)))
        .filter(Q(live__isnull=True) | ~Exists(later))
        .order_by("name", "pk", "live__effective_from")
    )
    of_plan = ("live__pk", "live__effective_from", "live__time_zone", "live__holiday_calendar_id", "live__content")
    return [_Row(*row) for row in found.values_list("pk", "name", "team_id", "order", *of_plan)]


def _contents(rows: Iterable[_Row]) -> dict[int, Content]:
    """What each plan says, by primary key. A plan published without it, by a program of before, is read from its rows."""
    known = {row.plan: row.content for row in rows if row.plan is not None}
    missing = [plan for plan, content in known.items() if content is None]
    read = contents_of(missing) if missing else {}
    return {plan: content or read.get(plan, NOTHING) for plan, content in known.items()}


def _holidays(calendars: Collection[int]) -> dict[int, frozenset[date]]:
    days: dict[int, set[date]] = defaultdict(set)
    if calendars:
        for calendar, day in Holiday.objects.filter(calendar__in=calendars).values_list("calendar_id", "day"):
            days[calendar].add(day)
    return {calendar: frozenset(found) for calendar, found in days.items()}


def _people(wanted: Collection[int], edge: datetime) -> tuple[dict[int, RotaPerson], dict[int, list[Absence]]]:
    """Everybody in `wanted` by name, and when those who are away after `edge` are away. One query."""
    if not wanted:
        return {}, {}
    rows = (
        User.objects.filter(pk__in=wanted)
        .annotate(away=FilteredRelation("duty_absences", condition=Q(duty_absences__ends_at__gt=edge)))
        .order_by("away__starts_at", "away__pk")
        .values_list(
            *("pk", "display_name", "first_name", "last_name", "username"),
            *("away__kind", "away__starts_at", "away__ends_at", "away__ended_at"),
        )
    )
    people: dict[int, RotaPerson] = {}
    absences: dict[int, list[Absence]] = defaultdict(list)
    for key, shown, first, last, username, kind, starts_at, ends_at, ended_at in rows:
        people[key] = RotaPerson(key, shown or f"{first} {last}".strip() or username)
        if kind is None:
            continue
        ends = min(ends_at, ended_at or ends_at)
        if ends > edge and ends > starts_at:
            absences[key].append(Absence(key, starts_at, ends, ABSENCES.get(kind, kind)))
    return people, absences


def _with_absences(rota: RotaSnapshot, absences: dict[int, list[Absence]]) -> RotaSnapshot:
    """`rota` with those of `absences` that are of people in it."""
    if not absences:
        return rota
    away = tuple(absence for person in rota.everybody() for absence in absences.get(person.person_id, ()))
    return replace(rota, absences=away) if away else rota


def _override_rows(wanted: Collection[int], edge: datetime) -> list[OnCallOverride]:
    return list(OnCallOverride.objects.filter(still_counts(edge), schedule__in=wanted).order_by("made_at", "pk"))


def _imported_rows(wanted: Collection[int], edge: datetime) -> list[ImportedDuty]:
    rows = ImportedDuty.objects.filter(still_counts(edge), schedule__in=wanted)
    return list(rows.select_related("source").order_by("made_at", "pk"))


def _overrides(rows: Iterable[OnCallOverride], people: dict[int, RotaPerson]) -> dict[int, list[Override]]:
    found: dict[int, list[Override]] = defaultdict(list)
    for made in rows:
        ends = min(made.ends_at, made.ended_at or made.ends_at)
        instead = people[made.instead_of_id].name if made.instead_of_id else ""
        taken = Override(people[made.person_id], made.starts_at, ends, made.reason, OverrideKind(made.kind), instead)
        found[made.schedule_id].append(taken)
    return found


def _imported(rows: Iterable[ImportedDuty], people: dict[int, RotaPerson]) -> dict[int, list[Imported]]:
    found: dict[int, list[Imported]] = defaultdict(list)
    for told in rows:
        ends = min(told.ends_at, told.ended_at or told.ends_at)
        duty = Imported(people[told.person_id], told.starts_at, ends, told.source.name, told.priority)
        found[told.schedule_id].append(duty)
    return found
