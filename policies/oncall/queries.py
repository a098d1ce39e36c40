"""Who is on call, asked of the rows and answered by the pure rota."""

from datetime import datetime, timedelta

from policies.decisions.rota import Duty, OverrideRule, RotaPerson, RotaSnapshot, duty_at, upcoming

from .models import OnCallSchedule

# A shift lasts 90 days at most, so an override that ended earlier cannot touch the duty of now.
LOOK_BACK = timedelta(days=91)


def rota_of(schedule: OnCallSchedule, at: datetime) -> RotaSnapshot:
    """The schedule as plain values, with the overrides that can matter at `at` and later. Two queries."""
    members = schedule.rotation.select_related("person").order_by("position")
    overrides = schedule.overrides.filter(ends_at__gt=at - LOOK_BACK).select_related("person").order_by("pk")
    return RotaSnapshot(
        name=schedule.name,
        time_zone=schedule.time_zone,
        starts_on=schedule.starts_on,
        handover_at=schedule.handover_at,
        shift_days=schedule.shift_days,
        rotation=tuple(RotaPerson(member.person_id, str(member.person)) for member in members),
        overrides=tuple(
            OverrideRule(RotaPerson(override.person_id, str(override.person)), override.starts_at, override.ends_at, override.reason)
            for override in overrides
        ),
    )


def on_call(schedule: OnCallSchedule, at: datetime) -> Duty | None:
    """Whoever is on call at `at`, or None when nobody is."""
    return duty_at(rota_of(schedule, at), at)


def now_and_next(schedule: OnCallSchedule, at: datetime, count: int = 5) -> tuple[Duty | None, list[Duty]]:
    """Whoever is on call at `at`, and the next duties."""
    rota = rota_of(schedule, at)
    return duty_at(rota, at), upcoming(rota, at, count)
