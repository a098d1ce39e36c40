"""Signatures that somebody still owes: given by the one who had it before, or waived for a reason."""

from datetime import datetime
from typing import Any

from audit.events.services import act
from incidents.lifecycle import checks
from portal.foundation.access.checks import require
from portal.foundation.errors import NotAllowed, WrongState

from . import telling
from .frame import keep, locked_again
from .models import HandOff

State = HandOff.State
WAIVE = "incidents.waive_handoff"


def sign_giving(hand_off: HandOff, *, actor: Any, now: datetime, reason: str = "") -> HandOff:
    """The giver signs what somebody else, or the escalation, handed on. Possible after the incident has ended too. A repeat changes nothing.

    Raises NotAllowed for anybody else, and WrongState for one that is settled otherwise.
    """
    said = checks.clean_text(reason, "reason", checks.LONGEST_REASON)
    with act("handoff.signed", actor=actor, now=now, subject=hand_off, why=said) as running:
        hand_off, _ = locked_again(hand_off)
        if actor is None or not actor.is_active or actor.pk != hand_off.giver_id:
            raise NotAllowed(f"Only {hand_off.giver}, who had it before, can sign that it was handed over.")
        if hand_off.given_at is not None:
            running.nothing_happened()
            return hand_off
        if not hand_off.is_open:
            raise WrongState(f"This hand-off is {hand_off.get_state_display()}, so there is nothing to sign.")
        hand_off.given_at = now
        hand_off.answer = hand_off.answer or said
        keep(hand_off, actor, now, said, running, settled=State.SIGNED if hand_off.received_at else None)
        telling.tell(hand_off, f"{actor} signed that it was handed over", actor=actor, now=now, why=said, action="signed")
    return hand_off


def waive(hand_off: HandOff, *, actor: Any, now: datetime, reason: str) -> HandOff:
    """Closes a hand-off without the missing signature, for a reason that stays on record; the giver and the receiver are told.

    Nobody waives a signature of their own: they sign. Raises InvalidInput, NotAllowed, and WrongState when none is missing.
    """
    require(actor, WAIVE, to="waive the missing signature of a hand-off")
    why = checks.clean_reason(reason, what="why the signature cannot be had")
    with act("handoff.waived", actor=actor, now=now, subject=hand_off, why=why) as running:
        hand_off, _ = locked_again(hand_off)
        if not hand_off.is_open:
            raise WrongState(f"This hand-off is {hand_off.get_state_display()}; no signature is missing.")
        missing = telling.missing_in_words(hand_off)
        own = {"giver": hand_off.giver_id, "receiver": hand_off.receiver_id}
        if actor is not None and actor.pk in {own[side] for side in hand_off.lacks}:
            raise NotAllowed("The signature that is missing is your own: sign, decline or withdraw. Nobody waives their own.")
        hand_off.answer = why
        keep(hand_off, actor, now, why, running, settled=State.WAIVED)
        telling.tell(hand_off, f"{actor} waived the signature of {missing}", actor=actor, now=now, why=why, action="waived")
        people = [person for person in (hand_off.giver, hand_off.receiver) if person != actor]
        telling.message(hand_off, people, kind="waived", title="A signature was waived", body=f"{actor}: {why}", now=now)
    return hand_off
