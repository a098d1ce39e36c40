"""Promises of the rota that hold for any schedule."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from policies.decisions.rota import OverrideRule, RotaPerson, RotaSnapshot, duty_at, handover, upcoming

PEOPLE = tuple(RotaPerson(number, name) for number, name in enumerate(("Ana", "Tom", "Sofia", "Omar", "Yuki"), start=1))
# With and without daylight saving, northern, southern, half an hour of it, and one that skipped a whole day in 2011.
ZONES = ("UTC", "Europe/Madrid", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Kolkata", "Pacific/Apia")
instants = st.datetimes(datetime(2010, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
overrides = st.lists(
    st.builds(
        lambda person, start, hours: OverrideRule(person, start, start + timedelta(hours=hours), "swap"),
        st.sampled_from(PEOPLE),
        instants,
        st.integers(1, 2_000),
    ),
    max_size=4,
)
rotas = st.builds(
    RotaSnapshot,
    name=st.just("Payments"),
    time_zone=st.sampled_from(ZONES),
    starts_on=st.dates(date(2010, 1, 1), date(2030, 1, 1)),
    handover_at=st.times().map(lambda value: value.replace(second=0, microsecond=0)),
    shift_days=st.integers(1, 90),
    rotation=st.integers(1, 5).map(lambda size: PEOPLE[:size]),
    overrides=overrides.map(tuple),
)


@given(rotas, instants)
def test_at_any_instant_after_the_start_exactly_one_person_is_on_duty(rota: RotaSnapshot, at: datetime) -> None:
    duty = duty_at(rota, at)
    running = [made for made in rota.overrides if made.starts_at <= at < made.ends_at]
    if running:
        assert duty is not None
        assert duty.person_id == running[-1].person.person_id
    elif at >= handover(rota, 0):
        assert duty is not None
        assert duty.person_id in {person.person_id for person in rota.rotation}
    else:
        assert duty is None


@given(rotas, instants)
def test_a_duty_is_the_same_seen_from_anywhere_inside_it_and_another_outside(rota: RotaSnapshot, at: datetime) -> None:
    duty = duty_at(rota, at)
    if duty is None:
        return
    assert duty.since is not None
    assert duty.since <= at
    assert duty_at(rota, duty.since) == duty
    if duty.until is not None:
        assert at < duty.until
        assert duty_at(rota, duty.until - timedelta(microseconds=1)) == duty
        assert duty_at(rota, duty.until) != duty


@given(rotas, instants)
def test_what_comes_next_follows_without_a_hole(rota: RotaSnapshot, at: datetime) -> None:
    duties = upcoming(rota, at, 4)
    for earlier, later in pairwise(duties):
        assert earlier.until is not None
        assert later.since is not None
        assert earlier.until <= later.since
        if earlier.until >= handover(rota, 0):
            assert earlier.until == later.since
    assert all(duty_at(rota, duty.since) == duty for duty in duties if duty.since is not None)


@given(rotas, st.integers(0, 400))
def test_the_hand_over_keeps_its_local_time_whatever_the_clocks_do(rota: RotaSnapshot, shift: int) -> None:
    begin = handover(rota, shift)
    local = begin.astimezone(ZoneInfo(rota.time_zone))
    wanted = datetime.combine(rota.starts_on + timedelta(days=shift * rota.shift_days), rota.handover_at)
    exists = (
        wanted.replace(tzinfo=ZoneInfo(rota.time_zone)).astimezone(UTC).astimezone(ZoneInfo(rota.time_zone)).replace(tzinfo=None) == wanted
    )
    assert local.replace(tzinfo=None) == wanted or not exists


def test_nine_in_madrid_stays_nine_over_the_change_of_clocks() -> None:
    rota = RotaSnapshot("Madrid", "Europe/Madrid", date(2026, 3, 23), time(9), 7, PEOPLE[:2])
    assert handover(rota, 0) == datetime(2026, 3, 23, 8, tzinfo=UTC)
    assert handover(rota, 1) == datetime(2026, 3, 30, 7, tzinfo=UTC)
    before = duty_at(rota, datetime(2026, 3, 30, 6, 59, 59, tzinfo=UTC))
    after = duty_at(rota, datetime(2026, 3, 30, 7, tzinfo=UTC))
    assert before is not None
    assert after is not None
    assert (before.person_name, after.person_name) == ("Ana", "Tom")


def test_a_local_time_that_does_not_exist_or_exists_twice_is_one_instant() -> None:
    spring = RotaSnapshot("Madrid", "Europe/Madrid", date(2026, 3, 28), time(2, 30), 1, PEOPLE[:2])
    assert [handover(spring, shift) for shift in range(3)] == [
        datetime(2026, 3, 28, 1, 30, tzinfo=UTC),
        datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
        datetime(2026, 3, 30, 0, 30, tzinfo=UTC),
    ]
    autumn = RotaSnapshot("Madrid", "Europe/Madrid", date(2026, 10, 25), time(2, 30), 1, PEOPLE[:2])
    assert handover(autumn, 0) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
