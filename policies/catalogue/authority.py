"""Authority delegated by region: given for a term by somebody else, ended by its last day or revoked before. Days are those of UTC."""

from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db.models import Q, QuerySet

from audit.events.services import act
from portal.foundation import words
from portal.foundation.access.checks import require
from portal.foundation.base_models import save_tracked
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from portal.foundation.people.wanted import items
from portal.foundation.words import visible

from .models import DelegatedAuthority

CHANGE = "policies.change_delegatedauthority"
# Whoever must renew it needs the time to ask.
SOON = timedelta(days=14)
# Authority without end is no delegation.
LONGEST = timedelta(days=3 * 366)


class Standing(StrEnum):
    """Where a delegation stands on a day."""

    COMING = "begins later"
    IN_FORCE = "in force"
    ENDING = "ends soon"
    ENDED = "ended"
    REVOKED = "revoked"


def day_of(now: datetime) -> date:
    return now.astimezone(UTC).date()


def standing(authority: DelegatedAuthority, day: date) -> Standing:
    """Where `authority` stands on `day`; its last day counts."""
    if authority.revoked_at is not None:
        return Standing.REVOKED
    if day > authority.valid_until:
        return Standing.ENDED
    if day < authority.valid_from:
        return Standing.COMING
    return Standing.ENDING if authority.valid_until - day <= SOON else Standing.IN_FORCE


def in_force(day: date) -> Q:
    """Delegations that count on `day`."""
    return Q(revoked_at=None, valid_from__lte=day, valid_until__gte=day)


def ending(day: date) -> QuerySet[DelegatedAuthority]:
    """Those in force that end within 14 days, the first to end at the top."""
    soon = DelegatedAuthority.objects.filter(in_force(day), valid_until__lte=day + SOON)
    return soon.select_related("person", "region").order_by("valid_until", "pk")


def sign_delegation(authority: DelegatedAuthority, *, actor: Any, now: datetime) -> None:
    """Checks `authority` before it is saved, and signs a new one with whoever gives it; the caller saves.

    Raises NotAllowed for one's own, WrongState for one that was revoked or is over, and InvalidInput for a person who left, a term that
    is over or longer than three years, and what the person may already do there in that time.
    """
    if actor.pk == authority.person_id:
        raise NotAllowed("Authority is delegated by somebody else: nobody gives it to themselves or prolongs their own.")
    before = DelegatedAuthority.objects.filter(pk=authority.pk).first() if authority.pk else None
    if before is not None and standing(before, day_of(now)) in {Standing.REVOKED, Standing.ENDED}:
        raise WrongState("This authority is over. Delegate it anew, so that the trail shows both terms.")
    if not authority.person.is_active:
        _refuse("person", f"{authority.person} can no longer sign in, so nobody could act on it.")
    if authority.valid_until < day_of(now):
        _refuse("valid_until", "The last day is over. Give one that is still to come.")
    if authority.valid_until - authority.valid_from > LONGEST:
        _refuse("valid_until", "Authority is delegated for three years at most. Give an earlier last day and renew it then.")
    _refuse_twice(authority)
    if before is None:
        authority.delegated_by = actor


def _refuse_twice(authority: DelegatedAuthority) -> None:
    same = DelegatedAuthority.objects.filter(person=authority.person_id, region=authority.region_id, revoked_at=None).exclude(
        pk=authority.pk
    )
    for other in same.filter(valid_from__lte=authority.valid_until, valid_until__gte=authority.valid_from):
        twice = [mandate for mandate in items(authority.mandates) if mandate in items(other.mandates)]
        if twice:
            _refuse("mandates", f"{other} may {words.listed(twice)} already, until {other.valid_until:%d %b %Y}. Change that one.")


def revoke_authority(authority: DelegatedAuthority, *, actor: Any, now: datetime, reason: str) -> DelegatedAuthority:
    """Ends `authority` at once. Raises NotAllowed, InvalidInput without a reason, and WrongState for one that is over."""
    require(actor, CHANGE, authority, to="revoke this authority")
    if not visible(reason):
        _refuse("reason", "Say in a sentence why it ends.")
    with act("delegatedauthority.revoked", actor=actor, now=now, subject=authority, why=visible(reason)):
        authority = DelegatedAuthority.objects.select_for_update(of=("self",)).get(pk=authority.pk)
        if standing(authority, day_of(now)) in {Standing.REVOKED, Standing.ENDED}:
            raise WrongState("This authority is over already.")
        authority.revoked_at = now
        save_tracked(authority, actor=actor, now=now, reason=visible(reason))
    return authority


def _refuse(field: str, problem: str) -> None:
    raise InvalidInput(problem, {field: [problem]})
