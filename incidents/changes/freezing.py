"""Declaring a freeze and lifting it, by people and by the portal."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from audit.events.services import Act, act
from incidents.lifecycle import checks
from incidents.lifecycle.facts import discreet_title
from incidents.lifecycle.models import Incident, TimelineEntry
from incidents.lifecycle.states import OPEN_STATES
from incidents.lifecycle.timeline import add_timeline, name_of
from policies.models import BusinessUnit, Service
from portal.foundation.access.checks import require
from portal.foundation.base_models import save_tracked
from portal.foundation.errors import InvalidInput, WrongState
from portal.foundation.outbox.services import queue

from .models import ChangeFreeze
from .queries import covered_in_words, escalation_level
from .rules import when

DECLARE, LIFT = "incidents.add_changefreeze", "incidents.lift_changefreeze"
LIFTED = "change_freeze.lifted"
# A freeze of a year is a rule, and rules belong into a policy.
LONGEST = timedelta(days=366)
Covers = ChangeFreeze.Covers
NOT_OURS = (Incident.Origin.DRILL, Incident.Origin.IMPORTED)


def declare_freeze(
    *,
    covers: str,
    reason: str,
    actor: Any,
    now: datetime,
    services: Sequence[Service] = (),
    unit: BusinessUnit | None = None,
    begins_at: datetime | None = None,
    ends_at: datetime | None = None,
    incident: Incident | None = None,
) -> ChangeFreeze:
    """Changes to what it covers may not begin from `begins_at` (now) until `ends_at`, or while the escalation of `incident` lasts.

    `actor` None is the portal, by an escalation's level. Raises NotAllowed, and InvalidInput by field for what cannot be: words missing, a
    beginning that is past, an end that is none or too far away, nothing that it covers, no end without an incident whose escalation stands.
    """
    require(actor, DECLARE, to="freeze changes")
    reason = checks.clean_reason(reason, what="why nothing may change")
    begins_at = _beginning(begins_at, now)
    _check_what(covers, services, unit)
    _check_end(begins_at, ends_at, incident)
    with act("change_freeze.declared", actor=actor, now=now, why=reason) as running:
        freeze = ChangeFreeze(
            covers=covers,
            services_told=len({service.pk for service in services}) if covers == Covers.SERVICES else 0,
            unit=unit if covers == Covers.UNIT else None,
            begins_at=begins_at,
            ends_at=ends_at,
            reason=reason,
            incident=incident,
            declared_by=actor,
            declared_at=now,
        )
        save_tracked(freeze, actor=actor, now=now, reason=reason)
        if covers == Covers.SERVICES:
            freeze.services.set(services)
        running.subject = freeze
        what = covered_in_words(freeze)
        running.details = {"covers": what, "begins_at": begins_at.isoformat(), "ends_at": ends_at.isoformat() if ends_at else ""}
        _timeline(freeze, f"{name_of(actor)} froze changes to {what} {_until(freeze)}", reason, actor, now)
    return freeze


def freeze_for(incident: Incident, *, actor: Any, now: datetime, reason: str, ends_at: datetime | None = None) -> ChangeFreeze:
    """Changes to the incident's service are frozen while its escalation lasts, or until `ends_at`. Raises as `declare_freeze`."""
    return declare_freeze(
        covers=Covers.SERVICES, services=[incident.service], ends_at=ends_at, incident=incident, reason=reason, actor=actor, now=now
    )


def lift_freeze(freeze: ChangeFreeze, *, actor: Any, now: datetime, reason: str) -> ChangeFreeze:
    """It holds no more from now on; whoever declared it and the owners of what it covers are told.

    `actor` None is the portal, when the escalation is over. Raises NotAllowed, InvalidInput without words, WrongState when it is over already.
    """
    require(actor, LIFT, to="lift a freeze")
    reason = checks.clean_reason(reason, what="why changes may begin again")
    with act(LIFTED, actor=actor, now=now, subject=freeze, why=reason) as running:
        freeze = ChangeFreeze.objects.select_for_update(of=("self",)).select_related("incident", "unit", "declared_by").get(pk=freeze.pk)
        _refuse_over(freeze, now)
        freeze.lifted_by, freeze.lifted_at, freeze.lift_reason = actor, now, reason
        save_tracked(freeze, actor=actor, now=now, reason=reason)
        running.details = {"covers": covered_in_words(freeze)}
        _timeline(freeze, f"{name_of(actor)} lifted the freeze of changes to {covered_in_words(freeze)}", reason, actor, now)
        _tell(freeze, running, now)
    return freeze


