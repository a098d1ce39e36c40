"""How a hand-off is shown: its state as a badge, both signatures with their times, and what it is about in a sentence."""

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from incidents.handoffs.queries import of_incident
from incidents.handoffs.telling import missing_in_words, of_track, to_whom
from incidents.models import HandOff, Incident
from policies.decisions.vocabulary import Track
from portal.foundation.adminkit.moments import moment

State = HandOff.State
MOST_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Signature:
    """One side: who, as what, and when; `when` says 'not yet' while it is missing and the hand-off is open."""

    role: str
    person: str
    when: SafeString | str
    given: bool


@dataclass(frozen=True, slots=True)
class HandOffLine:
    """One hand-off as a line of an incident's page; `offered_to` while the incident itself waits to be accepted."""

    address: str
    text: str
    badge: SafeString
    note: str
    signatures: tuple[Signature, ...]
    said: str
    offered_to: str = ""


def address_of(hand_off: HandOff) -> str:
    return reverse("admin:incidents_handoff_change", args=[hand_off.pk])


def badge(hand_off: HandOff) -> SafeString:
    """The state as a word with a colour behind it."""
    look = {State.OPEN: "late", State.SIGNED: "done"}.get(State(hand_off.state), "open")
    return format_html('<span class="ak-badge ak-badge-{}">{}</span>', look, hand_off.get_state_display())


def signatures(hand_off: HandOff, now: datetime) -> tuple[Signature, ...]:
    """The giver's and the receiver's."""
    empty = "not yet" if hand_off.is_open else "did not sign"
    receiver = str(hand_off.receiver) if hand_off.receiver else f"somebody of {hand_off.team}"
    return (
        Signature("Hands over", str(hand_off.giver), moment(hand_off.given_at, now, empty=empty), hand_off.given_at is not None),
        Signature("Receives", receiver, moment(hand_off.received_at, now, empty=empty), hand_off.received_at is not None),
    )


def in_a_sentence(hand_off: HandOff, now: datetime) -> SafeString:
    """What the page of a hand-off is opened for: who has it, and what is missing."""
    giver, receiver, number = hand_off.giver, to_whom(hand_off), f"{hand_off.incident.number}{of_track(hand_off)}"
    state = State(hand_off.state)
    if hand_off.is_offer:
        return format_html("{} hands {} over to {}. Until it is accepted, {} has it.", giver, number, receiver, giver)
    if state is State.OPEN:
        since = moment(hand_off.received_at, now)
        return format_html("{} has {} since {}. The signature of {} is missing.", receiver, number, since, missing_in_words(hand_off))
    told = {
        State.SIGNED: format_html("{} took {} over from {}; both have signed.", receiver, number, giver),
        State.DECLINED: format_html("{} declined {}; {} kept it.", hand_off.settled_by, number, giver),
        State.WITHDRAWN: format_html("The offer of {} to {} was withdrawn; {} kept it.", number, hand_off.receiver or hand_off.team, giver),
        State.WAIVED: format_html("{} waived a missing signature for {}.", hand_off.settled_by, number),
    }
    return told[state]


def hand_off_lines(incident: Incident, now: datetime) -> tuple[list[HandOffLine], str]:
    """The hand-offs of `incident`, those that wait first, and a stamp that differs as soon as one of them does. One query."""
    found = sorted(of_incident(incident)[:MOST_SHOWN], key=lambda hand_off: not hand_off.is_open)
    stamp = "-".join(f"{each.pk}{each.state[0]}{len(each.lacks)}" for each in found)
    return [_line(each, now) for each in found], stamp


def _line(hand_off: HandOff, now: datetime) -> HandOffLine:
    said = f"{hand_off.settled_by or hand_off.receiver}: {hand_off.answer}" if hand_off.answer else ""
    text = f"{hand_off}{of_track(hand_off)}, {hand_off.get_kind_display()}"
    offered_to = str(hand_off.receiver or hand_off.team) if hand_off.is_offer and hand_off.track == Track.TECHNICAL else ""
    return HandOffLine(address_of(hand_off), text, badge(hand_off), hand_off.note, signatures(hand_off, now), said, offered_to)
