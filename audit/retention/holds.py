"""Legal holds: what a court, a regulator or a dispute needs stays, however old it is and whoever asks for it to go."""

from datetime import datetime
from typing import Any

from django.db import connection

from audit.events.services import act
from portal.foundation.base_models import save_tracked
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from portal.foundation.words import visible

from .models import LegalHold, Removal
from .parts import PARTS, held_things, names
from .rights import require_person

# Of what may still go by a removal, up to an entry. What the record names is held, be it what the event is about or what it changed.
HELD_OF_REMOVAL = """
SELECT h.* FROM audit_legalhold h WHERE h.lifted_at IS NULL AND (h.object_model = '' OR h.id IN (
    SELECT held.hold FROM audit_removalrange r
    JOIN audit_ledgerleaf l ON l."index" >= r.first AND l."index" <= r.last JOIN audit_ledgerevent e ON e.id = l.event
    JOIN {held} held ON {names} WHERE r.removal_id = %s AND r.done_at IS NULL AND r.first <= %s)) ORDER BY h.id LIMIT 1
"""
HELD_OF_PERSON = """
SELECT h.* FROM audit_legalhold h WHERE h.lifted_at IS NULL AND (
    h.object_model = '' OR (h.object_model = 'portal.user' AND 'person:' || h.object_pk = %s)
    OR h.id IN (SELECT held.hold FROM {held} held JOIN audit_ledgerevent e ON e.object_model = held.model AND e.object_pk = held.pk
        JOIN audit_personalcard c ON c.subject = %s AND e.payload LIKE '%%' || c.token || '%%')) ORDER BY h.id LIMIT 1
"""
COUNTED = "SELECT held.model, COUNT(*) FROM {held} held WHERE held.hold = %s GROUP BY held.model ORDER BY held.model"
EVERY_THING = "SELECT held.model, held.pk FROM {held} held"
LAST_OF_ALL = 2**62


def place_hold(*, actor: Any, now: datetime, reason: str, object_model: str = "", object_pk: str = "") -> LegalHold:
    """Holds everything, or what is told about one object and its parts. Raises NotAllowed and InvalidInput."""
    require_person(actor, "audit.place_legalhold", to="place a legal hold")
    if not visible(reason):
        raise InvalidInput("Say why it is held.", {"reason": ["Say why it is held: the matter, and who asked for it."]})
    if bool(object_model) != bool(object_pk):
        raise InvalidInput("Name an object by its kind and its key, or leave both out to hold everything.")
    if object_model.lower() in PARTS and not object_pk.isdecimal():
        raise InvalidInput(f"“{object_pk}” is the key of no {object_model}.", {"held": ["There is nothing of this name."]})
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
    if not visible(reason):
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


def hold_on_removal(removal: Removal, *, until: int = LAST_OF_ALL) -> LegalHold | None:
    """A standing hold that covers something of what is still to go, up to the entry `until`; one on everything covers even nothing.

    Reads what is to go, if anything is held.
    """
    held = _first(HELD_OF_REMOVAL, [removal.pk, until])
    return held or (hold_on_person(removal.subject) if removal.kind == Removal.Kind.ERASURE else None)


def hold_on_person(subject: str) -> LegalHold | None:
    """A standing hold on everything, on the account of `subject` ('person:7'), or on something whose events, or its parts', name them."""
    return _first(HELD_OF_PERSON, [subject, subject])


def held_words() -> list[str]:
    """What stands in the record of every event that a standing hold on one thing keeps: one of these."""
    return [f'"model":"{model}","pk":"{pk}"' for model, pk in _asked(EVERY_THING, [])]


def held_parts(hold: LegalHold) -> dict[str, int]:
    """How many things of which kind a standing hold is on, by their model: the thing itself and its parts."""
    return dict(_asked(COUNTED, [hold.pk]))


def alone_with_holds() -> None:
    """Until the running transaction ends nobody else places a hold or removes anything: so no hold comes too late by a moment."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE audit_legalhold IN SHARE ROW EXCLUSIVE MODE")


def _first(statement: str, values: list[Any]) -> LegalHold | None:
    return next(iter(LegalHold.objects.raw(_filled(statement), values)), None)


def _asked(statement: str, values: list[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(_filled(statement), values)
        return list(cursor.fetchall())


def _filled(statement: str) -> str:
    return statement.format(held=held_things(connection.vendor), names=names("e").replace("%", "%%"))
