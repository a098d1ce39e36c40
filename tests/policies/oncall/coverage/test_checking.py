"""Checking the duty ahead: what is found, how it is kept, and when it is looked at again."""

from datetime import time, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client, TestCase
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.admin.coverage import PAGE
from policies.models import CoverageFinding, CoverageRun, DutyAbsence, OnCallSchedule, ScheduleCoverage, Team
from policies.oncall.coverage.checking import carry_out, changed_since, check_when_due, out_of_date, request_check
from policies.oncall.coverage.findings import Kind, joined, overlap, without
from policies.oncall.coverage.words import finding_in_words
from portal.foundation.errors import NotAllowed, WrongState
from portal.models import User
from tests.factories import policies as make
from tests.factories.portal import contact, person

pytestmark = pytest.mark.django_db

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BY_DAY = [{"weekdays": 127, "starts": time(9), "ends": time(17)}]
BY_NIGHT = [{"weekdays": 127, "starts": time(17), "ends": time(9)}]


def reached(name: str) -> User:
    made = person(name)
    contact(made)
    return made


def checked(now: Any) -> CoverageRun:
    run = carry_out(CoverageRun.objects.create(requested_at=now).pk, now=now)
    assert run is not None
    assert run.state == "done", run.failure
    return run


def kinds() -> list[str]:
    return list(CoverageFinding.objects.values_list("kind", flat=True))


def test_a_filled_schedule_of_people_who_can_be_reached_has_nothing(now: Any) -> None:
    rota = make.schedule(reached("Ana"), reached("Tom"))
    run = checked(now)
    assert (run.processed, run.total, kinds()) == (1, 1, [])
    standing = ScheduleCoverage.objects.get(schedule=rota)
    assert (standing.problems, standing.uncovered, standing.computed_at) == (0, timedelta(0), now)


def test_a_gap_is_found_with_its_times_and_how_long_they_are(now: Any) -> None:
    rota = make.schedule(name="Days", layers=[{"windows": BY_DAY, "people": [reached("Ana")]}])
    checked(now)
    (finding,) = CoverageFinding.objects.all()
    assert (finding.kind, finding.schedule_id, finding.times, finding.lasts) == ("gap", rota.pk, 90, 90 * 16 * HOUR)
    assert len(finding.stretches) == 20
    assert finding_in_words(finding) == (
        "Nobody is on duty in Days: 90 times, 60 d together, first 2 Mar 2026, 17:00 UTC to 3 Mar 2026, 09:00 UTC."
    )


def test_schedules_of_a_team_fill_each_others_gaps_and_what_is_left_is_the_teams(now: Any) -> None:
    team = Team.objects.create(name="Payments")
    make.service(team=team)
    make.schedule(name="Madrid", team=team, layers=[{"windows": BY_DAY, "people": [reached("Ana")]}])
    night = make.schedule(name="Manila", team=team, order=2, layers=[{"windows": BY_NIGHT, "people": [reached("Yuki")]}])
    checked(now)
    assert kinds() == ["covered_gap", "covered_gap"]
    DutyAbsence.objects.create(person=User.objects.get(display_name="Yuki"), starts_at=now, ends_at=now + DAY, made_at=now)
    checked(now)
    worst = CoverageFinding.objects.all()[0]
    assert (worst.kind, worst.team_id, worst.lasts, worst.services) == ("team_gap", team.pk, 16 * HOUR, 1)
    assert ScheduleCoverage.objects.get(schedule=night).uncovered == 16 * HOUR


def test_people_whom_nothing_reaches_and_people_who_left_are_named_once(now: Any) -> None:
    gone, deaf, mail, new, old = reached("Gone"), person("Deaf"), person("Mail"), person("New"), person("Old")
    contact(mail, "mail@example.com", channel="email")
    contact(new, verified=False)
    contact(old, verified=False, verified_at=now - 300 * DAY, verified_until=now - DAY)
    make.schedule(gone, deaf, mail, new, old, reached("Ana"))
    User.objects.filter(pk=gone.pk).update(is_active=False)
    checked(now)
    found = CoverageFinding.objects.values_list("kind", "person__display_name")
    assert list(found) == [
        ("left", "Gone"),
        ("unreachable", "Deaf"),
        ("only_email", "Mail"),
        ("unverified", "New"),
        ("expired", "Old"),
    ]


def test_the_same_person_in_two_schedules_at_once_is_a_double_booking(now: Any) -> None:
    ana, tom = reached("Ana"), reached("Tom")
    one, other = make.schedule(ana, tom), make.schedule(tom, ana)
    make.override(other, ana, now, now + 2 * HOUR)
    checked(now)
    (finding,) = CoverageFinding.objects.all()
    assert (finding.kind, finding.person_id, finding.schedule_id, finding.other_id) == ("double", ana.pk, one.pk, other.pk)
    assert (finding.times, finding.lasts) == (1, 2 * HOUR)


def test_somebody_away_with_a_stand_in_is_a_note(now: Any) -> None:
    ana = reached("Ana")
    make.schedule(layers=[{"name": "Second line", "people": [reached("Tom")]}, {"people": [ana]}])
    DutyAbsence.objects.create(person=ana, starts_at=now + DAY, ends_at=now + 2 * DAY, made_at=now)
    checked(now)
    (finding,) = CoverageFinding.objects.all()
    assert (finding.kind, finding.person_id, finding.lasts) == ("absent", ana.pk, DAY)


