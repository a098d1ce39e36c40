"""Opening an incident: graded, numbered, told, and pinned to the policy version in force."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models.signals import post_save

from audit.events.services import Act, act
from policies.decisions.severity import Reading, Verdict, priority_of
from policies.decisions.vocabulary import Priority, Scale, Severity
from policies.models import PolicyVersion, Service
from portal.foundation.access.checks import require
from portal.foundation.base_models import save_tracked
from portal.foundation.errors import InvalidInput

from . import checks, grading
from .models import ImpactReading, Incident, TimelineEntry
from .states import IncidentState
from .timeline import add_timeline, name_of, reading_in_words

MOST_READINGS = 100
# The latest readings are told; the others stand in the list of readings.
MOST_TOLD = 5


def open_incident(
    *,
    title: str,
    service: Service,
    impact: int,
    urgency: int,
    description: str = "",
    readings: Sequence[Reading] = (),
    actor: Any,
    now: datetime,
    origin: str = Incident.Origin.PERSON,
    caller: Any = None,
) -> Incident:
    """Opens an incident of `service` and returns it.

    `impact` and `urgency` are 1 (high) to 3 (low) and give the priority. `readings` are held against the thresholds in force and give
    the severity; without a broken threshold it stays empty. The policy version in force now is pinned; without one nobody will be
    alerted, and the timeline says so. Raises InvalidInput and NotAllowed.
    """
    require(actor, "incidents.add_incident", service, to=f"open incidents of {service.name}")
    readings = _clean_readings(readings, now)
    incident = Incident(
        title=checks.clean_title(title),
        description=checks.clean_text(description, "description"),
        service=service,
        team=service.team,
        caller=caller,
        impact=clean_scale(impact, "impact"),
        urgency=clean_scale(urgency, "urgency"),
        priority=priority_of(clean_scale(impact, "impact"), clean_scale(urgency, "urgency")),
        opened_at=now,
        opened_by=actor,
        state=IncidentState.NEW.value,
        policy_version=grading.version_for(service, now),
        origin=origin,
    )
    verdict = grading.verdict_on(incident.policy_version, readings, now)
    with act("incident.opened", actor=actor, now=now) as running:
        _write(incident, verdict, readings, running=running)
        for reading in readings:
            store_reading(reading, service=service, incident=incident, actor=actor, now=now)
    return incident


def declare_incident(
    service: Service, *, version: PolicyVersion, verdict: Verdict, counted: Sequence[ImpactReading], now: datetime
) -> Incident:
    """Opens the incident that a broken threshold calls for, on behalf of the rules in force; `counted` become its readings."""
    impact, urgency = grade_of(verdict)
    incident = Incident(
        title=f"{service.name}: {verdict.threshold}"[: checks.LONGEST_TITLE],
        description="\n".join(verdict.reasons),
        service=service,
        team=service.team,
        impact=impact,
        urgency=urgency,
        priority=priority_of(impact, urgency),
        opened_at=now,
        policy_version=version,
        origin=Incident.Origin.READING,
    )
    with act("incident.declared", actor=None, now=now, why="; ".join(verdict.reasons)) as running:
        _write(incident, verdict, [grading.as_reading(reading) for reading in counted[:MOST_TOLD]], running=running)
        ImpactReading.objects.filter(pk__in=[reading.pk for reading in counted]).update(incident=incident)
        running.details["readings"] = [reading.pk for reading in counted]
    return incident


def _write(incident: Incident, verdict: Verdict | None, readings: Sequence[Reading], *, running: Act) -> None:
    if verdict:
        incident.severity, incident.start_level = verdict.severity.value, verdict.start_level
    _insert_numbered(incident, actor=running.actor, now=running.now)
    running.subject = incident
    running.decision = _decision(incident, verdict)
    _tell(incident, verdict, readings, actor=running.actor, now=running.now)


def _clean_readings(readings: Sequence[Reading], now: datetime) -> list[Reading]:
    if len(readings) > MOST_READINGS:
        raise InvalidInput("Too many readings.", {"readings": [f"At most {MOST_READINGS} readings fit one incident."]})
    cleaned = []
    for position, reading in enumerate(readings):
        try:
            cleaned.append(clean_reading(reading, now))
        except InvalidInput as error:
            where = {f"readings.{position}.{name}": problems for name, problems in error.fields.items()}
            raise InvalidInput(error.message, where) from error
    return cleaned


def clean_reading(reading: Reading, now: datetime) -> Reading:
    """The reading as it may be stored. Raises InvalidInput."""
    measure = checks.clean_measure(reading.measure)
    return Reading(measure, checks.clean_value(measure, reading.value), checks.clean_observed_at(reading.observed_at, now))


def store_reading(reading: Reading, *, service: Service, incident: Incident | None, actor: Any, now: datetime) -> ImpactReading:
    """Keeps a cleaned reading as a fact."""
    stored = ImpactReading(
        service=service,
        incident=incident,
        measure=reading.measure,
        value=reading.value,
        observed_at=reading.observed_at,
        recorded_at=now,
        recorded_by=actor,
    )
    save_tracked(stored, actor=actor, now=now)
    return stored


def tell_grade(incident: Incident, verdict: Verdict, *, actor: Any, now: datetime) -> None:
    """'Severity set to SEV2 major: Failed transactions 7.2 % is at least 5 %', with the threshold as the why."""
    reasons = "; ".join(verdict.reasons)
    add_timeline(
        incident,
        kind=TimelineEntry.Kind.GRADED,
        at=now,
        actor=actor,
        text=f"Severity set to {verdict.severity.label}: {reasons}",
        why=f"Threshold '{verdict.threshold}' of {incident.policy_version}",
        data={"severity": verdict.severity.value, "start_level": verdict.start_level, "reasons": list(verdict.reasons)},
    )


def _tell(incident: Incident, verdict: Verdict | None, readings: Sequence[Reading], *, actor: Any, now: datetime) -> None:
    by = {
        Incident.Origin.READING.value: f"Declared by a threshold of {incident.service.name}",
        Incident.Origin.API.value: f"{name_of(actor)} opened the incident through the API",
    }.get(incident.origin, f"{name_of(actor)} opened the incident")
    priority, impact, urgency = Priority(incident.priority or 4), Scale(incident.impact or 2), Scale(incident.urgency or 2)
    add_timeline(
        incident,
        kind=TimelineEntry.Kind.OPENED,
        at=now,
        actor=actor,
        text=f"{by}: {priority.label}, impact {impact.label.lower()}, urgency {urgency.label.lower()}",
        why=f"Follows {incident.policy_version}, the version in force"
        if incident.policy_version
        else f"No policy is in force for {incident.service.name}: nobody will be alerted automatically",
        data={"priority": incident.priority, "policy_version": incident.policy_version_id},
    )
    for reading in readings:
        add_timeline(
            incident,
            kind=TimelineEntry.Kind.READING,
            at=now,
            actor=actor,
            text=f"Reading: {reading_in_words(reading.measure, reading.value)}",
            data={"measure": reading.measure, "value": str(reading.value)},
        )
    if verdict:
        tell_grade(incident, verdict, actor=actor, now=now)


def _insert_numbered(incident: Incident, *, actor: Any, now: datetime) -> None:
    """The number comes from the row's key, which is known only once the row exists; history starts with the numbered row."""
    incident.number = f"new-{uuid.uuid4().hex}"
    incident.skip_history_when_saving = True  # type: ignore[attr-defined]
    try:
        save_tracked(incident, actor=actor, now=now)
    finally:
        del incident.skip_history_when_saving  # type: ignore[attr-defined]
    incident.number = f"INC-{incident.pk:06d}"
    Incident.objects.filter(pk=incident.pk).update(number=incident.number)
    post_save.send(Incident, instance=incident, created=True, raw=False, using=incident._state.db, update_fields=None)


def _decision(incident: Incident, verdict: Verdict | None) -> dict[str, Any]:
    version = incident.policy_version
    decision: dict[str, Any] = {"priority": f"impact {incident.impact}, urgency {incident.urgency} give P{incident.priority}"}
    if version:
        decision["policy_version"] = {"id": version.pk, "number": version.number, "content_sha256": version.content_sha256}
    if verdict:
        decision["severity"] = {"value": verdict.severity.value, "threshold": str(verdict.threshold), "reasons": list(verdict.reasons)}
    return decision


def grade_of(verdict: Verdict) -> tuple[int, int]:
    """Impact and urgency of an incident that nobody but a threshold described."""
    impact, urgency = grading.SCALES_OF[Severity(verdict.severity)]
    return int(impact), int(urgency)


def clean_scale(value: int, field: str) -> int:
    """1 (high), 2 (medium) or 3 (low). Raises InvalidInput."""
    if isinstance(value, bool) or value not in {1, 2, 3}:
        raise InvalidInput(f"The {field} is not known.", {field: ["Give 1 (high), 2 (medium) or 3 (low)."]})
    return int(value)
