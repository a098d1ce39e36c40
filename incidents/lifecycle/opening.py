"""Opening an incident: judged, numbered, told, and pinned to the policy versions in force."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Unpack

from audit.events.services import Act, act
from policies.decisions.judgement import SCALES_OF
from policies.decisions.ruleset import MeasureRule
from policies.decisions.severity import Reading, Verdict
from policies.decisions.vocabulary import Priority, Scale, Severity
from policies.models import Service
from portal.foundation.access.checks import require
from portal.foundation.base_models import insert_tracked, save_tracked
from portal.foundation.errors import InvalidInput
from portal.foundation.many_rows import made, next_key
from portal.foundation.words import listed

from . import checks, grading
from .facts import GivenFacts, clean_facts, marked
from .grading import RulesFor
from .measures import known_measures, measure_called
from .models import ImpactReading, Incident, TimelineEntry
from .states import IncidentState
from .telling import decision_on, followed_in_words, parts_of, tell_grade, tell_judgement
from .timeline import add_timeline, keep_what_is_told, name_of, reading_in_words

Measures = Mapping[str, MeasureRule]
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
    rehearsed: Severity | None = None,
    **facts: Unpack[GivenFacts],
) -> Incident:
    """Opens an incident of `service` and returns it.

    `impact` and `urgency` are 1 (high) to 3 (low); with the business `facts` and the matrix in force they give the priority. `readings`
    are held against the thresholds in force and give the severity; without a broken threshold it stays empty. Every policy version
    that supplies rules now is pinned; without one nobody will be alerted, and the timeline says so. The incidents of a regulated
    service are regulated. `rehearsed` is the severity of a drill, for which nothing was measured. Raises InvalidInput and NotAllowed.
    """
    require(actor, "incidents.add_incident", service, to=f"open incidents of {service.name}")
    readings, known = _clean_readings(readings, now)
    incident = made(
        Incident,
        title=checks.clean_title(title),
        description=checks.clean_text(description, "description"),
        service=service,
        team=service.team,
        caller=caller,
        impact=clean_scale(impact, "impact"),
        urgency=clean_scale(urgency, "urgency"),
        opened_at=now,
        opened_by=actor,
        state=IncidentState.NEW.value,
        origin=str(origin),
    )
    given: GivenFacts = {"regulated": None, **facts}
    for name, value in clean_facts(given, incident).items():
        setattr(incident, name, value)
    found = grading.rules_for(service, now)
    with act("incident.opened", actor=actor, now=now) as running:
        if rehearsed is not None:
            grading.rehearse(incident, found, rehearsed)
        _write(incident, found, readings, known, running=running)
        for reading in readings:
            store_reading(reading, service=service, incident=incident, actor=actor, now=now)
    return incident


def declare_incident(service: Service, *, found: RulesFor, verdict: Verdict, counted: Sequence[ImpactReading], now: datetime) -> Incident:
    """Opens the incident that a broken threshold calls for, on behalf of the rules in force; `counted` become its readings."""
    impact, urgency = grade_of(verdict)
    incident = made(
        Incident,
        title=f"{service.name}: {verdict.threshold}"[: checks.LONGEST_TITLE],
        description="\n".join(verdict.reasons),
        service=service,
        team=service.team,
        impact=impact,
        urgency=urgency,
        regulated=service.regulated,
        opened_at=now,
        origin=Incident.Origin.READING.value,
    )
    readings = grading.as_readings(counted)
    with act("incident.declared", actor=None, now=now, why="; ".join(verdict.reasons)) as running:
        _write(incident, found, readings, known_measures(reading.measure for reading in readings), running=running)
        ImpactReading.objects.filter(pk__in=[reading.pk for reading in counted]).update(incident=incident)
        running.details["readings"] = [reading.pk for reading in counted]
    return incident


def _write(incident: Incident, found: RulesFor, readings: Sequence[Reading], known: Measures, *, running: Act) -> None:
    """Judges the new incident by the rules in force, pins them, stores it and tells its first lines."""
    incident.policy_version = found.followed
    incident.rule_versions = [version.pk for version in found.versions]
    incident.__dict__[grading.OPENED_BY] = found
    keep_what_is_told(incident)
    judgement = grading.judged(incident, found, readings, running.now)
    grading.take_over(incident, judgement)
    incident.pk = next_key(Incident)
    incident.number = f"INC-{incident.pk:06d}"
    insert_tracked(incident, actor=running.actor, now=running.now)
    running.subject = incident
    running.decision = decision_on(incident, judgement, found)
    _tell(incident, found, actor=running.actor, now=running.now)
    told = readings[:MOST_TOLD] if incident.origin == Incident.Origin.READING else readings
    for reading in told:
        tell_reading(incident, reading, known, actor=running.actor, now=running.now)
    if judgement.verdict:
        tell_grade(incident, judgement.verdict, found, actor=running.actor, now=running.now)
    tell_judgement(incident, judgement, found, actor=running.actor, now=running.now)


def _clean_readings(readings: Sequence[Reading], now: datetime) -> tuple[list[Reading], Measures]:
    if len(readings) > MOST_READINGS:
        raise InvalidInput("Too many readings.", {"readings": [f"At most {MOST_READINGS} readings fit one incident."]})
    known = known_measures(reading.measure for reading in readings)
    cleaned = []
    for position, reading in enumerate(readings):
        try:
            cleaned.append(clean_reading(reading, known, now))
        except InvalidInput as error:
            where = {f"readings.{position}.{name}": problems for name, problems in error.fields.items()}
            raise InvalidInput(error.message, where) from error
    return cleaned, known


def clean_reading(reading: Reading, known: Measures, now: datetime) -> Reading:
    """The reading as it may be stored; `known` are the measures there are. Raises InvalidInput."""
    measure = measure_called(reading.measure, known)
    return Reading(measure.key, checks.clean_value(measure, reading.value), checks.clean_observed_at(reading.observed_at, now))


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


def tell_reading(incident: Incident, reading: Reading, known: Measures, *, actor: Any, now: datetime) -> None:
    """'Reading: Failed transactions 7.2 %'."""
    add_timeline(
        incident,
        kind=TimelineEntry.Kind.READING,
        at=now,
        actor=actor,
        text=f"Reading: {reading_in_words(reading.measure, reading.value, known.get(reading.measure))}",
        data={"measure": reading.measure, "value": str(reading.value)},
    )


def _tell(incident: Incident, found: RulesFor, *, actor: Any, now: datetime) -> None:
    by = {
        Incident.Origin.READING.value: f"Declared by a threshold of {incident.service.name}",
        Incident.Origin.DRILL.value: f"{name_of(actor)} began a drill",
        Incident.Origin.API.value: f"{name_of(actor)} opened the incident through the API",
    }.get(incident.origin, f"{name_of(actor)} opened the incident")
    priority, impact, urgency = Priority(incident.priority or 4), Scale(incident.impact or 2), Scale(incident.urgency or 2)
    markers = f", marked as {listed(marked(incident))}" if marked(incident) else ""
    add_timeline(
        incident,
        kind=TimelineEntry.Kind.OPENED,
        at=now,
        actor=actor,
        text=f"{by}: {priority.label}, impact {impact.label.lower()}, urgency {urgency.label.lower()}{markers}",
        why=followed_in_words(incident, found),
        data={"priority": incident.priority, "policy_version": incident.policy_version_id, "rules": parts_of(found.rules)},
    )


def grade_of(verdict: Verdict) -> tuple[int, int]:
    """Impact and urgency of an incident that nobody but a threshold described."""
    impact, urgency = SCALES_OF[Severity(verdict.severity)]
    return int(impact), int(urgency)


def clean_scale(value: int, field: str) -> int:
    """1 (high), 2 (medium) or 3 (low). Raises InvalidInput."""
    if isinstance(value, bool) or value not in {1, 2, 3}:
        raise InvalidInput(f"The {field} is not known.", {field: ["Give 1 (high), 2 (medium) or 3 (low)."]})
    return int(value)
