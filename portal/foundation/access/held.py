"""The rights that an account holds for everything, by role or one by one: read at once, with words that were put together once."""

from collections.abc import Collection
from functools import cache
from typing import Any

from django.contrib.auth.models import Permission

from portal.foundation.statements import ask, vendor

ANYBODY = -1
RIGHT = ("content_type__app_label", "codename")


def rights_at_hand(actor: Any) -> Collection[str]:
    """The rights of an active account that is no superuser. As Django keeps them with its object, for one request; one query, not two."""
    known: set[str] | None = getattr(actor, "_perm_cache", None)
    if known is not None or actor.is_superuser:
        return known or ()
    statement, asked = _words(vendor())
    actor._perm_cache = {f"{app}.{codename}" for app, codename in ask(statement, [actor.pk] * asked)}
    found: set[str] = actor._perm_cache
    return found


@cache
def _words(vendor: str) -> tuple[str, int]:
    """The statement, and how often the account stands in it."""
    own, by_role = Permission.objects.filter(user=ANYBODY), Permission.objects.filter(group__user=ANYBODY)
    found = own.order_by().values_list(*RIGHT).union(by_role.order_by().values_list(*RIGHT))
    statement, asked = found.query.sql_with_params()
    return statement, len(asked)
