"""What follows where responsibility moved without an offer: whoever had it before is asked to sign, and what they had offered lapses."""

from datetime import datetime
from typing import Any

from audit.events.services import act
from incidents.escalation.models import EscalationRun
from incidents.lifecycle.models import Incident
from portal.foundation.base_models import save_tracked
from portal.foundation.people.models import User

from . import telling
from .answers import take_away
from .frame import FIRST_REMINDER, seal
from .models import HandOff


def ask_for_signature(
    incident: Incident, run: EscalationRun | None, *, track: str, giver: User, receiver: User, now: datetime, why: str
) -> HandOff:
    """Opens the hand-off that the escalation made: `receiver` signed by acknowledging, `giver` still has to. It stops nothing."""
    with act("handoff.escalated", actor=None, now=now, why=why) as running:
        hand_off = HandOff(
            incident=incident, run=run, track=track, kind=HandOff.Kind.HIERARCHICAL, giver=giver, receiver=receiver, by_engine=True,
            note=why, offered_at=now, received_at=now, remind_at=now + FIRST_REMINDER,
        )  # fmt: skip
        seal(hand_off, now)
        save_tracked(hand_off, actor=None, now=now, reason=why)
        running.subject = hand_off
        body = f"{receiver} has it now. {why}\nSign that it was handed over; what {receiver} has to know belongs on the timeline."
        told = telling.message(hand_off, [giver], kind="sign", title="Sign that it was handed over", body=body, now=now)
        running.details = {"incident": incident.number, "content_sha256": hand_off.content_sha256, "told": told}
        telling.tell(hand_off, f"{receiver} has it from {giver}, who is asked to sign", actor=None, now=now, why=why, action="escalated")
    return hand_off


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
