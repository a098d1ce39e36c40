"""The frame of every verb on a hand-off: what is locked in which order, what is kept, and who is told of an answer."""

from datetime import datetime, timedelta
from typing import Any

from audit.events.services import Act
from incidents.escalation.models import EscalationRun
from portal.foundation.base_models import save_tracked
from portal.foundation.canonical import content_hash

from . import telling
from .models import HandOff
from .moving import locked
from .standing import content_to_sign

# Somebody who hands over live work wants to know within minutes whether it was taken.
FIRST_REMINDER, NEXT_REMINDER = timedelta(minutes=10), timedelta(hours=1)


def seal(hand_off: HandOff, now: datetime) -> None:
    """Fixes what both sign: its content as it stands, and the hash of that."""
    hand_off.content = content_to_sign(
        hand_off.incident, hand_off.run, track=hand_off.track, kind=hand_off.kind, giver=hand_off.giver, receiver=hand_off.receiver,
        team=hand_off.team, note=hand_off.note, now=now,
    )  # fmt: skip
    hand_off.content_sha256 = content_hash(hand_off.content)


def locked_again(hand_off: HandOff) -> tuple[HandOff, EscalationRun | None]:
    """The hand-off and its run, fresh and for this transaction alone: the run is locked first, then the incident, then the hand-off."""
    incident, run = locked(hand_off.incident, hand_off.track)
    fresh = HandOff.objects.select_for_update(of=("self",)).select_related("giver", "receiver", "team", "offered_by").get(pk=hand_off.pk)
    fresh.incident = incident
    return fresh, run


def keep(hand_off: HandOff, actor: Any, now: datetime, why: str, running: Act, *, settled: str | None) -> None:
    """Keeps what was signed or said. `settled` is the state that ends it; None: a signature is still missing."""
    if settled is not None:
        hand_off.state, hand_off.settled_at, hand_off.settled_by, hand_off.remind_at = settled, now, actor, None
    else:
        hand_off.reminded, hand_off.remind_at = 0, now + FIRST_REMINDER
    if not hand_off.is_offer:
        telling.take_back(hand_off, now)
    save_tracked(hand_off, actor=actor, now=now, reason=why)
    running.details = {"incident": hand_off.incident.number, "state": hand_off.state, "content_sha256": hand_off.content_sha256}


def tell_givers(hand_off: HandOff, actor: Any, now: datetime, *, kind: str, title: str, body: str) -> None:
    """Tells the giver, and whoever offered for them."""
    people = [person for person in (hand_off.giver, hand_off.offered_by) if person != actor]
    telling.message(hand_off, people, kind=kind, title=title, body=body.strip(), now=now)
