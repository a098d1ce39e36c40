"""The verbs of an incident's life: each locks the row, asks the table of states, changes it and tells the story.

One transaction and one audit event a verb.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypedDict, Unpack

from django.db import transaction

from audit.events.services import Act, act, mention
from policies.decisions.vocabulary import Priority
from policies.models import Team
from portal.foundation.access.checks import require
from portal.foundation.base_models import save_tracked
from portal.foundation.errors import InvalidInput, WrongState
from portal.foundation.people.models import User
from portal.foundation.words import listed

from . import checks, grading
from .facts import GivenFacts
from .frame import verb
from .hindrances import refuse_while_hindered
from .marking import set_facts
from .models import Incident, TimelineEntry
from .opening import clean_scale, open_incident
from .readings import record_reading
from .states import IncidentState, after
from .telling import decision_on, tell_judgement
from .timeline import add_timeline, name_of

__all__ = [
    "acknowledge",
    "add_note",
    "add_timeline",
    "amend",
    "assign",
    "cancel",
    "close",
    "correct",
    "give",
    "hold",
    "open_incident",
    "record_reading",
    "reopen",
    "resolve",
    "resume",
    "set_facts",
]

WORK = "incidents.change_incident"
FINISH = "incidents.resolve_incident"


class Details(TypedDict, total=False):
    """What can be corrected: impact and urgency from 1 (high) to 3 (low)."""

    title: str
    description: str
    impact: int
    urgency: int


_CLEAN: dict[str, Callable[[Any, str], Any]] = {
    "title": checks.clean_title,
    "description": checks.clean_text,
    "impact": clean_scale,
    "urgency": clean_scale,
}


def acknowledge(incident: Incident, *, actor: Any, now: datetime, reason: str = "", anew: bool = False) -> Incident:
    """`actor` has it now, unless somebody else has it already: that is recorded and changes nothing. A repeat changes nothing.

    `anew`: somebody was asked again, so whoever answers has it, whoever had it before. The first acknowledgement counts for the figures.
    Raises NotAllowed, WrongState, and InvalidInput without a person.
    """
    require(actor, "incidents.acknowledge_incident", incident, to="acknowledge this incident")
    if actor is None:
        raise InvalidInput("Only a person can acknowledge an incident.")
    with verb("incident.acknowledged", incident, actor, now, reason) as running:
        holder = incident.assigned_to if incident.acknowledged_at is not None else None
        if holder is not None and holder.pk == actor.pk and incident.state == IncidentState.IN_PROGRESS:
            running.nothing_happened()
            return incident
        if holder is not None and holder.pk != actor.pk and not anew and not incident.has_ended:
            _acknowledged_too(incident, holder, running)
            return incident
        _enter(incident, "acknowledge")
        incident.assigned_to = actor
        if incident.acknowledged_at is None:
            incident.acknowledged_at, incident.acknowledged_by = now, actor
        incident.hold_reason = ""
        save_tracked(incident, actor=actor, now=now, reason=reason)
        taken = f" and took over from {holder}" if holder is not None and holder.pk != actor.pk else ""
        _tell_state(incident, f"{name_of(actor)} acknowledged{taken}", running)
    return incident


def _acknowledged_too(incident: Incident, holder: User, running: Act) -> None:
    """Nobody takes an incident from somebody by accident: there is a verb for that."""
    if incident.timeline.filter(actor=running.actor, data__acknowledged_beside=holder.pk).exists():
        running.nothing_happened()
        return
    text = f"{name_of(running.actor)} acknowledged too; {holder} has it"
    running.verb, running.details["beside"] = "incident.acknowledged_too", str(holder)
    mention(holder)
    add_timeline(
        incident,
        kind=TimelineEntry.Kind.STATE,
        at=running.now,
        actor=running.actor,
        text=text,
        why=running.why,
        data={"state": incident.state, "acknowledged_beside": holder.pk},
    )


def give(incident: Incident, person: User, *, actor: Any, now: datetime, reason: str = "") -> Incident:
    """`person` is responsible from now on. For those who decided that and tell it: it asks for no right and adds nothing to the story."""
    with verb("incident.assigned", incident, actor, now, reason) as running:
        if incident.assigned_to_id == person.pk:
            running.nothing_happened()
            return incident
        incident.assigned_to = person
        save_tracked(incident, actor=actor, now=now, reason=reason)
    return incident


def assign(
    incident: Incident, *, actor: Any, now: datetime, team: Team | None = None, person: User | None = None, reason: str = ""
) -> Incident:
    """Hands the incident to an assignment group, a person, or both. From one group to another is a functional escalation.

    Raises InvalidInput when nothing would change, NotAllowed, and WrongState for an incident that has ended, and for one that somebody has
    acknowledged: that is handed over by a signed hand-off.
    """
    require(actor, WORK, incident, to="assign this incident")
    if person is not None and not person.is_active:
        raise InvalidInput(f"{person} cannot sign in and so cannot work on it.", {"person": ["Choose somebody who is active."]})
    with verb("incident.assigned", incident, actor, now, reason) as running:
        if incident.has_ended:
            raise WrongState(f"{incident.number} is {_words(incident.state)} and can no longer be handed over. Reopen it first.")
        if incident.acknowledged_at is not None:
            raise WrongState(f"{incident.number} is acknowledged. Whoever has it offers it, and has it until the other side accepts.")
        old_team, new_team = incident.team, team or incident.team
        new_person = person or (None if new_team != old_team else incident.assigned_to)
        if (new_team, new_person) == (old_team, incident.assigned_to):
            raise InvalidInput("It is already assigned like that. Choose another group or person.")
        moved = old_team is not None and new_team is not None and new_team != old_team
        incident.team, incident.assigned_to = new_team, new_person
        incident.reassignment_count += 1 if moved else 0
        save_tracked(incident, actor=actor, now=now, reason=reason)
        to = " / ".join(str(part) for part in (new_team if new_team != old_team else None, new_person) if part)
        # Reports count entries with both names as functional escalations, so an unmoved group is left out.
        changed = new_team != old_team
        data = {"from": str(old_team or "") if changed else "", "to": str(new_team or "") if changed else ""}
        add_timeline(
            incident,
            kind=TimelineEntry.Kind.ASSIGNED,
            at=now,
            actor=actor,
            text=f"{name_of(actor)} assigned it to {to}" + (f", away from {old_team}" if moved else ""),
            why=running.why,
            data={**data, "person": str(new_person or "")},
        )
    return incident


def add_note(incident: Incident, *, actor: Any, now: datetime, text: str) -> TimelineEntry:
    """Adds words to the story, in any state. Raises InvalidInput and NotAllowed."""
    require(actor, "incidents.note_incident", incident, to="add notes to this incident")
    text = checks.clean_text(text, "text")
    if not text:
        raise InvalidInput("The note is empty.", {"text": ["Write what you found or did."]})
    with act("incident.noted", actor=actor, now=now, subject=incident) as running:
        entry = add_timeline(incident, kind=TimelineEntry.Kind.NOTE, at=now, actor=actor, text=text)
        running.details["note"] = text
    return entry


def correct(incident: Incident, *, actor: Any, now: datetime, reason: str, **details: Unpack[Details]) -> Incident:
    """Puts right what was understood wrongly; impact and urgency give the priority anew, by the rules pinned at the opening.

    Raises InvalidInput when nothing would change, NotAllowed, and WrongState for an incident that has ended.
    """
    require(actor, WORK, incident, to="correct this incident")
    reason = checks.clean_reason(reason, what="what was understood wrongly")
    wanted = {name: _CLEAN[name](value, name) for name, value in details.items()}
    with verb("incident.corrected", incident, actor, now, reason) as running:
        if incident.has_ended:
            raise WrongState(f"{incident.number} is {_words(incident.state)}; its details stay as they are. Reopen it first.")
        differing = [name for name, value in wanted.items() if getattr(incident, name) != value]
        if not differing:
            raise InvalidInput("Nothing differs from what is there.")
        rules = grading.rules_pinned_by(incident)
        known = grading.judged(incident, rules, (), now)
        for name in differing:
            setattr(incident, name, wanted[name])
        judgement = grading.judged(incident, rules, (), now)
        graded = {"impact", "urgency"} & set(differing)
        if graded:
            incident.priority = judgement.priority
            running.decision = decision_on(incident, judgement, rules)
        save_tracked(incident, actor=actor, now=now, reason=reason)
        add_timeline(
            incident,
            kind=TimelineEntry.Kind.GRADED if graded else TimelineEntry.Kind.NOTE,
            at=now,
            actor=actor,
            text=f"{name_of(actor)} corrected {listed(differing)}" + (f": {Priority(judgement.priority).label} now" if graded else ""),
            why=running.why,
        )
        if graded:
            tell_judgement(incident, judgement, rules, known=known, actor=None, now=now)
    return incident


def amend(incident: Incident, *, details: Details, facts: GivenFacts, actor: Any, now: datetime, reason: str) -> Incident:
    """Corrects the details and sets the facts that are given, both or neither. Raises as `correct` and `set_facts` do."""
    with transaction.atomic():
        if details:
            correct(incident, **details, actor=actor, now=now, reason=reason)
        if facts:
            set_facts(incident, **facts, actor=actor, now=now, reason=reason)
    return incident


def hold(incident: Incident, *, actor: Any, now: datetime, reason: str) -> Incident:
    """Work pauses for `reason`, such as waiting for a supplier. Raises InvalidInput, NotAllowed, WrongState."""
    require(actor, WORK, incident, to="put this incident on hold")
    reason = checks.clean_reason(reason, what="what it is waiting for")
    with verb("incident.held", incident, actor, now, reason) as running:
        _enter(incident, "hold")
        incident.hold_reason = reason[:120]
        save_tracked(incident, actor=actor, now=now, reason=reason)
        _tell_state(incident, f"{name_of(actor)} put it on hold", running)
    return incident


def resume(incident: Incident, *, actor: Any, now: datetime, reason: str = "") -> Incident:
    """Work goes on. Raises NotAllowed, WrongState."""
    require(actor, WORK, incident, to="resume this incident")
    with verb("incident.resumed", incident, actor, now, reason) as running:
        _enter(incident, "resume")
        incident.hold_reason = ""
        save_tracked(incident, actor=actor, now=now, reason=reason)
        _tell_state(incident, f"{name_of(actor)} resumed work", running)
    return incident


def resolve(incident: Incident, *, actor: Any, now: datetime, reason: str) -> Incident:
    """Service is restored; `reason` says how. Raises InvalidInput, NotAllowed, WrongState."""
    require(actor, FINISH, incident, to="resolve this incident")
    reason = checks.clean_reason(reason, what="what restored the service")
    with verb("incident.resolved", incident, actor, now, reason) as running:
        _enter(incident, "resolve")
        incident.resolved_at, incident.resolved_by, incident.hold_reason = now, actor, ""
        save_tracked(incident, actor=actor, now=now, reason=reason)
        _tell_state(incident, f"{name_of(actor)} resolved it", running)
    return incident


def reopen(incident: Incident, *, actor: Any, now: datetime, reason: str) -> Incident:
    """It was not solved after all. Raises InvalidInput, NotAllowed, WrongState."""
    require(actor, FINISH, incident, to="reopen this incident")
    reason = checks.clean_reason(reason, what="what came back")
    with verb("incident.reopened", incident, actor, now, reason) as running:
        _enter(incident, "reopen")
        incident.resolved_at = incident.resolved_by = None
        incident.reopen_count += 1
        save_tracked(incident, actor=actor, now=now, reason=reason)
        _tell_state(incident, f"{name_of(actor)} reopened it", running)
    return incident


def close(incident: Incident, *, actor: Any, now: datetime, reason: str = "") -> Incident:
    """The resolution is confirmed; nothing follows. Raises NotAllowed, and WrongState, also while something has to be done before."""
    require(actor, FINISH, incident, to="close this incident")
    with verb("incident.closed", incident, actor, now, reason) as running:
        _enter(incident, "close")
        refuse_while_hindered(incident)
        incident.closed_at = now
        save_tracked(incident, actor=actor, now=now, reason=reason)
        _tell_state(incident, f"{name_of(actor)} closed it", running)
    return incident


def cancel(incident: Incident, *, actor: Any, now: datetime, reason: str) -> Incident:
    """It was none, such as a false alarm or a duplicate. Raises InvalidInput, NotAllowed, WrongState."""
    require(actor, FINISH, incident, to="cancel this incident")
    reason = checks.clean_reason(reason, what="why it is no incident")
    with verb("incident.cancelled", incident, actor, now, reason) as running:
        _enter(incident, "cancel")
        incident.closed_at = now
        save_tracked(incident, actor=actor, now=now, reason=reason)
        _tell_state(incident, f"{name_of(actor)} cancelled it", running)
    return incident


def _enter(incident: Incident, verb: str) -> None:
    state = after(incident.state, verb)
    if state is None:
        raise WrongState(f"{incident.number} is {_words(incident.state)}; to {verb} it is not possible from there.")
    incident.state = state.value


def _tell_state(incident: Incident, text: str, running: Act) -> None:
    add_timeline(
        incident,
        kind=TimelineEntry.Kind.STATE,
        at=running.now,
        actor=running.actor,
        text=text,
        why=running.why,
        data={"state": incident.state},
    )


def _words(state: str) -> str:
    return IncidentState(state).words
