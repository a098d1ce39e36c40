"""Times to resolve, frequency and recurrence, held against slow formulas over the same facts."""

import statistics
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.metrics import resolution_definitions as definitions
from reports.metrics.incidents import COLUMNS, Incidents
from reports.metrics.levels import NEVER, SECOND
from reports.metrics.moments import microseconds

START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
DAY = 86_400


@dataclass(frozen=True)
class Case:
    """Seconds after the start of the period."""

    opened: int
    resolved: int | None = None
    service: int = 1


def incidents(cases: list[Case], known_until: int = 200 * DAY) -> Incidents:
    base = microseconds(START)
    columns = {name: np.zeros(len(cases), dtype=np.int64) for name in COLUMNS}
    columns |= {
        "key": np.arange(len(cases), dtype=np.int64),
        "opened": np.array([base + case.opened * SECOND for case in cases], dtype=np.int64),
        "resolved": np.array([NEVER if case.resolved is None else base + case.resolved * SECOND for case in cases], dtype=np.int64),
        "service": np.array([case.service for case in cases], dtype=np.int64),
    }
    return Incidents(**columns, known_until=base + known_until * SECOND, names={"service": {1: "Payments", 2: "Mail"}})


def back(cases: list[Case], earlier: list[Case] | None = None) -> dict[str, Any]:
    own, before = incidents(cases), incidents(earlier or [])
    others = ((each.service, each.opened, each.resolved) for each in (before, own))
    return definitions.recurrence(definitions.returns(own.service, own.opened, others))


cases = st.lists(
    st.builds(Case, st.integers(0, 100 * DAY), st.one_of(st.none(), st.integers(0, 150 * DAY)), st.integers(0, 3)), max_size=14
)


@settings(max_examples=80, deadline=None)
@given(cases)
def test_times_to_resolve_are_those_of_a_slow_formula(told: list[Case]) -> None:
    found = definitions.time_to_resolve(incidents(told))
    done = sorted(case.resolved - case.opened for case in told if case.resolved is not None and case.resolved >= case.opened)
    assert (found["count"], found["open"]) == (len(done), sum(case.resolved is None for case in told))
    assert found["contradicting"] == sum(case.resolved is not None and case.resolved < case.opened for case in told)
    assert found["mean"] == (round(statistics.fmean(done), 3) if done else None)
    # Kaplan and Meier by walking through the times, see test_survival.py for the formula's source.
    ends = [(case.resolved - case.opened, True) for case in told if case.resolved is not None and case.resolved >= case.opened]
    ends += [(200 * DAY - case.opened, False) for case in told if case.resolved is None]
    waiting, median = 1.0, None
    times = sorted({lasted for lasted, over in ends if over})
    for at, following in zip(times, [*times[1:], None], strict=False):
        risk = sum(lasted >= at for lasted, _ in ends)
        waiting *= 1 - sum(over and lasted == at for lasted, over in ends) / risk
        if median is None and waiting <= 0.5 + 1e-12:
            median = (at + following) / 2 if abs(waiting - 0.5) < 1e-9 and following is not None else at
    assert found["p50_with_open"] == median


@settings(max_examples=60, deadline=None)
@given(cases)
def test_where_nothing_is_open_there_is_one_median_and_not_two(told: list[Case]) -> None:
    found = definitions.time_to_resolve(incidents([case for case in told if case.resolved is not None]))
    assert (found["p50_with_open"], found["p90_with_open"]) == (found["p50"], found["p90"])


@settings(max_examples=150, deadline=None)
@given(cases, cases)
def test_what_came_back_is_what_a_search_one_by_one_finds(told: list[Case], earlier: list[Case]) -> None:
    before = [Case(case.opened - 95 * DAY, None if case.resolved is None else case.resolved - 95 * DAY, case.service) for case in earlier]
    expected = dict.fromkeys(definitions.WINDOWS, 0)
    among = [case for case in told if case.service]
    for case in among:
        others = [other for other in [*told, *before] if other.service == case.service and other.resolved is not None]
        good = [other.resolved for other in others if other.resolved is not None and other.opened <= other.resolved < case.opened]
        for days in definitions.WINDOWS:
            expected[days] += bool(good) and case.opened - max(good) <= days * DAY
    found = back(told, before)
    assert {days: found[f"within_{days}_days"] for days in definitions.WINDOWS} == expected
    assert found["of"] == len(among)