def test_a_service_without_a_team_and_a_team_without_a_schedule_are_the_worst(now: Any) -> None:
    make.service("Print")
    make.service("Mail", team=Team.objects.create(name="Office"))
    make.schedule(name="Empty")
    checked(now)
    assert kinds() == ["no_duty", "no_duty", "gap"]
    assert {finding_in_words(found) for found in CoverageFinding.objects.filter(kind="no_duty")} == {
        "Print has no team, so nobody is on call for it.",
        "Office has no schedule.",
    }


def test_a_check_is_asked_for_by_right_and_once_at_a_time(now: Any) -> None:
    with pytest.raises(NotAllowed):
        request_check(actor=person("Rita", roles=("responder",)), now=now)
    manager = person("Mia", roles=("manager",))
    run = request_check(actor=manager, now=now)
    with pytest.raises(WrongState, match="under way"):
        request_check(actor=manager, now=now + timedelta(minutes=1))
    assert carry_out(run.pk, now=now) is not None
    assert carry_out(run.pk, now=now) is None


def test_the_sweep_looks_once_a_night_and_after_a_change(now: Any) -> None:
    rota = make.schedule(reached("Ana"))
    assert check_when_due(now=now) is not None
    assert check_when_due(now=now + HOUR) is None
    assert not out_of_date().exists()
    make.override(rota, reached("Tom"), now + 2 * HOUR, now + 3 * HOUR)
    assert changed_since(now)
    assert list(out_of_date()) == [rota]
    assert check_when_due(now=now + 2 * HOUR + HOUR) is not None
    assert check_when_due(now=now + 4 * HOUR) is None
    assert check_when_due(now=now + DAY) is not None


def test_a_failed_check_says_so_and_keeps_what_was_found(now: Any, monkeypatch: Any) -> None:
    make.schedule(name="Empty")
    checked(now)
    monkeypatch.setattr("policies.oncall.coverage.checking.planned", lambda *args, **kwargs: 1 / 0)
    run = carry_out(CoverageRun.objects.create(requested_at=now).pk, now=now)
    assert (run.state, run.failure, kinds()) == ("failed", "ZeroDivisionError: division by zero", ["gap"])  # type: ignore[union-attr]


def test_the_command_says_the_worst_and_tells_by_its_status(capsys: Any) -> None:
    make.schedule(name="Empty\x1b[2J")
    out = StringIO()
    with pytest.raises(SystemExit, match="1"):
        call_command("check_coverage", stdout=out)
    assert "1 schedule looked at, 1 finding." in out.getvalue()
    assert "\x1b" not in out.getvalue()


def test_the_page_lists_the_worst_first_and_its_queries_do_not_grow(client: Client, now: Any) -> None:
    client.force_login(person("Mia", roles=("manager",)))
    empty = make.schedule(name="Empty <b>")
    checked(now)
    page = client.get(reverse(PAGE))
    assert "Nobody is on duty in Empty &lt;b&gt;" in page.content.decode()
    with TestCase().assertNumQueries(_queries(client)):
        client.get(reverse(PAGE))
    for _ in range(4):
        make.schedule()
    expected = _queries(client)
    checked(now)
    assert _queries(client) == expected
    detail = client.get(reverse("admin:policies_coveragefinding_change", args=[CoverageFinding.objects.get(schedule=empty).pk]))
    assert "Show this day" in detail.content.decode()
    past = client.get(reverse("admin:policies_coveragefinding_history", args=[CoverageFinding.objects.first().pk]))  # type: ignore[union-attr]
    assert past.status_code == 302
    for query in ("?is=problem", "?team=1", "?team=%00", "?is=%00", "?q=Empty"):
        assert client.get(reverse(PAGE) + query).status_code in (200, 302)
    client.post(reverse("admin:policies_coveragefinding_check"))
    waiting = client.get(reverse(PAGE)).content.decode()
    assert "A check is under way" in waiting
    assert "Check now" not in waiting
    CoverageRun.objects.update(requested_at=now - DAY)
    stopped = client.get(reverse(PAGE)).content.decode()
    assert "stopped before it was finished" in stopped
    assert "Check now" in stopped


def test_who_may_not_ask_for_a_check_has_no_button_and_no_door(client: Client) -> None:
    client.force_login(person("Rita", roles=("responder",)))
    assert "Check now" not in client.get(reverse(PAGE)).content.decode()
    assert client.post(reverse("admin:policies_coveragefinding_check")).status_code == 403
    client.force_login(person("Nobody"))
    assert client.get(reverse(PAGE)).status_code == 403


def _queries(client: Client) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        client.get(reverse(PAGE))
    return len(captured)


spans = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 10)), max_size=6)


@settings(max_examples=40, deadline=None)
@given(spans, spans)
def test_times_are_cut_and_put_together_as_sets_of_hours(one: list[Any], other: list[Any]) -> None:
    def hours(times: list[Any]) -> set[int]:
        return {hour for begin, end in times for hour in range(begin, end)}

    first, second = (joined([(begin, begin + length) for begin, length in times]) for times in (one, other))
    assert hours(first) == hours([(begin, begin + length) for begin, length in one])
    assert hours(overlap(first, second)) == hours(first) & hours(second)
    assert hours(without(first, second)) == hours(first) - hours(second)


def test_every_kind_has_words(now: Any) -> None:
    ana, rota = person("Ana"), OnCallSchedule.objects.create(name="Madrid")
    told = {
        finding_in_words(CoverageFinding(kind=kind.value, weight=1, schedule=rota, other=rota, person=ana, team=Team(name="Payments")))
        for kind in Kind
    }
    assert len(told) == len(Kind)
