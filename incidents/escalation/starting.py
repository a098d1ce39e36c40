"""Runs that begin, and incidents for which none can: found by the engine, told once."""

import logging
from datetime import datetime
from functools import partial

from django.db import transaction

from audit.events.services import act
from incidents.lifecycle.facts import marked
from incidents.lifecycle.models import Incident, TimelineEntry
from incidents.lifecycle.timeline import add_timeline
from policies.decisions.vocabulary import Severity, Track
from policies.models import PolicyVersion
from portal.foundation.outbox.services import queue
from portal.foundation.words import listed

from . import words
from .effects import NOBODY_REACHED, subject_ref
from .last_resort import owner_of_last_resort
from .messages import link_to
from .models import EscalationRun, EscalationStep
from .tracks import NO_COMPLIANCE, followed, marked_without_policy, waits_for, wants, without_policy

logger = logging.getLogger(__name__)


def start(incident_id: int, track: Track, *, now: datetime) -> bool:
    """Starts the incident's run of `track` when it is still missing; False is fine: somebody was faster."""
    with transaction.atomic():
        incident = _locked(incident_id)
        if incident is None or not waits_for(track).filter(pk=incident_id).exists():
            return False
        if track is Track.STAKEHOLDER and not wants(incident, track):
            return False
        start_run(incident, track, now=now)
    return True


def start_run(incident: Incident, track: Track = Track.TECHNICAL, *, now: datetime) -> EscalationRun:
    """A new run for the incident's present opening, due at once. Must run in a transaction with the incident locked."""
    version, supplies = followed(incident, track)
    if version is None:
        raise ValueError("An incident without a policy version has no run.")
    since = incident.opened_at if track is Track.TECHNICAL and not incident.reopen_count else now
    with act("escalation.started", actor=None, now=now, subject=incident) as running:
        run = EscalationRun.objects.create(
            incident=incident,
            track=track.value,
            opening=incident.reopen_count,
            policy_version=version,
            content_sha256=version.content_sha256,
            severity=incident.severity,
            next_run_at=now,
            started_at=now,
            alerting_since=since,
        )
        reason = _follows(version, track, supplies)
        EscalationStep.objects.create(run=run, sequence=0, action=EscalationStep.Action.STARTED, at=now, reason=reason)
        running.decision = {"run": run.pk, "track": track.value, "policy_version": version.pk, "content_sha256": version.content_sha256}
        _tell_start(run, incident, reason, now)
    return run


def tell_without_policy(incident_id: int, *, now: datetime) -> bool:
    """Says once that no policy covers the incident."""
    with transaction.atomic():
        incident = _locked(incident_id)
        if incident is None or not without_policy().filter(pk=incident_id).exists():
            return False
        text = "Nobody is alerted automatically"
        why = f"No escalation policy was in force for {incident.service} when the incident was opened."
        _timeline(incident, text, why, {"action": "no_policy"}, now)
    logger.warning("%s: %s. %s", incident.number, text, why)
    return True


def alarm_without_policy(incident_id: int, *, now: datetime) -> bool:
    """A marked incident that no policy covers: nobody in legal and compliance can be found, so the owner of last resort is alarmed."""
    with transaction.atomic():
        incident = _locked(incident_id)
        if incident is None or not marked_without_policy().filter(pk=incident_id).exists():
            return False
        text = f"{Track.COMPLIANCE.label} track: {words.NOBODY_REACHED}"
        why = f"It is marked as {listed(marked(incident))}, and no policy was in force for {incident.service} when it was opened."
        _timeline(incident, text, why, {"action": NO_COMPLIANCE, "track": Track.COMPLIANCE.value}, now)
        with act("escalation.exhausted", actor=None, now=now, subject=incident, why=why) as running:
            running.decision = {"track": Track.COMPLIANCE.value}
            person = owner_of_last_resort(incident)
            if person is not None:
                queue(
                    kind=NOBODY_REACHED,
                    person=person,
                    subject_ref=subject_ref(incident, Track.COMPLIANCE),
                    title=f"Nobody reached: {words.headline(incident, Track.COMPLIANCE)}",
                    body=f"{incident.service.name}: {incident.title}\n{why}\nSomebody has to tell legal and compliance now.",
                    link=link_to(incident),
                    idempotency_key=f"incident-{incident.pk}-{NO_COMPLIANCE}",
                    now=now,
                )
        transaction.on_commit(partial(logger.critical, "%s: %s. %s", incident.number, text, why))
    return True


def _follows(version: PolicyVersion, track: Track, supplies: bool) -> str:
    if track is Track.TECHNICAL:
        return f"Follows {version}, the version in force when the incident was opened."
    if supplies:
        return f"Follows {version}, which says who answers for the {track.label.lower()} track."
    return f"No policy says who answers for the {track.label.lower()} track; the owner of {version} is told."


def _tell_start(run: EscalationRun, incident: Incident, reason: str, now: datetime) -> None:
    track = Track(run.track)
    data = {"action": "started", "run": run.pk, "track": run.track}
    if track is Track.COMPLIANCE:
        _timeline(incident, f"The {track.label.lower()} track begins", f"It is marked as {listed(marked(incident))}. {reason}", data, now)
    elif track is Track.STAKEHOLDER:
        _timeline(incident, f"The {track.label.lower()} track begins", f"It is {Severity(incident.severity).label}. {reason}", data, now)
    elif run.opening:
        _timeline(incident, "The escalation begins anew", "The incident was reopened.", data, now)


def _timeline(incident: Incident, text: str, why: str, data: dict[str, object], now: datetime) -> None:
    add_timeline(incident, kind=TimelineEntry.Kind.ESCALATION, at=now, actor=None, text=text, why=why, data=data)


def _locked(incident_id: int) -> Incident | None:
    rows = Incident.objects.select_for_update(skip_locked=True, of=("self",), no_key=True)
    return rows.select_related("service__owner", "segment", "policy_version__policy").filter(pk=incident_id).first()
