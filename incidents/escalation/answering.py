"""Answers to alerts: whoever was alerted acknowledges the incident, or the track, that the alert was about."""

from datetime import datetime
from typing import Any

from incidents.lifecycle.models import Incident
from incidents.lifecycle.states import IncidentState
from policies.decisions.vocabulary import Track
from portal.foundation.answers.answerers import Standing
from portal.foundation.errors import NotFound, WrongState
from portal.foundation.outbox.models import OutboxMessage

from . import services
from .messages import link_to
from .models import EscalationRun

GONE = "The incident of this alert does not exist any more."
# What a reply adds to the number for another track than the technical.
LETTERS = {Track.TECHNICAL: "", Track.STAKEHOLDER: "S", Track.COMPLIANCE: "C"}
State = EscalationRun.State


class AlertAnswerer:
    """The messages of the engine that page somebody: alerts, reminders, and that nobody was reached."""

    def code(self, message: OutboxMessage) -> str:
        """'12' for INC-000012, '12C' for its compliance track."""
        incident, track = _about(message)
        return f"{incident}{LETTERS[track]}"

    def standing(self, message: OutboxMessage, person: Any) -> Standing | None:
        key, track = _about(message)
        incident = Incident.objects.select_related("assigned_to").filter(pk=key).first()
        if incident is None:
            return None
        run = _latest(incident, track)
        waits = _waits(incident, run)
        words = f"{_sentence(incident, track)} waits for somebody to acknowledge it." if waits else _why_not(incident, track, run, person)
        return Standing(_name(incident, track), waits, words, link_to(incident))

    def acknowledge(self, message: OutboxMessage, person: Any, *, now: datetime, reason: str) -> str:
        key, track = _about(message)
        incident = Incident.objects.filter(pk=key).first()
        if incident is None:
            raise NotFound(GONE)
        # Locked as the engine does it, runs before the incident: of two who answer at once the second hears who was first.
        list(EscalationRun.objects.select_for_update(of=("self",)).filter(incident=incident).order_by("pk"))
        incident = Incident.objects.select_related("assigned_to").get(pk=key)
        run = _latest(incident, track)
        if not _waits(incident, run):
            raise WrongState(_why_not(incident, track, run, person))
        if track is Track.TECHNICAL:
            services.acknowledge(incident, actor=person, now=now, reason=reason)
        else:
            services.acknowledge_track(incident, track.value, actor=person, now=now, reason=reason)
        return f"You have acknowledged {_name(incident, track)}."


def _about(message: OutboxMessage) -> tuple[int, Track]:
    """Incident and track of 'incidents.incident:12:compliance'."""
    _, key, *track = message.subject_ref.split(":")
    return int(key), Track(track[0]) if track else Track.TECHNICAL


def _name(incident: Incident, track: Track) -> str:
    """What may be said of it anywhere: the number, and the track when it is another than the technical."""
    return incident.number if track is Track.TECHNICAL else f"the {track.label.lower()} track of {incident.number}"


def _sentence(incident: Incident, track: Track) -> str:
    """The same at the beginning of a sentence."""
    name = _name(incident, track)
    return f"{name[:1].upper()}{name[1:]}"


def _latest(incident: Incident, track: Track) -> EscalationRun | None:
    runs = incident.runs.filter(track=track.value).select_related("acknowledged_by", "holder")
    return runs.order_by("-opening").first()


def _waits(incident: Incident, run: EscalationRun | None) -> bool:
    """Whether somebody is still needed: the alerting goes on, rests, or has run out of people and nobody has come forward since."""
    if run is None or run.state not in {State.PAGING, State.HELD, State.EXHAUSTED}:
        return False
    if run.track != Track.TECHNICAL:
        return run.acknowledged_at is None
    if incident.has_ended:
        return False
    return run.state != State.EXHAUSTED or not (incident.acknowledged_at and incident.state == IncidentState.IN_PROGRESS)


def _why_not(incident: Incident, track: Track, run: EscalationRun | None, person: Any) -> str:
    name = _name(incident, track)
    holder = incident.assigned_to if track is Track.TECHNICAL else run and run.acknowledged_by
    taken = incident.acknowledged_at if track is Track.TECHNICAL else run and run.acknowledged_at
    if track is not Track.COMPLIANCE and incident.has_ended:
        return f"{incident.number} is {incident.get_state_display().lower()}; there is nothing left to acknowledge."
    if holder is not None and taken is not None:
        if holder.pk == person.pk:
            return f"You have acknowledged {name} already."
        return f"{holder} has acknowledged {name}. To take it over, open it in the portal."
    return f"The alerting for {name} is over; there is nothing left to acknowledge."


ANSWERER = AlertAnswerer()
