"""Holiday calendars: public holidays from the library `holidays`, and the organisation's own days. Past days never change."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from audit.events.services import act
from portal.foundation.access.checks import require
from portal.foundation.base_models import delete_tracked, save_tracked
from portal.foundation.errors import Conflict, InvalidInput, WrongState

from .models import EARLIEST, LATEST, Holiday, HolidayCalendar, SchedulePlan
from .stretches import refuse

# This year and the next two: as far ahead as anybody plans duty.
YEARS = 3
# Where a day begins first, its date is 14 hours ahead of UTC.
FIRST_ZONE = timedelta(hours=14)
PAST = "This day is over or has begun somewhere: who was on duty stays as it was. Choose a day from tomorrow on."


def make_calendar(name: str, *, country: str = "", subdivision: str = "", actor: Any, now: datetime, reason: str = "") -> HolidayCalendar:
    """A calendar with the public holidays of `country` (ISO 3166) for this year and the next two; without a country, an empty one.

    Raises NotAllowed, InvalidInput for a place that the library does not know, and Conflict for a name that is taken.
    """
    require(actor, "policies.add_holidaycalendar", to="make a holiday calendar")
    if not name.strip():
        refuse("A calendar has a name, such as Spain, Madrid.", "name")
    made = HolidayCalendar(name=name.strip()[:120], country=country.strip().upper(), subdivision=subdivision.strip())
    known = public_days(made.country, made.subdivision, _years(now))
    with act("holiday_calendar.made", actor=actor, now=now, why=reason) as running:
        try:
            with transaction.atomic():
                save_tracked(made, actor=actor, now=now, reason=reason)
        except IntegrityError:
            raise Conflict(f"There is a calendar {made.name} already.") from None
        running.subject = made
        # Nobody plans with it yet, so its past changes nobody's.
        added = _add(made, known, date.min, actor, now)
        running.details = {"added": len(added)}
    return made


def fill_calendar(calendar: HolidayCalendar, *, actor: Any, now: datetime, reason: str = "") -> tuple[int, int]:
    """Makes the public holidays from tomorrow on those that the library knows; how many days came and went. Own days stay.

    Raises NotAllowed, and InvalidInput for a place that the library does not know.
    """
    require(actor, "policies.change_holidaycalendar", calendar, to="fill this calendar")
    known = public_days(calendar.country, calendar.subdivision, _years(now))
    with act("holiday_calendar.filled", actor=actor, now=now, subject=calendar, why=reason) as running:
        calendar = HolidayCalendar.objects.select_for_update(of=("self",)).get(pk=calendar.pk)
        came = _add(calendar, known, _last_begun(now), actor, now)
        ahead = Holiday.objects.filter(calendar=calendar, origin=Holiday.Origin.PUBLIC, day__gt=_last_begun(now))
        gone = [day for day in ahead.filter(day__year__in=_years(now)) if day.day not in known]
        for day in gone:
            delete_tracked(day, actor=actor, now=now, reason=reason)
        running.details = {"added": len(came), "removed": [f"{day.day}" for day in gone]}
        if not came and not gone:
            running.nothing_happened()
    return len(came), len(gone)


def fill_ahead(*, now: datetime) -> int:
    """Fills the years that calendars of countries do not have yet; how many days came. Years that people went over stay as they are."""
    came = 0
    for calendar in HolidayCalendar.objects.exclude(country=""):
        there = Holiday.objects.filter(calendar=calendar, origin=Holiday.Origin.PUBLIC)
        years = [year for year in _years(now) if not there.filter(day__year=year).exists()]
        try:
            known = public_days(calendar.country, calendar.subdivision, years)
        except InvalidInput:
            # A place that a new release of the library no longer knows keeps the days it has.
            continue
        if not any(day > _last_begun(now) for day in known):
            continue
        with act("holiday_calendar.filled", actor=None, now=now, subject=calendar, why="A new year has come into sight.") as running:
            calendar = HolidayCalendar.objects.select_for_update(of=("self",)).get(pk=calendar.pk)
            added = _add(calendar, known, _last_begun(now), None, now)
            running.details = {"added": len(added)}
            came += len(added)
    return came


def add_day(calendar: HolidayCalendar, *, day: date, name: str, actor: Any, now: datetime, reason: str = "") -> Holiday:
    """Adds a day of the organisation's own. Raises NotAllowed, InvalidInput for a day in the past, Conflict for one that is there."""
    require(actor, "policies.add_holiday", calendar, to="add a holiday")
    if not name.strip():
        refuse("A holiday has a name.", "name")
    if not EARLIEST <= day <= LATEST:
        refuse(f"Choose a day between {EARLIEST.year} and {LATEST.year}.", "day")
    if day <= _last_begun(now) and in_use(calendar):
        refuse(PAST, "day")
    with act("holiday.added", actor=actor, now=now, why=reason) as running:
        calendar = HolidayCalendar.objects.select_for_update(of=("self",)).get(pk=calendar.pk)
        there = Holiday.objects.filter(calendar=calendar, day=day).first()
        if there is not None:
            raise Conflict(f"{there} is in {calendar} already.")
        made = Holiday(calendar=calendar, day=day, name=name.strip()[:150], origin=Holiday.Origin.OWN)
        save_tracked(made, actor=actor, now=now, reason=reason)
        running.subject = made
    return made


