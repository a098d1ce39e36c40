"""What the checks say about a schedule beyond the table of tests/policies/governance/test_checks.py."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from policies.decisions.rota import Layer, Plan, RotaPerson, RotaSnapshot, Unit
from policies.oncall.checks import check_schedule

SINCE = datetime(2026, 3, 1, tzinfo=UTC)
ANA, TOM, SOFIA = RotaPerson(1, "Ana"), RotaPerson(2, "Tom"), RotaPerson(3, "Sofia")
LINE = Layer("First line", date(2026, 1, 5), time(9), 1, Unit.WEEKS, (ANA, TOM))
BEGUN = datetime(2020, 1, 1, tzinfo=UTC)


def rota(*layers: Layer, zone: str = "UTC") -> RotaSnapshot:
    return RotaSnapshot("Payments", (Plan(BEGUN, zone, layers or (LINE,)),))


def said(of: RotaSnapshot, **known: Any) -> list[tuple[str, str]]:
    return [(finding.id, finding.text) for finding in check_schedule(of, SINCE, **known)]


def test_a_filled_rotation_has_no_gap_and_names_the_clock_change() -> None:
    [(check, text)] = said(rota(replace(LINE, handover_at=time(2, 30)), zone="Europe/Madrid"))
    assert check == "schedule.clock_change"
    assert "29 Mar 2026, 03:00 CEST" in text
    assert "1 h shorter" in text


def test_a_schedule_with_nobody_in_it_has_no_finding_here() -> None:
    assert said(RotaSnapshot("Payments")) == []


def test_the_shifts_of_somebody_who_left_are_gaps_and_only_the_first_are_listed() -> None:
    found = dict(said(rota(), gone={TOM.person_id}))
    assert found["schedule.left"] == "Tom stands in the rotation and can no longer sign in."
    assert found["coverage.gap"].startswith(
        "Without those who left, nobody is on duty from 01 Mar 2026, 00:00 UTC to 02 Mar 2026, 09:00 UTC"
    )
    assert found["coverage.gap"].endswith("and 2 more times (UTC).")


def test_people_who_only_learn_need_no_contact_point() -> None:
    learning = replace(LINE, name="Learning", people=(SOFIA,), shadow=True)
    assert said(rota(LINE, learning), unreachable={SOFIA.person_id}) == []


def test_a_schedule_that_ends_with_its_plan_has_a_gap_from_then_on() -> None:
    short = RotaSnapshot("Payments", (Plan(BEGUN, "UTC", (LINE,)), Plan(SINCE + timedelta(days=30), "UTC", ())))
    assert [check for check, _ in said(short)] == ["coverage.gap"]
