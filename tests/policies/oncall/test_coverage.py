"""Gaps in a schedule, held against who is on duty at every instant, in zones that move their clocks."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from policies.decisions.rota import OverrideRule, RotaPerson, RotaSnapshot, duty_at
from policies.oncall.coverage import ClockChange, Gap, clock_changes, gaps

# Half an hour on Lord Howe, a change at midnight in Santiago, none in Kathmandu, a whole day skipped in Apia in 2011.
ZONES = ["UTC", "Europe/Madrid", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Asia/Kathmandu", "Pacific/Apia"]
SINCE = datetime(2026, 3, 1, tzinfo=UTC)
ANA, TOM = RotaPerson(1, "Ana"), RotaPerson(2, "Tom")


def rota(*people: RotaPerson, overrides: tuple[OverrideRule, ...] = (), zone: str = "Europe/Madrid", **fields: object) -> RotaSnapshot:
    values = {"starts_on": date(2026, 1, 5), "handover_at": time(9), "shift_days": 7, **fields}
    return RotaSnapshot("Rota", zone, rotation=people, overrides=overrides, **values)  # type: ignore[arg-type]


def test_a_filled_rotation_has_no_gaps_across_a_clock_change() -> None:
    assert gaps(rota(ANA, TOM, handover_at=time(2, 30)), SINCE, SINCE + timedelta(days=90)) == []


def test_nobody_is_there_before_the_first_hand_over() -> None:
    first = datetime(2026, 3, 29, 2, 30, tzinfo=ZoneInfo("Europe/Madrid")).astimezone(UTC)
    late = rota(ANA, starts_on=date(2026, 3, 29), handover_at=time(2, 30))
    assert gaps(late, SINCE, SINCE + timedelta(days=90)) == [Gap(SINCE, first)]


def test_an_empty_rotation_is_covered_by_its_overrides_only() -> None:
    made = OverrideRule(ANA, SINCE + timedelta(days=1), SINCE + timedelta(days=2), "holiday")
    found = gaps(rota(overrides=(made,)), SINCE, SINCE + timedelta(days=3))
    assert found == [Gap(SINCE, made.starts_at), Gap(made.ends_at, SINCE + timedelta(days=3))]


def test_the_shifts_of_somebody_who_left_are_gaps_as_long_as_the_clocks_make_them() -> None:
    found = gaps(rota(ANA, TOM), SINCE, SINCE + timedelta(days=90), without={2})
    week_of_the_change = next(gap for gap in found if gap.since <= datetime(2026, 3, 29, tzinfo=UTC) < gap.until)
    assert week_of_the_change.until - week_of_the_change.since == timedelta(days=7, hours=-1)


def test_clock_changes_are_found_to_the_minute() -> None:
    assert clock_changes("Europe/Madrid", SINCE, SINCE + timedelta(days=90)) == [
        ClockChange(datetime(2026, 3, 29, 1, 0, tzinfo=UTC), timedelta(hours=1))
    ]
    assert [change.by for change in clock_changes("Australia/Lord_Howe", SINCE, SINCE + timedelta(days=90))] == [timedelta(minutes=-30)]
    assert clock_changes("UTC", SINCE, SINCE + timedelta(days=400)) == []


instants = st.integers(0, 90 * 24 * 4).map(lambda quarters: SINCE + quarters * timedelta(minutes=15))
overrides = st.lists(
    st.builds(
        lambda person, start, hours: OverrideRule(person, start, start + timedelta(hours=hours), "away"),
        st.sampled_from([ANA, TOM]),
        instants,
        st.integers(1, 400),
    ),
    max_size=4,
).map(tuple)
rotas = st.builds(
    lambda people, made, zone, start, hour, days: rota(
        *people, overrides=made, zone=zone, starts_on=start, handover_at=hour, shift_days=days
    ),
    st.lists(st.sampled_from([ANA, TOM]), max_size=3),
    overrides,
    st.sampled_from(ZONES),
    st.dates(date(2025, 12, 1), date(2026, 7, 1)),
    st.times().map(lambda value: value.replace(second=0, microsecond=0)),
    st.integers(1, 40),
)


@settings(max_examples=150, deadline=None)
@given(rotas, st.sets(st.sampled_from([1, 2])), st.lists(instants, min_size=1, max_size=20))
def test_an_instant_lies_in_a_gap_exactly_when_nobody_who_counts_is_on_duty(
    schedule: RotaSnapshot, without: set[int], moments: list[datetime]
) -> None:
    until = SINCE + timedelta(days=90, seconds=1)
    found = gaps(schedule, SINCE, until, without=without)
    assert all(gap.since < gap.until for gap in found)
    assert all(before.until < after.since for before, after in pairwise(found))
    for moment in [*moments, *(gap.since for gap in found), *(gap.until for gap in found if gap.until < until)]:
        duty = duty_at(schedule, moment)
        nobody = duty is None or duty.person_id in without
        assert any(gap.since <= moment < gap.until for gap in found) is nobody
