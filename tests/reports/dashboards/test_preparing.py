"""The prepared figures are those of the rows, after whatever happened; and only what changed is read again."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from incidents.lifecycle import services as lifecycle
from incidents.models import Incident, IncidentProblem, Problem, TimelineEntry
from portal.foundation.base_models import save_tracked
from reports.dashboards import columns, preparing
from reports.dashboards.columns import packed, unpacked
from reports.dashboards.places import COUNTED, FORMAT
from reports.dashboards.reading import read_day
from reports.models import DayFacts, FactsProgress, QuarterFigures
from reports.packs.quarters import Quarter
from tests.factories.incidents import incident
from tests.factories.reports import small_quarter, stored
from tests.incidents.escalation.conftest import Scene, make_scene

from .histories import Lives, as_json, direct, prepare, prepared, service, unit

pytestmark = pytest.mark.django_db
Q1 = Quarter(2026, 1)


@pytest.fixture
def scene(now: datetime) -> Scene:
    return make_scene(now)


def whole(quarter: Quarter = Q1) -> dict[str, Any]:
    return prepared(quarter)["all", ""]


@pytest.mark.parametrize("seed", range(3))
def test_prepared_figures_are_those_of_the_rows_after_every_change(scene: Scene, seed: int) -> None:
    lives = Lives(scene, Random(seed))
    for _ in range(4):
        lives.go_on(12)
        prepare(lives.now)
        for quarter in {Quarter.of(each.opened_at) for each in Incident.objects.all()}:
            assert whole(quarter) == as_json(direct(quarter))
    for name in ("Front", "Back"):
        part = prepared(Q1).get(("team", str(lives_team(name))))
        assert part is None or without_waiting(part) == without_waiting(as_json(direct(Q1, team=name)))


def lives_team(name: str) -> int:
    from policies.models import Team

    return Team.objects.get_or_create(name=name)[0].pk


def without_waiting(figures: dict[str, Any]) -> dict[str, Any]:
    """Those who still wait are known up to the last thing told about the part, or about everything."""
    waits, ends = figures["time_to_acknowledge_level_seconds"], figures["time_to_resolve"]
    return {
        **figures,
        "time_to_acknowledge_level_seconds": {name: waits[name] for name in ("count", "mean", "p50", "without")},
        "time_to_resolve": {name: ends[name] for name in ("count", "mean", "p50", "open", "contradicting")},
    }


def test_an_imported_quarter_has_the_figures_of_its_pack(now: datetime) -> None:
    stored(*small_quarter())
    done = prepare(now)
    assert (done.quarters, done.left) == (1, 0)
    assert whole(Quarter(2016, 1)) == as_json(direct(Quarter(2016, 1)))
    assert FactsProgress.objects.get().up_to == now
    assert set(DayFacts.objects.values_list("stale", flat=True)) == {False}


def test_what_stays_the_same_is_not_read_again(scene: Scene) -> None:
    scene.open()
    prepare(scene.now)
    before = dict(QuarterFigures.objects.values_list("part", "prepared_at"))
    done = prepare(scene.after(1))
    assert (done.days, done.quarters) == (0, 0)
    assert dict(QuarterFigures.objects.values_list("part", "prepared_at")) == before
    assert FactsProgress.objects.get().up_to == scene.after(1)


def test_only_parts_in_which_something_changed_are_worked_out_again(scene: Scene) -> None:
    first, other, waits = scene.open(), incident(scene.now, service=service("Elsewhere")), incident(scene.now, service=service("Open"))
    lifecycle.resolve(other, actor=scene.kim, now=scene.now, reason="Nothing")
    prepare(scene.now)
    lifecycle.resolve(first, actor=scene.kim, now=scene.after(1), reason="Restarted")
    assert prepare(scene.after(2)).days == 1
    made = dict(QuarterFigures.objects.filter(dimension="service").values_list("part", "prepared_at"))
    # What is open anywhere has waited until the new cut-off.
    assert made == {str(first.service_id): scene.after(2), str(other.service_id): scene.now, str(waits.service_id): scene.after(2)}


def test_an_incident_that_moves_to_another_service_counts_there_and_no_longer_here(scene: Scene) -> None:
    moved, elsewhere = scene.open(), service("Elsewhere")
    prepare(scene.now)
    assert ("service", str(elsewhere.pk)) not in prepared(Q1)
    was, moved.service = moved.service_id, elsewhere
    save_tracked(moved, actor=scene.kim, now=scene.after(1), reason="Theirs")
    prepare(scene.after(2))
    assert ("service", str(was)) not in prepared(Q1)
    assert prepared(Q1)["service", str(elsewhere.pk)]["incidents_opened"] == 1


def test_drills_are_in_no_figure(scene: Scene) -> None:
    rehearsed = scene.open()
    Incident.objects.filter(pk=rehearsed.pk).update(origin="drill")
    scene.open()
    prepare(scene.now)
    assert whole()["incidents_opened"] == 1
    lifecycle.add_note(rehearsed, actor=scene.kim, now=scene.after(1), text="Well rehearsed.")
    assert prepare(scene.after(1)).days == 0


def test_an_incident_said_to_have_been_opened_on_another_day_counts_on_that_day(scene: Scene) -> None:
    stored(*small_quarter()[:1])
    prepare(scene.now)
    shifted = Incident.objects.get()
    shifted.opened_at = datetime(2015, 12, 31, 23, 59, 59, tzinfo=UTC)
    save_tracked(shifted, actor=scene.kim, now=scene.now, reason="Imported again")
    prepare(scene.after(1))
    assert whole(Quarter(2015, 4))["incidents_opened"] == 1
    assert not QuarterFigures.objects.filter(quarter="2016Q1").exists()
    assert list(DayFacts.objects.values_list("day", flat=True)) == [date(2015, 12, 31)]


def test_a_link_to_a_problem_counts_although_the_incident_stays_as_it_is(scene: Scene) -> None:
    linked = scene.open()
    prepare(scene.now)
    IncidentProblem.objects.create(incident=linked, problem=Problem.objects.create(number="PRB1", title="A cause"))
    prepare(scene.after(1))
    assert whole()["with_problem"] == 1


def test_units_have_what_their_services_have_and_a_move_of_a_service_takes_it_along(scene: Scene) -> None:
    bank = unit("Bank")
    cards, loans = unit("Cards", part_of=bank), unit("Loans", part_of=bank)
    scene.service.business_unit = cards
    save_tracked(scene.service, actor=None, now=scene.now, reason="")
    scene.open()
    prepare(scene.now)
    for each in (bank, cards):
        assert prepared(Q1)["unit", str(each.pk)] == as_json(direct(Q1, units=(bank.pk, cards.pk, loans.pk)))
    assert ("unit", str(loans.pk)) not in prepared(Q1)
    scene.service.business_unit = loans
    save_tracked(scene.service, actor=None, now=scene.after(1), reason="Moved")
    prepare(scene.after(1))
    assert ("unit", str(cards.pk)) not in prepared(Q1)
    assert prepared(Q1)["unit", str(loans.pk)]["incidents_opened"] == prepared(Q1)["unit", str(bank.pk)]["incidents_opened"] == 1


def test_a_service_that_is_called_otherwise_is_so_in_the_figures(scene: Scene) -> None:
    scene.open()
    prepare(scene.now)
    scene.service.name = "Payments by card"
    save_tracked(scene.service, actor=None, now=scene.after(1), reason="Renamed")
    prepare(scene.after(1))
    assert whole()["busiest_services"] == [{"service": "Payments by card", "opened": 1}]


def test_a_row_that_is_committed_late_is_found(scene: Scene) -> None:
    noted = scene.open()
    first, _ = (
        TimelineEntry.objects.create(incident=noted, kind="note", at=scene.after(k), recorded_at=scene.now, text="x") for k in (1, 2)
    )
    content = TimelineEntry.objects.filter(pk=first.pk).values().get()
    TimelineEntry.objects.filter(pk=first.pk)._raw_delete(TimelineEntry.objects.db)
    prepare(scene.now)
    assert prepare(scene.after(5)).days == 0
    TimelineEntry.objects.create(**content)
    assert prepare(scene.after(30)).days == 1
    assert prepare(scene.after(31)).days == 0


def test_what_a_pass_cannot_finish_is_done_by_the_next(scene: Scene) -> None:
    stored(*small_quarter())
    scene.open()
    hours = iter([scene.now, scene.now])
    done = preparing.bring_up_to_date(now=scene.now, clock=lambda: next(hours, scene.after(5)), within=timedelta(minutes=1))
    assert done is not None
    assert (done.quarters, done.left) == (1, 6)
    assert "2026Q1" in set(QuarterFigures.objects.values_list("quarter", flat=True))
    assert FactsProgress.objects.get().up_to is None
    assert prepare(scene.after(6)).left == 0


def test_two_do_not_prepare_at_once_and_who_died_does_not_keep_others_for_ever(scene: Scene) -> None:
    FactsProgress.objects.create(taken_until=scene.after(10))
    assert prepare(scene.now) is None
    assert prepare(scene.after(10)) is not None


def test_everything_can_be_read_again_whatever_was_written_past_the_portal(scene: Scene) -> None:
    scene.open()
    prepare(scene.now)
    Incident.objects.update(made_sla=False)
    assert prepare(scene.after(1)).days == 0
    preparing.read_recent_again(now=scene.after(2))
    assert prepare(scene.after(2)).days == 1
    assert whole()["sla_breached"] == 1


@pytest.mark.parametrize("kept", ["nothing", "other columns", "no such thing"])
def test_facts_of_other_columns_are_worked_out_again(kept: str, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.open()
    with monkeypatch.context() as patched:
        if kept == "other columns":
            patched.setattr(columns, "NAMES", columns.NAMES[:-1])
        prepare(scene.now)
    if kept != "other columns":
        DayFacts.objects.update(columns=b"something else" if kept == "no such thing" else b"")
    scene.open()
    prepare(scene.after(1))
    assert whole()["incidents_opened"] == 2


def test_quarters_in_which_nothing_happens_any_more_are_read_again_when_facts_are_kept_otherwise(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored(*small_quarter())
    prepare(now)
    old = Quarter(2016, 1)
    figures = whole(old)
    monkeypatch.setattr(columns, "NAMES", [FORMAT + 1, *columns.NAMES[1:]])
    monkeypatch.setattr(preparing, "FORMAT", FORMAT + 1)
    done = prepare(now + timedelta(minutes=1))
    assert (done.quarters, done.days > 0, done.left) == (1, True, 0)
    assert [unpacked(bytes(kept)) for kept in DayFacts.objects.values_list("columns", flat=True)] != []
    assert whole(old) == figures
    assert prepare(now + timedelta(minutes=2)).quarters == 0


def test_quarters_are_worked_out_anew_from_their_days_when_figures_are_counted_otherwise(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored(*small_quarter())
    prepare(now)
    old = Quarter(2016, 1)
    for room in (columns, preparing):
        monkeypatch.setattr(room, "COUNTED", COUNTED + 1)
    done = prepare(now + timedelta(minutes=1))
    assert (done.quarters, done.days, done.left) == (1, 0, 0)
    assert set(QuarterFigures.objects.filter(quarter=str(old)).values_list("prepared_at", flat=True)) == {now + timedelta(minutes=1)}
    assert prepare(now + timedelta(minutes=2)).quarters == 0


def test_every_column_that_is_kept_is_named_with_them() -> None:
    """Whoever keeps another one has the old facts read again; the names are what tells them apart."""
    named = {str(name) for name in columns.NAMES[1:]}
    assert named == {
        *columns.OF_AN_INCIDENT,
        *columns.OF_A_RUN,
        *columns.IN_VISITS,
        *columns.OF_A_VISIT,
        *(each.name for each in columns.KEPT),
    }


def test_a_day_is_the_same_after_it_was_packed(scene: Scene) -> None:
    lives = Lives(scene, Random(7))
    lives.go_on(15)
    for day in {each.opened_at.date() for each in Incident.objects.all()}:
        read = read_day(day)
        again = unpacked(packed(read))
        assert packed(again) == packed(read)
        assert again.facts == read.facts


def test_as_many_queries_however_much_changed(scene: Scene) -> None:
    first = [scene.open() for _ in range(2)]
    prepare(scene.now)

    def asked(incidents: list[Incident], minute: float) -> int:
        for each in incidents:
            lifecycle.add_note(each, actor=scene.kim, now=scene.after(minute), text="I look.")
        with CaptureQueriesContext(
            connection,
        ) as captured:
            prepare(scene.after(minute))
        return len(captured)

    few = asked(first, 1)
    more = [scene.open() for _ in range(6)]
    prepare(scene.after(2))
    assert asked([*first, *more], 3) == few
