"""The page of a schedule: now and next, the month, the week and the table, for readers near and far."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from policies.models import DutyAbsence, Holiday, HolidayCalendar, OnCallSchedule, SchedulePlan
from portal.foundation import clock
from portal.models import User
from tests.factories import policies as make
from tests.factories.portal import person

from .forms import as_

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _time(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    monkeypatch.setattr(clock, "now", lambda: now)


@pytest.fixture
def ana() -> User:
    return person("Ana Ruiz", roles=("responder",))


@pytest.fixture
def tom() -> User:
    return person("Tom Berg", roles=("responder",))


@pytest.fixture
def rota(ana: User, tom: User) -> OnCallSchedule:
    """Weekly from Monday 5 January 2026 at 09:00 in Madrid: Ana, Tom, Ana …"""
    return make.schedule(ana, tom, name="Payments", zone="Europe/Madrid")


def page(schedule: OnCallSchedule, **query: str) -> tuple[str, dict[str, str]]:
    return reverse("admin:policies_oncallschedule_change", args=[schedule.pk]), query


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def shown(client: Client, schedule: OnCallSchedule, **query: str) -> str:
    return text(client.get(*page(schedule, **query)))


def test_now_and_next_stand_on_top_with_why(rota: OnCallSchedule, ana: User) -> None:
    told = shown(as_(ana), rota)
    assert "Ana Ruiz is on call until" in told
    assert "On call by the rotation of First line." in told
    assert told.index("Now and next") < told.index("March 2026")


def test_the_month_shows_each_day_in_the_zone_of_the_schedule(rota: OnCallSchedule) -> None:
    reader = as_(person("Kiran Kolkata", roles=("responder",), time_zone="Asia/Kolkata"))
    told = shown(reader, rota)
    assert "Days and hours are those of Europe/Madrid. Yours, in Asia/Kolkata, stand with each slot." in told
    assert "00:00–09:00" in told
    assert "Mon 2 Mar 2026, 09:00 to Mon 9 Mar 2026, 09:00 CET" in told
    assert "Mon 2 Mar 2026, 13:30 to Mon 9 Mar 2026, 13:30 IST" in told
    assert "The clocks go forward: this day is 1 h shorter." in told
    assert " style=" not in told[told.index('id="calendar"') : told.index("standing-heading")]


def test_a_gap_is_told_with_a_word_and_a_sign(ana: User) -> None:
    office = {"people": (ana,), "windows": ({"weekdays": 31, "starts": time(9), "ends": time(17)},)}
    rota = make.schedule(name="Office", layers=(office,))
    for view in ("month", "week", "table"):
        told = shown(as_(ana), rota, view=view)
        assert "duty-gap-sign" in told
        assert "Nobody</span>" in told
    assert "Nobody is on duty at times shown in red." in shown(as_(ana), rota)


def test_why_names_overrides_absences_people_who_learn_and_holidays(rota: OnCallSchedule, ana: User, tom: User, now: datetime) -> None:
    nia, calendar = person("Nia New"), HolidayCalendar.objects.create(name="Spain")
    Holiday.objects.create(calendar=calendar, day=date(2026, 3, 19), name="San José")
    plan = SchedulePlan.objects.create(schedule=rota, number=2, time_zone="Europe/Madrid", holiday_calendar=calendar)
    make.rota_layer(plan, 1, ana, tom)
    make.rota_layer(plan, 2, nia, name="Learning", shadow=True)
    plan.state, plan.published_at, plan.effective_from = "published", now - DAY, now - DAY
    plan.save()
    make.override(rota, tom, now + DAY, now + 2 * DAY, made_at=now, reason="Dentist", instead_of=ana)
    DutyAbsence.objects.create(person=tom, starts_at=now + 8 * DAY, ends_at=now + 9 * DAY, made_at=now)
    told = shown(as_(ana), rota)
    for words in ("Takes over for Ana Ruiz.", "Tom Berg is away.", "San José", "Nia New", "Learning", "Away: Tom Berg (on leave)"):
        assert words in told, words
    assert "Dentist" in told[told.index("Overrides, swaps and cover") :]


def test_other_dates_are_a_link_away(rota: OnCallSchedule, ana: User) -> None:
    client = as_(ana)
    assert "April 2026" in shown(client, rota, view="month", on="2026-04-15")
    week = shown(client, rota, view="week", on="2026-04-15")
    assert "13 to 19 Apr 2026" in week
    assert "view=week&amp;on=2026-04-12" in week
    assert "view=week&amp;on=2026-04-20" in week
    table = shown(client, rota, view="table", **{"from": "2026-03-01", "to": "2026-05-31"})
    assert "1 Mar to 31 May 2026" in table
    assert "Mon 2 Mar 2026, 09:00 to Mon 9 Mar 2026, 09:00 CET" in table


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"on": "yesterday"}, "is no day. Write it as 2026-03-02."),
        ({"on": "9999-12-31"}, "out of reach. Choose a day from 1990 to 2100."),
        ({"view": "week", "on": "0001-01-01"}, "out of reach"),
        ({"view": "table", "from": "2026-01-01", "to": "2028-01-01"}, "At most 400 are shown at once"),
        ({"view": "table", "from": "2026-03-02", "to": "2026-03-01"}, "The last day is before the first."),
        ({"view": "table", "from": "<b>", "to": "%00"}, "&lt;b&gt;"),
    ],
)
def test_a_period_that_cannot_be_is_told(rota: OnCallSchedule, ana: User, query: dict[str, str], told: str) -> None:
    answer = as_(ana).get(*page(rota, **query))
    assert answer.status_code == 400
    assert told in text(answer)


@pytest.mark.parametrize("on", ["1990-01-01", "2100-01-01", "2026-10-25"])
@pytest.mark.parametrize("view", ["month", "week", "table", "nonsense"])
def test_the_edges_of_the_calendar_and_of_summer_time_answer(rota: OnCallSchedule, ana: User, view: str, on: str) -> None:
    assert as_(ana).get(*page(rota, view=view, on=on)).status_code == 200


def test_the_queries_do_not_grow_with_people_layers_and_overrides(rota: OnCallSchedule, ana: User, now: datetime) -> None:
    client = as_(ana)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(*page(rota))
        return len(captured)

    queries()
    few = queries()
    layers = [{"people": [person(f"Person {line} {place}") for place in range(3)], "name": f"Line {line}"} for line in range(4)]
    rota = make.schedule(name="Bigger", layers=layers)
    for step in range(1, 6):
        make.override(rota, ana, now + step * DAY, now + step * DAY + timedelta(hours=2), made_at=now)
    assert queries() == few


def test_an_empty_schedule_teaches(ana: User) -> None:
    told = shown(as_(ana), make.schedule(name="New"))
    assert "Nobody is on call." in told
    assert "No plan was published yet" in told


def test_a_stranger_to_the_schedule_reads_it_and_cannot_replace_anybody(rota: OnCallSchedule) -> None:
    told = shown(as_(person("Alma", roles=("auditor",))), rota)
    assert "/override/?" not in told
    assert as_(person("Stan", roles=("stakeholder",))).get(*page(rota)).status_code in {302, 403}


def test_html_in_a_reason_is_shown_as_text(rota: OnCallSchedule, ana: User, tom: User, now: datetime) -> None:
    make.override(rota, tom, now + DAY, now + 2 * DAY, made_at=now, reason="<script>alert(1)</script>")
    told = shown(as_(ana), rota)
    assert "<script>alert(1)" not in told
    assert "&lt;script&gt;alert(1)" in told


def test_a_team_sees_its_schedules_taken_together(ana: User, tom: User) -> None:
    team = make.Team.objects.create(name="Follow the sun", time_zone="UTC")
    day = {"people": (ana,), "windows": ({"weekdays": 127, "starts": time(8), "ends": time(20)},)}
    night = {"people": (tom,), "windows": ({"weekdays": 127, "starts": time(20), "ends": time(6)},)}
    make.schedule(name="Madrid", layers=(day,), team=team, order=1)
    make.schedule(name="Sydney", layers=(night,), team=team, order=2)
    client = as_(ana)
    told = text(client.get(reverse("admin:policies_team_duty", args=[team.pk])))
    assert "Ana Ruiz is on call for Follow the sun now, by Madrid." in told
    assert told.index("Madrid") < told.index("Sydney")
    assert "Nobody: Tue 3 Mar 2026, 06:00 to 08:00 UTC" in told
    assert "Ana Ruiz</strong> until" in text(client.get(reverse("admin:policies_team_change", args=[team.pk])))
    service = make.service("Card payments", team=team)
    assert "Ana Ruiz</strong> until" in text(client.get(reverse("admin:policies_service_change", args=[service.pk])))
    wrong = client.get(reverse("admin:policies_team_duty", args=[team.pk]), {"from": "2026-01-01", "to": "9999-12-31"})
    assert wrong.status_code == 400
    assert client.get(reverse("admin:policies_team_duty", args=[team.pk + 1])).status_code == 404


def test_the_past_is_shown_as_it_was(rota: OnCallSchedule, ana: User) -> None:
    told = shown(as_(ana), rota, view="table", **{"from": "2026-01-05", "to": "2026-01-06"})
    assert "Mon 5 Jan 2026, 09:00" in told
