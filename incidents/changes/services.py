"""Recording changes, what they touch and when they happened, approving emergencies, and linking changes to incidents."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from audit.events.services import act
from incidents.lifecycle import checks
from incidents.lifecycle.models import Incident, TimelineEntry
from incidents.lifecycle.timeline import add_timeline, name_of
from policies.models import Service
from portal.foundation.access.checks import require
from portal.foundation.base_models import save_tracked
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState

from .models import ChangeRequest, IncidentChange
from .queries import may_change_start
from .rules import when

ADD, CHANGE, APPROVE = "incidents.add_changerequest", "incidents.change_changerequest", "incidents.approve_changerequest"
# What stands in addresses, and in the sentences of others.
NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,59}")
Kind = ChangeRequest.Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be done to which services, and when. No services, times or kind: not known yet."""

    title: str
    kind: str = ""
    services: Sequence[Service] = ()
    planned_start: datetime | None = None
    planned_end: datetime | None = None


def record_change(number: str, plan: Plan, *, source: str = "", actor: Any, now: datetime, reason: str = "") -> ChangeRequest:
    """A change becomes known, under its number in the tool that it comes from. Raises NotAllowed, InvalidInput by field, WrongState when known."""
    require(actor, ADD, to="record changes")
    if not NUMBER.fullmatch(number):
        _refuse("number", "A number has 1 to 60 letters, digits, dots, dashes and underscores, and begins with a letter or digit.")
    _check(plan)
    with act("changerequest.created", actor=actor, now=now, why=reason) as running:
        if ChangeRequest.objects.filter(number=number).exists():
            raise WrongState(f"{number} is on record already. Change what is known of it.")
        change = ChangeRequest(number=number, source_system=checks.clean_text(source, "source", 40), requested_by=actor)
        running.subject = _planned(change, plan, actor, now, reason)
        running.details = {"services": {"before": [], "after": _named(plan.services)}} if plan.services else {}
    return change


def plan_anew(change: ChangeRequest, plan: Plan, *, actor: Any, now: datetime, reason: str) -> ChangeRequest:
    """What is known of it otherwise, until it begins. Raises NotAllowed, InvalidInput by field, WrongState once it began."""
    require(actor, CHANGE, change, to="change what is known of a change")
    reason = checks.clean_reason(reason, what="how you know")
    _check(plan)
    with act("changerequest.changed", actor=actor, now=now, subject=change, why=reason) as running:
        change = _locked(change)
        before = list(change.services.all())
        check_plan(change, kind=plan.kind)
        _planned(change, plan, actor, now, reason)
        if {service.pk for service in before} != {service.pk for service in plan.services}:
            running.details = {"services": {"before": _named(before), "after": _named(plan.services)}}
    return change


def check_plan(change: ChangeRequest, *, kind: str) -> None:
    """Raises WrongState once it began, and InvalidInput for another kind than an emergency once it was approved as one."""
    if change.started_at is not None:
        raise WrongState(f"{change.number} began at {when(change.started_at)}; its plan stays as it was.")
    if change.approved_at is not None and kind != Kind.EMERGENCY:
        _refuse("kind", "It was approved as an emergency, and stays one.")


def begin_change(change: ChangeRequest, *, actor: Any, now: datetime, at: datetime | None = None, reason: str = "") -> ChangeRequest:
    """It began, at `at` or now. What happened is recorded, frozen or not; with words, they stand beside it as the reason why.

    Raises NotAllowed, InvalidInput for a time to come or long past, WrongState when it began at another time.
    """
    require(actor, CHANGE, change, to="say when a change began")
    at, reason = _happened(at, now), checks.clean_text(reason, "reason", checks.LONGEST_REASON)
    with act("change.began", actor=actor, now=now, subject=change, why=reason) as running:
        change = _locked(change)
        if change.started_at is not None:
            if change.started_at != at:
                raise WrongState(f"{change.number} began at {when(change.started_at)}, as was told at {when(change.start_told_at or now)}.")
            running.nothing_happened()
            return change
        if change.requested_by is None:
            change.requested_by = actor
        answer = may_change_start(change, at)
        change.started_at, change.start_told_at, change.start_reason = at, now, reason
        save_tracked(change, actor=actor, now=now, reason=reason)
        running.details = {"at": at.isoformat(), "freezes": [freeze.key for freeze in answer.freezes]}
        running.decision = {"may": answer.may, "reasons": list(answer.reasons)}
    return change


