"""The verbs of a hand-off. Until somebody accepts, whoever had the responsibility keeps it.

Each locks in the same order: the run, the incident, the hand-off. One transaction and one audit event a verb.
"""

from datetime import datetime
from typing import Any

from django.db import transaction

from audit.events.services import act
from incidents.escalation.models import EscalationRun
from incidents.lifecycle import checks
from incidents.lifecycle import services as lifecycle
from incidents.lifecycle.models import Incident
from policies.decisions.vocabulary import Track
from policies.models import Team
from portal.foundation.access.checks import require
from portal.foundation.base_models import save_tracked
from portal.foundation.errors import InvalidInput, WrongState
from portal.foundation.people.models import User

from . import telling
from .answers import accept, decline, withdraw
from .frame import FIRST_REMINDER, seal
from .models import HandOff
from .moving import locked
from .people import WORK, asked_of_team, holder_of, refuse_receiver, refuse_team
from .signing import WAIVE, sign_giving, waive

__all__ = ["WAIVE", "accept", "decline", "hand_over", "offer", "sign_giving", "waive", "withdraw"]

State, Kind = HandOff.State, HandOff.Kind
TO_KNOW = "what the receiver has to know: what was done, what is open, what comes next"


def hand_over(
    incident: Incident,
    *,
    actor: Any,
    now: datetime,
    team: Team | None = None,
    person: User | None = None,
    kind: str = "",
    track: str = Track.TECHNICAL.value,
    reason: str = "",
) -> HandOff | Incident:
    """An offer where somebody is responsible already; a plain assignment while nobody acknowledged. Raises as those two do."""
    with transaction.atomic():
        # The offer or the assignment is the act.
        fresh, run = locked(incident, track)
        if track == Track.TECHNICAL and (fresh.has_ended or holder_of(fresh, run, track) is None):
            return lifecycle.assign(incident, actor=actor, now=now, team=team, person=person, reason=reason)
        reason = checks.clean_reason(reason, what=TO_KNOW)
        return offer(incident, to=person, team=team, kind=kind, note=reason, track=track, actor=actor, now=now)


def offer(
    incident: Incident,
    *,
    to: User | None = None,
    team: Team | None = None,
    kind: str = "",
    note: str,
    track: str = Track.TECHNICAL.value,
    actor: Any,
    now: datetime,
) -> HandOff:
    """Offers what somebody holds on `track` to a person, or to a team, of which whoever accepts becomes the receiver.

    With both, the person is asked and the assignment group follows. The holder signs by offering; an offer that somebody else makes
    asks the holder to sign too. Raises InvalidInput, NotAllowed, and WrongState while nobody holds it, while it is offered already, and
    for an incident that has ended.
    """
    require(actor, WORK, incident, to="hand over this incident")
    if actor is None:
        raise InvalidInput("Only a person can hand over.")
    note = checks.clean_reason(note, what=TO_KNOW, field="note")
    _refuse_unknown(kind, track, to, team)
    with act("handoff.offered", actor=actor, now=now, why=note) as running:
        incident, run = locked(incident, track)
        giver = _giver(incident, run, track)
        if to is not None:
            refuse_receiver(to, incident, giver, actor)
        elif team is not None:
            refuse_team(team, incident, giver, now)
        hand_off = HandOff(
            incident=incident, run=run, track=track, kind=kind or _kind_of(incident, team), giver=giver, receiver=to, team=team, note=note,
            offered_at=now, offered_by=actor, given_at=now if actor.pk == giver.pk else None, remind_at=now + FIRST_REMINDER,
        )  # fmt: skip
        seal(hand_off, now)
        save_tracked(hand_off, actor=actor, now=now, reason=note)
        running.subject = hand_off
        running.details = {"incident": incident.number, "content_sha256": hand_off.content_sha256, "told": _ask(hand_off, actor, now)}
        telling.tell(hand_off, f"{actor} offers it to {to or team}", actor=actor, now=now, why=note, action="offered")
    return hand_off


def _giver(incident: Incident, run: EscalationRun | None, track: str) -> User:
    if incident.has_ended or not incident.is_live:
        raise WrongState(f"{incident.number} is {incident.get_state_display()}, so there is nothing to hand over any more.")
    giver = holder_of(incident, run, track)
    if giver is None:
        what = "it" if track == Track.TECHNICAL else f"the {Track(track).label.lower()} track"
        raise WrongState(f"Nobody has {what} yet. Whoever acknowledges is responsible, and can hand over from then on.")
    waiting = HandOff.objects.filter(incident=incident, track=track, state=State.OPEN, received_at__isnull=True).first()
    if waiting is not None:
        raise WrongState(f"It is offered to {waiting.receiver or waiting.team} already. Wait for the answer, or withdraw that offer first.")
    return giver


def _refuse_unknown(kind: str, track: str, to: User | None, team: Team | None) -> None:
    if kind and kind not in Kind.values:
        raise InvalidInput("Unknown kind of hand-off.", {"kind": [f"Known: {', '.join(Kind.values)}."]})
    if track not in list(Track):
        raise InvalidInput(f"No track is called '{track[:40]}'.", {"track": [f"Known: {', '.join(Track)}."]})
    if to is None and team is None:
        raise InvalidInput("Say to whom: a person or a team.", {"person": ["Choose a person, a team, or both."]})


def _kind_of(incident: Incident, team: Team | None) -> str:
    return Kind.FUNCTIONAL if team is not None and team != incident.team else Kind.PEER


def _ask(hand_off: HandOff, actor: Any, now: datetime) -> list[str]:
    """Tells those who have to answer, and a giver for whom somebody else offers."""
    team, giver = hand_off.team, hand_off.giver
    asked = [hand_off.receiver] if hand_off.receiver else asked_of_team(team, hand_off.incident, giver, now) if team else []
    body = f"{hand_off.note}\n{giver} has it until you accept. Accept or decline on the page."
    told = telling.message(hand_off, asked, kind="offered", title=f"{actor} hands over to you", body=body, now=now)
    if hand_off.given_at is None:
        body = f"{actor} offers it to {hand_off.receiver or team}. You have it until it is accepted. Sign that you hand it over.\n{hand_off.note}"
        told += telling.message(hand_off, [giver], kind="sign", title="Sign that you hand over", body=body, now=now)
    return told
