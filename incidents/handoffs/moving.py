"""Responsibility moves: the one place where a hand-off changes who holds a track, in the transaction of the acceptance."""

from datetime import datetime
from typing import Any

from incidents.escalation.effects import carry_out
from incidents.escalation.models import EscalationRun
from incidents.escalation.orders import locked_runs
from incidents.escalation.turns import decided
from incidents.lifecycle import services as lifecycle
from incidents.lifecycle.models import Incident, TimelineEntry
from incidents.lifecycle.timeline import add_timeline
from policies.decisions.escalation_facts import Alerted, Kind, Order
from policies.decisions.vocabulary import Track
from policies.models import Team
from portal.foundation.base_models import save_tracked
from portal.foundation.errors import Conflict
from portal.foundation.people.models import User


def locked(incident: Incident, track: str) -> tuple[Incident, EscalationRun | None]:
    """The incident and the run of its present opening on `track`, fresh and for this transaction alone.

    The run is locked first, in the engine's order, so that the two cannot wait for each other.
    """
    run = locked_runs(incident).filter(track=track).order_by("-opening").first()
    rows = Incident.objects.select_for_update(of=("self",), no_key=True).select_related("service", "team", "assigned_to", "acknowledged_by")
    fresh = rows.get(pk=incident.pk)
    if run is not None:
        run.incident = fresh
        # The compliance track of before a reopening is still answered for.
        if track != Track.COMPLIANCE and run.opening != fresh.reopen_count:
            return fresh, None
    return fresh, run


def move(
    incident: Incident, run: EscalationRun | None, *, track: str, to: User, team: Team | None, actor: Any, now: datetime, reason: str
) -> None:
    """`to` is responsible on `track` from `now` on. That answers the alerts; the technical track takes the incident along, and its group.

    Raises Conflict when the escalation moved on in the same moment.
    """
    if run is not None:
        (turn,) = decided([run], now=now, order=Order(Kind.HANDED_OVER, Alerted(to.pk, str(to)), reason))
        if not any(action.kind is Kind.HANDED_OVER for action in turn.decision.actions):
            raise Conflict(f"The escalation of {incident.number} has moved on meanwhile. Look again.")
        carry_out([turn], actor=actor, now=now, reason=reason)
    if track == Track.TECHNICAL:
        lifecycle.give(incident, to, actor=actor, now=now, reason=reason)
        if team is not None and team != incident.team:
            _regroup(incident, team, to, actor, now, reason)


def _regroup(incident: Incident, team: Team, to: User, actor: Any, now: datetime, reason: str) -> None:
    """From one known group to another: a functional escalation, which reports read off the timeline."""
    old = incident.team
    incident.team = team
    incident.reassignment_count += 1 if old is not None else 0
    save_tracked(incident, actor=actor, now=now, reason=reason)
    add_timeline(
        incident,
        kind=TimelineEntry.Kind.ASSIGNED,
        at=now,
        actor=actor,
        text=f"It went to {team}" + (f", away from {old}" if old is not None else ""),
        why=reason,
        data={"from": str(old or ""), "to": str(team), "person": str(to)},
    )
