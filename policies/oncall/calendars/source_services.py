"""Bringing calendars in: looked at first, then brought in, then read again on a schedule. Rows only ever end; the past stays."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django_q.tasks import async_task

from audit.events.services import act
from policies.decisions.rota import Change
from policies.oncall.models import OnCallSchedule
from policies.oncall.telling import tell_changes
from portal.foundation.access.checks import may, require
from portal.foundation.base_models import save_tracked
from portal.foundation.errors import InvalidInput, WrongState
from portal.foundation.people.models import User

from .fetching import checked_address, fetched
from .looking import Look, changes_without, look_at, standing_absences, standing_duty
from .models import CalendarSource
from .rows import end_rows, write_rows

RIGHT, SEE = "policies.import_calendar", "policies.view_calendarsource"
TASK = "policies.tasks.refresh_calendar"
SHORTEST, LONGEST = timedelta(minutes=5), timedelta(days=7)
# What no address is asked for is still rolled forward, so that there is always duty half a year ahead.
ROLL = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A calendar as somebody described it. One of `data` (a file's content) and `address` is given; of `schedule` and `person` too."""

    name: str
    schedule: OnCallSchedule | None = None
    person: User | None = None
    data: bytes = b""
    address: str = ""
    refresh_every: timedelta | None = None


def may_import(actor: Any, schedule: OnCallSchedule | None, person: User | None) -> bool:
    """One's own absences everybody may tell; duty and others' absences need the right."""
    own = person is not None and actor is not None and actor.is_active and actor.pk == person.pk
    return own or may(actor, RIGHT, schedule)


def sources_of(reader: Any) -> QuerySet[CalendarSource]:
    """The calendars that `reader` may see: all with the right, else those of one's own absences."""
    return CalendarSource.objects.all() if may(reader, SEE) else CalendarSource.objects.filter(person=reader)


def obtained(data: bytes, address: str) -> bytes:
    """The content: `data`, or what `address` answers. Call it outside of a transaction. Raises InvalidInput or DeliveryFailed."""
    if bool(data) == bool(address):
        ask = "Choose a file, or give an address: one of the two."
        raise InvalidInput(ask, {"file": [ask]})
    return data or fetched(address)


def add_source(wanted: Wanted, data: bytes, *, actor: Any, now: datetime, reason: str = "") -> CalendarSource:
    """A new calendar that waits to be brought in: `data` is what `obtained` gave. Nobody's duty changes yet.

    Raises NotAllowed, and InvalidInput for a calendar that cannot be used or a name that is taken.
    """
    _require(actor, wanted.schedule, wanted.person)
    source = CalendarSource(name=wanted.name.strip()[:120], schedule=wanted.schedule, person=wanted.person, active=False, made_by=actor)
    source.use = CalendarSource.Use.DUTY if wanted.schedule else CalendarSource.Use.ABSENCE
    source.refresh_every = _interval(wanted)
    if not source.name or CalendarSource.objects.filter(name=source.name).exists():
        words = "Give the calendar a name that no other one has."
        raise InvalidInput(words, {"name": [words]})
    look_at(source, data, now)
    with act("calendar_source.added", actor=actor, now=now, why=reason) as running:
        _wait(source, data, checked_address(wanted.address) if wanted.address else "", now)
        save_tracked(source, actor=actor, now=now, reason=reason)
        running.subject = source
    return source


def renew_source(source: CalendarSource, wanted: Wanted, data: bytes, *, actor: Any, now: datetime, reason: str = "") -> CalendarSource:
    """Another file or address for `source`, to be looked at and brought in; until then the copy in use stays in use."""
    _require(actor, source.schedule, source.person)
    look_at(source, data, now)
    with act("calendar_source.renewed", actor=actor, now=now, subject=source, why=reason):
        source = _locked(source)
        _wait(source, data, checked_address(wanted.address) if wanted.address else "", now)
        source.refresh_every = _interval(wanted)
        save_tracked(source, actor=actor, now=now, reason=reason)
    return source


