"""The rows that a calendar makes: duty in a schedule, or absences of a person."""

from datetime import datetime
from typing import Any

from policies.oncall.standing_in.models import DutyAbsence
from portal.foundation.base_models import save_tracked

from .looking import Look, standing_absences, standing_duty
from .models import CalendarSource, ImportedDuty
from .planning import Rows, rows_to_change


def write_rows(source: CalendarSource, look: Look, now: datetime, actor: Any) -> Rows:
    """Makes the rows say what `look` wants. Inside a transaction that holds the source's lock; compares anew, so that it can be repeated."""
    if source.use == CalendarSource.Use.DUTY:
        schedule: Any = source.schedule
        rows = rows_to_change(standing_duty(source, now), look.wanted, now)
        ImportedDuty.objects.bulk_create(
            ImportedDuty(
                source=source,
                schedule=schedule,
                person_id=each.person.person_id,
                priority=each.priority,
                starts_at=each.starts_at,
                ends_at=each.ends_at,
                made_at=now,
                uid=each.uid,
            )
            for each in rows.new
        )
    else:
        person: Any = source.person
        rows = rows_to_change(standing_absences(source, now), look.wanted, now)
        for each in rows.new:
            absence = DutyAbsence(person=person, kind=DutyAbsence.Kind.OTHER, source=source, made_at=now, made_by=actor)
            absence.starts_at, absence.ends_at = each.starts_at, each.ends_at
            save_tracked(absence, actor=actor, now=now, reason=f"Calendar {source.name}")
    end_rows([each.pk for each in rows.ended], source, now, actor)
    return rows


def end_rows(keys: list[int], source: CalendarSource, now: datetime, actor: Any) -> None:
    """Ends the rows with these keys at `now`; those that ended before stay as they are."""
    if source.use == CalendarSource.Use.DUTY:
        ImportedDuty.objects.filter(pk__in=keys, ended_at=None).update(ended_at=now)
        return
    for absence in DutyAbsence.objects.filter(pk__in=keys, ended_at=None):
        absence.ended_at, absence.ended_by = now, actor
        save_tracked(absence, actor=actor, now=now, reason=f"Calendar {source.name}")
