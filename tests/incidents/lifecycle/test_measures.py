"""Measures of the organisation's own in readings."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from incidents.lifecycle import measures, services
from incidents.lifecycle.queries import readings_for, stored_in_words
from incidents.models import ImpactReading
from policies.models import Criterion
from policies.severity.models import OwnMeasure
from portal.foundation.errors import InvalidInput
from tests.factories import incidents as opened
from tests.factories import policies as make
from tests.factories.portal import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting() -> OwnMeasure:
    return OwnMeasure.objects.create(key="orders_waiting", name="Orders waiting", unit="orders", highest=10_000)


def read(service: Any, value: str, now: Any, **more: Any) -> Any:
    return services.record_reading(service, measure="orders_waiting", value=Decimal(value), observed_at=now, actor=None, now=now, **more)


def test_it_declares_an_incident_and_is_told_in_its_own_words(waiting: OwnMeasure, now: Any) -> None:
    version = make.draft(now=now)
    make.level(version, 1, person("On call"))
    held = make.threshold(version, "Orders pile up", severity="SEV3", criteria=({"measure": "orders_waiting", "value": Decimal(100)},))
    assert Criterion.objects.filter(threshold=held).count() == 1
    version = make.approve(version, now=now)
    _, incident = read(version.policy.service, "150", now)
    texts = list(incident.timeline.values_list("text", flat=True))
    assert "Reading: Orders waiting 150 orders" in texts
    assert "Severity set to SEV3 moderate: Orders waiting 150 orders is at least 100 orders" in texts
    _, same = read(version.policy.service, "200", now + timedelta(minutes=1), incident=incident)
    assert same.timeline.filter(text="Reading: Orders waiting 200 orders").exists()


@pytest.mark.parametrize("value", ["10000.001", "-1", "NaN"])
def test_its_values_go_to_its_highest(value: str, waiting: OwnMeasure, now: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        read(make.service(), value, now)
    assert "value" in refused.value.fields


@pytest.mark.parametrize("key", ["", "nothing", "nul\x00", "x" * 500, "Ördér"])
def test_what_is_no_measure_is_refused_and_those_there_are_are_named(key: str, waiting: OwnMeasure, now: Any) -> None:
    with pytest.raises(InvalidInput, match="orders_waiting") as refused:
        services.record_reading(make.service(), measure=key, value=Decimal(1), observed_at=now, actor=None, now=now)
    assert "measure" in refused.value.fields


def test_a_list_of_readings_has_its_words_without_asking_for_each(waiting: OwnMeasure, now: Any, django_assert_num_queries: Any) -> None:
    service = make.service()
    for value in range(5):
        read(service, str(value), now)
    opened.incident(now, service=service, readings=[opened.reading("3", now)])
    readings = readings_for(person("Root", is_superuser=True)).order_by("pk")
    with django_assert_num_queries(1):
        told = [stored_in_words(reading) for reading in readings]
    assert told[4:] == ["Orders waiting 4 orders", "Failed transactions 3 %"]


def test_forms_offer_it_with_its_unit(waiting: OwnMeasure) -> None:
    assert measures.choices()[-1] == ("orders_waiting", "Orders waiting (orders)")


def test_it_can_be_given_at_the_opening(waiting: OwnMeasure, now: Any) -> None:
    incident = opened.incident(now, readings=[opened.reading("7", now, "orders_waiting")])
    assert incident.timeline.filter(text="Reading: Orders waiting 7 orders").exists()
    with pytest.raises(InvalidInput) as refused:
        opened.incident(now, readings=[opened.reading("7", now), opened.reading("7", now, "unknown")])
    assert "readings.1.measure" in refused.value.fields
    assert ImpactReading.objects.count() == 1
