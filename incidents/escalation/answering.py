"""Answers to alerts: whoever was alerted acknowledges the incident, or the track, that the alert was about."""

from datetime import datetime
from typing import Any

from incidents.lifecycle.models import Incident
from policies.decisions.vocabulary import Track
from portal.foundation.answers.answerers import Standing
from portal.foundation.errors import NotFound, WrongState
from portal.foundation.outbox.models import OutboxMessage
from portal.foundation.people.models import User

from . import services
from .facts import holder_of
from .messages import link_to
from .models import EscalationRun
from .orders import locked_runs

GONE = "The incident of this alert does not exist any more."
# What a reply adds to the number for another track than the technical.
LETTERS = {Track.TECHNICAL: "", Track.STAKEHOLDER: "S", Track.COMPLIANCE: "C"}


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
        run, name = _latest(incident, track), _name(incident, track)
        waits = _waits(incident, run)
        words = f"{_sentence(name)} waits for somebody to acknowledge it." if waits else _why_not(incident, name, run, person)
        return Standing(name, waits, words, link_to(incident))

    def acknowledge(self, message: OutboxMessage, person: Any, *, now: datetime, reason: str) -> str:
        key, track = _about(message)
        incident = Incident.objects.filter(pk=key).first()
        if incident is None:
            raise NotFound(GONE)
        # Locked as the engine does it, runs before the incident: of two who answer at once the second hears who was first.
        list(locked_runs(incident).order_by("pk"))
        incident = Incident.objects.select_related("assigned_to").get(pk=key)
        run, name = _latest(incident, track), _name(incident, track)
        if not _waits(incident, run) and not _of_another(incident, run, person):
            raise WrongState(_why_not(incident, name, run, person))
        if track is Track.TECHNICAL:
            services.acknowledge(incident, actor=person, now=now, reason=reason)
        else:
            services.acknowledge_track(incident, track.value, actor=person, now=now, reason=reason)
        holder = _holder(Incident.objects.select_related("assigned_to").get(pk=key), _latest(incident, track))
        if holder is not None and holder.pk != person.pk:
            return f"{holder} has {name} already. That you acknowledged it too is on record."
        return f"You have acknowledged {name}."


def _about(message: OutboxMessage) -> tuple[int, Track]:
    """Incident and track of 'incidents.incident:12:compliance'."""
    _, key, *track = message.subject_ref.split(":")
    return int(key), Track(track[0]) if track else Track.TECHNICAL


def _name(incident: Incident, track: Track) -> str:
    """What may be said of it anywhere: the number, and the track when it is another than the technical."""
    return incident.number if track is Track.TECHNICAL else f"the {track.label.lower()} track of {incident.number}"


def _sentence(name: str) -> str:
    """The same at the beginning of a sentence."""
    return f"{name[:1].upper()}{name[1:]}"


def _latest(incident: Incident, track: Track) -> EscalationRun | None:
    runs = incident.runs.filter(track=track.value).select_related("acknowledged_by", "holder")
    return runs.order_by("-opening").first()


def _over(incident: Incident, run: EscalationRun) -> bool:
    """The compliance track goes on until somebody answers for it, whatever became of the incident; the others end with it."""
    return incident.has_ended and run.track != Track.COMPLIANCE


def _waits(incident: Incident, run: EscalationRun | None) -> bool:
    """Whether somebody is asked to answer and has not."""
    if run is None or _over(incident, run):
        return False
    if run.track == Track.TECHNICAL:
        return services.asks(run, incident)
    return run.acknowledged_at is None and run.state != EscalationRun.State.ENDED


def _holder(incident: Incident, run: EscalationRun | None) -> User | None:
    return holder_of(run, incident) if run is not None else None


def _of_another(incident: Incident, run: EscalationRun | None, person: User) -> bool:
    """Whether somebody else has it: an answer beside theirs is recorded and changes nothing."""
    holder = _holder(incident, run)
    return run is not None and not _over(incident, run) and holder is not None and holder.pk != person.pk


def _why_not(incident: Incident, name: str, run: EscalationRun | None, person: User) -> str:
    if run is None or _over(incident, run):
        return f"{incident.number} is {incident.get_state_display().lower()}; there is nothing left to acknowledge."
    holder = _holder(incident, run)
    if holder is None:
        return f"The alerting for {name} is over; there is nothing left to acknowledge."
    return f"You have {name} already." if holder.pk == person.pk else f"{holder} has {name}. To take it over, open it in the portal."


ANSWERER = AlertAnswerer()
