"""Readings: kept as facts, declaring and worsening incidents by the thresholds in force."""

import threading
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connections

from incidents.lifecycle import services
from incidents.models import ImpactReading, Incident
from portal.foundation.access.grants import grant
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from tests.factories import incidents as make
from tests.factories.portal import person

pytestmark = pytest.mark.django_db

FAILURES = "transaction_failure_percent"
THRESHOLDS = (("SEV2", FAILURES, "5", 1), ("SEV1", FAILURES, "20", 2))


def read(service: Any, value: str, now: Any, **more: Any) -> Any:
    more.setdefault("actor", None)
    return services.record_reading(
        service, measure=more.pop("measure", FAILURES), value=Decimal(value), observed_at=more.pop("observed_at", now), now=now, **more
    )


def test_a_reading_within_bounds_is_kept_and_nothing_else(now: Any) -> None:
    service = make.service()
    make.policy_in_force(service, now, THRESHOLDS)
    reading, incident = read(service, "1.25", now)
    assert (reading.value, reading.incident, incident, Incident.objects.count()) == (Decimal("1.25"), None, None, 0)


def test_a_broken_threshold_declares_an_incident_with_its_reasons(now: Any) -> None:
    service = make.service("Card payments")
    version = make.policy_in_force(service, now, THRESHOLDS)
    reading, incident = read(service, "7.2", now, actor=person("Monitor", roles=("responder",)))
    assert (incident.severity, incident.start_level, incident.origin, incident.policy_version) == ("SEV2", 1, "reading", version)
    assert (incident.impact, incident.urgency, incident.priority) == (1, 2, 2)
    texts = list(incident.timeline.values_list("text", flat=True))
    assert "Severity set to SEV2 major: Failed transactions 7.2 % is at least 5 %" in texts
    assert ImpactReading.objects.get(pk=reading.pk).incident == incident


def test_worse_readings_worsen_the_open_incident_and_better_ones_do_not_ease_it(now: Any) -> None:
    service = make.service()
    make.policy_in_force(service, now, THRESHOLDS)
    _, first = read(service, "7", now)
    _, same = read(service, "25", now + timedelta(minutes=1))
    _, eased = read(service, "6", now + timedelta(minutes=2))
    assert first.pk == same.pk == eased.pk
    first.refresh_from_db()
    assert (first.severity, first.start_level, first.priority) == ("SEV1", 2, 1)
    assert first.timeline.filter(kind="graded").count() == 2


def test_a_hand_opened_incident_without_a_grade_does_not_swallow_a_broken_threshold(now: Any) -> None:
    service = make.service()
    make.policy_in_force(service, now, THRESHOLDS)
    by_hand = make.incident(now, service=service)
    _, declared = read(service, "7", now)
    assert declared.pk != by_hand.pk


def test_what_declared_a_resolved_incident_declares_no_other(now: Any) -> None:
    service = make.service()
    make.policy_in_force(service, now, THRESHOLDS)
    _, incident = read(service, "7", now)
    services.resolve(incident, actor=None, now=now + timedelta(minutes=1), reason="fixed")
    _, none = read(service, "0.1", now + timedelta(minutes=2))
    _, also_none = read(service, "100", now + timedelta(minutes=2), measure="latency_ms")
    assert (none, also_none) == (None, None)
    _, again = read(service, "9", now + timedelta(minutes=3))
    assert again.pk != incident.pk


def test_without_a_policy_a_reading_is_simply_kept(now: Any) -> None:
    assert read(make.service(), "99", now)[1] is None


def test_opening_with_readings_grades_at_once(now: Any) -> None:
    service = make.service()
    make.policy_in_force(service, now, THRESHOLDS)
    incident = make.incident(now, service=service, readings=[make.reading("21", now)])
    assert (incident.severity, incident.start_level, incident.readings.count()) == ("SEV1", 2, 1)


def test_a_reading_given_for_an_incident_is_told_and_grades_it(now: Any) -> None:
    service = make.service()
    make.policy_in_force(service, now, THRESHOLDS)
    incident = make.incident(now, service=service)
    _, same = read(service, "7", now, incident=incident)
    assert (same.pk, incident.severity) == (incident.pk, "SEV2")
    assert "Reading: Failed transactions 7 %" in incident.timeline.values_list("text", flat=True)


def test_an_ended_incident_takes_no_readings(now: Any) -> None:
    incident = make.incident(now)
    services.resolve(incident, actor=None, now=now, reason="fixed")
    with pytest.raises(WrongState):
        read(incident.service, "7", now, incident=incident)
    assert not ImpactReading.objects.exists()


def test_a_sender_whose_clock_is_a_little_ahead_counts_as_now(now: Any) -> None:
    service = make.service()
    make.policy_in_force(service, now, THRESHOLDS)
    reading, incident = read(service, "7", now, observed_at=now + timedelta(minutes=4))
    assert reading.observed_at == now
    assert incident is not None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("value", Decimal("NaN")),
        ("value", Decimal("Infinity")),
        ("value", Decimal("-1")),
        ("value", Decimal("-1E+999999")),
        ("value", Decimal("1E+999999")),
        ("value", Decimal("100.5")),
        ("measure", "temperature"),
        ("observed_at", "future"),
        ("observed_at", "naive"),
        ("observed_at", "ancient"),
    ],
)
def test_readings_that_cannot_be_true_are_refused(field: str, value: Any, now: Any) -> None:
    times = {"future": now + timedelta(minutes=6), "naive": now.replace(tzinfo=None), "ancient": now - timedelta(days=400)}
    given = {"measure": FAILURES, "value": Decimal(5), "observed_at": now, field: times.get(str(value), value)}
    with pytest.raises(InvalidInput) as refused:
        services.record_reading(make.service(), actor=None, now=now, **given)
    assert field in refused.value.fields


def test_readings_need_the_right_and_a_grant_on_the_service_gives_it(now: Any) -> None:
    service, monitor = make.service(), person("Monitor")
    with pytest.raises(NotAllowed):
        read(service, "1", now, actor=monitor)
    grant("policies.work_service_incidents", monitor, service)
    assert read(service, "1", now, actor=person_again(monitor))[0].recorded_by == monitor


def person_again(user: Any) -> Any:
    return type(user).objects.get(pk=user.pk)


@pytest.mark.django_db(transaction=True)
def test_two_readings_at_once_declare_one_incident(now: Any) -> None:
    service = make.service()
    make.policy_in_force(service, now, THRESHOLDS)

    def send() -> None:
        try:
            read(service, "7", now)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (ImpactReading.objects.count(), Incident.objects.count()) == (6, 1)