def end_change(change: ChangeRequest, *, actor: Any, now: datetime, at: datetime | None = None, reason: str = "") -> ChangeRequest:
    """It is over, done or backed out, at `at` or now. Raises NotAllowed, InvalidInput for an impossible time, WrongState before it began."""
    require(actor, CHANGE, change, to="say when a change ended")
    at, reason = _happened(at, now), checks.clean_text(reason, "reason", checks.LONGEST_REASON)
    with act("change.ended", actor=actor, now=now, subject=change, why=reason) as running:
        change = _locked(change)
        if change.started_at is None:
            raise WrongState(f"{change.number} has not begun, as far as the portal knows. Say first when it did.")
        if change.ended_at is not None:
            if change.ended_at != at:
                raise WrongState(f"{change.number} ended at {when(change.ended_at)}; that stays as it was told.")
            running.nothing_happened()
            return change
        if at < change.started_at:
            _refuse("at", f"It began at {when(change.started_at)}. Give a later time.")
        change.ended_at = at
        save_tracked(change, actor=actor, now=now, reason=reason)
        running.details = {"at": at.isoformat()}
    return change


def approve_emergency(change: ChangeRequest, *, actor: Any, now: datetime, reason: str) -> ChangeRequest:
    """Somebody else than its requester says that it cannot wait: it may begin during a freeze, from now on. It is an emergency change then.

    After it began that can still be said; it then stands as the rationale beside what it departed from. Raises NotAllowed without the right or
    for one's own, InvalidInput without words, WrongState when it was approved or ended, or nobody is on record as its requester.
    """
    require(actor, APPROVE, to="approve a change as an emergency")
    reason = checks.clean_reason(reason, what="why it cannot wait until the freeze is over")
    with act("change.emergency_approved", actor=actor, now=now, subject=change, why=reason) as running:
        change = _locked(change)
        if change.approved_at is not None:
            raise WrongState(f"{change.approved_by} approved it already, at {when(change.approved_at)}.")
        if change.ended_at is not None:
            raise WrongState(f"It ended at {when(change.ended_at)}. There is nothing left to approve.")
        if change.requested_by_id is None:
            raise WrongState("Nobody is on record as its requester, so nobody can be somebody else. Plan it here first.")
        if actor is None or actor.pk == change.requested_by_id:
            raise NotAllowed("You requested it. Somebody else has to approve it as an emergency.")
        change.approved_by, change.approved_at, change.approval_reason, change.kind = actor, now, reason, Kind.EMERGENCY
        save_tracked(change, actor=actor, now=now, reason=reason)
        running.decision = {"approved": True, "began_before": change.started_at is not None}
    return change


def link_change(incident: Incident, change: ChangeRequest, *, relation: str, actor: Any, now: datetime, reason: str = "") -> IncidentChange:
    """Says how `change` and `incident` belong together. A repeat changes nothing. Raises NotAllowed."""
    require(actor, "incidents.add_incidentchange", incident, to="link changes to incidents")
    relation = IncidentChange.Relation(relation).value
    with act("incident.change_linked", actor=actor, now=now, subject=incident, why=reason) as running:
        Incident.objects.select_for_update(no_key=True).get(pk=incident.pk)
        existing = IncidentChange.objects.filter(incident=incident, change=change, relation=relation).first()
        if existing is not None:
            running.nothing_happened()
            return existing
        link = IncidentChange(incident=incident, change=change, relation=relation)
        save_tracked(link, actor=actor, now=now, reason=reason)
        text = f"{name_of(actor)} linked change {change}, {link.get_relation_display()}"
        data = {"change": change.number, "relation": relation}
        add_timeline(incident, kind=TimelineEntry.Kind.LINK, at=now, actor=actor, text=text, why=reason, data=data)
    return link


def _check(plan: Plan) -> None:
    checks.clean_title(plan.title)
    if plan.kind and plan.kind not in Kind.values:
        _refuse("kind", f"Choose one of: {', '.join(Kind.values)}.")
    if plan.planned_end is not None and (plan.planned_start is None or plan.planned_end <= plan.planned_start):
        _refuse("planned_end", "The planned end lies after the planned start. Give both.")


def _planned(change: ChangeRequest, plan: Plan, actor: Any, now: datetime, reason: str) -> ChangeRequest:
    change.title, change.kind = checks.clean_title(plan.title), plan.kind
    change.planned_start, change.planned_end = plan.planned_start, plan.planned_end
    if change.requested_by is None:
        change.requested_by = actor
    save_tracked(change, actor=actor, now=now, reason=reason)
    change.services.set(plan.services)
    return change


def _happened(at: datetime | None, now: datetime) -> datetime:
    return now if at is None else checks.clean_observed_at(at, now, "at")


def _locked(change: ChangeRequest) -> ChangeRequest:
    rows = ChangeRequest.objects.select_for_update(of=("self",)).select_related("requested_by", "approved_by")
    return rows.prefetch_related("services").get(pk=change.pk)


def _named(services: Sequence[Service]) -> list[str]:
    return sorted(map(str, services))


def _refuse(field: str, problem: str) -> None:
    raise InvalidInput(problem, {field: [problem]})
