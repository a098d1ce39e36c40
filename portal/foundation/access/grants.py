"""Rights over one object, kept by guardian."""

from typing import Any

from django.db import transaction
from django.db.models import Model
from guardian.shortcuts import assign_perm, remove_perm

from portal.foundation.adminkit.frame import frames


def grant(permission: str, holder: Any, subject: Model) -> None:
    """Gives `holder` (a user or a group) `permission` on `subject` alone."""
    with transaction.atomic(), frames["covered"]():
        assign_perm(permission, holder, subject)


def withdraw(permission: str, holder: Any, subject: Model) -> None:
    with transaction.atomic(), frames["covered"]():
        remove_perm(permission, holder, subject)
