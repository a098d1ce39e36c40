"""The verbs of a hand-off. Until somebody accepts, whoever had the responsibility keeps it.

Each locks in the same order: the run, the incident, the hand-off. One transaction and one audit event a verb.
"""

from datetime import datetime, timedelta
from typing import Any

from audit.events.services import Act, act
from incidents.escalation.models import EscalationRun
from incidents.lifecycle import checks
from incidents.lifecycle import services as lifecycle
from incidents.lifecycle.models import Incident
from policies.decisions.vocabulary import Track
from policies.models import Team
from portal.foundation.access.checks import require
from portal.foundation.base_models import save_tracked
from portal.foundation.canonical import content_hash
from portal.foundation.errors import Conflict, InvalidInput, NotAllowed, WrongState
from portal.foundation.people.models import User

from . import telling
from .models import HandOff
from .moving import locked, move
from .people import WORK, asked_of_team, holder_of, must_be_asked, refuse_receiver, refuse_team
from .standing import content_to_sign

State, Kind = HandOff.State, HandOff.Kind
WAIVE = "incidents.waive_handoff"
TO_KNOW = "what the receiver has to know: what was done, what is open, what comes next"
# Somebody who hands over live work wants to know within minutes whether it was taken.
FIRST_REMINDER, NEXT_REMINDER = timedelta(minutes=10), timedelta(hours=1)


def hand_over(
    incident: Incident, *, actor: Any, now: datetime, team: Team | None = None, person: User | None = None, kind: str = "", reason: str = ""
) -> HandOff | Incident:
    """An offer where somebody is responsible already; a plain assignment while nobody acknowledged. Raises as those two do."""
    with act("incident.handed_over", actor=actor, now=now, subject=incident) as running:
        # The offer or the assignment is the event.
        running.nothing_happened()
        fresh, run = locked(incident, Track.TECHNICAL)
        if fresh.has_ended or holder_of(fresh, run, Track.TECHNICAL) is None:
            return lifecycle.assign(incident, actor=actor, now=now, team=team, person=person, reason=reason)
        reason = checks.clean_reason(reason, what=TO_KNOW)
        return offer(incident, to=person, team=team, kind=kind, note=reason, actor=actor, now=now)


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


def accept(hand_off: HandOff, *, actor: Any, now: datetime, reason: str = "") -> HandOff:
    """`actor` signs as the receiver and is responsible from now on, in the same transaction. A repeat changes nothing.

    Raises NotAllowed for whoever was not asked, Conflict when somebody else was faster, and WrongState when there is nothing to accept.
    """
    said = checks.clean_text(reason, "reason", checks.LONGEST_REASON)
    with act("handoff.accepted", actor=actor, now=now, subject=hand_off, why=said) as running:
        hand_off, run = _locked(hand_off)
        if hand_off.received_at is not None and actor is not None and actor.pk == hand_off.receiver_id:
            running.nothing_happened()
            return hand_off
        _refuse_taken(hand_off)
        must_be_asked(hand_off, actor, now)
        require(actor, WORK, hand_off.incident, to="take over this incident")
        _refuse_outdated(hand_off, run)
        hand_off.receiver, hand_off.received_at, hand_off.answer = actor, now, said
        _save(hand_off, actor, now, said, running, settled=State.SIGNED if hand_off.given_at else None)
        why = f"Handed over by {hand_off.giver}: {hand_off.note}"
        move(hand_off.incident, run, track=hand_off.track, to=actor, team=hand_off.team, actor=actor, now=now, reason=why)
        telling.tell(hand_off, f"{actor} accepted it from {hand_off.giver}", actor=actor, now=now, why=said, action="accepted")
        _tell_givers(hand_off, actor, now, kind="accepted", title=f"{actor} accepted", body=f"{actor} is responsible from now on. {said}")
    return hand_off


def decline(hand_off: HandOff, *, actor: Any, now: datetime, reason: str) -> HandOff:
    """`actor` says no, and why; the giver stays responsible and is told. Raises as `accept` does, and InvalidInput without words."""
    why = checks.clean_reason(reason, what="why you decline, so that the giver can find somebody else")
    with act("handoff.declined", actor=actor, now=now, subject=hand_off, why=why) as running:
        hand_off, _ = _locked(hand_off)
        _refuse_taken(hand_off)
        must_be_asked(hand_off, actor, now)
        hand_off.answer = why
        _save(hand_off, actor, now, why, running, settled=State.DECLINED)
        telling.tell(hand_off, f"{actor} declined; {hand_off.giver} keeps it", actor=actor, now=now, why=why, action="declined")
        _tell_givers(hand_off, actor, now, kind="declined", title=f"{actor} declined", body=f"You keep it. {actor} said: {why}")
    return hand_off


def withdraw(hand_off: HandOff, *, actor: Any, now: datetime, reason: str = "") -> HandOff:
    """Takes an offer back that nobody accepted yet: the giver may, and whoever made it. Raises NotAllowed and WrongState."""
    said = checks.clean_text(reason, "reason", checks.LONGEST_REASON)
    with act("handoff.withdrawn", actor=actor, now=now, subject=hand_off, why=said) as running:
        hand_off, _ = _locked(hand_off)
        if actor is None or not actor.is_active or actor.pk not in (hand_off.giver_id, hand_off.offered_by_id):
            raise NotAllowed(f"Only {hand_off.giver}, who hands it over, and whoever made the offer can withdraw it.")
        _refuse_taken(hand_off)
        take_away(hand_off, actor, now, said, running)
    return hand_off


