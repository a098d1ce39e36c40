"""Frequency, recurrence and weeks are those of the quarterly pack, whatever happens in the quarter and in the one before."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from incidents.models import Incident, TimelineEntry
from policies.models import BusinessUnit, Component, Service
from portal.foundation.base_models import save_tracked
from reports.dashboards.behind import incidents_behind
from reports.dashboards.queries import picked_from
from reports.dashboards.selection import Selection
from reports.models import DayFacts, QuarterFigures
from reports.packs.quarters import Quarter
from reports.packs.reading import read
from tests.factories.reports import told

from .histories import as_json, prepare, service, unit

pytestmark = pytest.mark.django_db
LAST, THIS = Quarter(2025, 4), Quarter(2026, 1)
DAY = timedelta(days=1)
CAME = ("frequency", "time_to_resolve", "recurrence_by_service", "recurrence_by_component", "incidents_by_week")


class World:
    """Two units, three services and one that stands in for those not known, some with components; incidents of two quarters by the dice."""

    def __init__(self, dice: Random) -> None:
        self.dice, self.count = dice, 0
        self.bank = unit("Bank")
        self.cards = unit("Cards", part_of=self.bank)
        services = [service("Payments", business_unit=self.cards), service("Loans", business_unit=self.bank), service("=1+1 عربي 🔥")]
        self.places: list[tuple[Service, Component | None]] = [(each, None) for each in services]
        self.places += [(services[0], Component.objects.create(service=services[0], name=name)) for name in ("Router", "<b>Disk</b>")]
        self.places.append((service("Not known", origin="imported"), None))

    def opened(self, at: datetime, resolved: timedelta | None, where: int | None = None) -> Incident:
        self.count += 1
        of, part = self.places[self.dice.randrange(len(self.places)) if where is None else where]
        given: Any = {"number": f"INC{self.count:05d}", "title": "Fails", "service": of, "component": part, "origin": "imported"}
        found = Incident.objects.create(
            **given,
            opened_at=at,
            resolved_at=at + resolved if resolved is not None else None,
            severity=self.dice.choice(("", "SEV1", "SEV3")),
        )
        told(found, at, {"from": "", "to": "A"})
        return found

    def live(self, quarters: tuple[Quarter, ...], incidents: int) -> None:
        for quarter in quarters:
            for _ in range(incidents):
                seconds = self.dice.randrange(90 * 86_400)
                lasted = self.dice.choice((None, timedelta(0), timedelta(hours=3), 7 * DAY, 29 * DAY, 70 * DAY, -DAY))
                self.opened(quarter.start + timedelta(seconds=seconds), lasted)


@pytest.fixture
def world(now: datetime) -> World:
    return World(Random(4))


def prepared(quarter: Quarter = THIS, dimension: str = "all", part: str = "") -> dict[str, Any]:
    return QuarterFigures.objects.get(quarter=str(quarter), dimension=dimension, part=part).figures


def pack(quarter: Quarter, of: BusinessUnit | None, now: datetime) -> Any:
    return read(quarter, of, now, lambda step: None)


def test_frequency_recurrence_and_weeks_are_those_of_the_pack(world: World, now: datetime) -> None:
    world.live((LAST, THIS), 60)
    # Two in one instant, and one resolved as the quarter began.
    world.opened(THIS.start, None, 1)
    world.opened(THIS.start, timedelta(0), 1)
    world.opened(LAST.start + DAY, THIS.start - LAST.start - DAY, 0)
    prepare(now)
    for quarter in (LAST, THIS):
        for of, dimension, part in (
            (None, "all", ""),
            (world.bank, "unit", str(world.bank.pk)),
            (world.cards, "unit", str(world.cards.pk)),
        ):
            told_by_pack, figures = pack(quarter, of, now), prepared(quarter, dimension, part)["figures"]
            content = told_by_pack.content["operations"]
            assert figures["frequency"] == as_json(content["frequency"])
            assert figures["recurrence_by_service"] == as_json(content["recurrence"]["service"])
            assert figures["recurrence_by_component"] == as_json(content["recurrence"]["component"])
            assert figures["time_to_resolve"] == as_json({key: value for key, value in content["time_to_resolve"].items() if key != "by"})
            weeks = next(table for table in told_by_pack.tables if table.key == "weeks")
            assert figures["incidents_by_week"] == {row[0]: row[1] for row in weeks.rows}
            assert figures["recurrence_by_service"]["within_30_days"] > 0


def test_each_service_and_component_has_the_row_of_the_packs_table(world: World, now: datetime) -> None:
    world.live((LAST, THIS), 80)
    prepare(now)
    names = {
        "service": dict(Service.objects.values_list("pk", "name")),
        "component": {each.pk: f"{each.service}: {each.name}" for each in Component.objects.select_related("service")},
    }
    tables = {table.key: table for table in pack(THIS, None, now).tables}
    for of in ("service", "component"):
        table, rows = tables[f"recurrence_by_{of}"], prepared()["again"][of]["rows"]
        keys = [column.key for column in table.columns[1:]]
        assert sorted((names[of][row["key"]], *(row[key] for key in keys)) for row in rows) == sorted(table.rows)
        assert len(rows) == prepared()["again"][of]["parts"] > 1
        for row in rows:
            part = incidents_behind(picked_from(Selection(of, str(row["key"])), THIS), f"recurrence_by_{of}.within_30_days")
            assert part is not None
            assert part.sum == row["within_30_days"]


def test_what_happens_to_an_incident_of_the_quarter_before_tells_that_another_came_back(world: World, now: datetime) -> None:
    before = world.opened(THIS.start - 3 * DAY, None, 0)
    world.opened(THIS.start + 2 * DAY, None, 0)
    elsewhere = world.opened(THIS.start + 2 * DAY, None, 1)
    prepare(now)
    assert prepared()["figures"]["recurrence_by_service"]["within_7_days"] == 0
    before.resolved_at = THIS.start + DAY
    save_tracked(before, actor=None, now=now, reason="Resolved")
    later = now + DAY
    prepare(later)
    assert prepared()["figures"]["recurrence_by_service"]["within_7_days"] == 1
    assert prepared()["figures"]["recurrence_by_service"] == as_json(pack(THIS, None, later).content["operations"]["recurrence"]["service"])
    assert QuarterFigures.objects.get(dimension="service", part=str(elsewhere.service_id), quarter=str(THIS)).prepared_at == now
    assert not DayFacts.objects.filter(stale=True).exists()


def test_whatever_changes_the_figures_stay_those_of_the_pack(world: World, now: datetime) -> None:
    world.live((LAST, THIS), 15)
    prepare(now)
    for number in range(8):
        moved = world.dice.choice(list(Incident.objects.order_by("pk")))
        moved.resolved_at = world.dice.choice((None, moved.opened_at + number * DAY, moved.opened_at - DAY))
        moved.service, moved.component = world.dice.choice(world.places)
        save_tracked(moved, actor=None, now=now, reason="Changed")
        prepare(now)
        for quarter in (LAST, THIS):
            content, figures = pack(quarter, None, now).content["operations"], prepared(quarter)["figures"]
            for of in ("service", "component"):
                assert figures[f"recurrence_by_{of}"] == as_json(content["recurrence"][of])
        for each in QuarterFigures.objects.filter(dimension="service"):
            part = picked_from(Selection("service", each.part), Quarter.parse(each.quarter))
            behind = incidents_behind(part, "recurrence_by_service.within_90_days")
            assert behind is not None
            assert behind.sum == each.figures["figures"]["recurrence_by_service"]["within_90_days"]


def test_of_a_running_quarter_every_part_counts_the_days_that_have_begun_anywhere(world: World, now: datetime) -> None:
    quiet, busy = world.opened(THIS.start, None, 0), world.opened(THIS.start, None, 1)
    prepare(now)
    assert prepared()["figures"]["frequency"]["days"] == 1
    at = THIS.start + 40 * DAY + timedelta(hours=1)
    TimelineEntry.objects.create(incident=busy, kind="note", at=at, recorded_at=at, text="Still")
    prepare(now + DAY)
    for dimension, part in (
        ("all", ""),
        ("service", str(quiet.service_id)),
        ("service", str(busy.service_id)),
        ("unit", str(world.bank.pk)),
        ("unit", str(world.cards.pk)),
    ):
        assert prepared(THIS, dimension, part)["figures"]["frequency"]["days"] == 41


def test_as_many_queries_however_much_came_back(world: World, now: datetime) -> None:
    world.live((LAST, THIS), 5)
    prepare(now)

    changed = list(Incident.objects.filter(opened_at__lt=THIS.start))

    def asked() -> int:
        for each in changed:
            each.reopen_count += 1
            save_tracked(each, actor=None, now=now, reason="Changed")
        with CaptureQueriesContext(connection) as captured:
            prepare(now)
        return len(captured)

    few = asked()
    world.live((LAST, THIS), 20)
    prepare(now)
    assert asked() == few


def test_weeks_begin_on_mondays_and_the_quarter_cuts_the_first_and_the_last(world: World, now: datetime) -> None:
    for at in (
        THIS.start,
        datetime(2026, 1, 4, 23, 59, 59, 999_999, UTC),
        datetime(2026, 1, 5, tzinfo=UTC),
        THIS.end - timedelta(microseconds=1),
    ):
        world.opened(at, None, 0)
    prepare(now)
    found = prepared()["figures"]["incidents_by_week"]
    assert {week: count for week, count in found.items() if count} == {"2026-01-01": 2, "2026-01-05": 1, "2026-03-30": 1}
    for week, count in found.items():
        behind = incidents_behind(picked_from(Selection(), THIS), f"incidents_by_week.{week}")
        assert behind is not None
        assert behind.sum == count
