"""Who is on call for schedules, teams and services: the answer, the reason, and how little it costs."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from policies.decisions.rota import duty_at, slots
from policies.models import DutyAbsence, Holiday, HolidayCalendar, SchedulePlan, Service, Team
from policies.oncall.contents import content_of, contents_of
from policies.oncall.queries import NO_TIME, rota_of, rotas
from policies.oncall.who import following_the_sun, on_call_of_schedules, on_call_of_services, on_call_of_teams, plans_of_teams
from tests.factories import policies as make
from tests.factories.portal import person

pytestmark = pytest.mark.django_db

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BY_DAY = {"windows": [{"weekdays": 127, "starts": time(9), "ends": time(17)}]}


@pytest.fixture
def team() -> Team:
    return Team.objects.create(name="Payments")


def test_a_schedule_names_the_person_the_end_the_reason_and_who_stands_behind(now: Any) -> None:
    ana, tom, omar = person("Ana"), person("Tom"), person("Omar")
    rota = make.schedule(ana, tom, name="First line")
    make.override(rota, omar, now, now + 2 * HOUR, reason="Ana is at the dentist")
    found = on_call_of_schedules([rota], now + HOUR)[rota.pk]
    assert (found.person.name, found.schedule, found.until) == ("Omar", "First line", now + 2 * HOUR)  # type: ignore[union-attr]
    assert found.why == "Takes over."
    assert [(backup.person_id, backup.why) for backup in found.backups] == [(ana.pk, "On call by the rotation of First line.")]


def test_somebody_away_is_passed_over_and_said_so(now: Any) -> None:
    ana = person("Ana")
    rota = make.schedule(ana, name="First line")
    DutyAbsence.objects.create(person=ana, starts_at=now - DAY, ends_at=now + DAY, made_at=now - DAY)
    found = on_call_of_schedules([rota], now)[rota.pk]
    assert (found.person, found.until) == (None, now + DAY)
    assert found.why == "Nobody is on call in First line. Ana is away."


def test_a_teams_duty_follows_the_sun_and_returns_when_the_first_schedule_has_somebody_again(now: Any, team: Team) -> None:
    madrid = make.schedule(person("Ana"), name="Madrid", team=team, order=1, layers=[{**BY_DAY, "people": [person("Ana")]}])
    manila = make.schedule(person("Yuki"), name="Manila", team=team, order=2)
    noon, evening = on_call_of_teams([team], now + 3 * HOUR)[team.pk], on_call_of_teams([team], now + 9 * HOUR)[team.pk]
    assert (noon.schedule_id, noon.until) == (madrid.pk, now + 8 * HOUR)
    assert (evening.schedule_id, evening.until) == (manila.pk, now + DAY)
    assert evening.why == "On call by the rotation of First line. Nobody is on call in Madrid at this time."


def test_the_view_of_a_team_has_each_stretch_once_with_its_schedule(now: Any, team: Team) -> None:
    make.schedule(name="Madrid", team=team, order=1, layers=[{**BY_DAY, "people": [person("Ana")]}])
    make.schedule(name="Manila", team=team, order=2, layers=[{"starts_on": date(2026, 3, 3), "people": [person("Yuki")]}])
    view = following_the_sun(plans_of_teams([team.pk], now)[team.pk], now, now + 2 * DAY)
    assert [(slot.person.name if slot.person else "nobody", (slot.until - slot.since) // HOUR) for slot, _ in view] == [
        ("Ana", 8),
        ("nobody", 16),
        ("Ana", 8),
        ("Yuki", 16),
    ]
    assert [plan.name if plan else "" for _, plan in view] == ["Madrid", "", "Madrid", "Manila"]


def test_nobody_is_said_in_words(now: Any, team: Team) -> None:
    without_schedule = make.service("Mail", team=team)
    without_team = make.service("Print")
    found = on_call_of_services([without_schedule, without_team], now)
    assert found[without_schedule.pk].why == "Nobody is on call: the team Payments has no schedule."
    assert found[without_team.pk].why == "Nobody is on call: the service Print has no team."
    make.schedule(name="Madrid", team=team)
    assert on_call_of_teams([team], now)[team.pk].why == "Nobody is on call for the team Payments, not in Madrid."


def test_many_services_take_five_queries_whatever_they_use(now: Any) -> None:
    holidays = HolidayCalendar.objects.create(name="Spain")
    Holiday.objects.create(calendar=holidays, day=now.date(), name="Local feast")
    for number in range(6):
        team = Team.objects.create(name=f"Team {number}")
        rota = make.schedule(person("Ana"), person("Tom"), team=team)
        make.override(rota, person("Omar"), now, now + HOUR, instead_of=person("Ben"))
        draft = SchedulePlan.objects.create(schedule=rota, number=2, holiday_calendar=holidays)
        make.rota_layer(draft, 1, person("Sofia"), holidays="only")
        draft.state, draft.published_at, draft.effective_from, draft.content = "published", now, now, content_of(draft)
        draft.save()
        make.service(team=team)
    services = list(Service.objects.select_related("team"))
    with CaptureQueriesContext(connection) as captured:
        found = on_call_of_services(services, now + 2 * HOUR)
    assert len(captured) == 5
    assert {answer.person.name for answer in found.values() if answer.person} == {"Sofia"}


def test_looking_back_less_changes_no_answer(now: Any) -> None:
    ana, tom, omar = person("Ana"), person("Tom"), person("Omar")
    rota = make.schedule(ana, tom, zone="Australia/Lord_Howe")
    make.override(rota, omar, now - 3 * DAY, now + DAY, ended_at=now + HOUR)
    make.override(rota, omar, now - 3 * DAY, now - DAY)
    draft = SchedulePlan.objects.create(schedule=rota, number=2)
    make.rota_layer(draft, 1, tom, omar, unit="days")
    draft.state, draft.published_at, draft.effective_from = "published", now - 9 * DAY, now + 5 * DAY
    draft.content = content_of(draft)
    draft.save()
    narrow, wide = rotas([rota], now, back=NO_TIME)[rota.pk], rota_of(rota, now)
    assert len(narrow.overrides) < len(wide.overrides)
    assert slots(narrow, now, now + 30 * DAY) == slots(wide, now, now + 30 * DAY)
    found = on_call_of_schedules([rota], now)[rota.pk]
    assert found.until == duty_at(wide, now).until  # type: ignore[union-attr]


def test_a_plan_published_without_its_content_is_read_from_its_rows(now: Any) -> None:
    rota = make.schedule(person("Ana"))
    bare = make.schedule(name="Bare")
    draft = SchedulePlan.objects.create(schedule=bare, number=1)
    make.rota_layer(draft, 1, person("Tom"), windows=BY_DAY["windows"])
    SchedulePlan.objects.filter(pk=draft.pk).update(state="published", published_at=now - DAY, effective_from=now - DAY)
    found = on_call_of_schedules([rota, bare], now + HOUR)
    assert {answer.person.name for answer in found.values() if answer.person} == {"Ana", "Tom"}
    assert contents_of([draft.pk])[draft.pk]["layers"][0]["windows"] == [[127, "09:00:00", "17:00:00"]]


def test_a_question_about_long_ago_or_far_ahead_has_an_answer(now: Any) -> None:
    rota = make.schedule(person("Ana"))
    assert on_call_of_schedules([rota], datetime(1990, 1, 1, tzinfo=UTC))[rota.pk].person is None
    far = on_call_of_schedules([rota], datetime(2099, 1, 1, tzinfo=UTC))[rota.pk]
    assert (far.person.name, far.until) == ("Ana", datetime(2099, 1, 5, 9, tzinfo=UTC))  # type: ignore[union-attr]