def sign_giving(hand_off: HandOff, *, actor: Any, now: datetime, reason: str = "") -> HandOff:
    """The giver signs what somebody else, or the escalation, handed on. Possible after the incident has ended too. A repeat changes nothing.

    Raises NotAllowed for anybody else, and WrongState for one that is settled otherwise.
    """
    said = checks.clean_text(reason, "reason", checks.LONGEST_REASON)
    with act("handoff.signed", actor=actor, now=now, subject=hand_off, why=said) as running:
        hand_off, _ = _locked(hand_off)
        if actor is None or not actor.is_active or actor.pk != hand_off.giver_id:
            raise NotAllowed(f"Only {hand_off.giver}, who had it before, can sign that it was handed over.")
        if hand_off.given_at is not None:
            running.nothing_happened()
            return hand_off
        if not hand_off.is_open:
            raise WrongState(f"This hand-off is {hand_off.get_state_display()}, so there is nothing to sign.")
        hand_off.given_at = now
        hand_off.answer = hand_off.answer or said
        _save(hand_off, actor, now, said, running, settled=State.SIGNED if hand_off.received_at else None)
        telling.tell(hand_off, f"{actor} signed that it was handed over", actor=actor, now=now, why=said, action="signed")
    return hand_off


def waive(hand_off: HandOff, *, actor: Any, now: datetime, reason: str) -> HandOff:
    """Closes a hand-off without the missing signature, for a reason that stays on record; the giver and the receiver are told.

    Nobody waives a signature of their own: they sign. Raises InvalidInput, NotAllowed, and WrongState when none is missing.
    """
    require(actor, WAIVE, to="waive the missing signature of a hand-off")
    why = checks.clean_reason(reason, what="why the signature cannot be had")
    with act("handoff.waived", actor=actor, now=now, subject=hand_off, why=why) as running:
        hand_off, _ = _locked(hand_off)
        if not hand_off.is_open:
            raise WrongState(f"This hand-off is {hand_off.get_state_display()}; no signature is missing.")
        missing = telling.missing_in_words(hand_off)
        own = {"giver": hand_off.giver_id, "receiver": hand_off.receiver_id}
        if actor is not None and actor.pk in {own[side] for side in hand_off.lacks}:
            raise NotAllowed("The signature that is missing is your own: sign, decline or withdraw. Nobody waives their own.")
        hand_off.answer = why
        _save(hand_off, actor, now, why, running, settled=State.WAIVED)
        telling.tell(hand_off, f"{actor} waived the signature of {missing}", actor=actor, now=now, why=why, action="waived")
        people = [person for person in (hand_off.giver, hand_off.receiver) if person != actor]
        telling.message(hand_off, people, kind="waived", title="A signature was waived", body=f"{actor}: {why}", now=now)
    return hand_off


def take_away(hand_off: HandOff, actor: Any, now: datetime, why: str, running: Act) -> None:
    """Ends a locked offer unanswered and tells those who were asked."""
    asked = hand_off.receiver
    hand_off.answer = why
    _save(hand_off, actor, now, why, running, settled=State.WITHDRAWN)
    text = f"The offer to {asked or hand_off.team} was withdrawn"
    telling.tell(hand_off, text, actor=actor, now=now, why=why, action="withdrawn")
    told = [asked] if asked is not None and asked != actor else []
    body = f"{hand_off.giver} keeps it; there is nothing for you to do. {why}"
    telling.message(hand_off, told, kind="withdrawn", title="The offer was withdrawn", body=body.strip(), now=now)


def seal(hand_off: HandOff, now: datetime) -> None:
    """Fixes what both sign: its content as it stands, and the hash of that."""
    hand_off.content = content_to_sign(
        hand_off.incident, hand_off.run, track=hand_off.track, kind=hand_off.kind, giver=hand_off.giver, receiver=hand_off.receiver,
        team=hand_off.team, note=hand_off.note, now=now,
    )  # fmt: skip
    hand_off.content_sha256 = content_hash(hand_off.content)


def _locked(hand_off: HandOff) -> tuple[HandOff, EscalationRun | None]:
    incident, run = locked(hand_off.incident, hand_off.track)
    fresh = HandOff.objects.select_for_update(of=("self",)).select_related("giver", "receiver", "team", "offered_by").get(pk=hand_off.pk)
    fresh.incident = incident
    return fresh, run


def _save(hand_off: HandOff, actor: Any, now: datetime, why: str, running: Act, *, settled: str | None) -> None:
    """Keeps what was signed or said. `settled` is the state that ends it; None: a signature is still missing."""
    if settled is not None:
        hand_off.state, hand_off.settled_at, hand_off.settled_by, hand_off.remind_at = settled, now, actor, None
        telling.take_back(hand_off, now)
    else:
        hand_off.reminded, hand_off.remind_at = 0, now + FIRST_REMINDER
    save_tracked(hand_off, actor=actor, now=now, reason=why)
    running.details = {"incident": hand_off.incident.number, "state": hand_off.state, "content_sha256": hand_off.content_sha256}


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


def _refuse_taken(hand_off: HandOff) -> None:
    """Only an offer that nobody answered can be answered."""
    if hand_off.received_at is not None:
        raise Conflict(f"{hand_off.receiver} accepted it first and has it now.")
    if not hand_off.is_open:
        who = f" by {hand_off.settled_by}" if hand_off.settled_by else ""
        raise WrongState(f"This offer is {hand_off.get_state_display()}{who}; {hand_off.giver} kept it. There is nothing to answer.")


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


def _tell_givers(hand_off: HandOff, actor: Any, now: datetime, *, kind: str, title: str, body: str) -> None:
    people = [person for person in (hand_off.giver, hand_off.offered_by) if person != actor]
    telling.message(hand_off, people, kind=kind, title=title, body=body.strip(), now=now)