def remove_day(holiday: Holiday, *, actor: Any, now: datetime, reason: str = "") -> None:
    """Takes a day out, public or own. Raises NotAllowed, and WrongState for a day in the past of a calendar that plans use."""
    require(actor, "policies.delete_holiday", holiday, to="remove a holiday")
    if holiday.day <= _last_begun(now) and in_use(holiday.calendar):
        raise WrongState(PAST)
    with act("holiday.removed", actor=actor, now=now, subject=holiday.calendar, why=reason) as running:
        running.details = {"day": holiday.day.isoformat(), "name": holiday.name}
        delete_tracked(holiday, actor=actor, now=now, reason=reason)


def in_use(calendar: HolidayCalendar) -> bool:
    """Whether a plan that was published goes by this calendar."""
    return SchedulePlan.objects.filter(holiday_calendar=calendar).exclude(state=SchedulePlan.State.DRAFT).exists()


def public_days(country: str, subdivision: str, years: Iterable[int]) -> dict[date, str]:
    """The public holidays of a place by day; none without a country. Raises InvalidInput for a place that the library does not know."""
    wanted = list(years)
    if not country or not wanted:
        return {}
    # Years of every country: loaded once a week, so not in every process.
    import holidays

    try:
        # In English where the library can, since the portal speaks it.
        found = holidays.country_holidays(country, subdiv=subdivision or None, years=wanted, language=_language(country))
    except NotImplementedError:
        parts = holidays.list_supported_countries().get(country)
        if parts is None:
            refuse(f"'{country}' is no country whose holidays are known. Use its code of two letters, such as ES.", "country")
        refuse(f"'{subdivision}' is no part of {country}. Use one of {', '.join(parts or ['none'])}.", "subdivision")
    return {day: name[:150] for day, name in sorted(found.items())}


def _language(country: str) -> str | None:
    import holidays

    return next((one for one in ("en_GB", "en_US") if one in holidays.list_localized_countries().get(country, [])), None)


def _years(now: datetime) -> list[int]:
    return list(range(now.year, now.year + YEARS))


def _last_begun(now: datetime) -> date:
    """The latest day that has begun anywhere."""
    return (now + FIRST_ZONE).date()


def _add(calendar: HolidayCalendar, known: dict[date, str], after: date, actor: Any, now: datetime) -> list[Holiday]:
    """The days of `known` after `after` that are not there yet."""
    there = set(Holiday.objects.filter(calendar=calendar).values_list("day", flat=True))
    return list(_saved(calendar, {day: name for day, name in known.items() if day > after and day not in there}, actor, now))


def _saved(calendar: HolidayCalendar, days: dict[date, str], actor: Any, now: datetime) -> Iterator[Holiday]:
    for day, name in days.items():
        row = Holiday(calendar=calendar, day=day, name=name, origin=Holiday.Origin.PUBLIC)
        save_tracked(row, actor=actor, now=now, reason="Public holidays of the library.")
        yield row
