"""Legal holds: what a court, a regulator or a dispute needs stays, however old it is and whoever asks for it to go."""

from datetime import datetime
from typing import Any

from django.db import connection

from audit.events.services import act
from portal.foundation.base_models import save_tracked
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState

from .models import LegalHold, Removal
from .ranges import WIDEST
from .rights import require_person

HELD_OF_REMOVAL = f"""
SELECT h.* FROM audit_legalhold h WHERE h.lifted_at IS NULL AND (h.object_model = '' OR EXISTS (
    SELECT 1 FROM audit_ledgerevent e JOIN audit_ledgerleaf l ON l.event = e.id
    JOIN audit_removalrange r ON r.first > l."index" - {WIDEST} AND r.first <= l."index" AND r.last >= l."index"
    WHERE e.object_model = h.object_model AND e.object_pk = h.object_pk AND r.removal_id = %s AND r.done_at IS NULL)) ORDER BY h.id LIMIT 1
"""  # noqa: S608 - a constant
HELD_OF_PERSON = """
SELECT h.* FROM audit_legalhold h WHERE h.lifted_at IS NULL AND (
    h.object_model = '' OR (h.object_model = 'portal.user' AND 'person:' || h.object_pk = %s)
    OR EXISTS (SELECT 1 FROM audit_ledgerevent e, audit_personalcard c WHERE e.object_model = h.object_model AND e.object_pk = h.object_pk
        AND c.subject = %s AND e.payload LIKE '%%' || c.token || '%%')) ORDER BY h.id LIMIT 1
"""


def place_hold(*, actor: Any, now: datetime, reason: str, object_model: str = "", object_pk: str = "") -> LegalHold:
    """Holds everything, or what is told about one object. Raises NotAllowed and InvalidInput."""
    require_person(actor, "audit.place_legalhold", to="place a legal hold")
    if not reason.strip():
        raise InvalidInput("Say why it is held.", {"reason": ["Say why it is held: the matter, and who asked for it."]})
    if bool(object_model) != bool(object_pk):
        raise InvalidInput("Name an object by its kind and its key, or leave both out to hold everything.")
    with act("hold.placed", actor=actor, now=now, why=reason) as running:
        alone_with_holds()
        hold = LegalHold.objects.create(
            reason=reason, object_model=object_model.lower(), object_pk=object_pk, placed_at=now, placed_by=actor
        )
        running.subject = hold
        running.details = {"on": f"{hold.object_model}:{hold.object_pk}" if object_model else "everything"}
    return hold


def lift_hold(hold: LegalHold, *, actor: Any, now: datetime, reason: str) -> None:
    """Ends a hold that somebody else placed. Raises NotAllowed, InvalidInput and WrongState when it is lifted already."""
    require_person(actor, "audit.lift_legalhold", to="lift a legal hold")
    if not reason.strip():
        raise InvalidInput("Say why it is no longer needed.")
    with act("hold.lifted", actor=actor, now=now, subject=hold, why=reason) as running:
        hold = LegalHold.objects.select_for_update().get(pk=hold.pk)
        if hold.lifted_at is not None:
            raise WrongState(f"Hold {hold} is lifted already.")
        if hold.placed_by_id == actor.pk:
            raise NotAllowed("Whoever placed a hold cannot lift it. Ask somebody else who may.")
        hold.lifted_at, hold.lifted_by, hold.lift_reason = now, actor, reason
        save_tracked(hold, actor=actor, now=now, reason=reason)
        running.details = {"on": f"{hold.object_model}:{hold.object_pk}" if hold.object_model else "everything"}


def hold_on_removal(removal: Removal) -> LegalHold | None:
    """A standing hold that covers something of what is still to go, if there is one; one on everything covers even nothing."""
    held = _first(HELD_OF_REMOVAL, [removal.pk])
    return held or (hold_on_person(removal.subject) if removal.kind == Removal.Kind.ERASURE else None)


def hold_on_person(subject: str) -> LegalHold | None:
    """A standing hold on everything, on the account of `subject` ('person:7'), or on something whose events name this person."""
    return _first(HELD_OF_PERSON, [subject, subject])


def alone_with_holds() -> None:
    """Until the running transaction ends nobody else places a hold or removes anything: so no hold comes too late by a moment."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE audit_legalhold IN SHARE ROW EXCLUSIVE MODE")


def _first(statement: str, values: list[Any]) -> LegalHold | None:
    return next(iter(LegalHold.objects.raw(statement, values)), None)
