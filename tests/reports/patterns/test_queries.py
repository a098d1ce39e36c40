"""A quarter as columns, read from the database as the portal left it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from incidents.lifecycle import services as lifecycle
from incidents.models import Incident, TimelineEntry
from policies.models import BusinessUnit, Service
from portal.foundation.outbox.models import OutboxMessage
from reports.metrics import escalation_definitions as definitions
from reports.metrics.levels import NEVER
from reports.metrics.population import Population
from reports.patterns import measures, queries, services
from reports.patterns.finding import found_among
from reports.patterns.queries import seen
from reports.patterns.seen import GRADES, Names, Seen, at_week_end, shifts_of
from reports.patterns.services import found_in, past_of, patterns_of, quarters_before
from tests.incidents.escalation.conftest import Scene, make_scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene(now: Any) -> Scene:
    return make_scene(now)


def population(scene: Scene) -> Population:
    return Population(scene.now, scene.now + timedelta(days=1))


def look(scene: Scene) -> Seen:
    return seen(population(scene), scene.after(60))


def test_incidents_are_columns_with_their_names(scene: Scene) -> None:
    first = scene.open(title="First")
    other = scene.open(title="Second")
    gateway = scene.service.components.create(name="Gateway")
    Incident.objects.filter(pk=other.pk).update(
        component=gateway, severity="", priority=2, made_sla=False, resolved_at=scene.after(30), reopen_count=1
    )
    Incident.objects.filter(pk=first.pk).update(severity="SEV1", made_sla=True)
    found = look(scene)
    assert found.numbers.tolist() == [first.number, other.number]
    assert [found.names["service"].words[code] for code in found.names["service"].codes] == ["Card payments"] * 2
    assert found.names["component"].codes.tolist() == [-1, 0]
    assert found.names["component"].words == ("Card payments: Gateway",)
    assert [GRADES[grade] for grade in found.grade] == ["SEV1", "P2"]
    assert (found.made_sla.tolist(), found.reopened.tolist()) == ([1, 0], [False, True])
    assert (found.resolved == NEVER).tolist() == [True, False]
    assert found.names["policy"].words == (f"{scene.version.policy} v{scene.version.number}",)
    assert found.zone.words == (scene.version.policy.time_zone,)


def test_what_goes_back_to_a_group_that_had_it_goes_back_and_forth(scene: Scene) -> None:
    straight, back = scene.open(), scene.open()
    for incident, moves in ((straight, ("A", "B", "C")), (back, ("A", "B", "A"))):
        for minute, (one, two) in enumerate(pairwise(moves)):
            at = scene.after(minute)
            TimelineEntry.objects.create(
                incident=incident, kind="assigned", at=at, recorded_at=at, actor_name="x", text="x", data={"from": one, "to": two}
            )
    found = look(scene)
    assert (found.moves.tolist(), found.went_back.tolist()) == ([2, 2], [False, True])


def test_alerts_and_those_given_up_are_counted_drills_left_out(scene: Scene) -> None:
    incident, drill = scene.open(), scene.open()
    scene.engine(0)
    scene.engine(5)
    OutboxMessage.objects.filter(subject_ref=f"incidents.incident:{incident.pk}", person=scene.tom).update(
        state="failed", next_attempt_at=None
    )
    Incident.objects.filter(pk=drill.pk).update(origin="drill")
    found = look(scene)
    assert (found.alert_of.tolist(), found.given_up.tolist()) == ([0, 0], [False, True])
    assert len(found) == 1


def test_shares_are_the_packs_shares(scene: Scene) -> None:
    first, _ = scene.open(), scene.open()
    for minute in (0, 5, 15):
        scene.engine(minute)
    lifecycle.acknowledge(first, actor=scene.kim, now=scene.after(17), reason="Mine")
    scene.engine(17)
    lifecycle.resolve(first, actor=scene.kim, now=scene.after(40), reason="Restarted")
    for minute in (40, 60):
        scene.engine(minute)
    found = look(scene)
    given = found.escalations
    windows, early, idle = definitions.windows(given), definitions.premature(given), definitions.woken_for_nothing(given)
    for measure, count, of in (
        (measures.windows_missed, windows["missed"], windows["missed"] + windows["met"]),
        (measures.premature, early["count"], early["of"]),
        (measures.woken_for_nothing, idle["count"], idle["of"]),
        (measures.nobody_reached, definitions.exhausted_runs(given), definitions.runs(given)),
        (measures.levels_skipped, definitions.skipped_levels(given), definitions.runs(given)),
    ):
        cases = measure(found)
        assert cases.bad is not None
        assert (int(cases.bad.sum()), len(cases)) == (count, of), measure.__name__
    answered, waited = measures.time_to_answer(found), definitions.time_to_acknowledge_level_seconds(given)
    assert answered.seconds is not None
    assert answered.ended is not None
    assert answered.seconds[answered.ended].mean() == pytest.approx(waited["mean"])
    assert int((~answered.ended).sum()) == waited["without"]
    assert measures.time_to_escalate(found).seconds.tolist() == pytest.approx([900, 900])


def test_incidents_that_the_portal_escalates_are_answered_by_level_alone(scene: Scene) -> None:
    scene.open()
    scene.engine(0)
    imported = scene.open(title="From elsewhere")
    imported.runs.all().delete()
    Incident.objects.filter(pk=imported.pk).update(origin="imported", acknowledged_at=scene.after(30))
    cases = measures.time_to_acknowledge(look(scene))
    assert cases.seconds is not None
    assert (cases.incident.tolist(), cases.seconds.tolist()) == ([1], [1_800])


def test_negative_times_are_left_out(scene: Scene) -> None:
    incident = scene.open()
    Incident.objects.filter(pk=incident.pk).update(
        origin="imported", acknowledged_at=scene.now - timedelta(hours=1), resolved_at=scene.now - timedelta(hours=2)
    )
    found = look(scene)
    assert len(measures.time_to_acknowledge(found)) == len(measures.time_to_resolve(found)) == 0
    assert found_among(found) == ()


def test_as_many_queries_however_many_incidents(scene: Scene, django_assert_max_num_queries: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # The check of conformance asks one more when it has found something; its own tests count its queries.
    monkeypatch.setattr(queries, "deviations_of", lambda *_: ())

    def count() -> int:
        with django_assert_max_num_queries(60) as asked:
            look(scene)
        return len(asked)

    scene.open()
    for minute in (0, 5, 15):
        scene.engine(minute)
    one = count()
    for number in range(4):
        Incident.objects.filter(pk=scene.open().pk).update(component=scene.service.components.create(name=f"Part {number}"))
    for minute in (16, 21, 31):
        scene.engine(minute)
    assert count() == one


def test_an_empty_quarter_has_no_patterns(now: Any) -> None:
    empty = Population(now, now + timedelta(days=90))
    assert len(seen(empty, now)) == 0
    assert found_in(empty, now, [empty] * 8) == ()


def test_earlier_quarters_may_be_given_as_they_were_kept(scene: Scene) -> None:
    scene.open()
    scene.engine(0)
    kept = past_of(population(scene), scene.after(60))
    assert found_in(population(scene), scene.after(60), [kept] * 4) == ()


def test_a_unit_sees_its_own_alone(scene: Scene) -> None:
    unit = BusinessUnit.objects.create(name="Payments")
    scene.open()
    its_own = Population(scene.now, scene.now + timedelta(days=1), (unit.pk,))
    assert len(seen(its_own, scene.now)) == 0
    Service.objects.filter(pk=scene.service.pk).update(business_unit=unit)
    assert len(seen(its_own, scene.now)) == 1


@pytest.mark.parametrize(("year", "month", "how_many"), [(2026, 1, 8), (2026, 4, 8), (1, 1, 0), (2, 4, 5)])
def test_the_quarters_before_are_the_calendars(year: int, month: int, how_many: int) -> None:
    start = datetime(year, month, 1, tzinfo=UTC)
    this = Population(start, datetime(year, month + 3, 1, tzinfo=UTC), (7,))
    before = list(quarters_before(this))
    assert len(before) == how_many
    edges = [each.start for each in before] + [start]
    assert [each.end for each in before] == edges[1:]
    assert {each.units for each in before} <= {(7,)}


def test_a_span_that_is_no_quarter_has_none_before() -> None:
    assert list(quarters_before(Population(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)))) == []


def test_the_review_asks_by_quarter_and_units(scene: Scene) -> None:
    assert patterns_of(population(scene), None) == ()


def test_nights_and_week_ends_are_by_the_clock_of_the_policy(scene: Scene) -> None:
    """Summer time begins in Berlin on 29 March 2026 at 1:00 UTC."""
    found = look(scene)
    hours = [datetime(2026, 3, 29, 0, 30, tzinfo=UTC), datetime(2026, 3, 29, 4, 30, tzinfo=UTC), datetime(2026, 3, 27, 23, 30, tzinfo=UTC)]
    at = np.array([(each - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) for each in hours], dtype=np.int64)
    berlin = replace(found, zone=Names(np.zeros(3, dtype=np.int64), ("Europe/Berlin",)))
    local = berlin.local(at, np.arange(3))
    assert ((local - at) // 3_600_000_000).tolist() == [1, 2, 1]
    assert shifts_of(local).tolist() == [0, 1, 0]
    assert at_week_end(local).tolist() == [True, True, True]


def test_no_more_of_the_past_is_read_than_the_limits_need_when_quarters_are_large(
    now: Any, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    before = tuple(quarters_before(Population(start, datetime(2026, 4, 1, tzinfo=UTC))))
    with django_assert_num_queries(8):
        assert services.affordable(before) == before
    monkeypatch.setattr(services, "MOST_READ", -1)
    assert services.affordable(before) == before[-4:]
    assert services.affordable(()) == ()
