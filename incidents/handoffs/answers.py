"""Answers to an offer: accepted, declined, withdrawn. Of two who answer at once one is heard, and the other is told who was faster."""

from datetime import datetime
from typing import Any

from audit.events.services import Act, act
from incidents.escalation.models import EscalationRun
from incidents.lifecycle import checks
from portal.foundation.access.checks import require
from portal.foundation.errors import Conflict, NotAllowed, WrongState

from . import telling
from .frame import keep, locked_again, tell_givers
from .models import HandOff
from .moving import move
from .people import WORK, holder_of, must_be_asked

State = HandOff.State


def accept(hand_off: HandOff, *, actor: Any, now: datetime, reason: str = "") -> HandOff:
    """`actor` signs as the receiver and is responsible from now on, in the same transaction. A repeat changes nothing.

    Raises NotAllowed for whoever was not asked, Conflict when somebody else was faster, and WrongState when there is nothing to accept.
    """
    said = checks.clean_text(reason, "reason", checks.LONGEST_REASON)
    with act("handoff.accepted", actor=actor, now=now, subject=hand_off, why=said) as running:
        hand_off, run = locked_again(hand_off)
        if hand_off.received_at is not None and actor is not None and actor.pk == hand_off.receiver_id:
            running.nothing_happened()
            return hand_off
        _refuse_taken(hand_off)
        must_be_asked(hand_off, actor, now)
        require(actor, WORK, hand_off.incident, to="take over this incident")
        _refuse_outdated(hand_off, run)
        hand_off.receiver, hand_off.received_at, hand_off.answer = actor, now, said
        keep(hand_off, actor, now, said, running, settled=State.SIGNED if hand_off.given_at else None)
        why = f"Handed over by {hand_off.giver}: {hand_off.note}" + (f"\n{actor}: {said}" if said else "")
        move(hand_off.incident, run, track=hand_off.track, to=actor, team=hand_off.team, actor=actor, now=now, reason=why)
        telling.tell(hand_off, f"{actor} accepted it from {hand_off.giver}", actor=actor, now=now, why=said, action="accepted")
        tell_givers(hand_off, actor, now, kind="accepted", title=f"{actor} accepted", body=f"{actor} is responsible from now on. {said}")
    return hand_off


def decline(hand_off: HandOff, *, actor: Any, now: datetime, reason: str) -> HandOff:
    """`actor` says no, and why; the giver stays responsible and is told. Raises as `accept` does, and InvalidInput without words."""
    why = checks.clean_reason(reason, what="why you decline, so that the giver can find somebody else")
    with act("handoff.declined", actor=actor, now=now, subject=hand_off, why=why) as running:
        hand_off, _ = locked_again(hand_off)
        _refuse_taken(hand_off)
        must_be_asked(hand_off, actor, now)
        hand_off.answer = why
        keep(hand_off, actor, now, why, running, settled=State.DECLINED)
        telling.tell(hand_off, f"{actor} declined; {hand_off.giver} keeps it", actor=actor, now=now, why=why, action="declined")
        tell_givers(hand_off, actor, now, kind="declined", title=f"{actor} declined", body=f"You keep it. {actor} said: {why}")
    return hand_off


def withdraw(hand_off: HandOff, *, actor: Any, now: datetime, reason: str = "") -> HandOff:
    """Takes an offer back that nobody accepted yet: the giver may, and whoever made it. Raises NotAllowed and WrongState."""
    said = checks.clean_text(reason, "reason", checks.LONGEST_REASON)
    with act("handoff.withdrawn", actor=actor, now=now, subject=hand_off, why=said) as running:
        hand_off, _ = locked_again(hand_off)
        if actor is None or not actor.is_active or actor.pk not in (hand_off.giver_id, hand_off.offered_by_id):
            raise NotAllowed(f"Only {hand_off.giver}, who hands it over, and whoever made the offer can withdraw it.")
        _refuse_taken(hand_off)
        take_away(hand_off, actor, now, said, running)
    return hand_off


def take_away(hand_off: HandOff, actor: Any, now: datetime, why: str, running: Act) -> None:
    """Ends a locked offer unanswered and tells those who were asked."""
    asked = hand_off.receiver
    hand_off.answer = why
    keep(hand_off, actor, now, why, running, settled=State.WITHDRAWN)
    text = f"The offer to {asked or hand_off.team} was withdrawn"
    telling.tell(hand_off, text, actor=actor, now=now, why=why, action="withdrawn")
    told = [asked] if asked is not None and asked != actor else []
    keeps = f"{hand_off.giver} keeps it; there" if actor is not None else "There"
    body = f"{keeps} is nothing for you to do. {why}"
    telling.message(hand_off, told, kind="withdrawn", title="The offer was withdrawn", body=body.strip(), now=now)


def _refuse_taken(hand_off: HandOff) -> None:
    """Only an offer that nobody answered can be answered."""
    if hand_off.received_at is not None:
        raise Conflict(f"{hand_off.receiver} accepted it first and has it now.")
    if not hand_off.is_open:
        who = f" by {hand_off.settled_by}" if hand_off.settled_by else ""
        raise WrongState(f"This offer is {hand_off.get_state_display()}{who}. There is nothing to answer any more.")


def _refuse_outdated(hand_off: HandOff, run: EscalationRun | None) -> None:
    """An offer of what the giver no longer has, or of what is over, moves nothing."""
    incident = hand_off.incident
    if incident.has_ended:
        raise WrongState(f"{incident.number} is {incident.get_state_display()}, so there is nothing to take over. {hand_off.giver} had it.")
    if hand_off.content["opening"] != incident.reopen_count:
        raise WrongState(
            f"{incident.number} was reopened since it was offered. {hand_off.giver} can withdraw this offer and make a new one."
        )
    holder = holder_of(incident, run, hand_off.track)
    if holder is None or holder.pk != hand_off.giver_id:
        raise WrongState(f"{holder or 'Nobody'} has it now, not {hand_off.giver}, so this offer moves nothing.")
