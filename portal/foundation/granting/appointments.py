"""Calling an auditor in, for everything or for some units and services, for a time; and ending it before."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Model

from portal.foundation.access.checks import require
from portal.foundation.access.models import AuditAppointment
from portal.foundation.access.places import AUDIT
from portal.foundation.adminkit.frame import frames
from portal.foundation.base_models import save_tracked
from portal.foundation.errors import Conflict, InvalidInput, NotAllowed, WrongState
from portal.foundation.words import visible

from .services import OVER, check, end, write

APPOINT, DISMISS = "portal.add_auditappointment", "portal.change_auditappointment"


def appoint(
    person: Any,
    *,
    actor: Any,
    now: datetime,
    reason: str,
    until: datetime,
    starts_at: datetime | None = None,
    everything: bool = False,
    scope: Sequence[Model] = (),
) -> AuditAppointment:
    """Makes `person` an auditor of `everything`, or of the units and services of `scope`. Meanwhile the account has no other right.

    Raises NotAllowed for whoever may not, or means themselves; InvalidInput for a superuser, an account that cannot sign in, no scope or two,
    or impossible dates; and Conflict while another appointment of the same person is open.
    """
    require(actor, APPOINT, to="appoint auditors")
    begins = starts_at or now
    check(reason, begins, until, now)
    _check_person(person, actor)
    if everything == bool(scope):
        raise InvalidInput("Say what is audited.", {"scope": ["Choose everything, or name units and services."]})
    with frames["act"]("auditappointment.made", actor=actor, now=now, subject=person, why=reason) as running:
        for earlier in AuditAppointment.objects.select_for_update(of=("self",)).filter(person=person, ended_at=None):
            if earlier.until > now:
                raise Conflict(f"{person} is appointed already, until {earlier.until:%d %b %Y, %H:%M} UTC. End that first.")
            _close(earlier, actor=actor, now=now, reason=OVER)
        made = AuditAppointment(person=person, everything=everything, reason=reason, starts_at=begins, until=until)
        made.appointed_by, made.appointed_at = actor, now
        save_tracked(made, actor=actor, now=now, reason=reason)
        for subject in scope:
            write(AUDIT, person, subject, actor=actor, now=now, reason=reason, starts_at=begins, until=until, appointment=made)
        named = sorted(map(str, scope)) or ["everything"]
        running.details = {"scope": named, "from": begins.isoformat(), "until": until.isoformat()}
    return made


def dismiss(appointment: AuditAppointment, *, actor: Any, now: datetime, reason: str) -> AuditAppointment:
    """Ends it now. Raises NotAllowed, InvalidInput without a reason, and WrongState when it is over."""
    require(actor, DISMISS, to="end an auditor's appointment")
    if not visible(reason):
        raise InvalidInput("Say why.", {"reason": ["Say why."]})
    with frames["act"]("auditappointment.ended", actor=actor, now=now, subject=appointment, why=reason):
        appointment = AuditAppointment.objects.select_for_update(of=("self",)).get(pk=appointment.pk)
        if appointment.ended_at is not None:
            raise WrongState("It is over already.")
        _close(appointment, actor=actor, now=now, reason=reason)
    return appointment


def _close(appointment: AuditAppointment, *, actor: Any, now: datetime, reason: str) -> None:
    appointment.ended_at, appointment.ended_by, appointment.end_reason = now, actor, reason
    save_tracked(appointment, actor=actor, now=now, reason=reason)
    for given in appointment.scope.filter(ended_at=None).select_related("permission__content_type", "user"):
        end(given, actor=actor, now=now, reason=reason)


def _check_person(person: Any, actor: Any) -> None:
    if actor is not None and person.pk == actor.pk:
        raise NotAllowed("Nobody appoints themselves. Ask somebody else who may.")
    if person.is_superuser:
        raise InvalidInput("A superuser may do everything, so no appointment would limit it. Name an account of the auditor's own.")
    if not (person.is_active and person.origin == person.Origin.PORTAL):
        raise InvalidInput(f"{person} cannot sign in. Make or activate the account first.")
