"""Who holds a track, whom an offer may go to, and who of a team may accept it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from incidents.escalation import facts
from incidents.escalation.models import EscalationRun
from incidents.lifecycle.models import Incident
from policies.decisions.vocabulary import Track
from policies.models import Team
from policies.oncall.who import on_call_of_teams
from portal.foundation.access.checks import may
from portal.foundation.errors import InvalidInput, NotAllowed
from portal.foundation.people.models import User

from .models import HandOff

WORK = "incidents.change_incident"
# More than these would not be asked one by one either.
MOST_ASKED = 20


def holder_of(incident: Incident, run: EscalationRun | None, track: str) -> User | None:
    """Who is responsible on `track` now; None while nobody acknowledged it. Where nothing escalates, the incident itself says it."""
    found = facts.holder_of(run, incident) if run is not None else None
    if found is not None or track != Track.TECHNICAL or incident.acknowledged_at is None:
        return found
    return incident.assigned_to or incident.acknowledged_by


def tracks_held(incident: Incident) -> list[Track]:
    """The tracks beside the technical one that somebody has. One query."""
    runs = EscalationRun.objects.filter(incident=incident, acknowledged_at__isnull=False).exclude(track=Track.TECHNICAL)
    found = set(runs.filter(opening=incident.reopen_count).values_list("track", flat=True))
    return [track for track in Track if track.value in found]


def refuse_receiver(person: User, incident: Incident, giver: User, actor: Any) -> None:
    """Raises InvalidInput when `person` cannot be the one to whom `actor` hands over what `giver` holds."""
    if person.pk == giver.pk:
        raise _wrong(f"{person} has it already. Choose somebody else.")
    if person.pk == actor.pk:
        raise _wrong(f"You cannot offer {incident.number} to yourself. To have it, take it over.")
    if not person.is_active or person.origin != User.Origin.PORTAL:
        raise _wrong(f"{person} cannot sign in and so cannot take it. Choose somebody who is active.")
    if not may(person, WORK, incident):
        raise _wrong(f"{person} has no right to work on {incident.number}. Choose somebody else, or ask an administrator for the right.")


def team_of(team: Team, at: datetime) -> list[User]:
    """Everybody who may accept for `team`: whoever is on call for it, then those who stand behind, then its other members. Active only."""
    duty = on_call_of_teams([team], at)[team.pk]
    first = [duty.person.person_id] if duty.person else []
    order = [*first, *(backup.person_id for backup in duty.backups)]
    people = {person.pk: person for person in User.objects.filter(pk__in=order, is_active=True)}
    members = team.members.filter(is_active=True).exclude(pk__in=people).order_by("display_name", "pk")
    return [*(people[key] for key in dict.fromkeys(order) if key in people), *members]


def asked_of_team(team: Team, incident: Incident, giver: User, at: datetime) -> list[User]:
    """Who of `team` is told of an offer: whoever is on call; where nobody is, every member who may work on the incident."""
    able = _able(team_of(team, at), incident, giver)
    duty = on_call_of_teams([team], at)[team.pk]
    on_call = [person for person in able if duty.person is not None and person.pk == duty.person.person_id]
    return on_call or able[:MOST_ASKED]


def refuse_team(team: Team, incident: Incident, giver: User, at: datetime) -> None:
    """Raises InvalidInput when nobody of `team` could accept."""
    if not _able(team_of(team, at), incident, giver):
        problem = f"Nobody of {team} could accept: it has no active member or person on call with the right to work on {incident.number}."
        raise InvalidInput(problem, {"team": [f"{problem} Choose a person."]})


def must_be_asked(hand_off: HandOff, actor: Any, now: datetime) -> None:
    """Raises NotAllowed unless the offer was made to `actor`, or to a team for which `actor` may answer."""
    if hand_off.receiver_id is not None:
        if actor is None or not actor.is_active or actor.pk != hand_off.receiver_id:
            raise NotAllowed(f"It was offered to {hand_off.receiver}, so only {hand_off.receiver} can answer.")
        return
    if actor is not None and actor.pk == hand_off.giver_id:
        raise NotAllowed("You are the one who hands it over. Withdraw the offer if you want to keep it.")
    team = hand_off.team
    if team is None or actor is None or actor.pk not in {person.pk for person in team_of(team, now)}:
        raise NotAllowed(f"It was offered to {team}. Its members and whoever is on call for it can answer.")


def signers(hand_off: HandOff, at: datetime) -> list[User]:
    """Who is asked to sign now: the receiver or people of the team, and the giver, as far as their signatures are missing."""
    found: list[User] = []
    if "receiver" in hand_off.lacks:
        team = hand_off.team
        named = [hand_off.receiver] if hand_off.receiver is not None else []
        found += named or (asked_of_team(team, hand_off.incident, hand_off.giver, at) if team is not None else [])
    if "giver" in hand_off.lacks:
        found.append(hand_off.giver)
    return found


def _able(people: Iterable[User], incident: Incident, giver: User) -> list[User]:
    return [person for person in people if person.pk != giver.pk and may(person, WORK, incident)]


def _wrong(problem: str) -> InvalidInput:
    return InvalidInput(problem, {"person": [problem]})
