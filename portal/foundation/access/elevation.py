"""Nobody lifts an account, their own or another's, above the rights they hold themselves."""

from typing import Any

from django.contrib.auth.models import Group
from django.db.models import QuerySet


def rights_of(user: Any) -> set[str]:
    """Every right that `user` holds by role; all of them for a superuser. Asked of the account even when it is not active."""
    if user.is_superuser:
        return {"*"}
    return {f"{app}.{codename}" for app, codename in _permissions(Group.objects.filter(user=user)) | _own(user)}


def is_above(target: Any, actor: Any) -> bool:
    """Whether `target` may do something that `actor` may not; whoever could change its password would become it."""
    return not actor.is_superuser and (target.is_superuser or not rights_of(target) <= rights_of(actor))


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
