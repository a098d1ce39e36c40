"""The second person: approving what somebody else asked to be removed, or not."""

from datetime import datetime
from typing import Any

from django.db import transaction

from audit.events.services import act
from portal.foundation.access.checks import may
from portal.foundation.base_models import save_tracked
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from portal.foundation.words import visible

from .holds import hold_on_removal
from .models import LegalHold, Removal
from .rights import require_person

CARRY_OUT = "audit.tasks.carry_out_removals"
APPROVED = {Removal.Kind.PRUNING: "retention.pruning_approved", Removal.Kind.ERASURE: "erasure.approved"}
CLOSED = {Removal.Kind.PRUNING: "retention.pruning_closed", Removal.Kind.ERASURE: "erasure.closed"}


def why_not_approve(removal: Removal, actor: Any) -> str:
    """What stands in the way of this person, in words; empty when nothing does."""
    if removal.asked_by_id == actor.pk:
        return "You asked for it yourself. Somebody else has to approve it."
    if actor.date_joined >= removal.asked_at:
        return "Your account is younger than what was asked, so you cannot decide on it."
    if removal.subject == f"person:{actor.pk}":
        return "It is about yourself."
    if removal.kind == Removal.Kind.ERASURE and removal.entries and not may(actor, "audit.view_ledgerevent"):
        return "You may not read the entries that go, so somebody who may has to decide."
    return ""


def approve_removal(removal: Removal, *, actor: Any, now: datetime, reason: str) -> Removal:
    """Lets it go: a worker begins within five minutes. Raises NotAllowed, InvalidInput, and WrongState when it is decided or held."""
    require_person(actor, "audit.approve_removal", to="approve that entries go")
    _said(reason)
    with act(APPROVED[Removal.Kind(removal.kind)], actor=actor, now=now, subject=removal, why=reason) as running:
        removal = _locked(removal)
        if not removal.waits_for_approval:
            raise WrongState("It is decided already.")
        if words := why_not_approve(removal, actor):
            raise NotAllowed(words)
        if held := hold_on_removal(removal):
            raise WrongState(held_words(held))
        removal.approved_at, removal.approved_by, removal.approval_reason = now, actor, reason
        save_tracked(removal, actor=actor, now=now, reason=reason)
        running.details = {"removal": removal.pk, "entries": removal.entries, "digest": removal.digest}
        transaction.on_commit(_begin, robust=True)
    return removal


def close_removal(removal: Removal, *, actor: Any, now: datetime, reason: str) -> Removal:
    """Declines it, or stops one that is approved: nothing more goes. Whoever asked may, and whoever approves. Raises as approve_removal."""
    _said(reason)
    if actor is None or removal.asked_by_id != actor.pk or not may(actor, "audit.ask_removal"):
        require_person(actor, "audit.approve_removal", to="decline it")
    with act(CLOSED[Removal.Kind(removal.kind)], actor=actor, now=now, subject=removal, why=reason) as running:
        removal = _locked(removal)
        if not removal.is_open:
            raise WrongState("It is over already.")
        removal.closed_at, removal.closed_by, removal.closed_reason = now, actor, reason
        save_tracked(removal, actor=actor, now=now, reason=reason)
        running.details = {"removal": removal.pk, "was_approved": removal.approved_at is not None}
    return removal


def held_words(hold: LegalHold) -> str:
    """What a standing hold stops, in words."""
    on = "everything" if hold.covers_all else f"{hold.object_model} {hold.object_pk}"
    return f"Hold {hold} on {on} covers it. Nothing goes until somebody else than who placed the hold lifts it, or what was asked is withdrawn."


def _said(reason: str) -> None:
    if not visible(reason):
        raise InvalidInput("Say why.", {"reason": ["Say why."]})


def _locked(removal: Removal) -> Removal:
    found: Removal = Removal.objects.select_for_update().get(pk=removal.pk)
    return found


def _begin() -> None:
    from django_q.tasks import async_task

    async_task(CARRY_OUT, save=False)
