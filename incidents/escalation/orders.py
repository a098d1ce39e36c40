"""What people with the right order an escalation to do: hold, resume, raise, lower, bypass, take over.

What the route allows is decided by policies.decisions.escalation_orders; here it is asked, carried out and recorded.
"""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from audit.events.services import mention
from incidents.lifecycle import checks
from incidents.lifecycle.frame import verb
from incidents.lifecycle.models import Incident, TimelineEntry
from incidents.lifecycle.timeline import add_timeline, name_of
from policies.decisions.escalation_facts import Alerted, Kind, Order
from policies.decisions.escalation_orders import obeyed
from policies.decisions.vocabulary import Track
from portal.foundation.access.checks import require
from portal.foundation.base_models import save_tracked
from portal.foundation.errors import InvalidInput, WrongState

from .effects import carry_out
from .engine import BESIDE_A_RUN
from .facts import holder_of
from .holders import changed
from .models import EscalationRun
from .turns import decided

HOLD, BYPASS = "incidents.hold_escalation", "incidents.bypass_escalation"
ESCALATE, DEESCALATE = "incidents.escalate_incident", "incidents.deescalate_incident"
TAKE = "incidents.acknowledge_incident"


def hold(
    incident: Incident, *, until: datetime, actor: Any, now: datetime, reason: str, track: str = Track.TECHNICAL.value
) -> EscalationRun:
    """Nobody is alerted until then, when it goes on by itself. The resolution milestone goes on. Raises as all orders do."""
    require(actor, HOLD, incident, to="put the alerting on hold")
    reason = checks.clean_reason(reason, what="why nobody has to be alerted meanwhile")
    return _order(incident, track, Order(Kind.HELD, _by(actor), reason, until=until), actor, now)


def resume(incident: Incident, *, actor: Any, now: datetime, reason: str = "", track: str = Track.TECHNICAL.value) -> EscalationRun:
    """The alerting goes on now; windows and waits move by the time that it rested. Raises as all orders do."""
    require(actor, HOLD, incident, to="let the alerting go on")
    return _order(incident, track, Order(Kind.RESUMED, _by(actor), _words(reason)), actor, now)


def raise_level(incident: Incident, *, actor: Any, now: datetime, reason: str = "", track: str = Track.TECHNICAL.value) -> EscalationRun:
    """The level above is alerted now. Whoever has it keeps it until somebody there acknowledges. Raises as all orders do."""
    require(actor, ESCALATE, incident, to="escalate this incident")
    return _order(incident, track, Order(Kind.RAISED, _by(actor), _words(reason)), actor, now)


def lower_level(incident: Incident, *, actor: Any, now: datetime, reason: str, track: str = Track.TECHNICAL.value) -> EscalationRun:
    """The level below is alerted now; the incident's severity does not raise it again by itself. Raises as all orders do."""
    require(actor, DEESCALATE, incident, to="de-escalate this incident")
    reason = checks.clean_reason(reason, what="why the level below can deal with it")
    return _order(incident, track, Order(Kind.LOWERED, _by(actor), reason), actor, now)


def bypass(incident: Incident, *, level: int, actor: Any, now: datetime, reason: str, track: str = Track.TECHNICAL.value) -> EscalationRun:
    """The named level is alerted now, and those before it are left out: recorded as a deviation. Raises as all orders do."""
    require(actor, BYPASS, incident, to="bypass levels of the escalation")
    reason = checks.clean_reason(reason, what="why the levels between are left out; it is recorded as a deviation")
    return _order(incident, track, Order(Kind.BYPASSED, _by(actor), reason, level=level), actor, now)


def take_over(incident: Incident, *, actor: Any, now: datetime, reason: str, track: str = Track.TECHNICAL.value) -> EscalationRun | None:
    """`actor` has it from now on instead of whoever had it; None where nothing escalates it. Raises as all orders do."""
    require(actor, TAKE, incident, to="take over this incident")
    reason = checks.clean_reason(reason, what="why you take it over")
    if track_called(track) is Track.TECHNICAL and not incident.runs.filter(track=track).exists():
        _take_over_unescalated(incident, actor, now, reason)
        return None
    return _order(incident, track, Order(Kind.TAKEN_OVER, _by(actor), reason), actor, now)


def track_called(track: str) -> Track:
    """Raises InvalidInput for one that is not known."""
    if track not in list(Track):
        raise InvalidInput(f"No track is called '{track[:40]}'.", {"track": [f"Known: {', '.join(Track)}."]})
    return Track(track)


def locked_runs(incident: Incident) -> QuerySet[EscalationRun]:
    """The runs of `incident`, with what stands beside a run, locked until the transaction ends."""
    runs = EscalationRun.objects.select_for_update(of=("self",)).select_related(*BESIDE_A_RUN, "holder", "incident__assigned_to")
    return runs.filter(incident=incident)


def _order(incident: Incident, track: str, order: Order, actor: Any, now: datetime) -> EscalationRun:
    """1 locks the run; 2 decides as the engine does; 3 says why, when it cannot be; 4 carries it out; 5 tells of a new holder.

    Raises NotAllowed, InvalidInput for words or a track that will not do, and WrongState when the route does not allow it as things stand.
    """
    wanted = track_called(track)
    with transaction.atomic():
        run = locked_runs(incident).filter(track=wanted).order_by("-opening").first()
        if run is None:
            raise WrongState(_no_run(incident, wanted))
        incident, before = run.incident, holder_of(run, run.incident)
        if wanted is not Track.COMPLIANCE and (incident.has_ended or run.opening != incident.reopen_count):
            raise WrongState(_no_run(incident, wanted))
        (turn,) = decided([run], now=now, order=order)
        if not any(action.kind is order.kind for action in turn.decision.actions):
            refused = obeyed(turn.snapshot, turn.roster, turn.before, now)
            raise WrongState(refused if isinstance(refused, str) else f"{incident.number} has moved meanwhile. Look again.")
        carry_out([turn], actor=actor, now=now, reason=order.reason)
        if order.kind is Kind.TAKEN_OVER:
            changed(run, incident, before, actor, how=order.kind, actor=actor, now=now, reason=order.reason)
    return run


def _take_over_unescalated(incident: Incident, actor: Any, now: datetime, reason: str) -> None:
    with verb("incident.taken_over", incident, actor, now, reason) as running:
        holder = incident.assigned_to if incident.acknowledged_at else None
        if incident.has_ended:
            raise WrongState(_no_run(incident, Track.TECHNICAL))
        if holder is None:
            raise WrongState("Nobody has it yet. Acknowledge it.")
        if holder.pk == actor.pk:
            raise WrongState("You have it already.")
        incident.assigned_to = actor
        mention(holder)
        save_tracked(incident, actor=actor, now=now, reason=reason)
        text = f"{name_of(actor)} took over from {holder}"
        data = {"state": incident.state, "person": str(actor)}
        add_timeline(incident, kind=TimelineEntry.Kind.STATE, at=now, actor=actor, text=text, why=running.why, data=data)


def _no_run(incident: Incident, track: Track) -> str:
    if incident.has_ended and track is not Track.COMPLIANCE:
        return f"{incident.number} is {incident.get_state_display().lower()}, and nothing of it escalates any more."
    return f"The {track.label.lower()} track of {incident.number} does not run."


def _by(actor: Any) -> Alerted:
    if actor is None:
        raise InvalidInput("Only a person can order an escalation to do something.")
    return Alerted(actor.pk, str(actor))


def _words(reason: str) -> str:
    return checks.clean_text(reason, "reason", checks.LONGEST_REASON)
