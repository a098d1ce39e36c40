"""Holiday calendars: filled from the library, edited by people, never in the past."""

from datetime import date, timedelta
from typing import Any

import pytest

from policies.models import Holiday, HolidayCalendar, SchedulePlan
from policies.oncall.holidays import add_day, fill_ahead, fill_calendar, make_calendar, remove_day
from portal.foundation.errors import Conflict, InvalidInput, NotAllowed, WrongState
from portal.models import User
from tests.factories import policies as make
from tests.factories.portal import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def mia() -> User:
    return person("Mia", roles=("manager",))


@pytest.fixture
def madrid(mia: User, now: Any) -> HolidayCalendar:
    return make_calendar("Madrid", country="es", subdivision="MD", actor=mia, now=now)


def used(calendar: HolidayCalendar) -> None:
    """A published plan goes by `calendar`."""
    draft = SchedulePlan.objects.create(schedule=make.schedule(), number=1, holiday_calendar=calendar)
    make.rota_layer(draft, 1, person("Ana"), holidays="not")
    draft.state, draft.published_at, draft.effective_from = "published", make.PLANNED, make.PLANNED
    draft.save()


def test_a_calendar_has_the_public_holidays_of_three_years_in_english(madrid: HolidayCalendar, mia: User) -> None:
    assert madrid.days.get(day=date(2026, 5, 2)).name == "Madrid Day"
    assert set(madrid.days.values_list("day__year", flat=True)) == {2026, 2027, 2028}
    assert Holiday.history.filter(calendar_id=madrid.pk, history_user=mia).count() == madrid.days.count()


@pytest.mark.parametrize(
    ("place", "field", "says"),
    [
        ({"country": "XX"}, "country", "'XX' is no country"),
        ({"country": "ES", "subdivision": "Mars"}, "subdivision", "'Mars' is no part of ES. Use one of AN,"),
    ],
)
def test_a_place_that_nobody_knows_is_refused_and_nothing_is_made(mia: User, now: Any, place: Any, field: str, says: str) -> None:
    with pytest.raises(InvalidInput, match=says) as refused:
        make_calendar("Nowhere", actor=mia, now=now, **place)
    assert list(refused.value.fields) == [field]
    assert HolidayCalendar.objects.count() == 0


def test_a_name_that_is_taken_and_people_who_may_not_are_refused(madrid: HolidayCalendar, mia: User, now: Any) -> None:
    with pytest.raises(Conflict, match="a calendar Madrid already"):
        make_calendar("Madrid", actor=mia, now=now)
    ana = person("Ana")
    with pytest.raises(NotAllowed):
        make_calendar("Mine", actor=ana, now=now)
    with pytest.raises(NotAllowed):
        add_day(madrid, day=date(2026, 9, 9), name="Mine", actor=ana, now=now)


def test_own_days_come_and_go_and_filling_again_puts_right_only_public_days_ahead(madrid: HolidayCalendar, mia: User, now: Any) -> None:
    own = add_day(madrid, day=date(2026, 9, 9), name="Our birthday", actor=mia, now=now)
    with pytest.raises(Conflict, match="Our birthday is in Madrid already"):
        add_day(madrid, day=own.day, name="Again", actor=mia, now=now)
    remove_day(madrid.days.get(day=date(2026, 5, 1)), actor=mia, now=now, reason="We work")
    Holiday.objects.create(calendar=madrid, day=date(2026, 7, 7), name="Gone from the law", origin="public")
    assert fill_calendar(madrid, actor=mia, now=now) == (1, 1)
    assert madrid.days.filter(day=own.day).exists()
    assert fill_calendar(madrid, actor=mia, now=now) == (0, 0)


def test_a_new_year_comes_by_itself_and_what_people_took_out_stays_out(madrid: HolidayCalendar, mia: User, now: Any) -> None:
    remove_day(madrid.days.get(day=date(2028, 5, 1)), actor=mia, now=now)
    assert fill_ahead(now=now) == 0
    assert fill_ahead(now=now + timedelta(days=365)) == madrid.days.filter(day__year=2029).count() > 8
    assert not madrid.days.filter(day=date(2028, 5, 1)).exists()


def test_the_past_of_a_calendar_that_plans_use_stays(madrid: HolidayCalendar, mia: User, now: Any) -> None:
    used(madrid)
    with pytest.raises(WrongState, match="who was on duty stays as it was"):
        remove_day(madrid.days.get(day=date(2026, 1, 6)), actor=mia, now=now)
    for day in (now.date(), now.date() - timedelta(days=1)):
        with pytest.raises(InvalidInput, match="who was on duty stays as it was"):
            add_day(madrid, day=day, name="Too late", actor=mia, now=now)
    assert add_day(madrid, day=now.date() + timedelta(days=1), name="In time", actor=mia, now=now)
    Holiday.objects.filter(day=date(2026, 1, 6)).delete()
    assert fill_calendar(madrid, actor=mia, now=now) == (0, 0)
