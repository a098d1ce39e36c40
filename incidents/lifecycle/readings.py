"""A reading comes in: kept as a fact, and held against the thresholds in force."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from audit.events.services import Act, act
from policies.decisions.severity import Reading, evaluate
from policies.models import Service
from portal.foundation.access.checks import require
from portal.foundation.base_models import save_tracked
from portal.foundation.errors import InvalidInput, WrongState

from . import grading
from .measures import known_measures
from .models import OPERATIONAL, ImpactReading, Incident
from .opening import clean_reading, declare_incident, grade_of, store_reading, tell_reading
from .states import OPEN_STATES
from .telling import regraded, tell_grade
from .timeline import reading_in_words


def record_reading(
    service: Service,
    *,
    measure: str,
    value: Decimal,
    observed_at: datetime,
    actor: Any,
    now: datetime,
    incident: Incident | None = None,
) -> tuple[ImpactReading, Incident | None]:
    """Keeps a reading of `service` and lets it declare an incident or grade one; returns both.

    1. The reading belongs to `incident` when given, else to the open incident of the service that thresholds have graded.
    2. Such an incident is graded by the rules pinned at its opening; severity only ever worsens.
    3. Without one, a threshold in force that breaks declares an incident.

    Raises InvalidInput, NotAllowed, and WrongState for an incident that has ended.
    """
    require(actor, "incidents.add_impactreading", service, to=f"record readings of {service.name}")
    known = known_measures([measure])
    reading = clean_reading(Reading(measure, value, observed_at), known, now)
    if incident is not None and incident.service_id != service.pk:
        raise InvalidInput("The incident is of another service.", {"incident": [f"{incident.number} is not of {service.name}."]})
    with act("reading.recorded", actor=actor, now=now, subject=service) as running:
        # Two readings at the same moment must not declare two incidents.
        Service.objects.select_for_update(no_key=True).get(pk=service.pk)
        owner = _locked(incident) if incident is not None else _graded_open_incident(service)
        stored = store_reading(reading, service=service, incident=owner, actor=actor, now=now)
        running.details["reading"] = reading_in_words(stored.measure, stored.value, known[stored.measure])
        if incident is not None and owner is not None:
            tell_reading(owner, reading, known, actor=actor, now=now)
        if owner is None:
            owner = _declare_if_broken(service, now)
        else:
            _regrade(owner, running=running, now=now)
    if incident is not None and owner is not None:
        incident.refresh_from_db()
        owner = incident
    return stored, owner


def _locked(incident: Incident) -> Incident:
    fresh = Incident.objects.select_for_update(no_key=True).get(pk=incident.pk)
    if fresh.state not in OPEN_STATES:
        raise WrongState(f"{fresh.number} is {fresh.get_state_display()}; readings belong to open incidents. Reopen it first.")
    return fresh


def _graded_open_incident(service: Service) -> Incident | None:
    """The latest open incident that thresholds have graded, however it was opened."""
    live = Incident.objects.filter(OPERATIONAL, service=service, state__in=[state.value for state in OPEN_STATES])
    graded = live.exclude(origin=Incident.Origin.IMPORTED).exclude(severity="")
    return graded.select_for_update(no_key=True).order_by("-opened_at", "-id").first()


def _declare_if_broken(service: Service, now: datetime) -> Incident | None:
    found = grading.rules_for(service, now)
    counted = grading.readings_that_count(service, found.content, now, None) if found.content.thresholds else []
    verdict = evaluate(found.content.thresholds, grading.as_readings(counted), now)
    if verdict is None:
        return None
    return declare_incident(service, found=found, verdict=verdict, counted=counted, now=now)


def _regrade(incident: Incident, *, running: Act, now: datetime) -> None:
    """Worsens severity, start level and, for an incident that no person described, priority; never eases them."""
    found = grading.rules_pinned_by(incident)
    if not found.content.thresholds:
        return
    counted = grading.readings_that_count(incident.service, found.content, now, incident)
    judgement = grading.judged(incident, found, grading.as_readings(counted), now)
    verdict = judgement.verdict
    if verdict is None or not grading.is_worse(incident, judgement):
        return
    running.decision["severity"] = regraded(incident.severity, verdict, found)
    if incident.origin == Incident.Origin.READING:
        impact, urgency = grade_of(verdict)
        incident.impact, incident.urgency = min(impact, incident.impact or impact), min(urgency, incident.urgency or urgency)
        judgement = grading.judged(incident, found, grading.as_readings(counted), now)
    grading.take_over(incident, judgement)
    save_tracked(incident, actor=None, now=now, reason="; ".join(verdict.reasons))
    tell_grade(incident, verdict, found, actor=None, now=now)
