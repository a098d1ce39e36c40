"""Giving a right on one object, and taking it back: at once, by whoever may, or by itself when its time is over."""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import Group
from django.db.models import Model

from portal.foundation.access.checks import may, require
from portal.foundation.access.elevated import for_good
from portal.foundation.access.grants import grant, withdraw
from portal.foundation.access.in_words import words_of
from portal.foundation.access.models import AuditAppointment, ObjectGrant
from portal.foundation.access.places import AUDIT, Level
from portal.foundation.adminkit.frame import frames
from portal.foundation.base_models import save_tracked
from portal.foundation.errors import Conflict, InvalidInput, NotAllowed, WrongState
from portal.foundation.words import visible

from .objects import object_of, permission_called, right_on

GIVE, TAKE_BACK = "portal.add_objectgrant", "portal.change_objectgrant"
MOST_AT_ONCE = 500
OVER = "Its time is over."


def give(
    level: Level,
    holder: Any,
    subject: Model,
    *,
    actor: Any,
    now: datetime,
    reason: str,
    starts_at: datetime | None = None,
    until: datetime | None = None,
) -> ObjectGrant:
    """Lets `holder`, a person or a group, see or work what hangs on `subject`, from `starts_at` (now without it) until `until`.

    Raises NotAllowed for whoever lacks the right to give, gives to themselves, or gives more than they hold on `subject`; InvalidInput for
    impossible dates, without a reason, or for an account that is not active; and Conflict when it is given already.
    """
    require(actor, GIVE, to="give rights on single objects")
    if level is AUDIT:
        raise InvalidInput("Auditors are appointed.")
    check(reason, starts_at or now, until, now)
    _refuse_self(holder, actor)
    _refuse_more_than_own(level, subject, actor)
    with frames["act"]("objectgrant.given", actor=actor, now=now, subject=subject, why=reason) as running:
        made = write(level, holder, subject, actor=actor, now=now, reason=reason, starts_at=starts_at or now, until=until)
        running.details = {"level": level.key, "to": str(holder), "until": until.isoformat() if until else ""}
        if not isinstance(holder, Group):
            running.people |= {str(holder.pk): str(holder)}
    return made


def take_back(given: ObjectGrant, *, actor: Any, now: datetime, reason: str) -> ObjectGrant:
    """Ends a grant at once. Raises NotAllowed, InvalidInput without a reason, and WrongState when it is over or belongs to an appointment."""
    require(actor, TAKE_BACK, to="take back rights on single objects")
    if not visible(reason):
        raise InvalidInput("Say why.", {"reason": ["Say why."]})
    with frames["act"]("objectgrant.taken_back", actor=actor, now=now, subject=object_of(given) or given, why=reason) as running:
        given = ObjectGrant.objects.select_for_update(of=("self",)).select_related("permission__content_type").get(pk=given.pk)
        if given.ended_at is not None:
            raise WrongState("It is over already.")
        if given.appointment_id is not None:
            raise WrongState("It belongs to an auditor's appointment. End the appointment.")
        end(given, actor=actor, now=now, reason=reason)
        running.details = {"from": str(given.holder)}
        if given.user is not None:
            running.people |= {str(given.user.pk): str(given.user)}
    return given


def end_what_is_over(*, now: datetime) -> int:
    """Takes back grants and appointments whose time is over; they count for nothing since then already. How many there were."""
    over = list(ObjectGrant.objects.filter(ended_at=None, until__lte=now).order_by("until").values_list("pk", flat=True)[:MOST_AT_ONCE])
    for key in over:
        with frames["act"]("objectgrant.ended", actor=None, now=now, why=OVER) as running:
            locked = ObjectGrant.objects.select_for_update(of=("self",)).select_related("permission__content_type")
            given = locked.filter(pk=key, ended_at=None).first()
            if given is None:
                running.nothing_happened()
                continue
            running.subject = object_of(given) or given
            end(given, actor=None, now=now, reason=OVER)
    gone = AuditAppointment.objects.filter(ended_at=None, until__lte=now).order_by("until")[:MOST_AT_ONCE]
    for appointment in gone:
        with frames["act"]("auditappointment.ended", actor=None, now=now, subject=appointment, why=OVER):
            appointment.ended_at, appointment.end_reason = now, OVER
            save_tracked(appointment, actor=None, now=now, reason=OVER)
    return len(over) + len(gone)


def write(
    level: Level,
    holder: Any,
    subject: Model,
    *,
    actor: Any,
    now: datetime,
    reason: str,
    starts_at: datetime,
    until: datetime | None,
    appointment: AuditAppointment | None = None,
) -> ObjectGrant:
    """Our row and guardian's, inside a running act. Raises InvalidInput and Conflict as `give`."""
    group = holder if isinstance(holder, Group) else None
    if group is None and not (holder.is_active and holder.origin == holder.Origin.PORTAL):
        raise InvalidInput(f"{holder} cannot sign in, so a right would open nothing.")
    right = right_on(subject, level)
    permission = permission_called(right)
    named = {"user": None if group else holder, "group": group, "permission": permission, "object_pk": str(subject.pk)}
    for earlier in ObjectGrant.objects.select_for_update(of=("self",)).filter(ended_at=None, **named):
        if earlier.until is None or earlier.until > now:
            raise Conflict(
                f"{holder} has it already{f', until {earlier.until:%d %b %Y, %H:%M} UTC' if earlier.until else ''}. Take that back first."
            )
        end(earlier, actor=actor, now=now, reason=OVER)
    made = ObjectGrant(**named, reason=reason, starts_at=starts_at, until=until, given_by=actor, given_at=now, appointment=appointment)
    made.subject_name = str(subject)[:200]
    save_tracked(made, actor=actor, now=now, reason=reason)
    grant(right, holder, subject)
    return made


def end(given: ObjectGrant, *, actor: Any, now: datetime, reason: str) -> None:
    """Inside a running act: our row says since when and why, and guardian's goes."""
    given.ended_at, given.ended_by, given.end_reason = now, actor, reason
    save_tracked(given, actor=actor, now=now, reason=reason)
    subject = object_of(given)
    if subject is not None:
        withdraw(given.right, given.holder, subject)


def check(reason: str, starts_at: datetime, until: datetime | None, now: datetime) -> None:
    """Raises InvalidInput, at its field, for what can be seen without asking anybody."""
    if not visible(reason):
        raise InvalidInput("Say why.", {"reason": ["Say why."]})
    if until is not None and until <= max(starts_at, now):
        raise InvalidInput(
            "The end must be after the start, and not over yet.", {"until": ["Choose an instant after the start, and after now."]}
        )


def _refuse_self(holder: Any, actor: Any) -> None:
    if actor is None:
        return
    if holder == actor or (isinstance(holder, Group) and actor.groups.filter(pk=holder.pk).exists()):
        raise NotAllowed("Nobody gives rights to themselves or to a group that they belong to. Ask somebody else who may.")


def _refuse_more_than_own(level: Level, subject: Model, actor: Any) -> None:
    with for_good(actor):
        lacking = sorted(right for right in level.gives if not may(actor, right, subject))
    if lacking:
        raise NotAllowed(
            f"You would give more than you have on {subject}: you lack the right to {words_of(lacking[0])}. Ask somebody who has it."
        )
