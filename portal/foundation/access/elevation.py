"""Nobody lifts an account, their own or another's, above the rights they hold themselves."""

from typing import Any

from django.contrib.auth.models import Group
from django.db.models import Model, QuerySet
from guardian.models import UserObjectPermission

from portal.foundation.errors import NotAllowed

from .checks import require
from .models import AuditAppointment
from .places import level_of
from .roles import AUDITOR

_RIGHT = ("permission__content_type__app_label", "permission__codename")


def rights_of(user: Any) -> set[str]:
    """Every right that `user` holds by role; all of them for a superuser. Asked of the account even when it is not active."""
    if user.is_superuser:
        return {"*"}
    return {f"{app}.{codename}" for app, codename in _permissions(Group.objects.filter(user=user)) | _own(user)}


def is_above(target: Any, actor: Any) -> bool:
    """Whether `target` may do something that `actor` may not; whoever could change its password would become it."""
    if actor.is_superuser:
        return False
    return target.is_superuser or not rights_of(target) | _rights_somewhere(target) <= rights_of(actor)


def require_over(actor: Any, permission: str, person: Any, on: Model | None = None, *, to: str) -> None:
    """`require`, and that `person` holds no right that `actor` does not; the portal itself (None) may. Raises NotAllowed."""
    require(actor, permission, on, to=to)
    if actor is not None and is_above(person, actor):
        raise NotAllowed("This account holds rights that you do not, so only somebody who holds them may do this.")


def _rights_somewhere(target: Any) -> set[str]:
    """What was granted to `target` on single objects, and what an auditor reads, whether or not it counts now."""
    own = UserObjectPermission.objects.filter(user=target)
    rights = {f"{app}.{codename}" for app, codename in own.values_list(*_RIGHT).distinct()}
    levels = (level for level in map(level_of, rights) if level is not None)
    audited = AUDITOR.may if AuditAppointment.objects.filter(person=target, ended_at=None).exists() else ()
    return set().union(*(level.gives for level in levels), audited, (right for right in rights if level_of(right) is None))


def grantable_groups(actor: Any) -> QuerySet[Group]:
    """The groups whose every right `actor` holds."""
    if actor.is_superuser:
        return Group.objects.all()
    mine = rights_of(actor)
    held = [
        group.pk
        for group in Group.objects.prefetch_related("permissions__content_type")
        if {f"{right.content_type.app_label}.{right.codename}" for right in group.permissions.all()} <= mine
    ]
    return Group.objects.filter(pk__in=held)


def _permissions(groups: QuerySet[Group]) -> set[tuple[str, str]]:
    found = groups.values_list("permissions__content_type__app_label", "permissions__codename")
    return {(app, codename) for app, codename in found if app and codename}


def _own(user: Any) -> set[tuple[str, str]]:
    return set(user.user_permissions.values_list("content_type__app_label", "codename"))
