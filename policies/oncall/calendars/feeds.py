"""What a feed shows: the final view of a schedule, or everything that is a person's duty, as iCalendar."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Max

from policies.decisions.rota import RotaSnapshot, Slot, duty_at, slots
from policies.oncall.models import OnCallSchedule, SchedulePlan
from policies.oncall.queries import rotas
from policies.oncall.standing_in.models import DutyAbsence, OnCallOverride

from .models import CalendarFeed, ImportedDuty
from .writing import Event, calendar_text

PAST, AHEAD = timedelta(days=30), timedelta(days=180)


def text_of(feed: CalendarFeed, now: datetime) -> str:
    """The feed's document. It stays the same all day long while nothing changes, so that readers need not fetch it again."""
    if feed.schedule is not None:
        return schedule_text(feed.schedule, now)
    person = feed.person
    assert person is not None  # noqa: S101 (the database holds: a schedule or a person)
    schedules = list(OnCallSchedule.objects.order_by("pk"))
    known = rotas(schedules, _days(now)[0])
    mine = [each for each in schedules if person.pk in {somebody.person_id for somebody in known[each.pk].everybody()}]
    changed = _changed(mine, now)
    events = [
        replace(event, summary=f"On call: {schedule.name}")
        for schedule in mine
        for event in _events(schedule, known[schedule.pk], changed, now, of=person.pk)
    ]
    return calendar_text(f"On call: {person}", sorted(events, key=lambda event: (event.starts_at, event.uid)))


def schedule_text(schedule: OnCallSchedule, now: datetime) -> str:
    """The final view of `schedule`, 30 days back and 180 ahead, each slot with whoever is on duty in it and why."""
    rota = rotas([schedule], _days(now)[0])[schedule.pk]
    return calendar_text(f"On call: {schedule.name}", _events(schedule, rota, _changed([schedule], now), now))


def etag(text: str) -> str:
    """Quoted, as HTTP has it."""
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def _days(now: datetime) -> tuple[datetime, datetime]:
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - PAST, midnight + AHEAD


def _events(schedule: OnCallSchedule, rota: RotaSnapshot, changed: datetime, now: datetime, *, of: int | None = None) -> list[Event]:
    since, until = _days(now)
    host = urlsplit(settings.PORTAL_URL).hostname or "portal"
    return [
        Event(
            uid=f"duty-{schedule.pk}-{slot.person.person_id}-{slot.since.astimezone(UTC):%Y%m%dT%H%M%SZ}@{host}",
            summary=f"On call: {slot.person.name}",
            description=" ".join((f"{slot.person.name} is on call in {schedule.name}.", slot.why, *slot.passed)),
            starts_at=slot.since,
            ends_at=slot.until,
            changed_at=changed,
        )
        for slot in _whole(rota, slots(rota, since, until))
        if slot.person is not None and (of is None or slot.person.person_id == of)
    ]


def _whole(rota: RotaSnapshot, found: list[Slot]) -> list[Slot]:
    """The slots with the first and the last as long as they really are: an event's identity must not move with the day it is read."""
    if not found:
        return found
    first, last = duty_at(rota, found[0].since), duty_at(rota, found[-1].since)
    if first is not None and first.since is not None:
        found[0] = replace(found[0], since=first.since)
    if last is not None and last.until is not None:
        found[-1] = replace(found[-1], until=last.until)
    return found


def _changed(schedules: Sequence[OnCallSchedule], now: datetime) -> datetime:
    """When something last changed who is on duty in `schedules`; today's midnight when nothing ever did."""
    of = {"schedule__in": schedules}
    told = [
        SchedulePlan.objects.filter(**of).aggregate(a=Max("published_at"), b=Max("withdrawn_at")),
        OnCallOverride.objects.filter(**of).aggregate(a=Max("made_at"), b=Max("ended_at")),
        ImportedDuty.objects.filter(**of).aggregate(a=Max("made_at"), b=Max("ended_at")),
        DutyAbsence.objects.aggregate(a=Max("made_at"), b=Max("ended_at")),
    ]
    times = [at for pair in told for at in pair.values() if at is not None and at <= now]
    return max(times, default=_days(now)[0] + PAST)
