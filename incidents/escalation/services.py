"""What people do to a running escalation: one transaction with what they do to the incident."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from incidents.lifecycle import services as lifecycle
from incidents.lifecycle.models import Incident
from policies.decisions.escalation_facts import Action, Decision, Kind, Roster
from policies.decisions.vocabulary import Track
from portal.foundation.access.checks import require
from portal.foundation.errors import InvalidInput, WrongState
from portal.foundation.outbox.services import cancel_waiting

from .effects import apply, subject_ref
from .engine import BESIDE_A_RUN, advance
from .facts import content_of, state_of
from .models import EscalationRun
from .queries import next_step

__all__ = ["acknowledge", "acknowledge_track", "cancel", "end_runs", "next_step", "resolve"]


def acknowledge(incident: Incident, *, actor: Any, now: datetime, reason: str = "") -> Incident:
    """`actor` has it: the alerting stops and messages that still wait are taken back. A repeat changes nothing.

    The escalation stays live only while a resolution milestone lies ahead. Other tracks go on: see `acknowledge_track`. Raises NotAllowed, WrongState, and InvalidInput
    without a person.
    """
    require(actor, "incidents.acknowledge_incident", incident, to="acknowledge this incident")
    with transaction.atomic():
        runs = _live_runs(incident)
        incident = lifecycle.acknowledge(incident, actor=actor, now=now, reason=reason)
        for run in runs:
            if run.track == Track.TECHNICAL and run.state == EscalationRun.State.PAGING:
                advance(run, incident, now=now, actor=actor, acknowledged_by=str(actor))
        cancel_waiting(subject_ref(incident), now=now)
    return incident


def acknowledge_track(incident: Incident, track: str, *, actor: Any, now: datetime, reason: str = "") -> EscalationRun | None:
    """`actor` answers for this track from now on: its alerts stop, whatever the others do. A repeat changes nothing.

    One that ended with nobody reached can still be acknowledged. The technical track is acknowledged with the incident.
    Raises InvalidInput for a track that is not known, NotAllowed, and WrongState for one that does not run or was over before.
    """
    if track not in list(Track):
        raise InvalidInput(f"No track is called '{track[:40]}'.", {"track": [f"Known: {', '.join(Track)}."]})
    if track == Track.TECHNICAL:
        acknowledge(incident, actor=actor, now=now, reason=reason)
        return None
    require(actor, "incidents.acknowledge_incident", incident, to="acknowledge a track of this incident")
    if actor is None:
        raise InvalidInput("Only a person can acknowledge a track.")
    with transaction.atomic():
        runs = _locked_runs(incident).filter(track=track).order_by("-opening")
        run = runs.first()
        if run is None or (run.state == EscalationRun.State.ENDED and run.acknowledged_at is None):
            raise WrongState(f"The {Track(track).label.lower()} track of {incident.number} does not run.")
        if run.acknowledged_at is not None:
            return run
        run.acknowledged_at, run.acknowledged_by = now, actor
        if run.is_live:
            advance(run, run.incident, now=now, actor=actor, reason=reason)
        else:
            _take_exhausted(run, actor, now, reason)
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


def _take_exhausted(run: EscalationRun, actor: Any, now: datetime, reason: str) -> None:
    """Somebody answers after nobody did: the run stays as it ended, and the record says who has it."""
    before, snapshot = state_of(run, run.incident), content_of(run)
    why = f"{actor} acknowledged after nobody had been reached."
    taken = Action(Kind.ACKNOWLEDGED, why, run.level or None, person_id=actor.pk, person_name=str(actor))
    decision = Decision((taken,), before, None)
    apply(
        run,
        run.incident,
        decision,
        before=before,
        snapshot=snapshot,
        roster=Roster(()),
        inputs={},
        actor=actor,
        now=now,
        reason=reason,
    )


def _live_runs(incident: Incident) -> list[EscalationRun]:
    return list(_locked_runs(incident).filter(state__in=EscalationRun.LIVE))


def _locked_runs(incident: Incident) -> QuerySet[EscalationRun]:
    runs = EscalationRun.objects.select_for_update(of=("self",)).select_related(*BESIDE_A_RUN)
    return runs.filter(incident=incident)
