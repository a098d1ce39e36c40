"""Hours on duty: what counts as what, whose figures one may see, and the files for payroll."""

from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.models import Team
from policies.oncall.fairness import Figures, Held, figures_of, mean, quarter_of
from policies.oncall.fairness_queries import hours_of, period_of
from portal.foundation.errors import InvalidInput
from tests.factories import policies as make
from tests.factories.portal import person

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HOURS = "admin:policies_dutyhours_changelist"


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo("Europe/Madrid")).astimezone(UTC)  # type: ignore[misc, arg-type]


def held(since: datetime, until: datetime, *holidays: date) -> Held:
    return Held(since, until, "Europe/Madrid", frozenset(holidays))


def test_a_weekend_on_call_is_counted_by_the_clocks_of_the_schedule() -> None:
    figures = figures_of([held(local(2026, 3, 6, 18), local(2026, 3, 9, 9), date(2026, 3, 8))])
    assert (figures.hours, figures.nights, figures.weekends, figures.holidays) == (63 * HOUR, 24 * HOUR, 48 * HOUR, 24 * HOUR)
    assert (figures.duties, figures.shortest_rest, figures.short_rests) == (1, None, 0)


def test_the_night_in_which_the_clocks_change_is_as_long_as_it_was() -> None:
    assert figures_of([held(local(2026, 3, 28, 22), local(2026, 3, 29, 6))]).nights == 7 * HOUR
    assert figures_of([held(local(2026, 10, 24, 22), local(2026, 10, 25, 6))]).nights == 9 * HOUR


def test_rest_is_counted_between_duties_and_short_under_eleven_hours() -> None:
    monday = local(2026, 3, 2, 9)
    figures = figures_of(
        [held(monday, monday + 8 * HOUR), held(monday + 8 * HOUR, monday + 9 * HOUR), held(monday + 20 * HOUR, monday + 24 * HOUR)]
    )
    assert (figures.duties, figures.shortest_rest, figures.short_rests) == (2, 11 * HOUR, 0)
    tighter = figures_of([held(monday, monday + 8 * HOUR), held(monday + 18 * HOUR, monday + 24 * HOUR)])
    assert (tighter.shortest_rest, tighter.short_rests) == (10 * HOUR, 1)


def test_two_schedules_at_once_are_one_duty() -> None:
    monday = local(2026, 3, 2, 9)
    figures = figures_of([held(monday, monday + 8 * HOUR), held(monday + 4 * HOUR, monday + 10 * HOUR), held(monday, monday + HOUR)])
    assert (figures.hours, figures.duties) == (10 * HOUR, 1)


spans = st.lists(st.tuples(st.integers(0, 24 * 40), st.integers(1, 90)), max_size=6)


@settings(max_examples=40, deadline=None)
@given(spans)
def test_no_kind_of_hour_is_longer_than_all_hours_and_an_instant_counts_once(parts: list[tuple[int, int]]) -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    figures = figures_of([held(start + begin * HOUR, start + (begin + long) * HOUR, date(2026, 3, 19)) for begin, long in parts])
    assert figures.hours == len({hour for begin, long in parts for hour in range(begin, begin + long)}) * HOUR
    assert max(figures.nights, figures.weekends, figures.holidays) <= figures.hours


def test_the_mean_of_nobody_and_of_two() -> None:
    assert mean([]) == Figures()
    both = mean([Figures(hours=2 * HOUR, duties=1, shortest_rest=9 * HOUR), Figures(hours=4 * HOUR, duties=3)])
    assert (both.hours, both.duties, both.shortest_rest) == (3 * HOUR, 2, 9 * HOUR)


def test_quarters_begin_and_end_with_their_months() -> None:
    assert quarter_of(date(2026, 11, 22)) == (date(2026, 10, 1), date(2026, 12, 31))
    assert quarter_of(date(2026, 3, 31)) == (date(2026, 1, 1), date(2026, 3, 31))


