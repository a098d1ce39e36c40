"""Who an identity elsewhere is here: by link only, and with no more roles than the mapping says."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction

from portal.foundation.access.roles import ROLES
from portal.foundation.adminkit.frame import frames
from portal.foundation.base_models import save_tracked
from portal.foundation.errors import Conflict, NotAllowed, NotFound
from portal.foundation.front_door.models import LinkedIdentity
from portal.foundation.people.models import User

from .providers import Provider

UNKNOWN = "Your identity at {name} is not linked to an account here. Sign in with user name and password, then link it on the page of your account."
TAKEN = "There is an account of this name already. Sign in to it with user name and password, then link it on the page of your account."


def person_for(claims: dict[str, Any], one: Provider, *, now: datetime) -> User:
    """Whose identity it is; a new account where the provider may make them. Its mapped roles are as the provider says from now on.

    Raises NotAllowed, in words, for everybody else; that is an event.
    """
    link = LinkedIdentity.objects.select_related("user").filter(issuer=one.issuer, subject=claims["sub"]).first()
    user = link.user if link is not None else _made(claims, one, now) if one.creates else None
    if user is None or not (user.is_active and user.is_staff):
        words = UNKNOWN.format(name=one.name) if user is None else "This account may not open the portal."
        with frames["act"]("account.identity_refused", actor=None, now=now, subject=user, why=words) as running:
            running.details["provider"] = one.name
        raise NotAllowed(words)
    follow_groups(user, claims, one, now=now)
    return user


def link(user: User, claims: dict[str, Any], one: Provider, *, actor: Any, now: datetime) -> None:
    """From now on this identity opens the account of `user`. Raises NotAllowed, and Conflict for one that is somebody else's."""
    if actor is None or actor.pk != user.pk:
        raise NotAllowed("Everybody links their own identities.")
    with frames["act"]("account.identity_linked", actor=actor, now=now, subject=user) as running:
        running.details["provider"] = one.name
        known = LinkedIdentity.objects.filter(issuer=one.issuer, subject=claims["sub"]).first()
        if known is not None and known.user_id != user.pk:
            raise Conflict("This identity is linked to another account.")
        if known is not None:
            running.nothing_happened()
            return
        LinkedIdentity.objects.create(user=user, issuer=one.issuer, subject=claims["sub"], linked_at=now)


def unlink(user: User, pk: int, *, actor: Any, now: datetime) -> None:
    """This identity opens the account no longer. Raises NotAllowed, and NotFound."""
    if actor is None or actor.pk != user.pk:
        raise NotAllowed("Everybody unlinks their own identities.")
    with frames["act"]("account.identity_unlinked", actor=actor, now=now, subject=user) as running:
        known = LinkedIdentity.objects.filter(user=user, pk=pk).first()
        if known is None:
            raise NotFound("This link is gone already.")
        if not user.has_usable_password():
            raise NotAllowed("It is the only way into your account. Ask an administrator for a link to set a password first.")
        running.details["issuer"] = known.issuer
        known.delete()


def follow_groups(user: User, claims: dict[str, Any], one: Provider, *, now: datetime) -> None:
    """Roles that the mapping names come and go with the groups at the provider; all other roles stay as they are. Changes are an event."""
    if not one.roles or not one.groups_claim:
        return
    titles = {role.key: role.title for role in ROLES}
    mapped = {titles[key] for key in one.roles.values() if key in titles}
    wanted = {titles[one.roles[group]] for group in _texts(claims.get(one.groups_claim)) if one.roles.get(group) in titles}
    has = set(user.groups.filter(name__in=mapped).values_list("name", flat=True))
    if wanted == has:
        return
    with frames["act"]("account.roles_followed", actor=None, now=now, subject=user, why=f"As {one.name} says at the sign-in.") as running:
        running.details["given"], running.details["taken"] = sorted(wanted - has), sorted(has - wanted)
        user.groups.add(*Group.objects.filter(name__in=wanted - has))
        user.groups.remove(*Group.objects.filter(name__in=has - wanted))


def shows_second_factor(claims: dict[str, Any], one: Provider) -> bool:
    """Whether the provider says that it asked for a second factor, in words that the settings take as such."""
    return not set(one.second_factor).isdisjoint(_texts(claims.get("amr")))


def _made(claims: dict[str, Any], one: Provider, now: datetime) -> User:
    name = str(claims.get("preferred_username") or claims["sub"])[:150]
    if User.objects.filter(username=name).exists():
        raise NotAllowed(TAKEN)
    user = User(username=name, display_name=str(claims.get("name") or name)[:150], is_staff=True)
    user.set_unusable_password()
    try:
        with (
            transaction.atomic(),
            frames["act"]("account.made_by_provider", actor=None, now=now, why=f"First sign-in by {one.name}.") as running,
        ):
            save_tracked(user, actor=None, now=now, reason=f"First sign-in by {one.name}.")
            running.subject = user
            LinkedIdentity.objects.create(user=user, issuer=one.issuer, subject=claims["sub"], linked_at=now)
    except IntegrityError as error:
        raise NotAllowed(TAKEN) from error
    return user


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        return [value]
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