def bring_in(source: CalendarSource, *, actor: Any, now: datetime, reason: str = "") -> Look:
    """Lets the copy that waits say who is on duty, from `now` on, and tells everybody whose duty changes.

    Raises NotAllowed, WrongState when none waits, and InvalidInput when it has nothing to say any more.
    """
    _require(actor, source.schedule, source.person)
    if not source.pending:
        raise WrongState("No copy of this calendar waits to be brought in: somebody was faster.")
    look = look_at(source, source.pending.encode(), now)
    with act("calendar.brought_in", actor=actor, now=now, subject=source, why=reason) as running:
        waited, source = source, _locked(source)
        if source.pending != waited.pending:
            raise WrongState("Another copy waits by now. Look at that one first.")
        source.content, source.address, source.active = source.pending, source.pending_address, True
        source.pending = source.pending_address = source.failure = ""
        source.pending_at = source.failed_at = None
        source.content_sha256 = hashlib.sha256(source.content.encode()).hexdigest()
        source.good_at, source.remarks, source.next_refresh_at = now, look.remarks, next_time(source, now)
        save_tracked(source, actor=actor, now=now, reason=reason)
        rows = write_rows(source, look, now, actor)
        told = tell_people(source, look.changes, now, reason, actor)
        running.details = {"new": len(rows.new), "ended": len(rows.ended), "kept": rows.kept, "told": told}
    return look


def discard(source: CalendarSource, *, actor: Any, now: datetime, reason: str = "") -> CalendarSource:
    """Forgets the copy that waits. What is in use stays in use."""
    _require(actor, source.schedule, source.person)
    with act("calendar_source.discarded", actor=actor, now=now, subject=source, why=reason):
        source = _locked(source)
        source.pending, source.pending_address, source.pending_at = "", "", None
        save_tracked(source, actor=actor, now=now, reason=reason)
    return source


def stop(source: CalendarSource, *, actor: Any, now: datetime, reason: str = "") -> CalendarSource:
    """Ends everything the calendar says from `now` on, and reads it no more. What it said of the past stays."""
    _require(actor, source.schedule, source.person)
    with act("calendar_source.stopped", actor=actor, now=now, subject=source, why=reason) as running:
        source = _locked(source)
        if not source.active:
            raise WrongState("The calendar is not in use.")
        source.active, source.next_refresh_at = False, None
        save_tracked(source, actor=actor, now=now, reason=reason)
        found = changes_without(source, now)
        standing = standing_duty(source, now) if source.use == CalendarSource.Use.DUTY else standing_absences(source, now)
        end_rows([stretch.pk for stretch in standing], source, now, actor)
        running.details = {"ended": len(standing), "told": tell_people(source, found, now, reason, actor)}
    return source


def read_again(source: CalendarSource, *, actor: Any, now: datetime, reason: str = "") -> CalendarSource:
    """Asks a worker to read the calendar's address now."""
    _require(actor, source.schedule, source.person)
    if not (source.active and source.address):
        raise WrongState("Only a calendar in use that has an address can be read again.")
    with act("calendar_source.read_again", actor=actor, now=now, subject=source, why=reason):
        CalendarSource.objects.filter(pk=source.pk).update(next_refresh_at=now)
        transaction.on_commit(lambda: async_task(TASK, source.pk, save=False))
    return source


def tell_people(source: CalendarSource, found: Iterable[Change], now: datetime, reason: str, actor: Any) -> list[str]:
    """Tells everybody who gets or loses duty by `source`, but whoever did it; their names."""
    why = f"The calendar {source.name} changed" + (f": {reason}" if reason else ".")
    title = f"{source.schedule}: your duty changes"
    return tell_changes(source, list(found), kind="duty.calendar", title=title, why=why, now=now, without=actor)


def next_time(source: CalendarSource, now: datetime) -> datetime:
    """When the calendar is due again: read from its address, or at least rolled forward."""
    return now + min(source.refresh_every or ROLL, ROLL)


def _wait(source: CalendarSource, data: bytes, address: str, now: datetime) -> None:
    source.pending, source.pending_address, source.pending_at = data.decode("utf-8-sig"), address, now


def _interval(wanted: Wanted) -> timedelta | None:
    every = wanted.refresh_every
    if every is None or not wanted.address:
        return None
    if not SHORTEST <= every <= LONGEST:
        words = "Read it again every 5 minutes to 7 days, or leave it empty."
        raise InvalidInput(words, {"refresh_every": [words]})
    return every


def _locked(source: CalendarSource) -> CalendarSource:
    return CalendarSource.objects.select_for_update(of=("self",)).get(pk=source.pk)


def _require(actor: Any, schedule: OnCallSchedule | None, person: User | None) -> None:
    if not may_import(actor, schedule, person):
        require(actor, RIGHT, schedule, to="bring in this calendar")