def test_windows_include_their_last_instant_and_another_service_is_another_story() -> None:
    first = Case(0, 10)
    assert back([first, Case(10 + 7 * DAY)])["within_7_days"] == 1
    assert back([first, Case(11 + 7 * DAY)])["within_7_days"] == 0
    assert back([first, Case(11 + 7 * DAY)])["within_30_days"] == 1
    assert back([first, Case(20, service=2)])["within_90_days"] == 0
    assert back([Case(0, None), Case(20)])["within_90_days"] == 0


def test_what_ends_in_the_instant_of_its_opening_does_not_come_back_to_itself() -> None:
    assert back([Case(5, 5)])["within_7_days"] == 0
    assert back([Case(5, 5), Case(5, 5)])["within_7_days"] == 0
    assert back([Case(5, 5), Case(6, 6)])["within_7_days"] == 1


def test_what_was_resolved_before_the_period_counts_at_its_beginning() -> None:
    assert back([Case(0)], [Case(-3 * DAY, -2 * DAY)])["share_7_days"] == 100


@pytest.mark.parametrize(
    ("known_until", "days"), [(200 * DAY, 90), (90 * DAY, 90), (30 * DAY, 30), (30 * DAY + 1, 31), (0, 1), (-5 * DAY, 1)]
)
def test_of_a_period_that_runs_the_days_that_have_begun_count(known_until: int, days: int) -> None:
    found = definitions.frequency(incidents([Case(0), Case(1), Case(2 * DAY)], known_until), START, END)
    assert (found["days"], found["per_day"], found["per_week"]) == (days, round(3 / days, 3), round(21 / days, 3))
    assert (found["busiest_day"], found["on_the_busiest_day"]) == ("2026-01-01", 2)


def test_without_incidents_every_figure_is_there_and_nothing() -> None:
    nothing = incidents([])
    assert definitions.time_to_resolve(nothing) == {
        **dict.fromkeys(("count", "open", "contradicting"), 0),
        **dict.fromkeys(("mean", "p50", "p90", "p95", "p50_with_open", "p90_with_open")),
    }
    assert definitions.frequency(nothing, START, END)["busiest_day"] is None
    assert back([]) == {"of": 0} | {
        f"{what}_{days}_days": (0 if what == "within" else None) for what in ("within", "share") for days in (7, 30, 90)
    }


def test_when_all_are_open_there_is_a_count_and_no_median() -> None:
    found = definitions.time_to_resolve(incidents([Case(0), Case(DAY), Case(2 * DAY)]))
    assert (found["count"], found["open"], found["p50"], found["p50_with_open"]) == (0, 3, None, None)


def test_an_open_case_that_begins_after_the_last_thing_told_has_waited_nothing() -> None:
    assert definitions.time_to_resolve(incidents([Case(10 * DAY), Case(0, 5)], known_until=DAY))["p50_with_open"] == 5


def test_all_at_one_instant_is_a_day_like_another() -> None:
    at_once = incidents([Case(100, 100) for _ in range(500)])
    assert definitions.time_to_resolve(at_once)["p95"] == 0
    assert definitions.frequency(at_once, START, END)["on_the_busiest_day"] == 500
    assert back([Case(100, 100) for _ in range(500)])["within_7_days"] == 0


def test_parts_are_named_and_add_up() -> None:
    whole = incidents([Case(0, 60), Case(3_600, 3_660, 2), Case(3_700, None, 2), Case(5, None, 0)])
    assert [(name, len(part)) for name, part in whole.parts("service")] == [("", 1), ("Mail", 2), ("Payments", 1)]
    assert [(name, len(part)) for name, part in whole.parts("hour")] == [("00:00", 2), ("01:00", 2)]
    assert [name for name, _ in whole.parts("severity")] == [""]


def test_an_hour_is_that_of_utc_before_1970_too() -> None:
    old = incidents([Case(0)])
    shifted = Incidents(
        **{name: getattr(old, name) for name in COLUMNS if name != "opened"},
        opened=np.array([microseconds(datetime(1969, 12, 31, 23, 30, tzinfo=UTC))]),
        known_until=0,
        names={},
    )
    assert [name for name, _ in shifted.parts("hour")] == ["23:00"]
