"""What follows where responsibility moved without an offer: whoever had it before is asked to sign, and what they had offered lapses."""

from datetime import datetime
from typing import Any

from audit.events.services import act
from incidents.escalation.facts import content_of
from incidents.escalation.holders import Moved
from incidents.lifecycle.models import Incident
from policies.decisions.escalation_facts import Kind
from portal.foundation.base_models import save_tracked
from portal.foundation.people.models import User

from . import telling
from .answers import take_away
from .frame import FIRST_REMINDER, seal
from .models import HandOff


def responsibility_moved(told: Moved) -> None:
    """Opens the hand-off of `told`. Whoever took it signed by that; whoever had it still has to. It stops nothing.

    After an escalation nobody asked for it, so it counts as the engine's; whoever took over by hand made it.
    """
    taken = told.how is Kind.TAKEN_OVER
    track, why = told.run.track, _why(told)
    lapse_offers(told.incident, track, giver=told.before, holder=told.after, now=told.now)
    with act("handoff.taken" if taken else "handoff.escalated", actor=told.actor if taken else None, now=told.now, why=why) as running:
        hand_off = HandOff(
            incident=told.incident, run=told.run, track=track, kind=HandOff.Kind.PEER if taken else _kind(told),
            giver=told.before, receiver=told.after, by_engine=not taken, note=why, offered_at=told.now,
            offered_by=told.actor if taken else None, received_at=told.now, remind_at=told.now + FIRST_REMINDER,
        )  # fmt: skip
        seal(hand_off, told.now)
        save_tracked(hand_off, actor=told.actor, now=told.now, reason=why)
        running.subject = hand_off
        body = f"{told.after} has it now. {why}\nSign that it was handed over. What {told.after} has to know belongs on the timeline."
        asked = telling.message(hand_off, [told.before], kind="sign", title="Sign that it was handed over", body=body, now=told.now)
        running.details = {"incident": told.incident.number, "content_sha256": hand_off.content_sha256, "told": asked}
        text = f"{told.after} has it from {told.before}, who is asked to sign"
        telling.tell(hand_off, text, actor=None, now=told.now, why=why, action="taken" if taken else "escalated")


def lapse_offers(incident: Incident, track: str, *, giver: User, holder: Any, now: datetime) -> int:
    """Withdraws what `giver` offered on `track` and nobody accepted, because `holder` has it now; how many."""
    waiting = HandOff.objects.select_for_update(of=("self",)).filter(
        incident=incident, track=track, giver=giver, state=HandOff.State.OPEN, received_at__isnull=True
    )
    found = list(waiting.select_related("giver", "receiver", "team", "offered_by"))
    for hand_off in found:
        why = f"{holder} has it now."
        hand_off.incident = incident
        with act("handoff.withdrawn", actor=None, now=now, subject=hand_off, why=why) as running:
            take_away(hand_off, None, now, why, running)
    return len(found)


def _kind(told: Moved) -> str:
    """To deeper skills or to management, as the level that was reached says; to management where it says nothing."""
    kinds = {level.number: level.kind for level in content_of(told.run).levels}
    said = str(kinds.get(told.run.level, ""))
    return said if said in HandOff.Kind.values else HandOff.Kind.HIERARCHICAL.value


def _why(told: Moved) -> str:
    if told.how is Kind.TAKEN_OVER:
        return f"{told.after} took it over: {told.reason}" if told.reason else f"{told.after} took it over."
    said = f" {told.after}: {told.reason}" if told.reason else ""
    return f"It had escalated, and {told.after} acknowledged.{said}"