@pytest.mark.parametrize(("first", "last"), [(2, 1), (1, 500), (-20_000, 1), (1, 40_000)])
def test_a_period_that_nobody_can_mean_is_refused(first: int, last: int) -> None:
    day = date(2026, 1, 1)
    with pytest.raises(InvalidInput):
        period_of(day + first * DAY, day + last * DAY, "UTC")


@pytest.mark.django_db
def test_planned_and_held_differ_by_what_stood_in_and_the_past_never_changes(now: datetime) -> None:
    ana, tom = person("Ana"), person("Tom")
    rota = make.schedule(ana)
    make.override(rota, tom, now, now + 10 * HOUR)
    since, until = now - DAY, now + DAY
    then = hours_of([ana.pk, tom.pk], since, until, now + 2 * DAY)
    assert (then[ana.pk].planned, then[ana.pk].hours, then[tom.pk].hours) == (48 * HOUR, 38 * HOUR, 10 * HOUR)
    assert then[tom.pk].planned == timedelta(0)
    running = hours_of([ana.pk, tom.pk], since, until, now + 4 * HOUR)
    assert (running[tom.pk].hours, running[tom.pk].ahead) == (4 * HOUR, 6 * HOUR)
    make.override(rota, ana, now + 2 * DAY, now + 3 * DAY)
    assert hours_of([ana.pk, tom.pk], since, until, now + 3 * DAY) == then


@pytest.mark.django_db
def test_everybody_sees_their_own_hours_and_managers_a_team(client: Client) -> None:
    ana = person("Ana", roles=("responder",))
    team = Team.objects.create(name="Payments", time_zone="Europe/Madrid")
    team.members.add(ana)
    make.schedule(ana, person("=Tom"), team=team)
    client.force_login(ana)
    own = client.get(reverse(HOURS), {"first": "2026-01-01", "last": "2026-03-31"}).content.decode()
    assert "Your own hours on duty, 1 Jan 2026 to 31 Mar 2026 (UTC)." in own
    assert "=Tom" not in own
    assert client.get(reverse(HOURS), {"team": str(team.pk)}).status_code == 403
    assert client.get(reverse("duty-hours"), {"team": str(team.pk)}).status_code == 403
    client.force_login(person("Mia", roles=("manager",)))
    page = client.get(reverse(HOURS), {"team": str(team.pk), "first": "2026-01-01", "last": "2026-03-31"}).content.decode()
    assert "Payments: 2 people" in page
    assert "Mean" in page
    wrong: tuple[dict[str, str], ...] = ({"first": "x"}, {"first": "2026-01-02", "last": "2026-01-01"}, {"team": "999999"})
    for query in wrong:
        assert client.get(reverse(HOURS), query).status_code == 400
        assert client.get(reverse("duty-hours"), query).status_code == 400


@pytest.mark.django_db
def test_the_files_hold_numbers_and_no_formula(client: Client) -> None:
    team = Team.objects.create(name="Payments")
    make.schedule(person("=HYPERLINK(1)", username="tom"), team=team)
    client.force_login(person("Mia", roles=("manager",)))
    query = {"team": str(team.pk), "first": "2026-02-02", "last": "2026-02-08"}
    text = client.get(reverse("duty-hours"), {**query, "format": "csv"}).content.decode()
    assert text.splitlines()[1].startswith("'=HYPERLINK(1),tom,168")
    answer = client.get(reverse("duty-hours"), {**query, "format": "xlsx"})
    sheet = openpyxl.load_workbook(BytesIO(answer.content))["Hours on duty"]
    assert (sheet["A2"].value, sheet["A2"].data_type, sheet["C2"].value) == ("=HYPERLINK(1)", "s", 168)
    assert client.get(reverse("duty-hours"), {**query, "format": "exe"}).status_code == 400


@pytest.mark.django_db
def test_a_team_of_many_takes_the_same_queries(now: datetime) -> None:
    people = [person(f"P{number}") for number in range(5)]
    counts = []
    for some in (people[:1], people):
        make.schedule(*some)
        with CaptureQueriesContext(connection) as captured:
            hours_of([one.pk for one in some], now, now + DAY, now)
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 6
