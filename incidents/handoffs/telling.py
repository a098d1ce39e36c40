"""What people hear of a hand-off: messages to those who have to sign, and its lines on the incident's timeline."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings

from audit.events.services import mention
from incidents.escalation.messages import URGENT
from incidents.escalation.messages import subject_ref as incident_ref
from incidents.escalation.words import headline
from incidents.lifecycle.facts import discreet_title
from incidents.lifecycle.models import Incident, TimelineEntry
from incidents.lifecycle.timeline import add_timeline
from policies.decisions.vocabulary import Track
from portal.foundation.outbox.services import cancel_waiting, queue
from portal.foundation.words import listed

from .models import HandOff

# Marks the messages that ask whether somebody accepts.
QUESTION = ":offer"


def link_to(hand_off: HandOff) -> str:
    """Where it is read and signed."""
    return f"{settings.PORTAL_URL}/admin/incidents/handoff/{hand_off.pk}/change/"


def subject_ref(hand_off: HandOff) -> str:
    """What messages are about: a part of the incident, of which those of one hand-off can be taken back together."""
    return f"{incident_ref(hand_off.incident)}:hand-off-{hand_off.pk}"


def message(hand_off: HandOff, people: Iterable[Any], *, kind: str, title: str, body: str, now: datetime, occasion: str = "") -> list[str]:
    """Queues one message to each of `people` who are active; their names. `occasion` tells repeats of a kind apart."""
    incident = hand_off.incident
    told = {person.pk: person for person in people if person is not None and person.is_active}
    mention(*told.values())
    for person in told.values():
        queue(
            kind=f"handoff.{kind}",
            person=person,
            subject_ref=subject_ref(hand_off) + (QUESTION if kind == "offered" else ""),
            title=f"{title}: {headline(incident, Track(hand_off.track))}",
            body=body,
            link=link_to(hand_off),
            idempotency_key=f"handoff-{hand_off.pk}-{kind}{occasion}-{person.pk}",
            now=now,
            urgent=incident.severity in URGENT,
            confidential=incident.confidential,
            discreet_title=f"{title}: {discreet_title(incident)}",
            drill=incident.origin == Incident.Origin.DRILL,
        )
    return [str(person) for person in told.values()]


def take_back(hand_off: HandOff, now: datetime) -> None:
    """What is answered need not be asked any more: the offer once it is accepted, everything once it is settled."""
    about = subject_ref(hand_off)
    cancel_waiting(f"{about}{QUESTION}", *([] if hand_off.is_open else [about]), now=now)


def tell(hand_off: HandOff, text: str, *, actor: Any, now: datetime, why: str = "", action: str) -> None:
    """One line on the incident's timeline."""
    add_timeline(
        hand_off.incident,
        kind=TimelineEntry.Kind.HAND_OFF,
        at=now,
        actor=actor,
        text=text + of_track(hand_off),
        why=why,
        data={"action": action, "hand_off": hand_off.pk, "track": hand_off.track},
    )


def of_track(hand_off: HandOff) -> str:
    """' (legal and compliance track)'; nothing for the technical one, which is the incident's own."""
    return "" if hand_off.track == Track.TECHNICAL else f" ({Track(hand_off.track).label.lower()} track)"


def to_whom(hand_off: HandOff) -> str:
    """'Tom Berg', 'whoever of Databases accepts'."""
    return str(hand_off.receiver) if hand_off.receiver is not None else f"whoever of {hand_off.team} accepts"


def missing_in_words(hand_off: HandOff) -> str:
    """Whose signatures are missing: 'Tom Berg', 'Ana Ruiz and whoever of Databases accepts'; '' for a settled one."""
    names = {"giver": str(hand_off.giver), "receiver": to_whom(hand_off)}
    return listed([names[side] for side in sorted(hand_off.lacks)])
