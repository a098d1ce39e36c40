"""Promises of the rota that hold for any schedule, over ten years in zones whose clocks do everything that clocks do."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from dateutil.rrule import DAILY, HOURLY, WEEKLY, rrule
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.decisions.rota import (
    Absence,
    Holidays,
    Imported,
    Layer,
    Override,
    Plan,
    RotaPerson,
    RotaSnapshot,
    Source,
    Unit,
    Window,
    duty_at,
    gaps,
    handover,
    layer_slots,
    on_duty_at,
    person_at,
    shift_at,
    slots,
    upcoming,
)

PEOPLE = tuple(RotaPerson(number, name) for number, name in enumerate(("Ana", "Tom", "Sofia", "Omar", "Yuki"), start=1))
# An hour of daylight saving, at midnight (São Paulo until 2019), half an hour (Lord Howe), none in Ramadan (Casablanca), none at all.
ZONES = (
    *("Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Australia/Lord_Howe"),
    *("Africa/Casablanca", "Asia/Kolkata", "UTC"),
)
FIRST, LAST = datetime(2016, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
MINUTE, HOUR, DAY, TICK = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1), timedelta(microseconds=1)
# Enough to find what is wrong in a run; 2,000 of each were tried once. A busy machine is no reason to fail.
FEW = settings(max_examples=25, deadline=None)

instants = st.datetimes(datetime(2016, 1, 1), datetime(2026, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
minutes = st.times().map(lambda value: value.replace(second=0, microsecond=0))
lengths = st.one_of(
    st.tuples(st.sampled_from((1, 2, 3, 4, 6, 8, 12)), st.just(Unit.HOURS)),
    st.tuples(st.integers(1, 30), st.just(Unit.DAYS)),
    st.tuples(st.integers(1, 4), st.just(Unit.WEEKS)),
)
windows = st.builds(Window, st.frozensets(st.integers(0, 6), min_size=1), minutes, minutes)


@st.composite
def layers(draw: st.DrawFn, name: str = "first line") -> Layer:
    every, unit = draw(lengths)
    return Layer(
        name=name,
        starts_on=draw(st.dates(date(2015, 12, 1), date(2020, 1, 1))),
        handover_at=draw(minutes),
        every=every,
        unit=unit,
        people=PEOPLE[: draw(st.integers(1, 5))],
        windows=tuple(draw(st.lists(windows, max_size=3))),
        holidays=draw(st.sampled_from(Holidays)),
    )


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    return Plan(
        effective_from=draw(st.one_of(st.just(FIRST), instants)),
        time_zone=draw(st.sampled_from(ZONES)),
        layers=tuple(draw(layers(f"layer {number}")) for number in range(draw(st.integers(1, 3)))),
        holidays=draw(st.frozensets(st.dates(date(2016, 1, 1), date(2026, 1, 1)), max_size=5)),
    )


spans = st.tuples(instants, st.integers(1, 2_000))
overrides = st.builds(lambda who, span: Override(who, span[0], span[0] + span[1] * HOUR, "cover"), st.sampled_from(PEOPLE), spans)
absences = st.builds(lambda who, span: Absence(who.person_id, span[0], span[0] + span[1] * HOUR), st.sampled_from(PEOPLE), spans)
imported = st.builds(
    lambda who, span, priority: Imported(who, span[0], span[0] + span[1] * HOUR, "team.ics", priority),
    *(st.sampled_from(PEOPLE), spans, st.integers(0, 9)),
)
rotas = st.builds(
    RotaSnapshot,
    name=st.just("Payments"),
    plans=st.lists(plans(), max_size=3, unique_by=lambda plan: plan.effective_from).map(
        lambda made: tuple(sorted(made, key=lambda plan: plan.effective_from))
    ),
    overrides=st.lists(overrides, max_size=4).map(tuple),
    absences=st.lists(absences, max_size=3).map(tuple),
    imported=st.lists(imported, max_size=3).map(tuple),
)


@FEW
@given(rotas, instants, st.integers(1, 60), st.lists(st.integers(0, 999), min_size=1, max_size=5))
def test_the_view_the_query_and_the_pure_function_agree_at_each_instant(
    rota: RotaSnapshot, since: datetime, days: int, places: list[int]
) -> None:
    until = since + days * DAY
    view = slots(rota, since, until)
    assert view[0].since == since
    assert view[-1].until == until
    assert all(earlier.until == later.since for earlier, later in pairwise(view))
    assert all((slot.person is None) is (slot.source is Source.GAP) for slot in view)
    assert all(slot.person == person_at(rota, at) for slot in view for at in (slot.since, slot.until - TICK))
    for place in places:
        at = since + (until - since) * place / 1000
        slot = next(slot for slot in view if slot.since <= at < slot.until)
        assert slot.person == person_at(rota, at)
        duty = duty_at(rota, at)
        assert (duty.person_id if duty else None) == (slot.person.person_id if slot.person else None)
        first = next((found.person for found in on_duty_at(rota, at) if not found.away), None)
        assert first == slot.person


@FEW
@given(rotas, instants)
def test_a_duty_is_the_same_seen_from_anywhere_inside_it_and_another_outside(rota: RotaSnapshot, at: datetime) -> None:
    duty = duty_at(rota, at)
    if duty is None or duty.since is None or duty.until is None:
        return
    assert duty.since <= at < duty.until
    assert duty_at(rota, duty.since) == duty
    assert duty_at(rota, duty.until - TICK) == duty
    assert duty_at(rota, duty.until) != duty


@FEW
@given(rotas, instants)
def test_what_comes_next_is_on_duty_then_and_in_order(rota: RotaSnapshot, at: datetime) -> None:
    coming = upcoming(rota, at, 4)
    for earlier, later in pairwise(coming):
        assert earlier.until is not None
        assert later.since is not None
        assert earlier.until <= later.since
        assert all(at < gap[1] for gap in gaps(rota, earlier.until, later.since))
    for duty in coming:
        assert duty.since is not None
        found = duty_at(rota, duty.since)
        assert found is not None
        assert (found.person_id, found.since, found.reason) == (duty.person_id, duty.since, duty.reason)


@FEW
@given(rotas, instants)
def test_the_override_made_last_wins_unless_its_person_is_away(rota: RotaSnapshot, at: datetime) -> None:
    away = {absence.person_id for absence in rota.absences if absence.starts_at <= at < absence.ends_at}
    there = [made for made in rota.overrides if made.starts_at <= at < made.ends_at and made.person.person_id not in away]
    person = person_at(rota, at)
    if there:
        assert person == there[-1].person
    assert person is None or person.person_id not in away


@FEW
@given(layers(), st.sampled_from(ZONES), instants)
def test_nobody_is_on_duty_twice_in_one_layer(layer: Layer, zone: str, since: datetime) -> None:
    plan = Plan(FIRST, zone, (layer,), frozenset({date(2018, 5, 1)}))
    turns = layer_slots(layer, plan, since, since + 40 * DAY)
    assert all(turn.since < turn.until for turn in turns)
    assert all(earlier.until <= later.since for earlier, later in pairwise(turns))


@FEW
@given(layers(), st.sampled_from(ZONES), st.integers(0, 500))
def test_the_hand_over_happens_at_the_stated_local_time(layer: Layer, zone: str, shift: int) -> None:
    stated = datetime.combine(layer.starts_on, layer.handover_at) + shift * (handover_length(layer))
    begin = handover(layer, shift, zone)
    local = begin.astimezone(ZoneInfo(zone))
    if local.replace(tzinfo=None) == stated:
        assert local.fold == 0
        return
    # The day does not have this time: the clocks went forward over it, at this very moment.
    before = (begin - timedelta(seconds=1)).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    assert before < stated < local.replace(tzinfo=None)


@FEW
@given(layers(), st.sampled_from(ZONES), instants)
def test_an_instant_lies_in_the_shift_that_is_said_to_hold_it(layer: Layer, zone: str, at: datetime) -> None:
    shift = shift_at(layer, at, zone)
    assert handover(layer, shift, zone) <= at < handover(layer, shift + 1, zone)


@FEW
@given(lengths, minutes, st.sampled_from(ZONES), st.integers(0, 520))
def test_a_round_the_clock_rotation_leaves_no_gap_in_any_week_clock_changes_included(
    length: tuple[int, Unit], handed_over: time, zone: str, week: int
) -> None:
    layer = Layer("first line", date(2015, 12, 1), handed_over, *length, PEOPLE)
    rota = RotaSnapshot("Payments", (Plan(FIRST - 40 * DAY, zone, (layer,)),))
    begin = FIRST + week * 7 * DAY
    assert gaps(rota, begin, begin + 7 * DAY) == []


@FEW
@given(minutes, minutes, st.sampled_from(ZONES), st.integers(0, 520))
def test_two_windows_that_touch_on_the_clock_touch_in_time(one: time, other: time, zone: str, week: int) -> None:
    always = frozenset(range(7))
    halves = (Window(always, one, other), Window(always, other, one))
    days = [Layer(str(half), date(2015, 12, 1), time(9), 1, Unit.DAYS, PEOPLE[:1], (half,)) for half in halves]
    plan = Plan(FIRST - 40 * DAY, zone, tuple(days))
    begin = FIRST + week * 7 * DAY
    end = begin + 7 * DAY
    assert gaps(RotaSnapshot("Payments", (plan,)), begin, end) == []
    if one != other:
        held = [sum((turn.until - turn.since for turn in layer_slots(layer, plan, begin, end)), timedelta()) for layer in days]
        assert sum(held, timedelta()) == end - begin


FREQUENCIES = {Unit.HOURS: HOURLY, Unit.DAYS: DAILY, Unit.WEEKS: WEEKLY}


@FEW
@given(lengths, minutes, st.sampled_from(ZONES), st.integers(0, 3_600), st.lists(st.integers(0, 14 * 24 * 60), min_size=1, max_size=15))
def test_recurrence_rules_of_another_library_give_the_same_duty(
    length: tuple[int, Unit], handed_over: time, zone: str, day: int, later: list[int]
) -> None:
    """A plain layer is a recurrence in local time. What a rule makes of times that a day has twice or never is the zone's own matter."""
    every, unit = length
    layer = Layer("first line", date(2016, 1, 1), handed_over, every, unit, PEOPLE)
    rota = RotaSnapshot("Payments", (Plan(FIRST - 40 * DAY, zone, (layer,)),))
    begin = datetime.combine(layer.starts_on, handed_over)
    since = begin + 90 * DAY + day * DAY
    shift_length = handover_length(layer)
    # A rule that began ten years ago is walked from its start: begin at a hand-over near by, and count on from its number.
    number = (since - begin) // shift_length
    near = begin + number * shift_length
    rule = rrule(FREQUENCIES[unit], interval=every, dtstart=near, until=near + max(15 * DAY, 2 * shift_length))
    changes = [(_utc(local, zone), number + step) for step, local in enumerate(rule)]
    for instant in (changes[0][0] + minutes_on * MINUTE for minutes_on in later):
        turn = max(step for start, step in changes if start <= instant)
        assert person_at(rota, instant) == PEOPLE[turn % len(PEOPLE)]


def _utc(local: datetime, zone: str) -> datetime:
    """The first instant at which the clocks show `local`, or that at which they jump over it, found by looking at every minute."""
    tz = ZoneInfo(zone)
    guess = local.replace(tzinfo=tz, fold=1).astimezone(UTC)
    if guess.astimezone(tz).replace(tzinfo=None) == local:
        return local.replace(tzinfo=tz).astimezone(UTC)
    while guess.astimezone(tz).replace(tzinfo=None) < local:
        guess += MINUTE
    return guess


def handover_length(layer: Layer) -> timedelta:
    return {Unit.HOURS: HOUR, Unit.DAYS: DAY, Unit.WEEKS: 7 * DAY}[layer.unit] * layer.every
