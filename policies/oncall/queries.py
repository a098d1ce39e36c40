"""Who is on call, asked of the rows and answered by the pure rota."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from policies.decisions.rota import Duty, OverrideRule, RotaPerson, RotaSnapshot, duty_at, upcoming

from .models import OnCallOverride, OnCallSchedule, RotationMember

# A shift lasts 90 days at most, so an override that ended earlier cannot touch the duty of now.
LOOK_BACK = timedelta(days=91)


def rotas(schedules: Iterable[OnCallSchedule], at: datetime) -> dict[int, RotaSnapshot]:
    """The schedules as plain values by primary key, with the overrides that can matter at `at` and later. Two queries for all."""
    wanted = {schedule.pk: schedule for schedule in schedules}
    people: dict[int, list[RotaPerson]] = {key: [] for key in wanted}
    for member in RotationMember.objects.filter(schedule__in=wanted).select_related("person").order_by("position"):
        people[member.schedule_id].append(RotaPerson(member.person_id, str(member.person)))
    overrides: dict[int, list[OverrideRule]] = {key: [] for key in wanted}
    still_matter = OnCallOverride.objects.filter(schedule__in=wanted, ends_at__gt=at - LOOK_BACK)
    for made in still_matter.select_related("person").order_by("pk"):
        person = RotaPerson(made.person_id, str(made.person))
        overrides[made.schedule_id].append(OverrideRule(person, made.starts_at, made.ends_at, made.reason))
    return {
        key: RotaSnapshot(
            name=schedule.name,
            time_zone=schedule.time_zone,
            starts_on=schedule.starts_on,
            handover_at=schedule.handover_at,
            shift_days=schedule.shift_days,
            rotation=tuple(people[key]),
            overrides=tuple(overrides[key]),
        )
        for key, schedule in wanted.items()
    }


def rota_of(schedule: OnCallSchedule, at: datetime) -> RotaSnapshot:
    """One schedule as plain values."""
    return rotas([schedule], at)[schedule.pk]


def on_call(schedule: OnCallSchedule, at: datetime) -> Duty | None:
    """Whoever is on call at `at`, or None when nobody is."""
    return duty_at(rota_of(schedule, at), at)


def now_and_next(schedule: OnCallSchedule, at: datetime, count: int = 5) -> tuple[Duty | None, list[Duty]]:
    """Whoever is on call at `at`, and the next duties."""
    rota = rota_of(schedule, at)
    return duty_at(rota, at), upcoming(rota, at, count)
