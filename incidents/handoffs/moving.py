"""Responsibility moves: the one place that changes who holds a track, in the transaction of the acceptance."""

from datetime import datetime
from typing import Any

from django.db.models import F

from incidents.escalation.models import EscalationRun
from incidents.lifecycle.models import Incident, TimelineEntry
from incidents.lifecycle.timeline import add_timeline
from policies.decisions.vocabulary import Track
from policies.models import Team
from portal.foundation.base_models import save_tracked
from portal.foundation.people.models import User


def locked(incident: Incident, track: str) -> tuple[Incident, EscalationRun | None]:
    """The incident and the run of its present opening on `track`, fresh and for this transaction alone.

    The run is locked first, in the engine's order, so that the two cannot wait for each other.
    """
    runs = EscalationRun.objects.select_for_update(of=("self",)).filter(incident=incident, track=track)
    run = runs.select_related("holder", "acknowledged_by").order_by("-opening").first()
    fresh = Incident.objects.select_for_update(of=("self",), no_key=True).get(pk=incident.pk)
    if run is not None and track == Track.TECHNICAL and run.opening != fresh.reopen_count:
        run = None
    return fresh, run


def move(
    incident: Incident, run: EscalationRun | None, *, track: str, to: User, team: Team | None, actor: Any, now: datetime, reason: str
) -> None:
    """`to` is responsible on `track` from `now` on; the technical track takes the incident itself along, and its assignment group."""
    if run is not None:
        EscalationRun.objects.filter(pk=run.pk).update(holder=to, last_sign_at=now, sequence=F("sequence") + 1)
    if track == Track.TECHNICAL:
        _reassign(incident, to, team, actor, now, reason)


def _reassign(incident: Incident, to: User, team: Team | None, actor: Any, now: datetime, reason: str) -> None:
    giver, old_team = incident.assigned_to, incident.team
    changed = team is not None and team != old_team
    incident.assigned_to = to
    if changed:
        incident.team = team
        # From one known group to another: a functional escalation.
        incident.reassignment_count += 1 if old_team is not None else 0
    save_tracked(incident, actor=actor, now=now, reason=reason)
    data = {"from": str(old_team or "") if changed else "", "to": str(team or "") if changed else "", "person": str(to)}
    away = f", away from {old_team}" if changed and old_team is not None else ""
    add_timeline(
        incident,
        kind=TimelineEntry.Kind.ASSIGNED,
        at=now,
        actor=actor,
        text=f"{to} accepted it from {giver or 'nobody'}" + (f" for {team}{away}" if changed else ""),
        why=reason,
        data=data,
    )
