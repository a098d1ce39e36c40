"""What people do to a running escalation: one transaction with what they do to the incident."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction

from incidents.lifecycle import services as lifecycle
from incidents.lifecycle.models import Incident
from portal.foundation.access.checks import require
from portal.foundation.errors import WrongState
from portal.foundation.outbox.services import cancel_waiting

from .effects import subject_ref
from .engine import advance
from .models import EscalationRun
from .queries import next_step

__all__ = ["acknowledge", "cancel", "end_runs", "next_step", "resolve"]


def acknowledge(incident: Incident, *, actor: Any, now: datetime, reason: str = "") -> Incident:
    """`actor` has it: the alerting stops and messages that still wait are taken back. A repeat changes nothing.

    The escalation stays live only while a resolution milestone lies ahead. Raises NotAllowed, WrongState, and InvalidInput
    without a person.
    """
    require(actor, "incidents.acknowledge_incident", incident, to="acknowledge this incident")
    with transaction.atomic():
        runs = _live_runs(incident)
        incident = lifecycle.acknowledge(incident, actor=actor, now=now, reason=reason)
        for run in runs:
            if run.state == EscalationRun.State.PAGING:
                advance(run, incident, now=now, actor=actor, acknowledged_by=str(actor))
        cancel_waiting(subject_ref(incident), now=now)
    return incident


def resolve(incident: Incident, *, actor: Any, now: datetime, reason: str) -> Incident:
    """Service is restored and the escalation ends with it. Raises InvalidInput, NotAllowed, WrongState."""
    return _finish(lifecycle.resolve, incident, actor, now, reason)


def cancel(incident: Incident, *, actor: Any, now: datetime, reason: str) -> Incident:
    """It was no incident, and its escalation ends. Raises InvalidInput, NotAllowed, WrongState."""
    return _finish(lifecycle.cancel, incident, actor, now, reason)


def end_runs(incident: Incident, *, actor: Any, now: datetime, reason: str = "") -> int:
    """Ends the runs of an incident that is over, and takes waiting messages back; how many ended.

    The engine would find them by itself a second later. Raises WrongState while the incident is open.
    """
    if not incident.has_ended:
        raise WrongState(f"{incident.number} is still open; its escalation ends when it is resolved or cancelled.")
    with transaction.atomic():
        runs = _live_runs(incident)
        for run in runs:
            advance(run, incident, now=now, actor=actor)
        cancel_waiting(subject_ref(incident), now=now)
    return len(runs)


def _finish(verb: Callable[..., Incident], incident: Incident, actor: Any, now: datetime, reason: str) -> Incident:
    with transaction.atomic():
        # Runs are locked before the incident, in the engine's order, so that the two cannot wait for each other.
        _live_runs(incident)
        incident = verb(incident, actor=actor, now=now, reason=reason)
        end_runs(incident, actor=actor, now=now, reason=reason)
    return incident


def _live_runs(incident: Incident) -> list[EscalationRun]:
    runs = EscalationRun.objects.select_for_update(of=("self",)).select_related("policy_version__policy__owner")
    return list(runs.filter(incident=incident, state__in=EscalationRun.LIVE))
