"""Drills: planned, agreed to, begun, compared, and followed up."""

from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings

from audit.events.services import act
from incidents.escalation import services as escalation
from incidents.lifecycle import checks
from incidents.lifecycle.models import Incident
from incidents.lifecycle.opening import open_incident
from policies.decisions.vocabulary import Severity, Track
from portal.foundation.access.checks import require
from portal.foundation.base_models import save_tracked
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from portal.foundation.outbox.models import OutboxMessage
from portal.foundation.outbox.services import queue
from portal.foundation.words import counted

from .comparing import NOTHING, Pair, compare, verdict
from .course import answered, as_kept, as_read, foretold, happened
from .models import Drill, DrillFinding, DrillPart

RUN = "incidents.run_drill"
INVITED = "drill.invited"
LONGEST = timedelta(hours=24)
State = Drill.State


def check_plan(drill: Drill, *, now: datetime) -> None:
    """Raises InvalidInput for a time that is past or too long, and WrongState once the drill has begun."""
    if drill.state != State.PLANNED:
        raise WrongState(f"The drill is {drill.get_state_display()}; its plan stays as it is.")
    if drill.planned_for <= now:
        _refuse("planned_for", "This time is past. Give one that is still to come.")
    if drill.ends_by - drill.planned_for > LONGEST:
        _refuse("ends_by", "A drill lasts 24 hours at most. Give an earlier end.")


def ask_participants(drill: Drill, *, actor: Any, now: datetime) -> int:
    """Asks everybody who has not answered yet whether they take part, once each; how many are asked. Raises NotAllowed, WrongState."""
    require(actor, RUN, drill, to="ask people to take part in drills")
    with act("drill.participants_asked", actor=actor, now=now, subject=drill) as running:
        drill = locked(drill)
        if drill.state != State.PLANNED:
            raise WrongState(f"The drill is {drill.get_state_display()}.")
        waiting = drill.parts.filter(consented_at=None, declined_at=None, person__is_active=True).select_related("person")
        asked = [_invite(drill, part, now) for part in waiting]
        running.details["asked"] = asked
    return len(asked)


def consent(drill: Drill, *, actor: Any, now: datetime, reason: str = "") -> DrillPart:
    """`actor` takes part: the drill's messages reach them. Raises NotAllowed for who was not asked, WrongState when it is over."""
    return _answer(drill, actor, now, reason, yes=True)


def decline(drill: Drill, *, actor: Any, now: datetime, reason: str = "") -> DrillPart:
    """`actor` takes no part, or no part any more: from now on nothing of the drill reaches them."""
    return _answer(drill, actor, now, reason, yes=False)


def start(drill: Drill, *, actor: Any, now: datetime, reason: str = "") -> Incident:
    """Begins the drill with the live engine and the rules in force; what should happen is foretold and kept.

    `actor` None is the job, at the planned time. Raises NotAllowed, WrongState when it is not planned any more or nobody agreed to take
    part, and InvalidInput for a contact point that is not the participant's own.
    """
    if actor is not None:
        require(actor, RUN, drill, to="start drills")
    with act("drill.started", actor=actor, now=now, subject=drill, why=reason) as running:
        drill = locked(drill)
        if drill.state != State.PLANNED:
            raise WrongState(f"The drill is {drill.get_state_display()}.")
        if now >= drill.ends_by:
            raise WrongState("Its planned end has passed. Plan it anew.")
        _check_parts(drill)
        incident = open_incident(
            title=f"DRILL: {drill.title}"[: checks.LONGEST_TITLE],
            description=drill.goal,
            service=drill.service,
            impact=2,
            urgency=2,
            actor=None,
            now=now,
            origin=Incident.Origin.DRILL,
            rehearsed=Severity(drill.severity) if drill.severity else None,
        )
        if incident.policy_version is None:
            raise WrongState(f"No policy is in force for {drill.service}, so there is nothing to rehearse.")
        drill.state, drill.started_at, drill.incident, drill.policy_version = State.RUNNING, now, incident, incident.policy_version
        # The planned failures count from here on; the foretelling knows them.
        save_tracked(drill, actor=actor, now=now, reason=reason)
        drill.expected = as_kept(foretold(incident, now, drill.ends_by))
        Drill.objects.filter(pk=drill.pk).update(expected=drill.expected)
        running.details = {"incident": incident.number, "participants": drill.parts.filter(consented_at__isnull=False).count()}
    return incident


def finish(drill: Drill, *, actor: Any, now: datetime, reason: str = "", next_due: date | None = None) -> Drill:
    """Ends the drill and what still runs of it, and writes down how it differed from what was foretold: each difference is a finding.

    Raises NotAllowed, and WrongState when it does not run.
    """
    if actor is not None:
        require(actor, RUN, drill, to="stop drills")
    with act("drill.finished", actor=actor, now=now, subject=drill, why=reason) as running:
        drill = locked(drill)
        if drill.state != State.RUNNING or drill.incident is None:
            raise WrongState(f"The drill is {drill.get_state_display()}.")
        pairs = compared(drill, now)
        if not drill.incident.has_ended:
            escalation.resolve(drill.incident, actor=None, now=now, reason="The drill is over.")
        drill.state, drill.finished_at = State.FINISHED, now
        drill.verdict = verdict(pairs, answered(drill))
        drill.next_due = next_due or drill.next_due
        save_tracked(drill, actor=actor, now=now, reason=reason)
        for pair in pairs:
            if pair.difference:
                finding = DrillFinding(drill=drill, text=_in_words(pair), by_comparison=True)
                save_tracked(finding, actor=actor, now=now, reason="Found by comparing expected with actual.")
        running.details = {"verdict": drill.verdict}
    return drill


