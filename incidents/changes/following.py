"""Freezes that follow an escalation: declared by the portal when it stands high, lifted when it does no more. A pass over what stands now."""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from incidents.escalation.models import EscalationRun
from incidents.lifecycle.models import OPERATIONAL, Incident
from incidents.lifecycle.states import OPEN_STATES
from portal.foundation.each_alone import each_alone

from .freezing import freeze_for, lift_freeze
from .models import ChangeFreeze
from .queries import levels_of

OPEN = [state.value for state in OPEN_STATES]


def follow_escalations(*, now: datetime, from_level: int) -> int:
    """Freezes changes to the service of every open incident whose technical escalation stands at `from_level` or above, and lifts what followed
    one that does not any more; how many were declared and lifted. 0 declares none.

    What a person lifted the portal does not declare again while the same escalation lasts. A freeze with an end is left to it.
    """
    moved = 0
    with each_alone("Change freezes") as alone:
        for incident in _unfrozen(from_level) if from_level > 0 else ():
            with alone(incident.number):
                reason = f"The escalation of {incident.number} stands at level {incident.stands}."  # type: ignore[attr-defined]
                freeze_for(incident, actor=None, now=now, reason=reason)
                moved += 1
        for freeze, why in _idle(from_level):
            with alone(freeze):
                lift_freeze(freeze, actor=None, now=now, reason=why)
                moved += 1
    return moved


def _unfrozen(from_level: int) -> QuerySet[Incident]:
    """Open incidents that stand so high and are followed by no freeze of the portal's own, with the level as `stands`. One query."""
    runs = EscalationRun.objects.filter(
        incident=OuterRef("pk"), track=EscalationRun.Track.TECHNICAL, opening=OuterRef("reopen_count"), level__gte=from_level
    )
    own = ChangeFreeze.objects.filter(incident=OuterRef("pk"), declared_by=None)
    since = runs.order_by("-pk")
    told = own.filter(Q(lifted_at=None) | Q(lifted_by__isnull=False, declared_at__gte=OuterRef("since")))
    standing = Incident.objects.filter(OPERATIONAL, state__in=OPEN).exclude(origin=Incident.Origin.IMPORTED)
    standing = standing.annotate(stands=since.values("level")[:1], since=since.values("started_at")[:1]).filter(stands__isnull=False)
    return standing.filter(~Exists(told)).select_related("service").order_by("pk")


def _idle(from_level: int) -> list[tuple[ChangeFreeze, str]]:
    """Freezes without an end that follow an escalation which is over, or of the portal's own stands too low, with the reason. Two queries."""
    rows = ChangeFreeze.objects.filter(ends_at=None, lifted_at=None).select_related("incident").order_by("pk")
    found = [(row, row.incident) for row in rows if row.incident is not None]
    levels = levels_of(incident.pk for _, incident in found)
    idle = []
    for row, incident in found:
        level = levels.get(incident.pk)
        if level is None:
            idle.append((row, f"The escalation of {incident.number} is over."))
        elif row.declared_by_id is None and level < max(from_level, 1):
            idle.append((row, f"The escalation of {incident.number} stands at level {level}."))
        elif row.declared_by_id is None and from_level <= 0:
            idle.append((row, "The portal declares no freezes any more."))
    return idle