def _refuse_over(freeze: ChangeFreeze, now: datetime) -> None:
    if freeze.lifted_at is not None:
        raise WrongState(f"It was lifted at {when(freeze.lifted_at)} already.")
    if freeze.ends_at is not None and freeze.ends_at <= now:
        raise WrongState(f"It ended by itself at {when(freeze.ends_at)}.")


def _beginning(begins_at: datetime | None, now: datetime) -> datetime:
    """Within the drift of clocks it is now: nobody is told afterwards that something was frozen."""
    if begins_at is None:
        return now
    if begins_at < now - checks.CLOCK_TOLERANCE:
        _refuse("begins_at", "This time is past. A freeze begins now or later: nobody could have known of it before.")
    if begins_at > now + LONGEST:
        _refuse("begins_at", "That is more than a year away. Declare it when the time comes.")
    return max(begins_at, now)


def _check_what(covers: str, services: Sequence[Service], unit: BusinessUnit | None) -> None:
    if covers not in Covers.values:
        _refuse("covers", f"Choose one of: {', '.join(Covers.labels)}.")
    if (covers == Covers.SERVICES) != bool(services):
        _refuse("services", "Choose the services." if covers == Covers.SERVICES else "Leave this empty, or freeze services.")
    if (covers == Covers.UNIT) != (unit is not None):
        _refuse("unit", "Choose the business unit." if covers == Covers.UNIT else "Leave this empty, or freeze a business unit.")


def _check_end(begins_at: datetime, ends_at: datetime | None, incident: Incident | None) -> None:
    if ends_at is not None:
        if ends_at <= begins_at:
            _refuse("ends_at", "The end lies after the beginning.")
        if ends_at > begins_at + LONGEST:
            _refuse("ends_at", "A freeze lasts a year at most. Give an earlier end.")
    if incident is not None and incident.origin in NOT_OURS:
        _refuse("incident", f"{incident.number} was {incident.get_origin_display()}. Nothing is frozen for it.")
    if incident is not None and incident.state not in OPEN_STATES:
        _refuse("incident", f"{incident.number} is {incident.get_state_display()}. A freeze follows an incident that is still open.")
    if ends_at is None and (incident is None or escalation_level(incident) is None):
        _refuse("ends_at", "Give an end. Only a freeze that follows an incident whose escalation stands can do without, and ends with it.")


def _until(freeze: ChangeFreeze) -> str:
    return f"until {when(freeze.ends_at)}" if freeze.ends_at else "while the escalation lasts"


def _timeline(freeze: ChangeFreeze, text: str, why: str, actor: Any, now: datetime) -> None:
    if freeze.incident is not None:
        data = {"freeze": freeze.pk}
        add_timeline(freeze.incident, kind=TimelineEntry.Kind.LINK, at=now, actor=actor, text=text, why=why, data=data)


def _tell(freeze: ChangeFreeze, running: Act, now: datetime) -> None:
    """Whoever declared it, and the owners of the services that it names; not whoever lifted it."""
    incident = freeze.incident
    for person in _concerned(freeze):
        queue(
            kind=LIFTED,
            person=person,
            subject_ref=f"incidents.changefreeze:{freeze.pk}",
            title=f"Freeze lifted: {covered_in_words(freeze)}",
            body=f"{name_of(freeze.lifted_by)}: {freeze.lift_reason} Changes to {covered_in_words(freeze)} may begin again.",
            link=f"{settings.PORTAL_URL}/admin/incidents/changefreeze/{freeze.pk}/change/",
            idempotency_key=f"{LIFTED}-{freeze.pk}-{person.pk}",
            now=now,
            confidential=incident is not None and incident.confidential,
            discreet_title=discreet_title(incident) if incident is not None else "",
        )


def _concerned(freeze: ChangeFreeze) -> Iterable[Any]:
    people = [freeze.declared_by, *(service.owner for service in freeze.services.select_related("owner"))]
    found = {person.pk: person for person in people if person is not None and person.is_active}
    found.pop(freeze.lifted_by_id or 0, None)
    return found.values()


def _refuse(field: str, problem: str) -> None:
    raise InvalidInput(problem, {field: [problem]})
