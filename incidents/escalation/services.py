"""What people do to a running escalation: acknowledge it, and end it with the incident. What they order it: orders.py."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction

from audit.events.services import act, mention
from incidents.lifecycle import services as lifecycle
from incidents.lifecycle.models import Incident, TimelineEntry
from incidents.lifecycle.timeline import add_timeline, name_of
from policies.decisions.vocabulary import Track
from portal.foundation.access.checks import require
from portal.foundation.errors import InvalidInput, WrongState
from portal.foundation.outbox.services import cancel_waiting

from . import holders
from .effects import subject_ref
from .engine import advance
from .facts import holder_of
from .models import EscalationRun
from .orders import bypass, hold, locked_runs, lower_level, raise_level, resume, take_over, track_called
from .queries import next_step

__all__ = [
    "acknowledge",
    "acknowledge_track",
    "asks",
    "bypass",
    "cancel",
    "end_runs",
    "hold",
    "lower_level",
    "next_step",
    "raise_level",
    "resolve",
    "resume",
    "take_over",
]

State = EscalationRun.State


def acknowledge(incident: Incident, *, actor: Any, now: datetime, reason: str = "") -> Incident:
    """`actor` has it: the alerting stops and messages that still wait are taken back. A repeat changes nothing.

    Where somebody else has it and nobody was asked again, that is recorded and changes nothing; `take_over` is the verb for it.
    The escalation stays live only while a resolution milestone or the holder's silence lies ahead. Other tracks go on: see
    `acknowledge_track`. Raises NotAllowed, WrongState, and InvalidInput without a person.
    """
    require(actor, "incidents.acknowledge_incident", incident, to="acknowledge this incident")
    with transaction.atomic():
        runs = list(locked_runs(incident).filter(track=Track.TECHNICAL).order_by("-opening"))
        run = runs[0] if runs else None
        anew = run is not None and asks(run, incident)
        incident = lifecycle.acknowledge(incident, actor=actor, now=now, reason=reason, anew=anew)
        if run is not None and anew and run.opening == incident.reopen_count:
            holders.give(run, incident, actor, actor=actor, now=now, reason=reason)
        if run is None or anew:
            cancel_waiting(subject_ref(incident), now=now)
    return incident


def acknowledge_track(incident: Incident, track: str, *, actor: Any, now: datetime, reason: str = "") -> EscalationRun | None:
    """`actor` answers for this track from now on: its alerts stop, whatever the others do. A repeat changes nothing.

    One that ended with nobody reached can still be acknowledged; one that somebody else answers for is left to them, and that is
    recorded. The technical track is acknowledged with the incident. Raises InvalidInput for a track that is not known, NotAllowed, and
    WrongState for one that does not run or was over before.
    """
    wanted = track_called(track)
    if wanted is Track.TECHNICAL:
        acknowledge(incident, actor=actor, now=now, reason=reason)
        return None
    require(actor, "incidents.acknowledge_incident", incident, to="acknowledge a track of this incident")
    if actor is None:
        raise InvalidInput("Only a person can acknowledge a track.")
    with transaction.atomic():
        run = locked_runs(incident).filter(track=wanted).order_by("-opening").first()
        if run is None or (run.state == State.ENDED and run.acknowledged_at is None):
            raise WrongState(f"The {wanted.label.lower()} track of {incident.number} does not run.")
        if run.acknowledged_at is None:
            holders.give(run, run.incident, actor, actor=actor, now=now, reason=reason)
        else:
            _answered_already(run, actor, now, reason)
    return run


def resolve(incident: Incident, *, actor: Any, now: datetime, reason: str) -> Incident:
    """Service is restored and the escalation ends with it. Raises InvalidInput, NotAllowed, WrongState."""
    return _finish(lifecycle.resolve, incident, actor, now, reason)


def cancel(incident: Incident, *, actor: Any, now: datetime, reason: str) -> Incident:
    """It was no incident, and its escalation ends. Raises InvalidInput, NotAllowed, WrongState."""
    return _finish(lifecycle.cancel, incident, actor, now, reason)


def end_runs(incident: Incident, *, actor: Any, now: datetime, reason: str = "") -> int:
    """Ends the runs of an incident that is over, and takes waiting messages back; how many ended.

    A compliance run goes on until somebody acknowledges it. The engine would find the others by itself a second later.
    Raises WrongState while the incident is open.
    """
    if not incident.has_ended:
        raise WrongState(f"{incident.number} is still open; its escalation ends when it is resolved or cancelled.")
    with transaction.atomic():
        runs = [run for run in _live_runs(incident) if run.track != Track.COMPLIANCE]
        for run in runs:
            advance(run, incident, now=now, actor=actor)
        for track in (Track.TECHNICAL, Track.STAKEHOLDER):
            cancel_waiting(subject_ref(incident, track), now=now)
    return len(runs)


def _finish(verb: Callable[..., Incident], incident: Incident, actor: Any, now: datetime, reason: str) -> Incident:
    with transaction.atomic():
        # Runs are locked before the incident, in the engine's order, so that the two cannot wait for each other.
        _live_runs(incident)
        incident = verb(incident, actor=actor, now=now, reason=reason)
        end_runs(incident, actor=actor, now=now, reason=reason)
    return incident


def asks(run: EscalationRun, incident: Incident) -> bool:
    """Whether somebody is asked to answer: the alerting runs or rests, or ran out of people and nobody has come forward since."""
    if run.opening != incident.reopen_count or run.state in (State.PAGING, State.HELD):
        return True
    if run.state != State.EXHAUSTED:
        return False
    return run.holder_id is None or run.last_sign_at is None or run.ended_at is None or run.last_sign_at < run.ended_at


def _answered_already(run: EscalationRun, actor: Any, now: datetime, reason: str) -> None:
    """Whoever answers again, or beside the one who has it, changes nothing; the second name is kept."""
    incident, holder = run.incident, holder_of(run, run.incident)
    if holder is None or holder.pk == actor.pk:
        return
    data = {"track": run.track, "acknowledged_beside": holder.pk}
    if incident.timeline.filter(actor=actor, data__track=run.track, data__acknowledged_beside=holder.pk).exists():
        return
    text = f"{name_of(actor)} acknowledged the {Track(run.track).label.lower()} track too; {holder} has it"
    with act("escalation.acknowledged_too", actor=actor, now=now, subject=incident, why=reason) as running:
        running.details = {"track": run.track, "beside": str(holder)}
        mention(holder)
        add_timeline(incident, kind=TimelineEntry.Kind.STATE, at=now, actor=actor, text=text, why=reason, data=data)


def _live_runs(incident: Incident) -> list[EscalationRun]:
    return list(locked_runs(incident).filter(state__in=EscalationRun.LIVE))
