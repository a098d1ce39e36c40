"""Until when a quarter is known is the same for every unit: what is quiet is not taken for unknown. Counted once more, row by row."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from random import Random
from typing import Any

import pytest

from incidents.models import Incident, TimelineEntry
from policies.models import BusinessUnit
from reports.metrics.population import Population
from reports.metrics.queries import last_event_at
from reports.models import QuarterFigures
from reports.packs.freezing import freeze
from reports.packs.frozen_form import lines_of
from reports.packs.kept import report_of
from reports.packs.quarters import Quarter
from reports.packs.services import read_document
from tests.reports.dashboards.histories import as_json, prepare
from tests.reports.dashboards.test_as_the_pack import World

pytestmark = pytest.mark.django_db
Q = Quarter(2026, 1)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
PAYMENTS, LOANS, OF_NO_UNIT = 0, 1, 2


@pytest.fixture
def world() -> World:
    return World(Random(11))


def note(about: Incident, at: datetime) -> None:
    TimelineEntry.objects.create(incident=about, kind="note", at=at, recorded_at=at, text="Looked at")


def operations(unit: BusinessUnit | None, now: datetime) -> Any:
    return as_json(read_document(Q, unit, now).content["operations"])


def on_the_dashboard(unit: BusinessUnit) -> Any:
    return QuarterFigures.objects.get(quarter=str(Q), dimension="unit", part=str(unit.pk)).figures["figures"]


def slowly(unit: BusinessUnit | None) -> dict[str, Any]:
    """Days and rates by counting days one by one, the median by the formula of Kaplan and Meier in whole fractions."""
    everywhere = [each for each in Incident.objects.all() if Q.start <= each.opened_at < Q.end and each.origin != "drill"]
    until = max(entry.at for each in everywhere for entry in each.timeline.all())
    keys = None if unit is None else {unit.pk, *BusinessUnit.objects.filter(part_of=unit).values_list("pk", flat=True)}
    mine = [each for each in everywhere if keys is None or each.service.business_unit_id in keys]
    days = max(1, sum(Q.start + count * DAY < until for count in range((Q.end - Q.start).days)))
    good = [each for each in mine if each.resolved_at is None or each.resolved_at >= each.opened_at]
    cases = [
        (max((each.resolved_at or until) - each.opened_at, timedelta(0)).total_seconds(), each.resolved_at is not None) for each in good
    ]
    return {"days": days, "per_day": round(len(mine) / days, 3), "per_week": round(7 * len(mine) / days, 3), "median": median(cases)}


def median(cases: list[tuple[float, bool]]) -> float | None:
    ends = sorted(seconds for seconds, ended in cases if ended)
    if cases and len(ends) == len(cases):
        return round((ends[(len(ends) - 1) // 2] + ends[len(ends) // 2]) / 2, 3)
    waiting = Fraction(1)
    times = sorted(set(ends))
    for at, following in zip(times, [*times[1:], None], strict=False):
        waiting *= 1 - Fraction(ends.count(at), sum(seconds >= at for seconds, _ in cases))
        if waiting <= Fraction(1, 2):
            return round((at + following) / 2 if waiting == Fraction(1, 2) and following is not None else at, 3)
    return None


def as_slowly(told: Any) -> dict[str, Any]:
    rate = told["frequency"]
    return {**{name: rate[name] for name in ("days", "per_day", "per_week")}, "median": told["time_to_resolve"]["p50_with_open"]}


def test_a_unit_that_is_quiet_since_january_is_divided_by_all_days_that_are_known(world: World, now: datetime) -> None:
    for day in (2, 9, 19):
        world.opened(Q.start + day * DAY, HOUR if day < 19 else None, PAYMENTS)
    note(world.opened(Q.start + 5 * DAY, None, LOANS), Q.start + 78 * DAY + HOUR)
    prepare(now)
    told = operations(world.cards, now)
    assert (told["frequency"]["days"], told["frequency"]["per_day"]) == (79, round(3 / 79, 3))
    assert as_slowly(told) == slowly(world.cards)
    assert as_slowly(on_the_dashboard(world.cards)) == slowly(world.cards)


def test_what_is_open_in_a_quiet_unit_has_waited_as_long_as_the_record_runs(world: World, now: datetime) -> None:
    world.opened(Q.start, None, PAYMENTS)
    world.opened(Q.start, 30 * DAY, PAYMENTS)
    world.opened(Q.start, 10 * DAY, PAYMENTS)
    note(world.opened(Q.start, HOUR, LOANS), Q.start + 40 * DAY)
    prepare(now)
    told = operations(world.cards, now)
    # By the unit's own last event the first would have been open for no time, and half of the two others would have ended after 10 days.
    assert told["time_to_resolve"]["p50_with_open"] == 30 * 86_400
    assert as_slowly(told) == slowly(world.cards) == as_slowly(on_the_dashboard(world.cards))


def test_a_unit_without_incidents_is_known_as_long_as_the_others(world: World, now: datetime) -> None:
    empty = BusinessUnit.objects.create(name="Empty")
    note(world.opened(Q.start, None, LOANS), Q.start + 40 * DAY + HOUR)
    told = read_document(Q, empty, now)
    assert told.content["last_event_at"] == "2026-02-10T01:00:00Z"
    assert told.content["metrics"]["incidents_opened"] == 0
    assert last_event_at(Population(Q.start, Q.end, (empty.pk,))) == Q.start + 40 * DAY + HOUR


def test_of_a_running_quarter_and_of_data_that_end_early_only_days_that_are_known_count(world: World) -> None:
    now = Q.start + 20 * DAY
    world.opened(Q.start + DAY, None, PAYMENTS)
    note(world.opened(Q.start + DAY, None, LOANS), now - HOUR)
    prepare(now)
    # The quarter is over, and nothing more was told of it.
    for asked_at in (now, Q.end + 100 * DAY):
        for unit in (world.cards, world.bank, None):
            told = operations(unit, asked_at)
            assert told["frequency"]["days"] == 20
            assert as_slowly(told) == slowly(unit)
        assert on_the_dashboard(world.cards)["frequency"]["days"] == 20


@pytest.mark.parametrize("seed", range(4))
def test_every_unit_is_as_slowly_counted_in_pack_and_dashboard_whatever_happens(seed: int, now: datetime) -> None:
    world = World(Random(seed))
    for _ in range(4):
        world.live((Q,), 7)
        at = Q.start + world.dice.randrange(100) * DAY
        note(world.dice.choice(list(Incident.objects.order_by("pk"))), at)
        prepare(now)
        for unit in (world.cards, world.bank):
            expected = slowly(unit)
            assert as_slowly(operations(unit, now)) == expected
            assert as_slowly(on_the_dashboard(unit)) == expected


def test_what_is_told_of_other_quarters_moves_nothing(world: World, now: datetime) -> None:
    world.opened(Q.start, None, PAYMENTS)
    before = list(lines_of(read_document(Q, world.cards, now)))
    note(world.opened(Q.start - DAY, None, LOANS), Q.start + 80 * DAY)
    for count in range(10):
        world.opened(Q.end + count * DAY, None, LOANS)
    assert list(lines_of(read_document(Q, world.cards, now))) == before


def test_a_units_pack_tells_of_the_others_until_when_the_record_runs_and_nothing_else(world: World, now: datetime) -> None:
    world.opened(Q.start, None, PAYMENTS)
    one = world.opened(Q.start + DAY, None, LOANS)
    note(one, Q.start + 60 * DAY)
    before = list(lines_of(read_document(Q, world.cards, now)))
    # Another incident, of another unit, told of as late; and many more before it.
    for day in range(2, 50):
        note(world.opened(Q.start + day * DAY, HOUR, OF_NO_UNIT), Q.start + 60 * DAY)
    assert list(lines_of(read_document(Q, world.cards, now))) == before
    note(one, Q.start + 61 * DAY)
    assert list(lines_of(read_document(Q, world.cards, now))) != before


def test_frozen_figures_of_a_unit_stay_and_restated_ones_are_known_longer(world: World, now: datetime) -> None:
    world.opened(Q.start, None, PAYMENTS)
    other = world.opened(Q.start, None, LOANS)
    frozen = freeze(Q, world.cards, actor=None, now=now)
    before = list(lines_of(report_of(frozen)))
    note(other, Q.start + 50 * DAY + HOUR)
    assert list(lines_of(report_of(frozen))) == before
    again = freeze(Q, world.cards, actor=None, now=now, number=2, reason="More is known.")
    assert report_of(again).content["operations"]["frequency"]["days"] == 51


def test_the_moment_is_that_of_the_quarters_own_incidents_and_of_no_drill(world: World) -> None:
    rehearsed = world.opened(Q.start, None, LOANS)
    Incident.objects.filter(pk=rehearsed.pk).update(origin="drill")
    note(rehearsed, Q.start + 70 * DAY)
    note(world.opened(Q.start, None, PAYMENTS), datetime(2026, 2, 1, tzinfo=UTC))
    assert last_event_at(Population(Q.start, Q.end, (world.bank.pk,))) == datetime(2026, 2, 1, tzinfo=UTC)
