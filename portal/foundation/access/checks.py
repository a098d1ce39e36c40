"""The one question: may this actor do this to that?

By role everywhere, or by grant: on the object itself, on the incident, the service or a business unit that it hangs on. `may`, `may_somewhere`
and `visible_to` are one rule: for one object, for any, and for a whole query.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib.auth.models import Permission
from django.db.models import Model, QuerySet

from portal.foundation.errors import NotAllowed
from portal.foundation.registry import Registry

from .held import rights_at_hand
from .in_words import what_is_needed
from .masks import masked_for
from .places import model_of
from .reach import reach_of
from .roles import NEVER_BY_SUPERUSER

M = TypeVar("M", bound=Model)
# Told, in words, of everything that is refused here, before the error goes its way.
refused: Registry[Callable[[str], None]] = Registry("listener to refusals")


def may(actor: Any, permission: str, subject: Model | None = None) -> bool:
    """Whether `actor` holds `permission` ('app.codename') everywhere, or by a grant that reaches `subject`.

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
    return subject is not None and reach_of(actor, permission).holds(subject)


def may_somewhere(actor: Any, permission: str) -> bool:
    """Whether `actor` holds `permission` by role or on at least one object: enough to be shown the way to a list."""
    return may(actor, permission) or bool(actor.is_active and reach_of(actor, permission).goes_to(model_of(permission)))


def require(actor: Any, permission: str, subject: Model | None = None, *, to: str = "do this") -> None:
    """Raises NotAllowed, in words, when `actor` may not. `to` completes 'You may not …'."""
    if not may(actor, permission, subject):
        words = f"You may not {to}. {what_is_needed(permission, actor, subject)}"
        for _, listener in refused:
            listener(words)
        raise NotAllowed(words)


def visible_to(actor: Any, queryset: QuerySet[M], permission: str) -> QuerySet[M]:
    """The rows that `actor` may see; the same rule as `may`, as one query. Rows out of reach do not exist for the actor."""
    if may(actor, permission):
        return masked_for(actor, queryset)
    reached = reach_of(actor, permission).condition(queryset.model._meta.label_lower) if actor.is_active else None
    return queryset.none() if reached is None else masked_for(actor, queryset.filter(reached))


def _held_by_group(actor: Any, permission: str) -> bool:
    app, codename = permission.split(".")
    return Permission.objects.filter(group__user=actor, content_type__app_label=app, codename=codename).exists()
