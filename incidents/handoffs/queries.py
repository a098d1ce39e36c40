"""Reading hand-offs: what an actor may see, what waits for them, and what one incident has."""

from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from incidents.lifecycle.models import Incident
from policies.models import Team
from policies.oncall.who import on_call_of_teams
from portal.foundation.access.checks import may, visible_to

from .models import HandOff

BESIDE = ("incident__service", "giver", "receiver", "team", "offered_by", "settled_by", "run")
State = HandOff.State


def hand_offs_for(actor: Any, now: datetime) -> QuerySet[HandOff]:
    """The hand-offs of incidents that `actor` may see, and those that `actor` takes part in, with what stands beside them."""
    rows = HandOff.objects.select_related(*BESIDE)
    if actor is None or may(actor, "incidents.view_incident"):
        return rows
    seen = visible_to(actor, HandOff.objects.all(), "incidents.view_incident")
    part = Q(giver=actor) | Q(receiver=actor) | Q(offered_by=actor)
    return rows.filter(Q(pk__in=seen.values("pk")) | part | _waiting_for(actor, now))


def mine_to_sign(actor: Any, now: datetime) -> QuerySet[HandOff]:
    """What waits for `actor`: to be accepted, by name or for a team, or to be signed as its giver. The oldest first."""
    return HandOff.objects.select_related(*BESIDE).filter(_waiting_for(actor, now)).order_by("offered_at", "pk")


def offered_to(actor: Any, now: datetime) -> QuerySet[HandOff]:
    """Of these the ones that `actor` can accept."""
    return mine_to_sign(actor, now).filter(received_at__isnull=True).exclude(giver=actor)


def _waiting_for(actor: Any, now: datetime) -> Q:
    asked = Q(received_at__isnull=True) & (Q(receiver=actor) | Q(receiver__isnull=True, team__in=answers_for(actor, now)) & ~Q(giver=actor))
    return Q(state=State.OPEN) & (asked | Q(giver=actor, given_at__isnull=True))


def answers_for(actor: Any, now: datetime) -> set[int]:
    """The teams with open offers for which `actor` may answer: as a member, or on call for them. A constant number of queries."""
    waiting = Q(pk__in=HandOff.objects.filter(state=State.OPEN, received_at__isnull=True, receiver__isnull=True).values("team"))
    teams = list(Team.objects.filter(waiting))
    if not teams:
        return set()
    member = set(Team.objects.filter(pk__in=[team.pk for team in teams], members=actor).values_list("pk", flat=True))
    for key, duty in on_call_of_teams(teams, now).items():
        people = {duty.person.person_id if duty.person else None, *(backup.person_id for backup in duty.backups)}
        if actor.pk in people:
            member.add(key)
    return member


def of_incident(incident: Incident) -> QuerySet[HandOff]:
    """Its hand-offs, the newest first."""
    return (
        HandOff.objects.filter(incident=incident).select_related("giver", "receiver", "team", "settled_by").order_by("-offered_at", "-pk")
    )