def cancel(drill: Drill, *, actor: Any, now: datetime, reason: str) -> Drill:
    """It will not take place. Raises NotAllowed, InvalidInput without words, WrongState once it has begun."""
    require(actor, RUN, drill, to="cancel drills")
    reason = checks.clean_reason(reason, what="why it does not take place")
    with act("drill.cancelled", actor=actor, now=now, subject=drill, why=reason):
        drill = locked(drill)
        if drill.state != State.PLANNED:
            raise WrongState(f"The drill is {drill.get_state_display()}; stop it instead.")
        drill.state = State.CANCELLED
        save_tracked(drill, actor=actor, now=now, reason=reason)
    return drill


def compared(drill: Drill, now: datetime) -> list[Pair]:
    """Expected beside actual, as it stands; empty before it began. Two queries."""
    if drill.started_at is None:
        return []
    over = (drill.finished_at or now) - drill.started_at
    return compare(as_read(drill.expected), happened(drill), over_after=over, answered=answered(drill))


def withheld(drill: Drill) -> str:
    """How many of the drill's messages reached nobody on purpose, in words; empty when none. One query."""
    about = f"incidents.incident:{drill.incident_id}"
    kept = OutboxMessage.objects.filter(subject_ref__startswith=about, drill=True, state=OutboxMessage.State.FAILED)
    count = sum(ref in {about, *(f"{about}:{track}" for track in Track)} for ref in kept.values_list("subject_ref", flat=True))
    return f"{counted(count, 'message')} reached nobody: the receiver takes no part, or it was planned so." if count else ""


def settle_finding(finding: DrillFinding, *, actor: Any, now: datetime, reason: str) -> DrillFinding:
    """What was found is put right, or shown to be none. Raises NotAllowed, InvalidInput without words, WrongState when it was before."""
    if finding.owner_id != getattr(actor, "pk", None):
        require(actor, RUN, finding.drill, to="settle findings of drills")
    reason = checks.clean_reason(reason, what="what was done about it")
    with act("drill.finding_settled", actor=actor, now=now, subject=finding.drill, why=reason) as running:
        finding = DrillFinding.objects.select_for_update(of=("self",)).get(pk=finding.pk)
        if finding.done_at is not None:
            raise WrongState("It was settled before.")
        finding.done_at, finding.done_by, finding.outcome = now, actor, reason
        save_tracked(finding, actor=actor, now=now, reason=reason)
        running.details = {"finding": finding.pk}
    return finding


def locked(drill: Drill) -> Drill:
    """The row, locked and fresh, with what stands beside it."""
    rows = Drill.objects.select_for_update(of=("self",)).select_related("service__team", "incident", "policy_version")
    return rows.get(pk=drill.pk)


def _answer(drill: Drill, actor: Any, now: datetime, reason: str, *, yes: bool) -> DrillPart:
    with act(f"drill.{'joined' if yes else 'declined'}", actor=actor, now=now, subject=drill, why=reason):
        drill = locked(drill)
        if drill.state not in {State.PLANNED, State.RUNNING}:
            raise WrongState(f"The drill is {drill.get_state_display()}.")
        part = drill.parts.select_for_update(of=("self",)).filter(person=getattr(actor, "pk", None)).first()
        if part is None:
            raise NotAllowed("You were not asked to take part in this drill, so you can neither agree nor decline.")
        part.consented_at, part.declined_at = (now, None) if yes else (None, now)
        save_tracked(part, actor=actor, now=now, reason=reason)
    return part


def _invite(drill: Drill, part: DrillPart, now: datetime) -> str:
    when = "You are not told when it begins."
    if drill.announced:
        when = f"It begins on {drill.planned_for:%d %b %Y, %H:%M} UTC and ends by {drill.ends_by:%d %b, %H:%M} UTC."
    queue(
        kind=INVITED,
        person=part.person,
        subject_ref=f"incidents.drill:{drill.pk}",
        title=f"Do you take part in the drill '{drill.title}'?",
        body=f"{drill.goal}\n{when} Messages of the drill reach you only if you agree.",
        link=f"{settings.PORTAL_URL}/admin/incidents/drill/{drill.pk}/change/",
        idempotency_key=f"drill-{drill.pk}-invited-{part.person_id}",
        now=now,
    )
    return str(part.person)


def _check_parts(drill: Drill) -> None:
    agreed = list(drill.parts.filter(consented_at__isnull=False).select_related("person", "contact"))
    if not agreed:
        raise WrongState("Nobody has agreed to take part yet, so its messages would reach nobody. Ask the participants first.")
    for part in agreed:
        if part.contact is not None and (part.contact.person_id != part.person_id or not part.contact.active):
            _refuse("parts", f"'{part.contact.label}' is no active contact point of {part.person}. A drill goes to its participants only.")


def _in_words(pair: Pair) -> str:
    step = pair.actual or pair.expected or NOTHING
    whom = f" {step.person}" if step.person else ""
    track = "" if step.track == "technical" else f"{step.track.capitalize()} track: "
    return f"{track}Level {step.level}, {step.action}{whom}: {pair.difference}"


def _refuse(field: str, problem: str) -> None:
    raise InvalidInput(problem, {field: [problem]})
