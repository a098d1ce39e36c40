"""A reading comes in: kept as a fact, and held against the thresholds in force."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from audit.events.services import Act, act
from policies.decisions.severity import Reading, Verdict, priority_of
from policies.models import PolicyVersion, Service
from portal.foundation.access.checks import require
from portal.foundation.base_models import save_tracked
from portal.foundation.errors import InvalidInput, WrongState

from . import grading
from .models import ImpactReading, Incident, TimelineEntry
from .opening import clean_reading, declare_incident, grade_of, store_reading, tell_grade
from .states import OPEN_STATES
from .timeline import add_timeline, reading_in_words


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
    2. Such an incident is graded by its pinned version; severity only ever worsens.
    3. Without one, a threshold in force that breaks declares an incident.

    Raises InvalidInput, NotAllowed, and WrongState for an incident that has ended.
    """
    require(actor, "incidents.add_impactreading", service, to=f"record readings of {service.name}")
    reading = clean_reading(Reading(measure, value, observed_at), now)
    if incident is not None and incident.service_id != service.pk:
        raise InvalidInput("The incident is of another service.", {"incident": [f"{incident.number} is not of {service.name}."]})
    with act("reading.recorded", actor=actor, now=now, subject=service) as running:
        # Two readings at the same moment must not declare two incidents.
        Service.objects.select_for_update(no_key=True).get(pk=service.pk)
        by_hand = incident is not None
        owner = _locked(incident) if incident is not None else _graded_open_incident(service)
        stored = store_reading(reading, service=service, incident=owner, actor=actor, now=now)
        running.details["reading"] = f"{reading_in_words(stored.measure, stored.value)}"
        if owner is None:
            owner = _declare_if_broken(service, now)
        else:
            _regrade(owner, stored, told=by_hand, running=running, actor=actor, now=now)
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
    live = Incident.objects.filter(service=service, state__in=[state.value for state in OPEN_STATES])
    graded = live.exclude(origin=Incident.Origin.IMPORTED).exclude(severity="")
    return graded.select_for_update(no_key=True).order_by("-opened_at", "-id").first()


def _declare_if_broken(service: Service, now: datetime) -> Incident | None:
    version = grading.version_for(service, now)
    if version is None:
        return None
    counted = grading.readings_that_count(service, version, now, None)
    verdict = grading.verdict_on(version, [grading.as_reading(reading) for reading in counted], now)
    if verdict is None:
        return None
    return declare_incident(service, version=version, verdict=verdict, counted=counted, now=now)


def _regrade(incident: Incident, stored: ImpactReading, *, told: bool, running: Act, actor: Any, now: datetime) -> None:
    """Worsens severity, start level and, for an incident that no person described, priority; never eases them."""
    if told:
        text = f"Reading: {reading_in_words(stored.measure, stored.value)}"
        add_timeline(incident, kind=TimelineEntry.Kind.READING, at=now, actor=actor, text=text)
    verdict = _verdict(incident, incident.policy_version, now)
    if verdict is None or (incident.severity and verdict.severity.value >= incident.severity):
        return
    running.decision["severity"] = {"from": incident.severity, "to": verdict.severity.value, "reasons": list(verdict.reasons)}
    incident.severity = verdict.severity.value
    incident.start_level = max(incident.start_level, verdict.start_level)
    if incident.origin == Incident.Origin.READING:
        impact, urgency = grade_of(verdict)
        incident.impact, incident.urgency = min(impact, incident.impact or impact), min(urgency, incident.urgency or urgency)
        incident.priority = priority_of(incident.impact, incident.urgency)
    save_tracked(incident, actor=None, now=now, reason="; ".join(verdict.reasons))
    tell_grade(incident, verdict, actor=None, now=now)


def _verdict(incident: Incident, version: PolicyVersion | None, now: datetime) -> Verdict | None:
    if version is None:
        return None
    counted = grading.readings_that_count(incident.service, version, now, incident)
    return grading.verdict_on(version, [grading.as_reading(reading) for reading in counted], now)
