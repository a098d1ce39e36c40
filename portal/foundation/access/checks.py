"""The one question: may this actor do this to that?"""

from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib.auth.models import Permission
from django.db.models import Model, Q, QuerySet
from guardian.shortcuts import get_objects_for_user

from portal.foundation.errors import NotAllowed
from portal.foundation.registry import Registry

from .held import rights_at_hand
from .roles import NEVER_BY_SUPERUSER, ON_SERVICE

M = TypeVar("M", bound=Model)
# Told, in words, of everything that is refused here, before the error goes its way.
refused: Registry[Callable[[str], None]] = Registry("listener to refusals")


def may(actor: Any, permission: str, subject: Model | None = None) -> bool:
    """Whether `actor` holds `permission` ('app.codename') by role, by grant on `subject`, or by grant on its service.

    `actor` None is the portal itself acting on rules in force; a door always has a user, so it cannot pass None by accident.
    """
    if actor is None:
        return True
    if not actor.is_active:
        return False
    if permission in NEVER_BY_SUPERUSER and actor.is_superuser:
        return _held_by_group(actor, permission)
    if permission in rights_at_hand(actor) or actor.has_perm(permission):
        return True
    if subject is None:
        return False
    # Guardian raises for a permission of another app, such as 'add an incident' asked of a service.
    granted = permission.startswith(f"{subject._meta.app_label}.") and actor.has_perm(permission, subject)
    return bool(granted or _may_on_service(actor, permission, subject))


def may_somewhere(actor: Any, permission: str) -> bool:
    """Whether `actor` holds `permission` by role or on at least one service: enough to be shown the way to a list."""
    if may(actor, permission):
        return True
    scope = ON_SERVICE.get(permission)
    return bool(scope and actor.is_active and _granted(actor, scope).exists())


def require(actor: Any, permission: str, subject: Model | None = None, *, to: str = "do this") -> None:
    """Raises NotAllowed, in words, when `actor` may not. `to` completes 'You may not …'."""
    if not may(actor, permission, subject):
        words = f"You may not {to}. It needs the right '{_words(permission)}'; ask an administrator if you should have it."
        for _, listener in refused:
            listener(words)
        raise NotAllowed(words)


def visible_to(actor: Any, queryset: QuerySet[M], permission: str, *, service_path: str = "service") -> QuerySet[M]:
    """The rows that `actor` may see; the same rule as `may`, as one query. Rows out of reach do not exist for the actor."""
    if actor is None or actor.has_perm(permission):
        return queryset
    scope = ON_SERVICE.get(permission)
    if not actor.is_active or scope is None:
        return queryset.none()
    services = _granted(actor, scope)
    allowed = Q(**{f"{service_path}__in": services.values("pk")})
    if queryset.model._meta.label_lower == _model_of(permission):
        own = get_objects_for_user(actor, permission, klass=queryset.model, with_superuser=False, accept_global_perms=False)
        allowed |= Q(pk__in=own.values("pk"))
    return queryset.filter(allowed)


def _granted(actor: Any, permission: str) -> QuerySet[Model]:
    """What `actor` was granted `permission` on, one by one."""
    granted: QuerySet[Model] = get_objects_for_user(actor, permission, with_superuser=False, accept_global_perms=False)
    return granted


def _may_on_service(actor: Any, permission: str, subject: Model) -> bool:
    scope, service = ON_SERVICE.get(permission), getattr(subject, "service", None)
    if subject._meta.label_lower == "policies.service":
        service = subject
    return scope is not None and service is not None and actor.has_perm(scope, service)


def _held_by_group(actor: Any, permission: str) -> bool:
    app, codename = permission.split(".")
    return Permission.objects.filter(group__user=actor, content_type__app_label=app, codename=codename).exists()


def _model_of(permission: str) -> str:
    app, codename = permission.split(".")
    return f"{app}.{codename.split('_')[-1]}"


def _words(permission: str) -> str:
    return permission.split(".")[1].replace("_", " ")
