"""Markers and business facts: set at any time, judged at once, never taken away."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from audit.events.stories import parsed
from audit.models import LedgerEvent
from incidents.lifecycle import services
from incidents.models import Incident
from policies.models import CustomerSegment
from portal.foundation.access.grants import grant
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from tests.factories import incidents as make
from tests.factories import policies
from tests.factories.portal import person
from tests.incidents.lifecycle.test_grading import of_the_service, texts

pytestmark = pytest.mark.django_db
MARKERS = ("personal_data", "regulated", "data_breach")


def mark(incident: Incident, now: Any, **facts: Any) -> Incident:
    facts.setdefault("actor", None)
    return services.set_facts(incident, now=now, reason=facts.pop("reason", "The log shows it"), **facts)


@pytest.mark.parametrize("marker", MARKERS)
def test_a_marker_is_set_with_its_reason_and_stays(marker: str, now: Any) -> None:
    incident, tom = make.incident(now), person("Tom Berg", roles=("responder",))
    mark(incident, now, actor=tom, **{marker: True})
    fresh = Incident.objects.get(pk=incident.pk)
    assert getattr(fresh, marker)
    told = incident.timeline.get(kind="graded")
    assert "marked it as" in told.text
    assert told.text.endswith("The legal and compliance track has to run")
    assert told.why == "The log shows it"
    assert parsed(LedgerEvent.objects.get(type="incident.facts_set").payload)["decision"]["tracks"] == ["technical", "compliance"]
    with pytest.raises(InvalidInput, match="that stays") as refused:
        mark(fresh, now, **{marker: False})
    assert marker in refused.value.fields
    fresh.refresh_from_db()
    assert getattr(fresh, marker)


def test_a_second_marker_starts_no_second_track(now: Any) -> None:
    incident = make.incident(now, personal_data=True)
    mark(incident, now, data_breach=True)
    assert "has to run" not in texts(incident)[-1]


@pytest.mark.parametrize("end", [services.resolve, services.cancel])
def test_a_marker_can_be_set_after_the_end_but_nothing_else(end: Any, now: Any) -> None:
    incident = make.incident(now)
    end(incident, actor=None, now=now, reason="over")
    mark(incident, now, personal_data=True)
    assert Incident.objects.get(pk=incident.pk).personal_data
    with pytest.raises(WrongState):
        mark(incident, now, labels=["late"])


def test_an_imported_incident_is_not_marked(now: Any) -> None:
    make.many_incidents(1, now, make.service(regulated=True), origin="imported")
    imported = Incident.objects.get()
    assert not imported.regulated
    with pytest.raises(WrongState):
        mark(imported, now, personal_data=True)


def test_incidents_of_a_regulated_service_are_regulated_however_they_begin(now: Any) -> None:
    service = make.service()
    make.policy_in_force(service, now, (("SEV1", "latency_ms", "5", 1),))
    service.regulated = True
    service.save()
    assert make.incident(now, service=service).regulated
    _, declared = services.record_reading(service, measure="latency_ms", value=Decimal(9), observed_at=now, actor=None, now=now)
    assert declared is not None
    assert declared.regulated
    with pytest.raises(InvalidInput, match="regulated workload"):
        make.incident(now, service=service, regulated=False)


def test_what_follows_from_a_fact_follows_at_once(now: Any) -> None:
    service = make.service()
    of_the_service(
        service,
        now,
        level=True,
        exceptions=[{"name": "Leaks", "indicator": "data_breach", "start_level": 4}],
        business=[{"name": "Vital customers", "measure": "segment_criticality", "value": 3, "impact": 1}],
    )
    incident = make.incident(now, service=service, impact=3, urgency=1)
    vital = CustomerSegment.objects.create(name="Hospitals", criticality=3)
    mark(incident, now, data_breach=True, segment=vital)
    assert (incident.start_level, incident.priority, incident.impact) == (4, 1, 3)
    said = texts(incident)
    assert said[1].startswith("The portal marked it as suspected data breach and told customer segment Hospitals; P1 critical now")
    assert said[2].startswith("Exception 'Leaks'")
    assert said[3].startswith("Impact counts as high, not low as told: Criticality of the customer segment at least vital")
    mark(incident, now + timedelta(minutes=1), labels=["vip"])
    assert len(texts(incident)) == 5, "what was told already is not told again"


def test_money_and_its_currency_go_together(now: Any) -> None:
    incident = make.incident(now)
    mark(incident, now, revenue_loss_per_hour=Decimal("25000.005"), revenue_currency="EUR")
    assert (incident.revenue_loss_per_hour, incident.revenue_currency) == (Decimal("25000.00"), "EUR")
    mark(incident, now, revenue_loss_per_hour=Decimal(5))
    assert incident.revenue_currency == "EUR"
    mark(incident, now, revenue_loss_per_hour=None)
    assert (incident.revenue_loss_per_hour, incident.revenue_currency) == (None, "")


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"personal_data": "yes"}, "personal_data"),
        ({"data_breach": None}, "data_breach"),
        ({"labels": [""]}, "labels"),
        ({"labels": ["a,b"]}, "labels"),
        ({"labels": ["x" * 61]}, "labels"),
        ({"labels": ["nul\x00"]}, "labels"),
        ({"labels": [f"label {number}" for number in range(21)]}, "labels"),
        ({"revenue_loss_per_hour": Decimal(5)}, "revenue_currency"),
        ({"revenue_currency": "EUR"}, "revenue_loss_per_hour"),
        ({"revenue_loss_per_hour": Decimal(-1), "revenue_currency": "EUR"}, "revenue_loss_per_hour"),
        ({"revenue_loss_per_hour": Decimal("NaN"), "revenue_currency": "EUR"}, "revenue_loss_per_hour"),
        ({"revenue_loss_per_hour": Decimal("Infinity"), "revenue_currency": "EUR"}, "revenue_loss_per_hour"),
        ({"revenue_loss_per_hour": Decimal("1E+999999"), "revenue_currency": "EUR"}, "revenue_loss_per_hour"),
        ({"revenue_loss_per_hour": Decimal(1), "revenue_currency": "eur"}, "revenue_currency"),
        ({"revenue_loss_per_hour": Decimal(1), "revenue_currency": "XYZ"}, "revenue_currency"),
        ({"regulatory_exposure": 4}, "regulatory_exposure"),
        ({"regulatory_exposure": True}, "regulatory_exposure"),
    ],
)
def test_facts_that_cannot_be_are_refused_at_their_field(facts: dict[str, Any], field: str, now: Any) -> None:
    incident = make.incident(now)
    for attempt in (lambda: mark(incident, now, **facts), lambda: make.incident(now, **facts)):
        with pytest.raises(InvalidInput) as refused:
            attempt()
        assert field in refused.value.fields
    assert Incident.objects.count() == 1


def test_every_wrong_field_is_named_at_once(now: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        make.incident(now, labels=["a,b"], regulatory_exposure=9, revenue_currency="EUR")
    assert refused.value.fields.keys() == {"labels", "regulatory_exposure", "revenue_loss_per_hour"}


def test_words_the_right_and_a_difference_are_needed(now: Any) -> None:
    incident = make.incident(now)
    with pytest.raises(InvalidInput, match="how you know"):
        mark(incident, now, personal_data=True, reason=" ")
    with pytest.raises(InvalidInput, match="Nothing differs"):
        mark(incident, now, personal_data=False, labels=[])
    with pytest.raises(NotAllowed):
        mark(incident, now, personal_data=True, actor=person("Rae", roles=("auditor",)))
    assert not LedgerEvent.objects.filter(type="incident.facts_set").exists()
    monitor = person("Monitor")
    grant("policies.work_service_incidents", monitor, incident.service)
    mark(incident, now, personal_data=True, actor=type(monitor).objects.get(pk=monitor.pk))


def test_labels_are_kept_in_lower_case_and_once(now: Any) -> None:
    assert make.incident(now, labels=[" VIP", "vip", "Year-End"]).labels == ["vip", "year-end"]


def test_amending_is_all_or_nothing(now: Any) -> None:
    incident = make.incident(now)
    with pytest.raises(InvalidInput):
        services.amend(incident, details={"title": "New"}, facts={"labels": ["a,b"]}, actor=None, now=now, reason="because")
    assert Incident.objects.get().title == "Card payments fail"
    services.amend(incident, details={"title": "New"}, facts={"labels": ["a"]}, actor=None, now=now, reason="because")
    assert (Incident.objects.get().title, Incident.objects.get().labels) == ("New", ["a"])


def test_a_policy_of_another_service_says_nothing_here(now: Any) -> None:
    of_the_service(policies.service(), now, level=True, exceptions=[{"name": "Leaks", "indicator": "data_breach", "start_level": 4}])
    assert make.incident(now, data_breach=True).start_level == 1
