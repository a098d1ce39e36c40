"""Facts as they come out of the database."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from incidents.models import ChangeRequest, Incident, IncidentChange, IncidentProblem, Problem
from reports.metrics.population import Population
from reports.metrics.queries import facts_of, last_event_at, quarters_with_incidents
from reports.packs.quarters import Quarter
from tests.factories.reports import OPENED, fact, small_quarter, stored, told

pytestmark = pytest.mark.django_db
Q1 = Quarter(2016, 1)


def test_what_was_stored_comes_out_as_it_was() -> None:
    stored(*small_quarter())
    assert list(facts_of(Population(Q1.start, Q1.end))) == small_quarter()


def test_the_period_includes_its_start_and_excludes_its_end() -> None:
    instant = timedelta(microseconds=1)
    for number, at in {"before": Q1.start - instant, "first": Q1.start, "last": Q1.end - instant, "after": Q1.end}.items():
        stored(fact(number=number, opened_at=at))
    assert [each.number for each in facts_of(Population(Q1.start, Q1.end))] == ["first", "last"]


def test_links_and_moves_count_an_incident_once_however_many_there_are() -> None:
    stored(fact(number="INC1", has_problem=True, has_change=True, functional_escalations=1))
    incident = Incident.objects.get(number="INC1")
    IncidentProblem.objects.create(incident=incident, problem=Problem.objects.create(number="PRB2", title="Another"))
    IncidentChange.objects.create(incident=incident, change=ChangeRequest.objects.get(), relation="caused")
    [found] = facts_of(Population(Q1.start, Q1.end))
    assert (found.has_problem, found.has_change, found.functional_escalations) == (True, True, 1)


def test_a_change_that_caused_an_incident_is_not_one_that_resolves_it() -> None:
    stored(fact(number="INC1"))
    change = ChangeRequest.objects.create(number="CHG2", title="The culprit")
    IncidentChange.objects.create(incident=Incident.objects.get(), change=change, relation="caused")
    assert not next(facts_of(Population(Q1.start, Q1.end))).has_change


def test_moves_count_whenever_they_happened_and_other_entries_never() -> None:
    stored(fact(number="INC1"))
    incident = Incident.objects.get()
    told(incident, OPENED + timedelta(days=200), {"from": "A", "to": "B"})
    told(incident, OPENED, {"from": "B", "to": "C"}, kind="note")
    told(incident, OPENED, {"from": "C", "to": ""})
    assert next(facts_of(Population(Q1.start, Q1.end))).functional_escalations == 1


def test_the_last_event_is_of_the_periods_own_incidents() -> None:
    stored(fact(number="INC1"), fact(number="INC2", opened_at=Q1.end))
    assert last_event_at(Population(Q1.start, Q1.end)) == OPENED
    assert last_event_at(Population(Q1.end.replace(year=2020), Q1.end.replace(year=2021))) is None


def test_quarters_with_incidents_are_by_utc_and_the_latest_comes_first() -> None:
    stored(fact(opened_at=datetime(2016, 3, 31, 23, 59, tzinfo=UTC)), fact(opened_at=Q1.end), fact(opened_at=Q1.start))
    assert quarters_with_incidents() == [Q1.end, Q1.start]


def test_a_portal_without_incidents_has_no_quarters() -> None:
    assert quarters_with_incidents() == []


def test_quarters_are_found_by_a_step_through_the_index_each_however_many_incidents_and_years_lie_between() -> None:
    for _ in range(8):
        stored(fact(opened_at=datetime(1970, 1, 1, tzinfo=UTC)), fact(), fact(opened_at=Q1.end))
    with CaptureQueriesContext(connection) as captured:
        assert quarters_with_incidents() == [Q1.end, Q1.start, datetime(1970, 1, 1, tzinfo=UTC)]
    assert len(captured) == 4
    for each in captured:
        plan = planned(each["sql"])
        assert "incident_newest" in plan
        assert "sort" not in plan.lower()
        assert "b-tree" not in plan.lower()


def planned(sql: str) -> str:
    """What the database means to do."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Where everything fits on a few pages, reading all of them is as good.
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"{'EXPLAIN' if connection.vendor == 'postgresql' else 'EXPLAIN QUERY PLAN'} {sql}")
        return " ".join(map(str, cursor.fetchall()))


@pytest.mark.parametrize("incidents", [1, 25])
def test_the_number_of_queries_does_not_depend_on_the_number_of_incidents(incidents: int, django_assert_num_queries: Any) -> None:
    stored(*(fact(functional_escalations=1) for _ in range(incidents)))
    with django_assert_num_queries(6):
        assert len(list(facts_of(Population(Q1.start, Q1.end)))) == incidents


def test_a_confidential_incident_is_counted_and_its_title_stays_in_the_portal() -> None:
    stored(fact(number="INC1", title="Fraud at the till"), fact(number="INC2"))
    Incident.objects.filter(number="INC1").update(confidential=True)
    assert [each.title for each in facts_of(Population(Q1.start, Q1.end))] == ["(confidential)", "Card payments fail"]
