"""Taking a right away from somebody: the role, the right itself or the grant by which they hold it."""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import Group, Permission
from guardian.models import UserObjectPermission

from audit.events.services import act
from portal.foundation.access.models import ObjectGrant
from portal.foundation.base_models import save_tracked
from portal.foundation.errors import NotAllowed, WrongState
from portal.foundation.people.models import User

from .pairs import Holding, Way
from .people_only import said

LAST = "Nobody else is a superuser. Make somebody else one first, or nobody can mend what goes wrong."


def take_away(person: User, held: Holding, *, actor: Any, now: datetime, reason: str) -> None:
    """Takes what `held` says from `person`; of a role that is the whole role. The caller has asked for the right to do so.

    Nobody takes from themselves: another has to see it. `actor` None is the portal, carrying out what was decided.
    Raises NotAllowed, and WrongState when the person does not hold it so any more.
    """
    if actor is not None and actor.pk == person.pk:
        raise NotAllowed("Nobody changes their own rights. Somebody else has to take it away.")
    words = said(reason)
    with act("right.taken_away", actor=actor, now=now, subject=person, why=words) as running:
        running.details = {"right": held.right, "held": held.words()}
        if not TAKE[Way(held.way)](person, held, actor, now, words):
            raise WrongState(f"{person} does not hold it {held.words()} any more. Nothing was changed.")


def _from_role(person: User, held: Holding, actor: Any, now: datetime, reason: str) -> bool:
    group = Group.objects.filter(name=held.through, user=person).first()
    if group is not None:
        person.groups.remove(group)
    return group is not None


def _directly(person: User, held: Holding, actor: Any, now: datetime, reason: str) -> bool:
    app, _, codename = held.right.partition(".")
    right = Permission.objects.filter(user=person, content_type__app_label=app, codename=codename).first()
    if right is not None:
        person.user_permissions.remove(right)
    return right is not None


def _granted(person: User, held: Holding, actor: Any, now: datetime, reason: str) -> bool:
    """A grant to a role goes with the role: it is not this person's alone."""
    if held.through:
        return _from_role(person, held, actor, now, reason)
    label, _, key = held.on.partition(":")
    app, _, model = label.partition(".")
    right_app, _, codename = (held.by or held.right).partition(".")
    grants = UserObjectPermission.objects.filter(
        user=person,
        object_pk=key,
        content_type__app_label=app,
        content_type__model=model,
        permission__codename=codename,
        permission__content_type__app_label=right_app,
    )
    rows = list(grants.select_related("permission", "user", "content_type"))
    # What was given past the page of grants has no row there.
    told = ObjectGrant.objects.select_for_update(of=("self",)).select_related("permission__content_type", "user")
    for given in told.filter(user=person, ended_at=None, object_pk=key, permission__in=[row.permission_id for row in rows]):
        given.ended_at, given.ended_by, given.end_reason = now, actor, reason
        save_tracked(given, actor=actor, now=now, reason=reason)
    for row in rows:
        row.delete()
    return bool(rows)


def _superuser(person: User, held: Holding, actor: Any, now: datetime, reason: str) -> bool:
    if not person.is_superuser:
        return False
    if not User.objects.filter(is_superuser=True, is_active=True).exclude(pk=person.pk).exists():
        raise WrongState(LAST)
    person.is_superuser = False
    save_tracked(person, actor=actor, now=now, reason=reason)
    return True


TAKE = {Way.ROLE: _from_role, Way.DIRECT: _directly, Way.GRANT: _granted, Way.SUPERUSER: _superuser}
